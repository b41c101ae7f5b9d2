"""Networks: what the classes of a file hold, and how they use it."""
