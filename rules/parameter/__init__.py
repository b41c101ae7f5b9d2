"""Parameters: what is initialised is not what trains."""
