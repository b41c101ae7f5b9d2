"""initlint finds, explains, fixes and confirms mistakes in the weight initialisation of PyTorch code."""

__version__ = "0.1.0"
