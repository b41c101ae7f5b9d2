"""INR101."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR101",
    "parameter-partly-initialised",
    Kind.WRONG,
    Default.ON,
    "Some elements of a parameter are never written",
)
