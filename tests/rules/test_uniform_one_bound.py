"""What the page of INI404 cannot say: the message, and how the bounds are spelled."""

import pytest
from checking import find, fix, messages

LAYER = "layer = nn.Linear(64, 64)\n"


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ("-0.1", "U(-0.1, 1) has mean 0.45 and std 0.318; U(-0.1, 0.1) is meant"),
        ("2", "U(2, 1) raises RuntimeError; U(-2, 2) is meant"),
        ("bound()", "U(bound(), 1); U(-abs(bound()), abs(bound())) is meant"),
    ],
)
def test_message_has_the_numbers(bound: str, message: str) -> None:
    found = messages(f"{LAYER}nn.init.uniform_(layer.weight, {bound})", "INI404")
    assert found == [f"only the lower bound is given and the upper one stays 1: {message}"]


@pytest.mark.parametrize(
    ("bound", "bounds"),
    [
        ("-0.1", "-0.1, 0.1"),
        ("s", "-abs(s), abs(s)"),
        ("-s", "-s, s"),
        ("0.1 * s", "-abs(0.1 * s), abs(0.1 * s)"),
        ("-0.1 * s", "-0.1 * s, 0.1 * s"),
        ("-1 / math.sqrt(s)", "-1 / math.sqrt(s), 1 / math.sqrt(s)"),
        ("1 / math.sqrt(s)", "-1 / math.sqrt(s), 1 / math.sqrt(s)"),
        ("-(s + 1)", "-(s + 1), s + 1"),
    ],
)
def test_bounds_are_spelled_like_the_one_that_is_given(bound: str, bounds: str) -> None:
    code = "def f(layer, s):\n    nn.init.uniform_(layer.weight, {})\n"
    assert fix(code.format(bound), "INI404") == code.format(bounds)


@pytest.mark.parametrize("value", ["0", "0.0", "-1", "-1.0"])
def test_bounds_that_go_with_one_are_silent_behind_a_name_too(value: str) -> None:
    assert not find(f"{LAYER}low = {value}\nnn.init.uniform_(layer.weight, low)", "INI404")
