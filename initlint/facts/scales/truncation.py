"""Truncated normals: what the bounds of a `trunc_normal_` leave of the law that its mean and std name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading import text
from initlint.facts.sites.rewrite import negated
from initlint.theory.laws import Moments, mass, truncated_normal_moments
from initlint.theory.scale import Scale, ScaleError

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite

LEAST_MASS = 1e-3
"""With less of the law left, it is another law."""

TAIL = 2.0
"""Standard deviations from which on an interval beside the mean is its tail; torch warns beyond the same number."""

_EQUAL = 1e-9


class Cut(StrEnum):
    """What is wrong with the arguments; the first that holds, so that one call has one mistake."""

    BOUNDS_AS_MEAN_STD = "the bounds fill the slots of mean and std"
    FAR_TAIL = "the bounds leave next to nothing of the law"
    LARGE_STD = "the default bounds cut a std above 1"
    ONE_STD = "the bounds stand at one std"


@dataclass(frozen=True, slots=True, eq=False)
class Truncation:
    """A `trunc_normal_` site: its numbers, None where they are not settled, and its bounds in std from the mean."""

    site: InitSite
    mean: float | None
    std: float | None
    a: float | None
    b: float | None
    low: float | None
    high: float | None

    @property
    def default_bounds(self) -> bool:
        """Whether neither bound is given."""
        return self.site.absent("a") and self.site.absent("b")

    @property
    def most(self) -> float:
        """The share of the law between the bounds; a bound that is not settled counts as infinite."""
        low = -math.inf if self.low is None else self.low
        return mass(0.0, 1.0, low, math.inf if self.high is None else self.high)

    @property
    def tail(self) -> float:
        """By how many std the interval lies above the mean, negative below it; 0 where it holds the mean."""
        if self.low is not None and self.low > 0:
            return self.low
        return self.high if self.high is not None and self.high < 0 else 0.0

    @property
    def relative(self) -> Moments | None:
        """Mean and std of what is drawn, both in std, the mean counted from the mean of the law."""
        return None if self.low is None or self.high is None else truncated_normal_moments(0, 1, self.low, self.high)

    @property
    def moments(self) -> Moments | None:
        """Mean and std of what is drawn."""
        relative = self.relative
        if relative is None or self.mean is None or self.std is None:
            return None
        center = relative.mean if abs(relative.mean) > _EQUAL else 0.0
        return Moments(self.mean + self.std * center, self.std * relative.std)

    @property
    def cut(self) -> Cut | None:
        """What is wrong, None for what may be meant."""
        if self.default_bounds and self.site.positional("std") and opposite(self.site, "mean", "std"):
            return Cut.BOUNDS_AS_MEAN_STD
        if self.most < LEAST_MASS or abs(self.tail) > TAIL - _EQUAL:
            return Cut.FAR_TAIL
        if not self.default_bounds and _near(self.low, -1.0) and _near(self.high, 1.0):
            return Cut.ONE_STD
        return Cut.LARGE_STD if self.std is not None and self.std > 1 and self.default_bounds else None


def truncation(site: InitSite) -> Truncation | None:
    """The truncated normal that a site draws from; None for any other law, hidden arguments, and what raises."""
    if site.name != "trunc_normal_" or site.slots is None:
        return None
    mean, std, a, b = (_value(site, name) for name in ("mean", "std", "a", "b"))
    if std is not None and std.sign <= 0:
        return None
    low, high = _in_std(a, mean, std), _in_std(b, mean, std)
    if low is not None and high is not None and low > high:
        return None
    return Truncation(site, _number(mean), _number(std), _number(a), _number(b), low, high)


def opposite(site: InitSite, first: str, second: str) -> bool:
    """Whether one argument is another with a minus sign: the bounds of a symmetric interval."""
    low, high = site.given(first), site.given(second)
    if low is None or high is None:
        return False
    lower, upper = site.scale(first), site.scale(second)
    if lower is not None and upper is not None:
        return lower.sign < 0 and lower == -upper
    minus = isinstance(low, cst.UnaryOperation) and isinstance(low.operator, cst.Minus)
    return minus and negated(low) == text.code(high)


def _value(site: InitSite, parameter: str) -> Scale | None:
    default = site.initializer.defaults[parameter]
    assert isinstance(default, int | float)
    return Scale.of(default) if site.absent(parameter) else site.scale(parameter)


def _near(value: float | None, expected: float) -> bool:
    return value is not None and math.isclose(value, expected, rel_tol=_EQUAL)


def _number(value: Scale | None) -> float | None:
    return value.number if value is not None else None


def _in_std(bound: Scale | None, mean: Scale | None, std: Scale | None) -> float | None:
    if bound is None or mean is None or std is None:
        return None
    try:
        return ((bound - mean) / std).number
    except ScaleError:
        return None
