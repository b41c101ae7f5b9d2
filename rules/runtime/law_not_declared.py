"""INR601."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR601",
    "law-not-declared",
    Kind.WRONG,
    Default.ON,
    "A parameter that follows another law than the specification declares",
)
