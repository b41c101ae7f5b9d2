"""INR502."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR502",
    "signal-drifts",
    Kind.SUSPICIOUS,
    Default.ON,
    "A first pass whose second moments drift by a factor of more than 10,000",
)
