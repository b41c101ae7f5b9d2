"""INR503."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR503",
    "inputs-collapse",
    Kind.SUSPICIOUS,
    Default.ON,
    "A first pass that gives the same output for independent inputs",
)
