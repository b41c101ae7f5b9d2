"""Runtime: what only a live model can show."""
