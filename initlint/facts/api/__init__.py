"""torch's API as data: init functions, layers, versions, and the words that they are read from."""
