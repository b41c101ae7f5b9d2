"""Files in which a rule finds something, in whatever way they spell it, by family of rules."""
