import pytest
from checking import find, fix, messages

from initlint.finding import Safety

CALL = "layer = nn.Linear(64, 64)\nnn.init.kaiming_normal_(layer.weight, a=nn.init.calculate_gain({arguments}))\n"


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ("'relu'", "0.8165 instead of 1.4142, std × 0.577"),
        ("'tanh'", "0.7276 instead of 1.6667, std × 0.437"),
        ("'selu'", "1.1314 instead of 0.7500, std × 1.508"),
        ("'leaky_relu', 0.2", "0.8272 instead of 1.3868, std × 0.596"),
    ],
)
def test_message_gives_both_gains(arguments: str, numbers: str) -> None:
    (message,) = messages(CALL.format(arguments=arguments), "INI103")
    assert message.endswith(numbers)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "conv1d", "conv2d", "conv_transpose3d"])
def test_gain_one_is_right_by_accident_and_its_fix_is_safe(name: str) -> None:
    (finding,) = find(CALL.format(arguments=repr(name)), "INI103")
    assert finding.message.endswith("this only happens to be right, because the gain of slope 1 is 1 as well")
    assert finding.applicable is not None
    assert finding.applicable.safety is Safety.SAFE


@pytest.mark.parametrize("name", ["linear", "sigmoid", "conv2d"])
def test_safe_fix_draws_the_same_numbers(name: str) -> None:
    torch = pytest.importorskip("torch")
    drawn = []
    for code in (CALL.format(arguments=repr(name)), fix(CALL.format(arguments=repr(name)), "INI103", unsafe=False)):
        torch.manual_seed(0)
        names = {"nn": torch.nn}
        exec(code, names)
        drawn.append((names["layer"].weight.detach(), torch.get_rng_state()))
    assert "a=" not in code
    assert torch.equal(drawn[0][0], drawn[1][0])
    assert torch.equal(drawn[0][1], drawn[1][1])


@pytest.mark.parametrize("arguments", ["'relu'", "'tanh'", "'leaky_relu', 0.2", "'leaky_relu'"])
def test_other_gains_are_not_rewritten_without_unsafe_fixes(arguments: str) -> None:
    code = CALL.format(arguments=arguments)
    assert fix(code, "INI103", unsafe=False) == code


def test_slope_that_has_a_name_is_not_moved_away_from_its_local() -> None:
    code = """\
        def init(layer, slope):
            gain = nn.init.calculate_gain('leaky_relu', slope)
            nn.init.kaiming_normal_(layer.weight, a=gain)
        """
    (finding,) = find(code, "INI103")
    assert finding.applicable is None


def test_gain_of_an_unknown_name_has_no_numbers() -> None:
    (message,) = messages(
        "def init(layer, name):\n    nn.init.kaiming_normal_(layer.weight, nn.init.calculate_gain(name))\n", "INI103"
    )
    assert message == "a gain is passed as the slope a, and torch takes the gain of that slope once more"
