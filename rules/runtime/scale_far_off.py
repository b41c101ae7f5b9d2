"""INR202."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR202",
    "scale-far-off",
    Kind.SUSPICIOUS,
    Default.ON,
    "The weights are ten times too large or too small for the activation that follows",
)
