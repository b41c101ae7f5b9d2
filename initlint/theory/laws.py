"""Laws: the distributions that initialisers draw from, with the mean and standard deviation of what they leave.

One normal form for what the source says and for what a model holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class LawKind(StrEnum):
    """The kinds of laws."""

    NORMAL = "normal"
    UNIFORM = "uniform"
    TRUNCATED_NORMAL = "truncated normal"
    CONSTANT = "constant"
    ORTHOGONAL = "orthogonal"
    EYE = "eye"
    DIRAC = "dirac"
    SPARSE = "sparse"
    COPY = "copy"
    UNKNOWN = "unknown"


class Moments(NamedTuple):
    """Mean and standard deviation over the entries of a tensor."""

    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution and its parameters, in the order of the initialiser's arguments; `normal` and siblings make it."""

    kind: LawKind
    parameters: tuple[float, ...] = ()

    def moments(self, shape: Sequence[int] = ()) -> Moments | None:
        """Mean and standard deviation of the entries; None where they depend on a shape that is not given, or on data.

        A shape is needed for orthogonal, eye and dirac, and for the zeros of sparse. Raises ValueError for a truncated
        normal without a proper interval.
        """
        match self.kind, self.parameters:
            case LawKind.NORMAL, (mean, std):
                return Moments(mean, std)
            case LawKind.UNIFORM, (a, b):
                return Moments((a + b) / 2, (b - a) / math.sqrt(12))
            case LawKind.TRUNCATED_NORMAL, (mean, std, a, b):
                return truncated_normal_moments(mean, std, a, b)
            case LawKind.CONSTANT, (value,):
                return Moments(value, 0.0)
            case ((LawKind.ORTHOGONAL | LawKind.EYE | LawKind.DIRAC | LawKind.SPARSE), _) if math.prod(shape[:2]):
                return self._matrix_moments(shape) if len(shape) > 1 else None
        return None

    def _matrix_moments(self, shape: Sequence[int]) -> Moments | None:
        match self.kind, self.parameters:
            case LawKind.ORTHOGONAL, (gain,):
                return Moments(0.0, gain / math.sqrt(max(shape[0], math.prod(shape[1:]))))
            case LawKind.EYE, ():
                return _share_of_ones(min(shape), shape)
            case LawKind.DIRAC, (groups,):
                return _share_of_ones(min(shape[0], int(groups) * shape[1]), shape)
            case LawKind.SPARSE, (sparsity, std):
                zeros = min(1.0, math.ceil(sparsity * shape[0]) / shape[0])
                return Moments(0.0, std * math.sqrt(1 - zeros))
        return None

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{parameter:.5g}' for parameter in self.parameters)})"


UNKNOWN = Law(LawKind.UNKNOWN)
COPY = Law(LawKind.COPY)
EYE = Law(LawKind.EYE)


def normal(mean: float = 0.0, std: float = 1.0) -> Law:
    """N(mean, std²)."""
    return Law(LawKind.NORMAL, (mean, std))


def uniform(a: float = 0.0, b: float = 1.0) -> Law:
    """U(a, b)."""
    return Law(LawKind.UNIFORM, (a, b))


def truncated_normal(mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Law:
    """N(mean, std²) between a and b, which are values and not multiples of std."""
    return Law(LawKind.TRUNCATED_NORMAL, (mean, std, a, b))


def constant(value: float) -> Law:
    """The same value everywhere."""
    return Law(LawKind.CONSTANT, (value,))


def orthogonal(gain: float = 1.0) -> Law:
    """A (semi-)orthogonal matrix times gain."""
    return Law(LawKind.ORTHOGONAL, (gain,))


def dirac(groups: int = 1) -> Law:
    """Convolutions that hand on their input channels, as many as there are."""
    return Law(LawKind.DIRAC, (groups,))


def sparse(sparsity: float, std: float = 0.01) -> Law:
    """N(0, std²) with a share of every column set to zero."""
    return Law(LawKind.SPARSE, (sparsity, std))


def mass(mean: float, std: float, a: float, b: float) -> float:
    """The probability that N(mean, std²) falls between a and b. Raises ValueError unless std > 0 and a <= b."""
    low, high = _standardized(mean, std, a, b)
    if low + high > 0:
        low, high = -high, -low
    # Both ends in the lower half keep the digits of a small difference: erfc is small there and never close to 2.
    return (math.erfc(-high / math.sqrt(2)) - math.erfc(-low / math.sqrt(2))) / 2


def truncated_normal_moments(mean: float, std: float, a: float, b: float) -> Moments:
    """Mean and standard deviation of N(mean, std²) between a and b. Raises ValueError unless std > 0 and a <= b.

    By Simpson's rule, relative to the largest density in the interval: the closed form cancels in the tails and in
    narrow intervals.
    """
    low, high = _standardized(mean, std, a, b)
    if low == high:
        return Moments(a, 0.0)
    peak = min(max(low, 0.0), high)
    reach = min(_REACH, _REACH**2 / abs(peak) if peak else _REACH)
    low, high = max(low, peak - reach), min(high, peak + reach)
    step = (high - low) / _STEPS
    points = [low + step * index for index in range(_STEPS + 1)]
    weights = [
        (1 if index in (0, _STEPS) else 4 if index % 2 else 2) * math.exp((peak - point) * (peak + point) / 2)
        for index, point in enumerate(points)
    ]
    total = math.fsum(weights)
    center = math.fsum(map(math.prod, zip(weights, (point - peak for point in points), strict=True))) / total + peak
    variance = math.fsum(weight * (point - center) ** 2 for weight, point in zip(weights, points, strict=True)) / total
    return Moments(mean + std * center, std * math.sqrt(variance))


def kaiming_std(gain: float, fan: float) -> float:
    """The standard deviation gain / sqrt(fan): He et al. 2015, equations 10 and 14."""
    return gain / math.sqrt(fan)


def kaiming_bound(gain: float, fan: float) -> float:
    """The bound of the uniform law that has `kaiming_std`."""
    return math.sqrt(3.0) * kaiming_std(gain, fan)


def xavier_std(fan_in: float, fan_out: float, gain: float = 1.0) -> float:
    """The standard deviation gain * sqrt(2 / (fan_in + fan_out)): Glorot and Bengio 2010, equation 12."""
    return gain * math.sqrt(2.0 / (fan_in + fan_out))


def xavier_bound(fan_in: float, fan_out: float, gain: float = 1.0) -> float:
    """The bound of the uniform law that has `xavier_std`: Glorot and Bengio 2010, equation 16."""
    return math.sqrt(3.0) * xavier_std(fan_in, fan_out, gain)


_STEPS = 2000
_REACH = 9.0
"""Beyond this many standard deviations from its peak a density is below the rounding of its integral."""


def _standardized(mean: float, std: float, a: float, b: float) -> tuple[float, float]:
    if not std > 0:
        raise ValueError(f"std must be positive, got {std}")
    if not a <= b:
        raise ValueError(f"bounds out of order: {a} and {b}")
    return (a - mean) / std, (b - mean) / std


def _share_of_ones(ones: int, shape: Sequence[int]) -> Moments:
    share = ones / math.prod(shape)
    return Moments(share, math.sqrt(share * (1 - share)))
