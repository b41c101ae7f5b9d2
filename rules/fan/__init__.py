"""Fans: the scale is built from the wrong dimensions."""
