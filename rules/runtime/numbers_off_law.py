"""INR401."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR401",
    "numbers-off-law",
    Kind.WRONG,
    Default.ON,
    "The numbers of a parameter do not follow the law that its initialisation says",
)
