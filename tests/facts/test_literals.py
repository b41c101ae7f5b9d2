"""Constants: what a name holds, as far as the source settles it."""

import pytest
from reading import probe, read


def literal(code: str, *, defaults: bool = False) -> object:
    file = read(code)
    node, call = probe(file)
    found = file.values.literal(node, call.env, defaults=defaults)
    return found.value if found is not None else "not settled"


def number(code: str, *, defaults: bool = False) -> float | None:
    file = read(code)
    node, call = probe(file)
    return file.values.number(node, call.env, defaults=defaults)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.2", 0.2),
        (".2", 0.2),
        ("2", 2),
        ("-2", -2),
        ("1e-3", 0.001),
        ("1_000", 1000),
        ("0x10", 16),
        ("(0.2)", 0.2),
        ("'relu'", "relu"),
        ('"relu"', "relu"),
        ("'''relu'''", "relu"),
        ("r'relu'", "relu"),
        ("True", True),
        ("None", None),
    ],
)
def test_literals_are_read(written: str, value: object) -> None:
    assert literal(f"probe({written})") == value


@pytest.mark.parametrize(
    "written", ["b'relu'", "f'relu'", "f'{name}'", "make()", "x[0]", "x.y", "[1]", "...", "1j", "-x"]
)
def test_anything_else_is_no_literal(written: str) -> None:
    assert literal(f"probe({written})") == "not settled"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2", 2.0),
        ("-0.5", -0.5),
        ("1 / 4", 0.25),
        ("2 ** -2", 0.25),
        ("0.02 * 2", 0.04),
        ("float(2)", 2.0),
    ],
)
def test_arithmetic_of_numbers_is_a_number(written: str, value: float) -> None:
    assert number(f"probe({written})") == pytest.approx(value)


@pytest.mark.parametrize("written", ["True", "None", "'0.2'", "n", "1 / n", "1 / 0", "(1, 2)"])
def test_bools_strings_and_names_are_no_numbers(written: str) -> None:
    assert number(f"probe({written})") is None


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("slope = 0.2\nprobe(slope)", 0.2),
        ("slope: float = 0.2\nprobe(slope)", 0.2),
        ("a = b = 0.2\nprobe(a)", 0.2),
        ("a = 0.2\nb = a\nprobe(b)", 0.2),
        ("slope = 0.1\nslope = 0.2\nprobe(slope)", 0.2),
        ("slope = 0.2\nprobe(slope)\nslope = 0.3", 0.2),
        ("SLOPE = 0.2\ndef f():\n    probe(SLOPE)", 0.2),
        ("def f():\n    probe(SLOPE)\nSLOPE = 0.2", 0.2),
        ("slope = 0.1\ndef f():\n    slope = 0.2\n    probe(slope)", 0.2),
        ("if (slope := 0.2):\n    probe(slope)", 0.2),
        ("if flag:\n    s = 0.2\nelse:\n    s = 0.2\nprobe(s)", 0.2),
        ("if flag:\n    s = 0.2\n    probe(s)\nelse:\n    s = 0.3", 0.2),
        ("s = 0.2\nif flag:\n    raise ValueError\nprobe(s)", 0.2),
        ("def f():\n    s = 0.2\n    if flag:\n        s = 0.3\n        return\n    probe(s)", 0.2),
        ("s = 0.2\nfor m in ms:\n    probe(s)", 0.2),
        ("s = 0.2\nwith no_grad():\n    probe(s)", 0.2),
    ],
)
def test_a_name_with_one_value_is_that_value(code: str, value: float) -> None:
    assert literal(code) == value


@pytest.mark.parametrize(
    "code",
    [
        "if flag:\n    s = 0.2\nelse:\n    s = 0.3\nprobe(s)",
        "s = 0.2\nif flag:\n    s = 0.3\nprobe(s)",
        "if flag:\n    s = 0.2\nprobe(s)",
        "s = 0.2\nfor m in ms:\n    probe(s)\n    s = 0.3",
        "s = 0.2\nfor m in ms:\n    probe(s)\n    s *= 2",
        "s = 0.2\nwhile flag:\n    probe(s)\n    s = 0.3",
        "s = 0.2\nfor m in ms:\n    probe(s)\n    if m:\n        s = 0.3",
        "s = 0.2\nfor m in ms:\n    probe(s)\n    try:\n        s = 0.3\n    except E:\n        pass",
        "s = 0.2\nfor s in ms:\n    probe(s)",
        "for m in ms:\n    s = 0.2\nprobe(s)",
        "try:\n    s = 0.2\nexcept E:\n    s = 0.3\nprobe(s)",
        "match x:\n    case 1:\n        s = 0.2\nprobe(s)",
        "with make() as s:\n    probe(s)",
        "s = 0.2\ndel s\nprobe(s)",
        "s, t = 0.2, 0.3\nprobe(s)",
        "def f(s):\n    probe(s)",
        "def f(s=0.2):\n    probe(s)",
        "s = 0.2\ndef f():\n    global s\n    s = make()\n    probe(s)",
        "s = 0.2\ndef f(s):\n    probe(s)",
        "probe(undefined)",
    ],
)
def test_a_name_that_may_hold_something_else_is_not_settled(code: str) -> None:
    assert literal(code) == "not settled"


def test_augmented_assignments_are_worked_out() -> None:
    assert number("s = 8\ns *= 2\ns /= 4\ns += 1\ns -= 2\nprobe(s)") == 3.0


@pytest.mark.parametrize("operator", ["**=", "%=", "@=", "|="])
def test_augmented_assignments_of_other_operators_are_not(operator: str) -> None:
    assert number(f"s = 8\ns {operator} 3\nprobe(s)") is None


def test_a_default_counts_where_it_is_asked_for() -> None:
    code = "def f(s=0.2):\n    probe(s)"
    assert literal(code, defaults=True) == 0.2
    assert literal("def f(*, s=0.2):\n    probe(s)", defaults=True) == 0.2
    assert literal("SLOPE = 0.2\ndef f(s=SLOPE):\n    probe(s)", defaults=True) == 0.2


@pytest.mark.parametrize(
    "code",
    [
        "def f(s):\n    probe(s)",
        "def f(s=None):\n    s = make()\n    probe(s)",
        "def f(s=make()):\n    probe(s)",
        "def f(s=0.2):\n    if flag:\n        s = 0.3\n    probe(s)",
        "def f(*s):\n    probe(s)",
    ],
)
def test_a_parameter_without_a_constant_default_is_not_settled(code: str) -> None:
    assert literal(code, defaults=True) == "not settled"
