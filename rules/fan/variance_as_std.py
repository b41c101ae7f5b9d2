"""INI208."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_be_scaled
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.variances import Variance
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI208",
    "variance-as-std",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=("normal_", "init.normal"),
    context=("linear", "conv1d", "conv2d", "conv3d"),
    premise=may_be_scaled,
)
def check(file: File) -> Iterator[Alarm]:
    """The variance of He's or Glorot's initialisation given as standard deviation: the root is missing."""
    from initlint.facts.scales.scaling import scaled_later
    from initlint.facts.scales.variances import variance_as_std

    for site in file.sites:
        found = variance_as_std(site)
        if found is not None and not scaled_later(site):
            yield Alarm(site.node, _message(site, found), tuple(_fixes(site, found)))


def _message(site: InitSite, found: Variance) -> str:
    tensor = site.target.text if site.target is not None else ""
    std = str(found.std).replace(f"{tensor}.fan_", "fan_")
    message = f"std {std} is the variance of {found.name}'s initialisation: the root is missing"
    if found.number is None:
        return f"{message}, so std is the square of what it should be"
    needed = found.number**0.5
    return f"{message}, so std is {found.number:.4g} instead of {needed:.4g}, × {needed:.3g}"


def _fixes(site: InitSite, found: Variance) -> Iterator[Proposal]:
    given = site.given("std")
    if given is not None:
        change = Change(given, f"({text.code(given)}) ** 0.5")
        yield Proposal("take the root", Safety.DISPLAY, (change,))
