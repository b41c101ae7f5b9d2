"""Reach: the init hits other modules than meant, or none."""
