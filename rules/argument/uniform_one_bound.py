"""INI404."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_lack_upper_bound
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.laws import uniform

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_MEANT = (0, -1)
"""Lower bounds that go with 1: U(0, 1) and U(-1, 1)."""


@rule(
    "INI404",
    "uniform-one-bound",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("uniform_", "init.uniform", "init import", "init as"),
    premise=may_lack_upper_bound,
)
def check(file: File) -> Iterator[Alarm]:
    """`uniform_` with a lower bound alone: the upper one stays 1."""
    for site in file.sites:
        if site.name != "uniform_" or site.slots is None:
            continue
        lower, upper = site.initializer.parameters[:2]
        given = site.given(lower)
        if given is None or not site.absent(upper) or site.number(lower) in _MEANT:
            continue
        low, high = _bounds(site, lower, given)
        argument = site.slots[lower]
        code = f"{low}, {high}" if argument.keyword is None else f"{lower}={low}, {upper}={high}"
        fix = Proposal(f"draw from U({low}, {high})", Safety.UNSAFE, (Change(argument, code),))
        yield Alarm(site.node, f"{_found(site, lower, given)}; U({low}, {high}) is meant", (fix,))


def _found(site: InitSite, lower: str, given: cst.BaseExpression) -> str:
    number, written = site.number(lower), text.code(given)
    said = f"only the lower bound is given and the upper one stays 1: U({written}, 1)"
    if number is not None and number > 1:
        return f"{said} raises RuntimeError"
    moments = uniform(number, 1).moments() if number is not None else None
    return f"{said} has mean {moments.mean:.3g} and std {moments.std:.3g}" if moments is not None else said


def _bounds(site: InitSite, lower: str, given: cst.BaseExpression) -> tuple[str, str]:
    """The bounds ±x that are meant, with `abs` where the sign of x is open."""
    from initlint.facts.sites.rewrite import negated

    written, scale = text.code(given), site.scale(lower)
    if written.startswith("-") or (scale is not None and scale.sign < 0):
        return written, negated(given)
    if scale is not None and all(power.denominator == 2 for power in scale.factors.values()):
        return negated(given), written
    return f"-abs({written})", f"abs({written})"
