"""What the page of INI402 cannot say: the message, and fixes that are left out."""

import pytest
from checking import find, fix, messages

LAYER = "layer = nn.Linear(64, 64)\n"


def test_message_has_the_share_of_negative_weights() -> None:
    (message,) = messages(f"{LAYER}nn.init.normal_(layer.weight, -0.1, 0.1)", "INI402")
    assert "N(-0.1, 0.1) puts 84% of the weights below zero; uniform_ between -0.1 and 0.1 is meant" in message


@pytest.mark.parametrize(
    ("call", "fixed"),
    [
        ("nn.init.normal(layer.weight, -0.1, 0.1)", "nn.init.uniform_(layer.weight, -0.1, 0.1)"),
        ("nn.init.normal_(layer.weight, std=0.1, mean=-0.1)", "nn.init.uniform_(layer.weight, b=0.1, a=-0.1)"),
        ("layer.weight.data.normal_(std=0.1, mean=-0.1)", "layer.weight.data.uniform_(-0.1, 0.1)"),
        ("layer.weight.data.normal_(-s(), s())", "layer.weight.data.uniform_(-s(), s())"),
        ("nn.init.normal_(layer.weight, -1 / s, s ** -1)", "nn.init.uniform_(layer.weight, -1 / s, s ** -1)"),
    ],
)
def test_fix(call: str, fixed: str) -> None:
    assert fix(f"def f(layer, s):\n    {call}\n", "INI402") == f"def f(layer, s):\n    {fixed}\n"


def test_keywords_beside_a_generator_are_left_to_the_reader() -> None:
    code = f"{LAYER}layer.weight.data.normal_(mean=-0.1, std=0.1, generator=g)\n"
    assert len(find(code, "INI402")) == 1
    assert fix(code, "INI402") == code


@pytest.mark.parametrize("numbers", ["-0.1, 0.2", "0.1, -0.1", "0, 0", "-s, t", "-s(), t()", "s - 1, 1 - s, g"])
def test_numbers_that_are_no_bounds(numbers: str) -> None:
    assert not find(f"def f(layer, s, t):\n    nn.init.normal_(layer.weight, {numbers})\n", "INI402")
