"""Layers: what special layers need of their weights."""
