"""Premises: what the `ast` of a whole file tells without names and meaning, for rules that have nothing to say there.

Whatever is doubtful counts as what a rule looks for. LibCST is not imported here. `tree` is the file; `values` follows
names, `numbers`, `parameters` and `building` say what a value may be, `carrying`, `writing` and `products` what becomes
of one; `init_calls` and `module_inits` are the inits. The other modules answer rules: a `may_…` of a tree that is False
says that the rule finds nothing in the file.
"""
