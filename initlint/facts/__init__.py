"""torch's API as data, and what one file says: names, values, guards, targets, init sites, modules.

`theory` is the only other room that this one imports. Nothing here knows a rule.
"""
