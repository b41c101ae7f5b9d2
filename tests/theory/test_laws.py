from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initlint.theory import laws
from initlint.theory.laws import Law, LawKind, Moments


def closed_form(a: float, b: float) -> Moments:
    """Moments of N(0, 1) between a and b, by the textbook formula."""
    inside = laws.mass(0, 1, a, b)
    density_a, density_b = (math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in (a, b))
    mean = (density_a - density_b) / inside
    return Moments(mean, math.sqrt(1 + (a * density_a - b * density_b) / inside - mean**2))


@settings(deadline=None)
@given(st.floats(-4, 3), st.floats(0.5, 8))
def test_truncated_moments_agree_with_the_closed_form(a: float, width: float) -> None:
    assert laws.truncated_normal_moments(0, 1, a, a + width) == pytest.approx(closed_form(a, a + width), abs=1e-7)


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(0.01, 5), st.floats(-3, 2), st.floats(0.1, 4))
def test_truncated_moments_scale_and_shift(mean: float, std: float, a: float, width: float) -> None:
    standard = laws.truncated_normal_moments(0, 1, a, a + width)
    moments = laws.truncated_normal_moments(mean, std, mean + std * a, mean + std * (a + width))
    assert moments == pytest.approx((mean + std * standard.mean, std * standard.std), rel=1e-6, abs=1e-9)


def test_without_reach_the_truncation_changes_nothing() -> None:
    assert laws.truncated_normal_moments(0, 0.02, -2, 2) == pytest.approx((0, 0.02))
    assert laws.truncated_normal_moments(1, 3, -math.inf, math.inf) == pytest.approx((1, 3))


def test_half_normal_moments() -> None:
    expected = (math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi))
    assert laws.truncated_normal_moments(0, 1, 0, math.inf) == pytest.approx(expected)


def test_a_narrow_interval_is_uniform() -> None:
    assert laws.truncated_normal_moments(0, 1, 1, 1 + 1e-6) == pytest.approx((1 + 5e-7, 1e-6 / math.sqrt(12)))
    assert laws.truncated_normal_moments(0, 1, 0.5, 0.5) == (0.5, 0)


def test_a_far_tail_is_exponential() -> None:
    mean, std = laws.truncated_normal_moments(0, 1, 100, 200)
    assert mean - 100 == pytest.approx(0.01, rel=1e-3)
    assert std == pytest.approx(0.01, rel=1e-3)
    assert laws.truncated_normal_moments(0, 1, -200, -100) == pytest.approx((-mean, std))


@pytest.mark.parametrize(("std", "cut"), [(2, 1.08), (1, 0.88)])
def test_default_bounds_cut_a_wide_std(std: float, cut: float) -> None:
    assert laws.truncated_normal_moments(0, std, -2, 2).std == pytest.approx(cut, abs=0.005)


def test_bounds_at_one_std_shrink_it() -> None:
    assert laws.truncated_normal_moments(0, 0.02, -0.02, 0.02).std == pytest.approx(0.54 * 0.02, rel=0.01)


@pytest.mark.parametrize(("std", "a", "b"), [(0, -2, 2), (-1, -2, 2), (math.nan, -2, 2), (1, 2, -2), (1, math.nan, 2)])
def test_no_interval_no_moments(std: float, a: float, b: float) -> None:
    with pytest.raises(ValueError, match=r"positive|order"):
        laws.truncated_normal_moments(0, std, a, b)
    with pytest.raises(ValueError, match=r"positive|order"):
        laws.mass(0, std, a, b)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b", "expected"),
    [
        (0, 1, -1, 1, 0.6826894921370859),
        (0, 1, -math.inf, math.inf, 1),
        (0, 1, 0, math.inf, 0.5),
        (3, 2, 1, 5, 0.6826894921370859),
        (0, 0.02, -2, 2, 1),
        (0, 1, 2, 2, 0),
        (0, 1, 10, 11, 7.61985302416047e-24),
        (0, 1, -11, -10, 7.61985302416047e-24),
    ],
)
def test_mass_between_bounds(mean: float, std: float, a: float, b: float, expected: float) -> None:
    assert laws.mass(mean, std, a, b) == pytest.approx(expected, rel=1e-7)


def test_a_lower_bound_of_a_few_std_leaves_little_mass() -> None:
    assert laws.mass(0, 0.02, 0.04, 2.0) < 0.03
    assert laws.mass(0, 0.02, 0.08, 2.0) < 1e-3


DRAWN: list[tuple[Law, tuple[int, ...], Callable[[Any, Any], object]]] = [
    (laws.normal(0.5, 0.2), (300, 200), lambda init, t: init.normal_(t, 0.5, 0.2)),
    (laws.normal(), (300, 200), lambda init, t: init.normal_(t)),
    (laws.uniform(-0.1, 0.3), (300, 200), lambda init, t: init.uniform_(t, -0.1, 0.3)),
    (laws.uniform(), (300, 200), lambda init, t: init.uniform_(t)),
    (laws.truncated_normal(0, 2), (300, 200), lambda init, t: init.trunc_normal_(t, 0, 2)),
    (laws.truncated_normal(1, 0.5, 0, 1.2), (300, 200), lambda init, t: init.trunc_normal_(t, 1, 0.5, 0, 1.2)),
    (laws.constant(0.3), (30, 20), lambda init, t: init.constant_(t, 0.3)),
    (laws.orthogonal(2), (300, 200), lambda init, t: init.orthogonal_(t, 2)),
    (laws.orthogonal(), (100, 40, 3, 3), lambda init, t: init.orthogonal_(t)),
    (laws.EYE, (30, 20), lambda init, t: init.eye_(t)),
    (laws.dirac(), (12, 8, 3, 3), lambda init, t: init.dirac_(t)),
    (laws.dirac(3), (12, 2, 3), lambda init, t: init.dirac_(t, 3)),
    (laws.dirac(4), (8, 4, 3, 3, 3), lambda init, t: init.dirac_(t, 4)),
    (laws.sparse(0.25, 0.1), (300, 200), lambda init, t: init.sparse_(t, 0.25, 0.1)),
    (laws.sparse(10, 0.1), (30, 20), lambda init, t: init.sparse_(t, 10, 0.1)),
    (
        laws.normal(0, laws.kaiming_std(math.sqrt(2), 200)),
        (300, 200),
        lambda init, t: init.kaiming_normal_(t, nonlinearity="relu"),
    ),
    (
        laws.uniform(-laws.kaiming_bound(math.sqrt(2), 300), laws.kaiming_bound(math.sqrt(2), 300)),
        (300, 200),
        lambda init, t: init.kaiming_uniform_(t, mode="fan_out"),
    ),
    (laws.normal(0, laws.xavier_std(200, 300, 0.5)), (300, 200), lambda init, t: init.xavier_normal_(t, 0.5)),
    (
        laws.uniform(-laws.xavier_bound(200, 300), laws.xavier_bound(200, 300)),
        (300, 200),
        lambda init, t: init.xavier_uniform_(t),
    ),
]


@pytest.mark.parametrize(("law", "shape", "draw"), DRAWN, ids=[f"{law} {shape}" for law, shape, _ in DRAWN])
def test_laws_have_the_moments_of_what_torch_draws(
    law: Law, shape: tuple[int, ...], draw: Callable[[Any, Any], object]
) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    tensor = torch.full(shape, math.nan)
    draw(torch.nn.init, tensor)
    moments = law.moments(shape)
    assert moments is not None
    assert tensor.std(correction=0).item() == pytest.approx(moments.std, rel=0.02, abs=1e-7)
    assert tensor.mean().item() == pytest.approx(moments.mean, rel=0.01, abs=0.02 * moments.std)


@pytest.mark.parametrize("law", [laws.COPY, laws.UNKNOWN, laws.orthogonal(), laws.EYE, laws.dirac(), laws.sparse(0.1)])
def test_moments_that_depend_on_what_is_not_given_are_unknown(law: Law) -> None:
    assert law.moments() is None


@pytest.mark.parametrize("shape", [(), (3,), (0, 3), (3, 0)])
@pytest.mark.parametrize("law", [laws.orthogonal(), laws.EYE, laws.dirac(), laws.sparse(0.1)])
def test_no_matrix_no_moments(law: Law, shape: tuple[int, ...]) -> None:
    assert law.moments(shape) is None


def test_equal_laws_are_equal_objects() -> None:
    assert laws.normal(0, 0.02) == Law(LawKind.NORMAL, (0, 0.02))
    assert hash(laws.normal(0, 1)) == hash(laws.normal())
    assert laws.normal(0, 0.02) != laws.uniform(0, 0.02)


def test_a_law_is_written_with_its_parameters() -> None:
    assert str(laws.truncated_normal(0, 0.02)) == "truncated normal(0, 0.02, -2, 2)"
    assert str(laws.EYE) == "eye()"
    assert str(laws.UNKNOWN) == "unknown()"


def test_bounds_have_the_std() -> None:
    bound = laws.kaiming_bound(1.5, 64)
    assert Law(LawKind.UNIFORM, (-bound, bound)).moments() == pytest.approx((0, laws.kaiming_std(1.5, 64)))
