import pytest
from checking import find, messages

CALL = "layer = nn.Linear(8, 8)\nnn.init.kaiming_normal_(layer.weight, nonlinearity={name})\n"
UNKNOWN = " is not one of torch's twelve names: ValueError"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "'LeakyReLU'",
            f"nonlinearity 'LeakyReLU'{UNKNOWN}; 'leaky_relu' is meant",
        ),
        (
            "'gelu'",
            f"nonlinearity 'gelu'{UNKNOWN}; nearest is 'relu', gain 1.4142",
        ),
        ("'maxout'", f"nonlinearity 'maxout'{UNKNOWN}"),
        ("None", f"nonlinearity None{UNKNOWN}"),
        ("nn.ReLU()", "nn.ReLU() is no name of a nonlinearity: torch takes a string and raises ValueError"),
    ],
)
def test_message_says_what_is_meant(name: str, message: str) -> None:
    assert messages(CALL.format(name=name), "INI105") == [message]


def test_default_of_a_parameter_is_named_as_such() -> None:
    code = "def gain_of(kind='gelu'):\n    return nn.init.calculate_gain(kind)\n"
    assert messages(code, "INI105")[0].startswith("nonlinearity 'gelu', the default of kind, is not one of")


@pytest.mark.parametrize("name", ["'gelu'", "'prelu'", "nn.ReLU()", "F.silu"])
def test_nearest_name_is_shown_and_never_applied(name: str) -> None:
    (finding,) = find(CALL.format(name=name), "INI105")
    assert len(finding.fixes) == 1
    assert finding.applicable is None


@pytest.mark.parametrize(
    "test",
    [
        "assert kind != 'gelu'",
        "while kind == 'gelu': kind = 'relu'",
        "known = kind in ('relu', 'tanh')",
        "kind = kind or 'relu'",
        "kind = 'relu' if kind == 'gelu' else kind",
        "match kind:\n        case 'gelu': return 1.0",
    ],
)
def test_default_that_the_function_looks_at_is_open(test: str) -> None:
    code = f"def gain_of(kind='gelu'):\n    {test}\n    return nn.init.calculate_gain(kind)\n"
    assert not find(code, "INI105")


@pytest.mark.parametrize("context", ["pytest.raises", "self.assertRaises", "contextlib.suppress"])
def test_expected_failure_is_silent(context: str) -> None:
    code = f"def test_gain(self):\n    with {context}(ValueError):\n        nn.init.calculate_gain('gelu')\n"
    assert not find(code, "INI105")


def test_other_context_managers_expect_no_failure() -> None:
    code = "with torch.no_grad():\n    nn.init.calculate_gain('gelu')\n"
    assert len(find(code, "INI105")) == 1
