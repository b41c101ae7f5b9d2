"""INR201."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR201",
    "gain-of-another-nonlinearity",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    "The weights fit neither fan with the gain of the activation that follows",
)
