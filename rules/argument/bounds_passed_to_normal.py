"""INI402."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_have_bounds
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_NEGATIVE = 0.5 * math.erfc(-1 / math.sqrt(2))
"""Share of N(-s, s) below zero: Φ(1)."""


@rule(
    "INI402",
    "bounds-passed-to-normal",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("normal_", "init.normal", "init import", "init as"),
    premise=may_have_bounds,
)
def check(file: File) -> Iterator[Alarm]:
    """The bounds -s, s of a uniform law passed to `normal_`, where they are mean and standard deviation."""
    from initlint.facts.scales.truncation import opposite

    for site in file.sites:
        if site.name != "normal_" or not opposite(site, "mean", "std"):
            continue
        bounds = ", ".join(text.code(node) for node in (site.given("mean"), site.given("std")) if node is not None)
        message = (
            f"normal_ takes mean and std: N({bounds}) puts {_NEGATIVE:.0%} of the weights below zero; "
            f"uniform_ between {bounds.replace(', ', ' and ')} is meant"
        )
        yield Alarm(site.node, message, tuple(_fixes(file, site)))


def _fixes(file: File, site: InitSite) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import calling
    from initlint.facts.sites.sites import Form

    assert site.slots is not None
    function = calling(site.node, "uniform_", file.names, site.call.env)
    low, high = site.slots["mean"], site.slots["std"]
    if function is None:
        return
    changes = [Change(*function)]
    if site.form is Form.FUNCTION:
        named = ((low.keyword, "a"), (high.keyword, "b"))
        changes += [Change(keyword, name) for keyword, name in named if keyword is not None]
    elif low.keyword is not None or high.keyword is not None:
        # Tensor.uniform_ calls its bounds `from` and `to`, so that they can only be given by position.
        if len(site.node.args) > len((low, high)):
            return
        values = (low.value, high.value)
        changes += [Change(old, text.code(new)) for old, new in zip(site.node.args, values, strict=True)]
    yield Proposal("draw from the uniform law", Safety.UNSAFE, tuple(changes))
