import pytest
from checking import find, messages

LOOP = """\
def init_weights(m):
    if isinstance(m, nn.Conv2d):
        n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
        m.weight.data.normal_(0, math.sqrt(2 / n))


"""

GROUPED_CLASS = """\
class Conv(nn.Module):
    def __init__(self, width, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, groups=groups)


layer = Conv(8, 2)
"""


def test_message_gives_both_stds_where_the_sizes_are_literals() -> None:
    code = "fc = nn.Linear(2048, 10)\nnn.init.normal_(fc.weight, 0, math.sqrt(2 / fc.out_features))\n"
    (message,) = messages(code, "INI201")
    assert message == (
        "He init by hand: std 0.4472 counts fan_out 10; with fan_in 2048, the default of kaiming_normal_, "
        "it is 0.0312, × 0.0699: say which is meant"
    )


def test_message_gives_the_ratio_where_the_sizes_are_open() -> None:
    (message,) = messages(LOOP, "INI201")
    assert "it is × sqrt(m.out_channels / m.in_channels)" in message


@pytest.mark.parametrize(
    "layer",
    [
        "depthwise = nn.Conv2d(64, 64, 3, groups=64)",
        "def block(c):\n    return nn.Conv2d(c, c, 3, groups=c)",
        "def conv(i, o, groups=1):\n    return nn.Conv2d(i, o, 3, groups=groups)\n\n\nlayer = conv(8, 8, groups=4)",
        GROUPED_CLASS,
    ],
)
def test_file_with_grouped_convolutions_is_left_to_another_rule(layer: str) -> None:
    assert not find(LOOP + layer + "\n", "INI201")


@pytest.mark.parametrize(
    "layer",
    [
        "conv = nn.Conv2d(64, 64, 3, groups=1)",
        "depthwise = nn.Conv1d(64, 64, 3, groups=64)",
        "def conv(i, o, groups=1):\n    return nn.Conv2d(i, o, 3, groups=groups)\n\n\nlayer = conv(8, 8)",
    ],
)
def test_file_without_grouped_convolutions_of_that_type_is_reported(layer: str) -> None:
    assert len(find(LOOP + layer + "\n", "INI201")) == 1


def test_scale_named_fan_in_is_one_finding() -> None:
    code = LOOP.replace(" n ", " fan_in ").replace("/ n)", "/ fan_in)")
    assert [finding.code for finding in find(code, "INI201", "INI202")] == ["INI202"]
