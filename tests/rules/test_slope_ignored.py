import pytest
from checking import find, fix, messages

LAYER = "layer = nn.Linear(8, 16)\n"


@pytest.mark.parametrize(
    ("arguments", "clause"),
    [
        ("'fan_out', nonlinearity='relu'", "but the mode stays 'fan_in': std × sqrt(fan_out / fan_in)"),
        ("'fan_in', 'fan_out', 'relu'", "but the mode stays 'fan_out': std × sqrt(fan_in / fan_out)"),
        ("'fan_in', nonlinearity='relu'", "'fan_in' is a mode, the one in force anyway"),
    ],
)
def test_mode_in_the_slot_of_the_slope_is_named(arguments: str, clause: str) -> None:
    (message,) = messages(f"{LAYER}nn.init.kaiming_normal_(layer.weight, {arguments})\n", "INI102")
    assert message.endswith(clause)


def test_mode_in_the_slot_of_the_slope_is_shown_and_never_rewritten() -> None:
    code = f"{LAYER}nn.init.kaiming_normal_(layer.weight, 'fan_out', nonlinearity='relu')\n"
    (finding,) = find(code, "INI102")
    assert [fix.title for fix in finding.fixes] == ["pass it as mode", "drop the slope"]
    assert finding.applicable is None
    assert fix(code, "INI102") == code


def test_call_that_may_have_an_effect_is_not_dropped() -> None:
    code = "def init(layer):\n    nn.init.kaiming_normal_(layer.weight, a=layer.next_slope(), nonlinearity='relu')\n"
    assert len(find(code, "INI102")) == 1
    assert fix(code, "INI102") == code


def test_unsupported_nonlinearity_has_no_second_finding() -> None:
    code = f"{LAYER}nn.init.kaiming_normal_(layer.weight, a=0.2, nonlinearity='gelu')\n"
    assert [finding.code for finding in find(code, "INI102", "INI105")] == ["INI105"]
