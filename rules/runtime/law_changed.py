"""INR602."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR602",
    "law-changed",
    Kind.WRONG,
    Default.ON,
    "A parameter whose law is not the one that the lock file holds",
)
