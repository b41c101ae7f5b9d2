"""P-values that stay right in the far tail, where a run over a whole model decides.

Each is two-sided and exact, or errs upwards. With a tolerance the null is an interval: a deviation is measured from its
nearer end.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special, stats

from initlint.runtime.measure.nulls import Array, Null


def mean(null: Null, count: int, observed: float, tolerance: float = 0.0) -> float:
    """Of a mean of d = (x - mean) / std, by the normal law; `tolerance` in standard deviations."""
    beyond = max(abs(observed) - tolerance, 0.0)
    return min(1.0, 2.0 * float(special.ndtr(-beyond * math.sqrt(count))))


def variance(null: Null, count: int, observed: float, tolerance: float = 0.0) -> float:
    """Of a mean of d², the variance about the known mean; `tolerance` is of the standard deviation, relative.

    Chi-squared for a normal law, the saddlepoint approximation for any other.
    """
    low, high = (1 - tolerance) ** 2, (1 + tolerance) ** 2
    if low <= observed <= high:
        return 1.0
    ratio = observed / (low if observed < low else high)
    if null.squares is None or null.weights is None:
        below, above = stats.chi2.cdf(count * ratio, count), stats.chi2.sf(count * ratio, count)
    else:
        below, above = saddlepoint(null.squares, null.weights, count, ratio)
    return min(1.0, 2.0 * float(min(below, above)))


def extreme(null: Null, count: int, observed: float, tolerance: float = 0.0) -> float:
    """Of the largest |d|: the product formula; `tolerance` is relative, for bounds that a sampler rounds."""
    larger = null.outside(observed * (1 - tolerance) * null.std)
    smaller = null.outside(observed * (1 + tolerance) * null.std)
    above = -math.expm1(count * math.log1p(-larger)) if larger < 1 else 1.0
    below = math.exp(count * math.log1p(-smaller)) if smaller < 1 else 0.0
    return min(1.0, 2.0 * min(above, below))


def anderson_darling(statistic: float) -> float:
    """Of the statistic A² with all parameters known: sqrt(3) * P(chi²(1) > 2 A²), the tail of its limit law.

    Right below 0.1, and above 1 where it means nothing.
    """
    return min(1.0, math.sqrt(3.0) * math.erfc(math.sqrt(max(statistic, 0.0))))


def anderson_darling_statistic(levels: Array) -> float:
    """A² of the values of the distribution function at the entries (Anderson and Darling 1954, equation 2)."""
    ordered = np.clip(np.sort(levels), 1e-16, 1 - 1e-16)
    count = len(ordered)
    odd = 2 * np.arange(count) + 1
    return float(-count - (odd * (np.log(ordered) + np.log1p(-ordered[::-1]))).mean())


def binned_statistic(null: Null, edges: Array, counts: Array, mean_tolerance: float, std_tolerance: float) -> float:
    """A² of counts between edges in the units of the tensor, measured beyond what the tolerances allow at each edge."""
    total = counts.sum()
    inner = edges[1:-1]
    observed = np.cumsum(counts)[:-1] / total
    slack = mean_tolerance * null.std + std_tolerance * np.abs(inner - null.mean)
    level = null.cdf(inner)
    beyond = np.maximum(observed - null.cdf(inner + slack), null.cdf(inner - slack) - observed)
    beyond = np.clip(beyond, 0.0, None)
    steps = np.diff(np.concatenate([[0.0], level]))
    spread = level * (1 - level)
    useful = spread > 1 / total
    return float(total * (beyond[useful] ** 2 / spread[useful] * steps[useful]).sum())


def saddlepoint(values: Array, weights: Array, count: int, observed: float) -> tuple[float, float]:
    """Lower and upper tail of a mean of independent values, by Lugannani and Rice (1980), equation 5."""
    if observed <= values.min():
        return 0.0, 1.0
    if observed >= values.max() * (1 - 1e-12):
        return 1.0, 0.0

    def cumulants(tilt: float) -> tuple[float, float, float]:
        exponents = tilt * values
        top = float(exponents.max())
        tilted = weights * np.exp(exponents - top)
        total = float(tilted.sum())
        first = float((tilted * values).sum()) / total
        return top + math.log(total), first, float((tilted * values**2).sum()) / total - first**2

    centre = float((weights * values).sum())
    if abs(observed - centre) < 1e-9 * centre:
        return 0.5, 0.5
    low, high = -1.0, 1.0
    while cumulants(low)[1] > observed:
        low *= 2
    while cumulants(high)[1] < observed:
        high *= 2
    tilt = float(optimize.brentq(lambda t: cumulants(t)[1] - observed, low, high, xtol=1e-14))
    k0, _, k2 = cumulants(tilt)
    r = math.copysign(math.sqrt(max(0.0, 2 * count * (tilt * observed - k0))), tilt)
    u = tilt * math.sqrt(count * k2)
    if abs(r) < 1e-4:
        z = (observed - centre) * math.sqrt(count / k2)
        return float(special.ndtr(z)), float(special.ndtr(-z))
    correction = math.exp(-r * r / 2) / math.sqrt(2 * math.pi) * (1 / u - 1 / r)
    below, above = float(special.ndtr(r)) - correction, float(special.ndtr(-r)) + correction
    return min(max(below, 0.0), 1.0), min(max(above, 0.0), 1.0)


def holm(pvalues: Array, level: float) -> Array:
    """Which hypotheses are rejected so that any false rejection has at most this probability (Holm 1979).

    A boolean array in the order of the p-values; valid under any dependence.
    """
    order = np.argsort(pvalues, kind="stable")
    limits = level / (len(pvalues) - np.arange(len(pvalues)))
    kept = pvalues[order] > limits
    first = int(np.argmax(kept)) if kept.any() else len(pvalues)
    rejected = np.zeros(len(pvalues), dtype=bool)
    rejected[order[:first]] = True
    return rejected


def detectable(null: Null, count: int, level: float, power: float = 0.99, tolerance: float = 0.0) -> float:
    """The smallest relative error of the std that the variance test sees with this power; infinite for no entry.

    From count = (kurtosis - 1) * ((z_level + z_power * r) / (r - 1))², r the ratio of variances, solved for r.
    """
    if count < 2:
        return math.inf
    spread = math.sqrt((null.kurtosis - 1) / count)
    limit, wanted = -float(special.ndtri(level / 2)) * spread, float(special.ndtri(power)) * spread
    if wanted >= 1:
        return math.inf
    ratio = (1 + limit) / (1 - wanted)
    return (1 + tolerance) * math.sqrt(ratio) - 1
