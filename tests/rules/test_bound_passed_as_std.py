import pytest
from checking import find, fix, messages

HEAD = "def init_weights(m, n, gain):\n    if isinstance(m, nn.Linear):\n"


def init(std: str) -> str:
    """An init of a linear layer with this std."""
    return f"{HEAD}        nn.init.normal_(m.weight, 0, {std})\n"


@pytest.mark.parametrize(
    ("std", "law"),
    [
        ("math.sqrt(6 / (m.in_features + m.out_features))", "Glorot"),
        ("(6.0 / (m.weight.size(0) + m.weight.size(1))) ** 0.5", "Glorot"),
        ("math.sqrt(6) / math.sqrt(m.in_features)", "He"),
        ("math.sqrt(3 / m.in_features)", "LeCun"),
        ("math.sqrt(2) * math.sqrt(3 / m.in_features)", "He"),
        ("math.sqrt(6 / n)", "He"),
    ],
)
def test_bound_is_found(std: str, law: str) -> None:
    (message,) = messages(init(std), "INI207")
    assert f"{law}'s uniform initialisation" in message


@pytest.mark.parametrize(
    "std",
    [
        "math.sqrt(2 / m.in_features)",
        "math.sqrt(1 / m.in_features)",
        "math.sqrt(5 / m.in_features)",
        "math.sqrt(3 / (m.in_features + m.out_features))",
        "math.sqrt(6 / m.in_features) / 30",
        "gain * math.sqrt(6 / m.in_features)",
        "math.sqrt(6 / m.in_features) / m.omega",
        "6 / m.in_features",
        "math.sqrt(6 / 1024)",
        "math.sqrt(6)",
        "-math.sqrt(6 / m.in_features)",
    ],
)
def test_other_std_is_silent(std: str) -> None:
    assert not find(init(std), "INI207")


def test_uniform_law_is_silent() -> None:
    code = HEAD + "        b = math.sqrt(6 / m.in_features)\n        nn.init.uniform_(m.weight, -b, b)\n"
    assert not find(code, "INI207")


def test_message_gives_both_forms() -> None:
    (message,) = messages(init("math.sqrt(6 / n)"), "INI207")
    assert message == (
        "std sqrt(6 / n) is the bound of He's uniform initialisation, which has std sqrt(2 / n): the weights are "
        "× sqrt(3) = 1.73 too large"
    )


@pytest.mark.parametrize(
    ("std", "fixed"),
    [
        ("math.sqrt(6 / n)", "math.sqrt(2 / n)"),
        ("math.sqrt(6. / n)", "math.sqrt(2. / n)"),
        ("(6.0 / n) ** 0.5", "(2.0 / n) ** 0.5"),
        ("math.sqrt(3 / n)", "math.sqrt(1 / n)"),
        ("math.sqrt(6 / (6 + n))", "math.sqrt(6 / (6 + n))"),
        ("math.sqrt(2) * math.sqrt(3 / n)", "math.sqrt(2) * math.sqrt(3 / n)"),
    ],
)
def test_fix_replaces_the_one_number(std: str, fixed: str) -> None:
    assert fix(init(std), "INI207") == init(fixed)


def test_local_that_is_read_elsewhere_is_left_alone() -> None:
    code = (
        HEAD
        + "        s = math.sqrt(6 / n)\n        nn.init.normal_(m.weight, 0, s)\n        m.bias.data.uniform_(-s, s)\n"
    )
    assert len(find(code, "INI207")) == 1
    assert fix(code, "INI207") == code
