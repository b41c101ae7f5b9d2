import pytest
from checking import find, messages

GUARDED = "def init_weights(m):\n    if {}:\n        nn.init.kaiming_normal_(m.weight)\n"


def init(layer: str, arguments: str = "") -> str:
    """A layer and its init."""
    return f"up = nn.{layer}\nnn.init.kaiming_normal_(up.weight{arguments})\n"


def test_message_gives_the_three_numbers() -> None:
    (message,) = messages(init("ConvTranspose2d(64, 256, 4, stride=2)"), "INI206")
    assert message == (
        "fan_in of this transposed convolution is 4096 and fan_out 1024, but an output is fed by 256 inputs: fan_in "
        "makes std × 0.25 of what keeps the signal"
    )


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        (init("ConvTranspose1d(8, 8, 4, 2)"), "fed by 16 inputs: fan_in makes std × 0.707"),
        (init("ConvTranspose3d(8, 8, 2, stride=(1, 2, 2))"), "fed by 16 inputs: fan_in makes std × 0.5"),
        (init("ConvTranspose2d(64, 64, 4, stride=2, groups=64)", ", mode='fan_out'"), "fed by 4 inputs"),
        (init("ConvTranspose2d(128, 64, (4, 2))"), "fan_in of this transposed convolution is 512 and fan_out 1024"),
    ],
)
def test_numbers_follow_kernel_stride_and_groups(code: str, numbers: str) -> None:
    (message,) = messages(code, "INI206")
    assert numbers in message


@pytest.mark.parametrize(
    "code",
    [
        init("ConvTranspose2d(256, 64, 4, stride=2)"),
        init("ConvTranspose2d(64, 64, 3)"),
        init("ConvTranspose2d(256, 64, 3)", ", mode='fan_out'"),
        init("ConvTranspose2d(64, 256, 4, stride=2)", ", mode=mode"),
        init("ConvTranspose2d(64, channels, 4, stride=2)", ", mode='fan_out'"),
        init("Conv2d(64, 256, 4, stride=2)"),
        "up = nn.ConvTranspose2d(64, 256, 4, stride=2)\nnn.init.xavier_normal_(up.weight)\n",
        "up = nn.ConvTranspose2d(64, 256, 4, stride=2)\nnn.init.zeros_(up.bias)\n",
        GUARDED.format("isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))"),
        GUARDED.format("'Conv' in m.__class__.__name__"),
    ],
)
def test_silent(code: str) -> None:
    assert not find(code, "INI206")
