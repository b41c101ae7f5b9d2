"""INR402."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR402",
    "numbers-not-finite",
    Kind.ERROR,
    Default.ON,
    "Entries of a parameter that are not finite",
)
