"""Execution: code in the order in which it runs, and the modules and inits that it reaches."""
