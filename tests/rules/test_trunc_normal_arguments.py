"""What the pages of INI409, INI414, INI415 and INI416 cannot say: messages, one finding a call, and other spellings."""

import pytest
from checking import find, fix, messages

RULES = ("INI409", "INI414", "INI415", "INI416")
LAYER = "layer = nn.Linear(64, 64)\n"
FUNCTION = "def f(w, s, mean, options):\n"


def codes(call: str) -> list[str]:
    return [finding.code for finding in find(f"{FUNCTION}    nn.init.trunc_normal_({call})\n", *RULES)]


def message(call: str) -> str:
    (found,) = messages(f"{FUNCTION}    nn.init.trunc_normal_({call})\n", *RULES)
    return found


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("w, -2, 2", "INI409"),
        ("w, -s, s", "INI409"),
        ("w, -1 / math.sqrt(s), 1 / math.sqrt(s)", "INI409"),
        ("w, 0, .02, .04", "INI414"),
        ("w, 0, .02, a=-4, b=-.04", "INI414"),
        ("w, 10.0, 2.0", "INI414"),
        ("w, std=s, a=2 * s", "INI414"),
        ("w, std=s, a=-3 * s, b=-2 * s", "INI414"),
        ("w, 1, s / 10, 1 + s, 1 + 2 * s", "INI414"),
        ("w, std=2", "INI415"),
        ("w, mean, 2.0", "INI415"),
        ("w, mean=-2, std=2", "INI415"),
        ("w, 0, s, -s, s", "INI416"),
        ("w, std=math.sqrt(2 / s), a=-math.sqrt(2 / s), b=math.sqrt(2 / s)", "INI416"),
        ("w, 1, .1, .9, 1.1", "INI416"),
    ],
)
def test_one_call_has_one_mistake(call: str, code: str) -> None:
    assert codes(call) == [code]


@pytest.mark.parametrize(
    "call",
    [
        "w",
        "w, 0, s",
        "w, mean, s",
        "w, mean, s, -s, s",
        "w, 0, s, -2 * s, 2 * s",
        "w, 0, s, 0, 2 * s",
        "w, 0, .02, -2, 2",
        "w, std=.02, a=.03",
        "w, std=1.0",
        "w, std=-2",
        "w, std=0",
        "w, 0, .02, .04, -.04",
        "w, -.5, .5, 0, 1",
        "w, -.5, std=.5",
        "w, std=3, a=-2, b=2",
        "w, *options",
        "w, 0, .02, .04, **options",
        "*options",
    ],
)
def test_what_may_be_meant_or_is_not_settled_is_silent(call: str) -> None:
    assert codes(call) == []


def test_defaults_of_parameters_are_not_followed() -> None:
    code = "def f(w, std=2.0, low=-2.0):\n    nn.init.trunc_normal_(w, 0, std)\n    nn.init.trunc_normal_(w, low, 1)\n"
    assert not find(code, *RULES)


@pytest.mark.parametrize("module", ["timm.layers", "timm.models.layers", "mmengine.model.weight_init"])
def test_functions_with_the_same_arguments_count(module: str) -> None:
    code = f"from {module} import trunc_normal_\n\n{LAYER}trunc_normal_(layer.weight, 0, 0.02, 0.04)\n"
    assert [finding.code for finding in find(code, *RULES)] == ["INI414"]


def test_bounds_in_multiples_of_the_std_are_another_function() -> None:
    code = f"from timm.layers import trunc_normal_tf_\n\n{LAYER}trunc_normal_tf_(layer.weight, -2, 2)\n"
    assert not find(code, *RULES)


BEFORE = "trunc_normal_ takes mean and std before its bounds: this draws from"
BESIDE = "the bounds lie {} std and more {} the mean: {} of the law is left"
DEFAULT = "the default bounds -2 and 2 are values and no multiples of std: they cut std 2 to"
NARROW = "the bounds leave 8e-05 of the law, so little that it is a uniform one"
ONE_STD = "the bounds stand at one std, where the std of what is left shrinks to 0.54 of it"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("w, -2, 2", f"{BEFORE} N(-2, 2) between -2 and 2, with mean -0.554 and std 1; a=-2, b=2 is meant"),
        ("w, -s, s", f"{BEFORE} N(-s, s); a=-s, b=s is meant"),
        (
            "w, 0, .02, .04",
            BESIDE.format(2, "above", 0.023) + "; the weights have mean 0.0475 and std 0.00676, not 0.02",
        ),
        ("w, std=s, a=2 * s", BESIDE.format(2, "above", "at most 0.023")),
        (
            "w, std=s, a=-4 * s, b=-3 * s",
            BESIDE.format(3, "below", 0.0013) + "; the weights have 0.22 of the std that is given",
        ),
        (
            "w, 60.0, 1.0",
            BESIDE.format(58, "below", "nothing") + "; the weights have mean 1.98 and std 0.0172, not 1",
        ),
        (
            "w, a=-1e-4, b=1e-4",
            f"{NARROW}; the weights have mean 0 and std 5.77e-05, not 1",
        ),
        ("w, 0, .02, 2", "the bounds are equal: every weight is 2"),
        ("w, 0, s, s, s", "the bounds are equal: every weight is the same"),
        ("w, std=2", f"{DEFAULT} 1.08"),
        ("w, mean, 2", f"{DEFAULT} less than 1.16"),
        ("w, 0, .02, -.02, .02", f"{ONE_STD}: 0.0108 instead of 0.02"),
        ("w, 0, s, -s, s", ONE_STD),
    ],
)
def test_message_has_the_numbers(call: str, said: str) -> None:
    assert message(call) == said


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("w, 0, 0.02, 0.04", ["-0.04, 0.04"]),
        ("w, std=s, a=2 * s", ["a=-2 * s, b=2 * s"]),
        ("w, 0, 0.02, 0.04, 0.06", []),
        ("w, mean=4, std=.5", []),
        ("w, std=2", [", a=-4, b=4"]),
        ("w, 1, 2", [", a=-3, b=5"]),
        ("w, mean, 2", []),
        ("w, std=.02, a=-.02, b=.02", ["-0.04", "0.04"]),
        ("w, std=s, a=-s, b=s", ["-2 * s", "2 * s"]),
        ("w, 1, .1, .9, 1.1", []),
        ("w, -.001, .001", ["a=", "b="]),
    ],
)
def test_alternatives_are_shown_and_not_applied(call: str, shown: list[str]) -> None:
    code = f"{FUNCTION}    nn.init.trunc_normal_({call})\n"
    (finding,) = find(code, *RULES)
    assert [edit.text for change in finding.fixes for edit in change.edits] == shown
    assert fix(code, *RULES) == code


def test_named_bounds_are_what_the_fix_writes() -> None:
    code = "def f(w, s):\n    nn.init.trunc_normal_(w, {}-s / 2, {}s / 2)\n"
    assert fix(code.format("", ""), "INI409") == code.format("a=", "b=")
