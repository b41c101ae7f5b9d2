import pytest
from checking import find, fix, messages


def call(arguments: str, function: str = "kaiming_normal_") -> str:
    return f"def init(w, x):\n    nn.init.{function}(w, {arguments})\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'fan_out'", "'fan_out' fills the slot of a and is a mode: ValueError"),
        ("0, 'relu'", "'relu' fills the slot of mode and is a nonlinearity: ValueError"),
        ("mode='fanin'", "'fanin' fills the slot of mode, which knows 'fan_in': ValueError"),
        ("mode='fan_avg'", "'fan_avg' fills the slot of mode, which has no such mode: ValueError"),
        ("mode=None", "None fills the slot of mode, which has no such value: AttributeError"),
        ("0, 0.2", "0.2 fills the slot of mode and is a slope: AttributeError"),
    ],
)
def test_message_names_slot_kind_and_error(arguments: str, message: str) -> None:
    assert messages(call(arguments), "INI405") == [message]


@pytest.mark.parametrize(
    "arguments",
    [
        "'fan_out', nonlinearity='relu', mode=0.2",
        "0, 'relu', 'fan_in'",
        "mode='fan_avg', nonlinearity='fan_in'",
        "'gelu'",
        "a='fan_out'",
    ],
)
def test_one_call_is_one_finding(arguments: str) -> None:
    found = find(call(arguments), "INI102", "INI105", "INI405", "INI407", "INI408")
    assert [finding.code for finding in found] == ["INI405"]


@pytest.mark.parametrize(
    "arguments",
    ["'fan_out', mode='fan_in'", "'fan_in', 'fan_out'", "0.2, 0.1", "'relu', nonlinearity='leaky_relu'"],
)
def test_nothing_is_moved_where_two_arguments_meet(arguments: str) -> None:
    (finding,) = find(call(arguments), "INI405")
    assert finding.applicable is None


def test_mode_in_a_local_is_not_respelled() -> None:
    code = "def init(w):\n    mode = 'fanin'\n    nn.init.kaiming_normal_(w, mode=mode)\n"
    assert len(find(code, "INI405")) == 1
    assert fix(code, "INI405") == code


def test_slope_that_is_not_read_belongs_to_another_rule() -> None:
    found = find(call("'fan_out', nonlinearity='relu'"), "INI102", "INI405")
    assert [finding.code for finding in found] == ["INI102"]


def test_lines_and_trailing_comma_survive() -> None:
    code = """\
        nn.init.kaiming_normal_(
            layer.weight,  # the projection
            "fan_out",
            0.2,
        )
        """
    assert fix(code, "INI405") == (
        'nn.init.kaiming_normal_(\n    layer.weight,  # the projection\n    mode="fan_out",\n    a=0.2,\n)\n'
    )


@pytest.mark.parametrize(
    "arguments", ["x", "a=x", "mode=x", "*x", "'fan_out', **x", "x, 'FAN_OUT'", "'fan_out', nonlinearity=x"]
)
def test_what_is_not_settled_is_silent(arguments: str) -> None:
    assert not find(call(arguments), "INI405")


@pytest.mark.parametrize("function", ["xavier_normal_", "orthogonal_"])
def test_gain_of_an_unknown_activation_has_no_fix(function: str) -> None:
    (finding,) = find(call("'gelu'", function), "INI405")
    assert finding.message == "'gelu' fills the slot of gain, which takes a number: TypeError"
    assert not finding.fixes
