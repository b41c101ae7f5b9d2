"""Gains: the gain belongs to another activation."""
