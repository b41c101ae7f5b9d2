"""P-values under the null: a test may err towards too large ones, never towards too small ones by more than a fifth.

The long versions run with `pytest -m calibration -s` and print the figures of tests/runtime/README.md.
"""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import calibration
from calibration import LAWS, LEVELS, ROWS, SHAPES, TESTS, Rejections
from scipy.stats import binomtest

WORST = 1.2
"""Observed over expected rejections."""


def check(found: Rejections, levels: tuple[float, ...]) -> None:
    """What is expected less than a hundred times may be more by chance: by two standard errors."""
    for level in levels:
        few = level * found.samples < 100
        assert found.excess(level) <= WORST + (2 * found.error(level) if few else 0), (found, level)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("count", [16, 64])
def test_rejections_under_the_null_are_as_rare_as_they_say(name: str, count: int) -> None:
    for found in calibration.rejections(name, count, 500_000):
        check(found, (1e-3,))


@pytest.mark.parametrize("count", [16, 64])
def test_rejections_by_the_shape_are_as_rare_as_they_say(count: int) -> None:
    check(calibration.shape_rejections(count, 300_000), (1e-3,))


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("test", TESTS[:3])
def test_critical_values_are_where_the_p_value_passes_the_level(test: str, name: str) -> None:
    law = calibration.null(name)
    for level in LEVELS:
        for side, outwards in zip(calibration.critical(law, test, 16, level), (1 - 1e-9, 1 + 1e-9), strict=True):
            outwards = 1 + 1e-9 if side < 0 else outwards
            beyond, within = (calibration.p_value(law, test, 16, side * by) for by in (outwards, 1 / outwards))
            assert beyond <= level <= within
            assert within == pytest.approx(level, rel=0.2)


def test_whole_runs_over_healthy_models_are_silent() -> None:
    """A hundred models cannot tell 0.05 from 0.07; the long version, of 2,000, asks for no more than the level."""
    (found,) = calibration.alarms(100, (0.05,)).values()
    assert binomtest(round(found * 100), 100, 0.05, alternative="greater").pvalue > 0.01


def test_two_per_cent_are_seen_in_a_hundred_thousand_entries() -> None:
    assert calibration.power(0.02, 100_000, 300) >= 0.98


@pytest.mark.calibration
@pytest.mark.parametrize("count", ROWS)
@pytest.mark.parametrize("name", LAWS)
def test_calibration_of_moments_and_extremes(name: str, count: int) -> None:
    for found in calibration.rejections(name, count, ROWS[count]):
        print(calibration.line(found, name, count), flush=True)
        check(found, LEVELS)


@pytest.mark.calibration
@pytest.mark.parametrize("count", SHAPES)
def test_calibration_of_the_shape(count: int) -> None:
    found = calibration.shape_rejections(count, SHAPES[count])
    print(calibration.line(found, "any", count), flush=True)
    check(found, LEVELS)


@pytest.mark.calibration
def test_calibration_of_whole_runs() -> None:
    for level, share in calibration.alarms(2000, (0.1, 0.05, 0.01)).items():
        print(f"| models with any alarm at level {level:g} | {share:.4f} |")
        assert share <= level


@pytest.mark.calibration
def test_power() -> None:
    seen = calibration.power(0.02, 100_000, 2000)
    print(f"| std 2 % off in 100,000 entries, seen | {seen:.4f} |")
    assert seen >= 0.98
