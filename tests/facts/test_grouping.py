"""Groups and the other layers that a file builds."""

from textwrap import dedent

import pytest
from reading import read

BLOCK = "def block(c, groups=1):\n    return nn.Conv2d(c, c, 3, groups=groups)\n\n\n"
CHOSEN = "conv_type = nn.Conv2d if flag else nn.Conv1d\n"
INIT = """\
import torch
from torch import nn


def init_weights(m):
    if isinstance(m, nn.Conv2d):
        nn.init.normal_(m.weight)


"""


def grouped(layers: str) -> list[bool | None]:
    """What is known of the groups of every convolution that is given some."""
    return [each.grouped for each in read(INIT + layers).inventory.convolutions]


@pytest.mark.parametrize(
    "layers",
    [
        "conv = nn.Conv2d(8, 8, 3, groups=8)",
        "conv = nn.Conv2d(8, 8, 3, 1, 1, 1, 2)",
        "groups = 4\nconv = nn.Conv2d(8, 8, 3, groups=groups)",
        "def block(c):\n    return nn.Conv2d(c, c, 3, groups=c)",
        "def block(c):\n    hidden = c * 4\n    return nn.Conv2d(hidden, hidden, 3, groups=hidden)",
        "def block(c, width):\n    return nn.Conv2d(c, c, 3, groups=c // width)",
        "def block(c, width):\n    groups = int(c / width)\n    return nn.Conv2d(c, c, 3, groups=groups)",
        "def block(c, width):\n    return nn.Conv2d(c, c, 3, groups=max(1, c // width))",
        "def block(c, depthwise):\n    return nn.Conv2d(c, c, 3, groups=c if depthwise else 1)",
        "def block(conv):\n    return nn.Conv2d(8, 8, 3, groups=conv.out_channels)",
        "def block(c, cardinality):\n    return nn.Conv2d(c, c, 3, groups=cardinality)",
        "def block(c, groups=32):\n    return nn.Conv2d(c, c, 3, groups=groups)",
        BLOCK + "b = block(8, 4)",
        BLOCK + "def net(c):\n    return block(c, groups=c)",
        CHOSEN + "c = conv_type(in_channels=8, out_channels=8, kernel_size=3, groups=8)",
        "class Same(nn.Conv2d):\n    pass\n\n\nconv = Same(8, 8, 3, groups=8)",
    ],
)
def test_more_than_one_group(layers: str) -> None:
    assert grouped(layers) == [True]


@pytest.mark.parametrize(
    "layers",
    [
        "conv = nn.Conv2d(8, 8, 3, groups=1)",
        "conv = nn.Conv2d(1, 1, 3, groups=1)",
        BLOCK,
        BLOCK + "b = block(8, 1)",
        BLOCK + "def net(c, groups=1):\n    return block(c, groups)",
    ],
)
def test_one_group(layers: str) -> None:
    assert grouped(layers) == [False]


@pytest.mark.parametrize(
    "layers",
    [
        "def block(config):\n    return nn.Conv2d(8, 8, 3, groups=config.groups)",
        "def block(c, groups=None):\n    return nn.Conv2d(c, c, 3, groups=groups)",
        "def block(c):\n    return [nn.Conv2d(c, c, 3, groups=groups) for groups in table]",
        BLOCK + "b = block(*sizes)",
        "conv = nn.Conv2d(8, 8, 3, groups=count(8))",
    ],
)
def test_open_number_of_groups(layers: str) -> None:
    assert grouped(layers) == [None]


@pytest.mark.parametrize(
    "layers",
    [
        "conv = nn.Conv2d(8, 8, 3)",
        "conv = nn.ConvTranspose2d(8, 8, 3, groups=8)",
        "norm = nn.GroupNorm(8, 8)",
        "conv = build(8, 8, groups=8)",
        "plan = plan_type(in_channels=8, groups=8)",
    ],
)
def test_no_convolution_with_groups(layers: str) -> None:
    assert grouped(layers) == []


def test_groups_of_a_class_come_from_its_attribute() -> None:
    code = """
    class Block(nn.Module):
        def __init__(self, channels, groups=1):
            super().__init__()
            self.groups = groups
            self.conv = nn.Conv2d(channels, channels, 3, groups=self.groups)


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = Block(64, groups=32)
    """
    assert grouped(dedent(code)) == [True]


@pytest.mark.parametrize(
    ("body", "looks"),
    [
        ("n = m.out_channels // m.groups\n        m.weight.data.normal_(0, 1 / n)", True),
        ("if m.groups == 1:\n            m.weight.data.normal_(0, 0.01)", True),
        ("n = m.out_channels // self.groups\n        m.weight.data.normal_(0, 1 / n)", False),
        ("m.weight.data.normal_(0, 0.01)", False),
    ],
)
def test_init_that_looks_at_groups(body: str, looks: bool) -> None:
    head = "from torch import nn\n\n\ndef init(self, m):\n    if isinstance(m, nn.Conv2d):\n"
    assert read(f"{head}        {body}\n").inventory.inits_look_at_groups is looks
