"""P-values under the null: a test may err towards too large ones, never towards too small ones by more than a fifth."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from initlint.runtime.measure import pvalues
from initlint.runtime.measure.nulls import Null, null_of
from initlint.theory import laws

NORMAL, UNIFORM = null_of(laws.normal()), null_of(laws.uniform(-1.0, 1.0))
TRUNCATED = null_of(laws.truncated_normal())
NULLS = {"normal": NORMAL, "uniform": UNIFORM, "truncated": TRUNCATED}
WORST = 1.2


def sample(name: str, rows: int, count: int, seed: int) -> np.ndarray:
    """Rows of standardised entries."""
    generator = np.random.default_rng(seed)
    if name == "uniform":
        return generator.uniform(-1, 1, (rows, count)) / UNIFORM.std
    drawn = generator.standard_normal((rows, count))
    while name == "truncated" and (outside := np.abs(drawn) > 2).any():
        drawn[outside] = generator.standard_normal(int(outside.sum()))
    return drawn / NULLS[name].std


def p_value(test: str, null: Null, entries: np.ndarray) -> float:
    count = len(entries)
    match test:
        case "mean":
            return pvalues.mean(null, count, float(entries.mean()))
        case "variance":
            return pvalues.variance(null, count, float((entries**2).mean()))
        case "extreme":
            return pvalues.extreme(null, count, float(np.abs(entries).max()))
        case _:
            levels = null.cdf(null.mean + null.std * entries)
            return pvalues.anderson_darling(pvalues.anderson_darling_statistic(levels))


def excess(p: np.ndarray, level: float) -> tuple[float, float]:
    """Observed over expected rejections, and one standard error of that."""
    expected = level * len(p)
    return float((p < level).sum()) / expected, 1 / math.sqrt(expected)


@pytest.mark.parametrize("count", [16, 64])
@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("test", ["mean", "variance", "extreme", "shape"])
def test_rejections_under_the_null_are_as_rare_as_they_say(test: str, name: str, count: int) -> None:
    p = np.array([p_value(test, NULLS[name], row) for row in sample(name, 4000, count, seed=count)])
    for level in (0.05, 0.01):
        ratio, error = excess(p, level)
        assert ratio <= WORST + 3 * error


@pytest.mark.calibration
@pytest.mark.parametrize("count", [16, 64, 256])
@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("test", ["mean", "variance", "extreme", "shape"])
def test_calibration_in_the_tail(test: str, name: str, count: int) -> None:
    rows = 1_000_000 if test in ("mean", "extreme") else 200_000
    p = np.concatenate(
        [
            [p_value(test, NULLS[name], row) for row in sample(name, 20_000, count, seed)]
            for seed in range(rows // 20_000)
        ]
    )
    for level in (1e-3, 1e-4, 1e-5):
        ratio, error = excess(p, level)
        print(f"{test} {name} n={count} p<{level:g}: {ratio:.2f} ± {error:.2f}")
        assert ratio <= WORST + 3 * error


@pytest.mark.calibration
@pytest.mark.parametrize("count", [16, 64, 256])
def test_calibration_of_the_vectorised_tests_at_one_in_a_million(count: int) -> None:
    from scipy import special, stats

    generator = np.random.default_rng(count)
    below = {"mean": 0, "variance": 0}
    rows, blocks = 100_000, 100
    for _ in range(blocks):
        entries = generator.standard_normal((rows, count), dtype=np.float32)
        mean, square = entries.mean(1, dtype=np.float64), np.square(entries, dtype=np.float64).sum(1)
        below["mean"] += int((2 * special.ndtr(-np.abs(mean) * math.sqrt(count)) < 1e-6).sum())
        tails = np.minimum(stats.chi2.cdf(square, count), stats.chi2.sf(square, count))
        below["variance"] += int((2 * tails < 1e-6).sum())
    print(below, "expected", rows * blocks * 1e-6)
    assert max(below.values()) <= WORST * 10 + 3 * math.sqrt(10)


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
