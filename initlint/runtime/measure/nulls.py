"""Null laws: what the tests need to know of the law that the entries of a tensor are independently drawn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

from initlint.theory.laws import Law, LawKind, mass

Array = npt.NDArray[np.float64]

_REACH, _GRID = 7.0, 8192

NODES = 400
"""Nodes of the quadrature of a law's squared deviation: enough for tails of 1e-12."""


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """A law with a density, in the units of the tensor.

    `cdf` is its distribution function; `low` and `high` its support; `squares` and `weights` a quadrature of
    ((x - mean) / std)², None for a normal law, where the sum of them is chi-squared.
    """

    name: str
    mean: float
    std: float
    low: float
    high: float
    kurtosis: float
    cdf: Callable[[Array], Array]
    squares: Array | None = None
    weights: Array | None = None

    @property
    def bounded(self) -> bool:
        """Whether the support has ends."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def quantiles(self, levels: Array) -> Array:
        """Values below which these shares of the law lie, to a thousandth of its std: for drawings."""
        reach = self.std * _REACH
        points = np.linspace(max(self.low, self.mean - reach), min(self.high, self.mean + reach), _GRID)
        return np.interp(levels, self.cdf(points), points)

    def outside(self, distance: float) -> float:
        """The probability that an entry lies at least so far from the mean."""
        if self.squares is None:
            return float(special.erfc(distance / self.std / math.sqrt(2)))
        below, above = self.cdf(np.array([self.mean - distance, self.mean + distance]))
        return float(below + (1.0 - above))


@lru_cache(maxsize=4096)
def null_of(law: Law) -> Null | None:
    """The null of a law; None for one without a density: constants, structured matrices, copies, unknown ones.

    A normal law truncated so far out that nothing is cut is normal, and one of std 0 is a constant.
    """
    match law.kind, law.parameters:
        case LawKind.NORMAL, (mean, std) if std > 0:
            return _normal(str(law), mean, std)
        case LawKind.UNIFORM, (low, high) if high > low:
            return _uniform(str(law), low, high)
        case LawKind.TRUNCATED_NORMAL, (mean, std, low, high) if std > 0 and high > low:
            if min(high - mean, mean - low) > _UNCUT * std:
                return _normal(str(law), mean, std)
            return _truncated(str(law), mean, std, low, high)
        case _:
            return None


def null_of_quantiles(name: str, values: Array) -> Null:
    """The null of a law that is known by equally likely values, in any order: a base law behind a chain of operations.

    Raises ValueError where all values are the same.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    mean, std = float(ordered.mean()), float(ordered.std())
    if not std > 0:
        raise ValueError("all values are the same; a constant has no density")
    levels = (np.arange(len(ordered)) + 0.5) / len(ordered)

    def cdf(points: Array) -> Array:
        return np.interp(points, ordered, levels, left=0.0, right=1.0)

    deviations = ((ordered - mean) / std) ** 2
    groups = np.array_split(np.sort(deviations), NODES)
    squares = np.array([group.mean() for group in groups])
    weights = np.array([len(group) for group in groups]) / len(deviations)
    low, high, kurtosis = float(ordered[0]), float(ordered[-1]), float((deviations**2).mean())
    return Null(name, mean, std, low, high, kurtosis, cdf, squares, weights)


_UNCUT = 8.5
"""Standard deviations from the mean beyond which no sampler in double precision reaches."""


def _normal(name: str, mean: float, std: float) -> Null:
    return Null(name, mean, std, -math.inf, math.inf, 3.0, lambda points: special.ndtr((points - mean) / std))


def _uniform(name: str, low: float, high: float) -> Null:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    mean, std = (low + high) / 2, (high - low) / math.sqrt(12)

    def cdf(points: Array) -> Array:
        return np.clip((points - low) / (high - low), 0.0, 1.0)

    return Null(name, mean, std, low, high, 1.8, cdf, 3.0 * nodes**2, weights / 2)


def _truncated(name: str, mean: float, std: float, low: float, high: float) -> Null:
    """By Gauss-Legendre quadrature on the part of the interval that holds any mass."""
    start, end = max(low, mean - _UNCUT * std), min(high, mean + _UNCUT * std)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    points = (end - start) / 2 * nodes + (end + start) / 2
    density = weights * np.exp(-(((points - mean) / std) ** 2) / 2)
    density /= density.sum()
    center = float((density * points).sum())
    spread = math.sqrt(float((density * (points - center) ** 2).sum()))
    squares = ((points - center) / spread) ** 2
    total, first = mass(mean, std, low, high), special.ndtr((low - mean) / std)

    def cdf(at: Array) -> Array:
        return np.clip((special.ndtr((at - mean) / std) - first) / total, 0.0, 1.0)

    return Null(name, center, spread, low, high, float((density * squares**2).sum()), cdf, squares, density)
