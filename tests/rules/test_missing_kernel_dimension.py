import pytest
from checking import find, messages

LOOP = """\
def init_weights(m):
    if isinstance(m, {guard}):
        n = {n}
        m.weight.data.normal_(0, math.sqrt(2 / n))


"""

CHOSEN = """\
class Net(nn.Module):
    def __init__(self, types, spatial_dims={default}):
        super().__init__()
        conv_type = types[spatial_dims]
        self.stem = conv_type(1, 8, kernel_size={kernel})
        for m in self.modules():
            if isinstance(m, conv_type):
                n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
                m.weight.data.normal_(0, math.sqrt(2.0 / n))
"""


def loop(guard: str, n: str) -> str:
    return LOOP.format(guard=guard, n=n)


def test_message_gives_the_factor_of_the_kernel_that_the_file_builds() -> None:
    code = loop("nn.Conv3d", "m.kernel_size[0] * m.kernel_size[1] * m.out_channels")
    (message,) = messages(code + "stem = nn.Conv3d(1, 64, (7, 7, 3))\n", "INI210")
    assert message == (
        "n counts 2 of the 3 kernel dimensions of Conv3d: std is too large by sqrt(m.kernel_size[2]) = 1.73"
    )


def test_message_gives_the_symbols_where_no_kernel_is_known() -> None:
    (message,) = messages(loop("nn.Conv2d", "m.weight.size(3) * m.weight.shape[0]"), "INI210")
    assert message.endswith("std is too large by sqrt(m.kernel_size[0])")


@pytest.mark.parametrize(
    "n",
    [
        "m.kernel_size[0] * m.out_channels",
        "m.kernel_size[1] * m.in_channels // m.groups",
        "m.weight.shape[2] * m.weight.shape[1]",
    ],
)
def test_hand_rolled_fan_out_leaves_a_missing_dimension_to_this_rule(n: str) -> None:
    assert [finding.code for finding in find(loop("nn.Conv2d", n), "INI201", "INI203", "INI210")] == ["INI210"]


def test_scale_with_the_name_of_the_other_fan_is_one_finding() -> None:
    code = (
        loop("nn.Conv2d", "m.kernel_size[0] * m.out_channels").replace(" n ", " fan_in ").replace("/ n)", "/ fan_in)")
    )
    assert [finding.code for finding in find(code, "INI202", "INI210")] == ["INI202"]


@pytest.mark.parametrize(
    ("default", "kernel"),
    [("3", "(7, 7, 3)"), ("3", "(7, 7, 3)[-spatial_dims:]"), ("3", "(1, 3, 3, 3)[1:]"), ("3", "[5, 5, 5]")],
)
def test_kernel_tells_the_dimensions_of_a_type_that_is_chosen_later(default: str, kernel: str) -> None:
    assert len(find(CHOSEN.format(default=default, kernel=kernel), "INI210")) == 1


@pytest.mark.parametrize(
    ("default", "kernel"),
    [
        ("2", "(7, 7, 3)[-spatial_dims:]"),
        ("None", "(7, 7, 3)[-spatial_dims:]"),
        ("3", "(7, 7)"),
        ("3", "(7, 7, 1)"),
        ("3", "3"),
        ("3", "(3,) * spatial_dims"),
        ("3", "(*sizes, 3, 3)"),
    ],
)
def test_kernel_that_does_not_settle_the_dimensions_is_silent(default: str, kernel: str) -> None:
    assert not find(CHOSEN.format(default=default, kernel=kernel), "INI210")


def test_type_that_is_an_argument_is_silent() -> None:
    code = CHOSEN.format(default="3", kernel="(3, 3, 3)").replace("        conv_type = types[spatial_dims]\n", "")
    assert not find(code.replace("types,", "conv_type,"), "INI210")


@pytest.mark.parametrize(
    ("guard", "built"),
    [
        ("(nn.Conv1d, nn.Conv2d)", "nn.Conv1d(8, 8, 3)"),
        ("(nn.Conv2d, nn.Linear)", "nn.Conv2d(8, 8, 3)"),
        ("nn.Conv2d", "nn.Conv2d(8, 8, (3, 1))"),
        ("nn.Conv2d", "nn.Conv2d(8, 8, kernel_size=1)"),
    ],
)
def test_convolution_that_is_counted_right_is_silent(guard: str, built: str) -> None:
    code = loop(guard, "m.kernel_size[0] * m.in_channels") + f"layer = {built}\n"
    assert not find(code, "INI210")
