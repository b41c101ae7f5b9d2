"""Arguments: a number in the wrong slot, a function that does not exist."""
