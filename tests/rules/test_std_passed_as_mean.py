"""What the page of INI401 cannot say: the numbers in the messages, and more names."""

import pytest
from checking import find, messages

from initlint.finding import Safety

LAYER = "from layers import settings\nlayer = nn.Linear(64, 64)\n"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("nn.init.normal_(layer.weight, 0.02)", "std 1 instead of 0.02, 50 times as much; std=0.02 is meant"),
        ("nn.init.trunc_normal_(layer.weight, .02)", "std 0.88 instead of 0.02, 44 times as much; std=.02 is meant"),
        ("nn.init.normal_(layer.weight, settings.init_std)", "N(settings.init_std, 1); std=settings.init_std is meant"),
        ("nn.init.normal_(layer.weight, nn.init.calculate_gain('relu'))", "N(1.414, 1)"),
    ],
)
def test_message_has_the_numbers(line: str, part: str) -> None:
    (message,) = messages(LAYER + line, "INI401")
    assert part in message


@pytest.mark.parametrize("name", ["std", "init_std", "std_dev_std", "w_sigma", "INIT_STD", "stdv", "initializer_range"])
def test_name_says_standard_deviation(name: str) -> None:
    assert messages(f"{LAYER}nn.init.normal_(layer.weight, settings.{name})", "INI401")


@pytest.mark.parametrize("name", ["mean", "log_std", "stdin", "standard", "ranges", "sigmas_mean", "offset", "gain"])
def test_name_says_nothing(name: str) -> None:
    assert not messages(f"{LAYER}nn.init.normal_(layer.weight, settings.{name})", "INI401")


def test_large_value_behind_a_telling_name_is_silent() -> None:
    assert not messages(f"{LAYER}std = 1.0\nnn.init.normal_(layer.weight, std)", "INI401")


def test_negative_number_gets_no_fix() -> None:
    (finding,) = find(f"{LAYER}nn.init.normal_(layer.weight, -0.02)", "INI401")
    assert not finding.fixes


def test_gain_gets_an_alternative_for_display() -> None:
    (finding,) = find(f"{LAYER}nn.init.normal_(layer.weight, nn.init.calculate_gain('relu'))", "INI401")
    assert [(fix.safety, fix.edits[0].text) for fix in finding.fixes] == [
        (Safety.DISPLAY, "nn.init.xavier_normal_(layer.weight, gain=nn.init.calculate_gain('relu'))")
    ]


def test_modules_with_the_same_signatures_count() -> None:
    code = "from timm.layers import trunc_normal_\nfrom ... import initialization as init\n"
    code += "trunc_normal_(token, 0.02)\ninit.normal_(token, 0.02)\n"
    assert len(find(code, "INI401")) == 2
