"""Parts of a computed number."""

import pytest
from reading import probe, read

from initlint.facts.meaning.operands import operands
from initlint.facts.reading import text


def parts(code: str) -> list[tuple[str, bool, str | None]]:
    """Code, whether it is a factor, and the local of every part of what is probed."""
    file = read(code)
    node, call = probe(file)
    return [(text.code(each.node), each.factor, each.local) for each in operands(node, call.env)]


def test_factors_of_a_product() -> None:
    assert parts("probe(a.x * a.y)") == [("a.x", True, None), ("a.y", True, None)]


def test_a_divisor_is_no_factor_unless_it_stands_in_parentheses() -> None:
    assert parts("probe(2 / a.x)") == [("2", True, None), ("a.x", False, None)]
    assert parts("probe(2 / (a.x * a.y))")[1:] == [("a.x", True, None), ("a.y", True, None)]


@pytest.mark.parametrize("code", ["probe(a.x ** 2)", "probe(-a.x)", "probe(a.x + 1)"])
def test_power_sign_and_sum_are_no_products(code: str) -> None:
    assert parts(code)[0] == ("a.x", False, None)


def test_locals_are_followed_through_augmented_assignments() -> None:
    assert parts("n = a.x\nn *= a.y\nprobe(n)") == [("a.x", True, "n"), ("a.y", True, "n")]


def test_calls_come_with_their_arguments() -> None:
    assert parts("probe(sqrt(a.x))") == [("sqrt(a.x)", True, None), ("a.x", True, None)]


def test_a_joined_local_ends_the_walk() -> None:
    assert parts("n = 1\nif flag:\n    n = a.x\nprobe(n)") == [("n", True, None)]
