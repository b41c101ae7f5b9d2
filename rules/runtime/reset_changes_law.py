"""INR301."""

from initlint.rule import Default, Kind, runtime_rule

RULE = runtime_rule(
    "INR301",
    "reset-changes-law",
    Kind.SUSPICIOUS,
    Default.OFF,
    "Building on the meta device and resetting leaves other laws than building directly",
)
