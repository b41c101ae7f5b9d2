from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initlint.theory.integers import factorize


@settings(deadline=None)
@given(st.integers(1, 2**64 - 1))
def test_factors_multiply_to_the_number(number: int) -> None:
    assert math.prod(prime**count for prime, count in factorize(number).items()) == number


@pytest.mark.parametrize(
    ("number", "factors"),
    [
        (1, {}),
        (2, {2: 1}),
        (97, {97: 1}),
        (10**18, {2: 18, 5: 18}),
        (1009**2, {1009: 2}),
        (1000003 * 1000033, {1000003: 1, 1000033: 1}),
        (4294967291**2, {4294967291: 2}),
        (2**61 - 1, {2**61 - 1: 1}),
        (3215031751, {151: 1, 751: 1, 28351: 1}),
    ],
)
def test_factors_are_primes(number: int, factors: dict[int, int]) -> None:
    assert factorize(number) == factors


def test_a_huge_part_without_small_primes_stays_whole() -> None:
    huge = (2**61 - 1) * (2**89 - 1)
    assert factorize(12 * huge) == {2: 2, 3: 1, huge: 1}
