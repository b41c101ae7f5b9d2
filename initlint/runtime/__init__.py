"""The runtime checker: instantiates models and confirms the statistics of their weights. Imports torch."""
