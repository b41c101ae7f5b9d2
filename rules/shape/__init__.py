"""Shapes: the tensor has the wrong number of dimensions."""
