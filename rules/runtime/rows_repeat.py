"""INR403."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR403",
    "rows-repeat",
    Kind.WRONG,
    Default.ON,
    "Rows of a random matrix that repeat each other",
)
