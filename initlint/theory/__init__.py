"""The mathematics of weight initialisation: the scale algebra, gains, fans and laws.

Imports nothing but the standard library.
"""
