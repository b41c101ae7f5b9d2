"""INI416."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.truncations import may_have_near_bounds
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.truncation import Truncation


@rule(
    "INI416",
    "trunc-one-std",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=("trunc_normal_",),
    premise=may_have_near_bounds,
)
def check(file: File) -> Iterator[Alarm]:
    """A truncated normal cut at one standard deviation, which leaves little more than half of the std."""
    from initlint.facts.scales.truncation import Cut, truncation

    for site in file.sites:
        law = truncation(site)
        if law is not None and law.cut is Cut.ONE_STD:
            yield Alarm(site.node, _message(law), tuple(_fixes(law)))


def _message(law: Truncation) -> str:
    assert law.relative is not None
    message = f"the bounds stand at one std, where the std of what is left shrinks to {law.relative.std:.2f} of it"
    if law.moments is not None:
        message += f": {law.moments.std:.3g} instead of {law.std:g}"
    return message


def _fixes(law: Truncation) -> Iterator[Proposal]:
    """Bounds at two std, where the mean is 0."""
    low, high, std = law.site.given("a"), law.site.given("b"), law.site.given("std")
    if low is None or high is None or std is None or law.mean != 0:
        return
    code = text.code(std)
    low_code, high_code = (f"{-2 * law.std:g}", f"{2 * law.std:g}") if law.std else (f"-2 * ({code})", f"2 * ({code})")
    if code.isidentifier():
        low_code, high_code = f"-2 * {code}", f"2 * {code}"
    yield Proposal("cut at two std", Safety.DISPLAY, (Change(low, low_code), Change(high, high_code)))
