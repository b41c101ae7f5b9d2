"""INI415."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.truncations import may_have_large_std
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.truncation import Truncation


@rule(
    "INI415",
    "trunc-cuts-std",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=("trunc_normal_",),
    premise=may_have_large_std,
)
def check(file: File) -> Iterator[Alarm]:
    """A standard deviation above 1 that the default bounds -2 and 2 of `trunc_normal_` cut."""
    from initlint.facts.scales.truncation import Cut, truncation

    for site in file.sites:
        law = truncation(site)
        if law is not None and law.cut is Cut.LARGE_STD:
            yield Alarm(site.node, _message(law), tuple(_fixes(law)))


def _message(law: Truncation) -> str:
    # A truncated normal is never wider than the uniform law between its bounds, here 4 / sqrt(12).
    left = f"{law.moments.std:.3g}" if law.moments is not None else "less than 1.16"
    return f"the default bounds -2 and 2 are values and no multiples of std: they cut std {law.std:g} to {left}"


def _fixes(law: Truncation) -> Iterator[Proposal]:
    if law.mean is None or law.std is None:
        return
    low, high = law.mean - 2 * law.std, law.mean + 2 * law.std
    bounds = Change.after(law.site.node.args[-1], f", a={low:g}, b={high:g}")
    yield Proposal("cut at two std", Safety.DISPLAY, (bounds,))
