"""P-values of the tests of the numbers, and what follows from them over a run."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from initlint.runtime.measure import pvalues
from initlint.runtime.measure.nulls import null_of
from initlint.theory import laws

NORMAL, UNIFORM = null_of(laws.normal()), null_of(laws.uniform(-1.0, 1.0))


def test_saddlepoint_agrees_with_chi_squared() -> None:
    from scipy import stats

    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    squares, weights = nodes**2, weights / weights.sum()
    for count, ratio in ((16, 0.2), (16, 3.0), (64, 1.9), (1000, 1.2)):
        below, above = pvalues.saddlepoint(squares, weights, count, ratio)
        exact = stats.chi2.cdf(count * ratio, count), stats.chi2.sf(count * ratio, count)
        assert min(below, above) == pytest.approx(min(exact), rel=0.02)


def test_tolerance_makes_small_deviations_certain_and_never_lowers_a_p_value() -> None:
    assert pvalues.variance(NORMAL, 10**9, 1.0015, tolerance=1e-3) == 1.0
    assert pvalues.mean(NORMAL, 10**9, 0.0009, tolerance=1e-3) == 1.0
    for observed in (0.5, 0.98, 1.0, 1.03, 2.0):
        strict, wide = (pvalues.variance(UNIFORM, 500, observed, tolerance) for tolerance in (0.0, 0.01))
        assert wide >= strict


@pytest.mark.parametrize("outlier", [7.0, 30.0])
def test_one_outlier_is_seen_by_the_extreme_alone(outlier: float) -> None:
    assert pvalues.extreme(NORMAL, 100, outlier) < 1e-8
    assert pvalues.extreme(NORMAL, 100, 2.5) > 0.1


def test_bound_of_a_uniform_law_is_known_to_one_in_n() -> None:
    assert pvalues.extreme(UNIFORM, 4096, math.sqrt(3) * 0.98) < 1e-12
    assert pvalues.extreme(UNIFORM, 4096, math.sqrt(3) * 1.01) == 0.0
    assert pvalues.extreme(UNIFORM, 4096, math.sqrt(3) * 0.9998) > 0.1


def test_holm_rejects_a_prefix_of_the_sorted_p_values() -> None:
    p = np.array([0.5, 1e-9, 0.02, 1e-3])
    assert pvalues.holm(p, 0.05).tolist() == [False, True, True, True]
    assert pvalues.holm(p, 0.01).tolist() == [False, True, False, True]
    assert not pvalues.holm(np.ones(3), 0.05).any()
    assert pvalues.holm(np.zeros(3), 0.05).all()


def test_any_false_alarm_over_a_run_stays_below_the_level() -> None:
    generator = np.random.default_rng(1)
    runs = [pvalues.holm(generator.uniform(size=200), 0.05).any() for _ in range(2000)]
    assert np.mean(runs) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_detectable_error_is_what_power_says() -> None:
    count, level = 100_000, 1e-9
    smallest = pvalues.detectable(NORMAL, count, level)
    generator = np.random.default_rng(2)
    squares = generator.chisquare(count, 400) / count * (1 + smallest) ** 2
    seen = np.mean([pvalues.variance(NORMAL, count, float(square)) < level for square in squares])
    assert 0.97 <= seen <= 1.0
    assert smallest < 0.02
    assert math.isinf(pvalues.detectable(NORMAL, 1, level))
    assert pvalues.detectable(UNIFORM, count, level) < smallest
