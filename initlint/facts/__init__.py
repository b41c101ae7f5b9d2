"""torch's API as data, and what one file says: names, values, guards, targets, init sites, modules.

Its rooms build on each other in this order: `api`, `reading`, `meaning`, `sites`, `networks`, `execution`, `scales`,
`arguments`; `file.File` gives all of them to the rules. `theory` is the only other room that this one imports. Nothing
here knows a rule.
"""
