"""INI409."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.truncations import may_have_bounds_for_moments
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.truncation import Truncation


@rule(
    "INI409",
    "trunc-bounds-as-mean-std",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("trunc_normal_",),
    premise=may_have_bounds_for_moments,
)
def check(file: File) -> Iterator[Alarm]:
    """The bounds of a truncated normal in the slots of its mean and std."""
    from initlint.facts.scales.truncation import Cut, truncation

    for site in file.sites:
        law = truncation(site)
        if law is not None and law.cut is Cut.BOUNDS_AS_MEAN_STD:
            yield Alarm(site.node, _message(law), tuple(_fixes(law)))


def _message(law: Truncation) -> str:
    low, high = (text.code(node) for node in (law.site.given("mean"), law.site.given("std")) if node is not None)
    message = f"trunc_normal_ takes mean and std before its bounds: this draws from N({low}, {high})"
    moments = law.moments
    if moments is not None:
        message += f" between {law.a:g} and {law.b:g}, with mean {moments.mean:.3g} and std {moments.std:.3g}"
    return f"{message}; a={low}, b={high} is meant"


def _fixes(law: Truncation) -> Iterator[Proposal]:
    """Name the bounds; only for display where they would leave next to nothing of N(0, 1)."""
    from initlint.facts.scales.truncation import LEAST_MASS
    from initlint.theory.laws import mass

    assert law.site.slots is not None
    too_narrow = law.std is not None and mass(0.0, 1.0, -law.std, law.std) < LEAST_MASS
    low, high = law.site.slots["mean"], law.site.slots["std"]
    changes = (Change.before(low, "a="), Change.before(high, "b="))
    yield Proposal("pass them as bounds", Safety.DISPLAY if too_narrow else Safety.UNSAFE, changes)
