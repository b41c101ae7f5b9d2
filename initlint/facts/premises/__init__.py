"""Premises: what the `ast` of a whole file tells without names and meaning, for rules that have nothing to say there.

Whatever is doubtful counts as what a rule looks for. LibCST is not imported here.
"""
