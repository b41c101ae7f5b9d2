"""INR501."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR501",
    "signal-lost",
    Kind.WRONG,
    Default.ON,
    "A first forward or backward pass that explodes, vanishes or is not finite",
)
