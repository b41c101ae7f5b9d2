"""INI414."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.truncations import may_have_tail
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.truncation import Truncation


@rule(
    "INI414",
    "trunc-far-tail",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=("trunc_normal_",),
    premise=may_have_tail,
)
def check(file: File) -> Iterator[Alarm]:
    """Bounds that leave only a tail of a truncated normal, or next to nothing of it."""
    from initlint.facts.scales.truncation import Cut, truncation

    for site in file.sites:
        law = truncation(site)
        if law is not None and law.cut is Cut.FAR_TAIL:
            yield Alarm(site.node, _message(law), tuple(_fixes(law)))


def _message(law: Truncation) -> str:
    if law.low == law.high:
        return "the bounds are equal: every weight is " + ("the same" if law.a is None else f"{law.a:g}")
    return _left(law) + _drawn(law)


def _left(law: Truncation) -> str:
    settled = law.low is not None and law.high is not None
    share = f"{'' if settled else 'at most '}{law.most:.2g}" if law.most else "nothing"
    if law.tail:
        side = "above" if law.tail > 0 else "below"
        return f"the bounds lie {abs(law.tail):.3g} std and more {side} the mean: {share} of the law is left"
    return f"the bounds leave {share} of the law, so little that it is a uniform one"


def _drawn(law: Truncation) -> str:
    relative, moments = law.relative, law.moments
    if moments is not None:
        return f"; the weights have mean {moments.mean:.3g} and std {moments.std:.3g}, not {law.std:g}"
    return f"; the weights have {relative.std:.2g} of the std that is given" if relative is not None else ""


def _fixes(law: Truncation) -> Iterator[Proposal]:
    """A lower bound alone that is positive, such as `0, std, 2 * std`, may have been meant on both sides."""
    given = law.site.given("a")
    if given is None or law.tail <= 0 or not law.site.absent("b"):
        return
    from initlint.facts.sites.rewrite import negated

    assert law.site.slots is not None
    slot = law.site.slots["a"]
    low, high = negated(given), text.code(given)
    code = f"{low}, {high}" if slot.keyword is None else f"a={low}, b={high}"
    yield Proposal("cut on both sides", Safety.DISPLAY, (Change(slot, code),))
