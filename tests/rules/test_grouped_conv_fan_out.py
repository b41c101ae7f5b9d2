import pytest
from checking import find, fix, messages

LOOP = """\
def init_weights(m):
    if isinstance(m, nn.Conv2d):
        n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
        m.weight.data.normal_(0, math.sqrt(2 / n))


"""

DEPTHWISE = "depthwise = nn.Conv2d(64, 64, 3, groups=64)\n"


def test_message_gives_both_stds_where_the_sizes_are_literals() -> None:
    (message,) = messages(LOOP + "conv = nn.Conv2d(512, 512, 3, groups=512)\n", "INI203")
    assert message.endswith("with 512 groups it is 0.0208 instead of 0.4714, × 22.6")


def test_message_gives_the_ratio_where_the_sizes_are_open() -> None:
    (message,) = messages(LOOP + "def block(c):\n    return nn.Conv2d(c, c, 3, groups=c)\n", "INI203")
    assert message.endswith("in the grouped convolutions it is too small by sqrt(m.groups)")


def test_finding_points_at_the_init_call_and_at_the_groups() -> None:
    (finding,) = find(LOOP + DEPTHWISE, "INI203")
    assert finding.region.line == 10
    assert [related.region.line for related in finding.related] == [13]


@pytest.mark.parametrize("code", ["INI201", "INI202"])
def test_one_mistake_is_one_finding(code: str) -> None:
    assert [finding.code for finding in find(LOOP + DEPTHWISE, "INI203", code)] == ["INI203"]


def test_scale_named_fan_in_is_another_mistake() -> None:
    code = LOOP.replace(" n ", " fan_in ").replace("/ n)", "/ fan_in)") + DEPTHWISE
    assert [finding.code for finding in find(code, "INI201", "INI202", "INI203")] == ["INI202"]


def test_scale_named_fan_out_is_no_statement_about_groups() -> None:
    code = LOOP.replace(" n ", " fan_out ").replace("/ n)", "/ fan_out)") + DEPTHWISE
    assert len(find(code, "INI203")) == 1


@pytest.mark.parametrize(
    "layers",
    [
        "",
        "conv = nn.Conv2d(64, 64, 3)\n",
        "conv = nn.Conv2d(64, 64, 3, groups=1)\n",
        "conv = nn.Conv1d(64, 64, 3, groups=64)\n",
        "conv = nn.ConvTranspose2d(64, 64, 3, groups=64)\n",
        "def conv(c, groups=1):\n    return nn.Conv2d(c, c, 3, groups=groups)\n\n\nlayer = conv(8)\n",
        "def conv(config):\n    return nn.Conv2d(8, 8, 3, groups=config.groups)\n",
        "conv = build(in_channels=8, out_channels=8, kernel_size=3, groups=8)\n",
        "def divide(m):\n    if isinstance(m, nn.Conv2d):\n        m.weight.data.normal_(0, 1 / m.groups)\n\n\n"
        + DEPTHWISE,
    ],
)
def test_file_without_grouped_convolutions_of_that_type_or_with_a_division(layers: str) -> None:
    assert not find(LOOP + layers, "INI203")


def test_layer_that_is_known_counts_alone() -> None:
    init = "nn.init.normal_(conv.weight, 0, math.sqrt(2 / (conv.weight.size(0) * 9)))\n"
    own = "nn.init.normal_(conv.weight, 0, math.sqrt(2 / (conv.out_channels * conv.kernel_size[0] ** 2)))\n"
    assert not find(DEPTHWISE + "conv = nn.Conv2d(8, 8, 3)\n" + init + own, "INI203")
    assert len(find("conv = nn.Conv2d(8, 8, 3, groups=8)\n" + own, "INI203")) == 1


@pytest.mark.parametrize(
    ("scale", "fixed"),
    [
        ("k * k * m.out_channels", "k * k * m.out_channels // m.groups"),
        ("m.out_channels * k * k", "m.out_channels // m.groups * k * k"),
        ("m.weight.size(0) * k * k", "m.weight.size(0) // m.groups * k * k"),
        ("m.weight.data.shape[0] * k * k", "m.weight.data.shape[0] // m.groups * k * k"),
    ],
)
def test_fix_divides_where_the_outputs_stand(scale: str, fixed: str) -> None:
    code = """\
    def init_weights(m):
        if isinstance(m, nn.Conv2d):
            k = m.kernel_size[0]
            n = {}
            m.weight.data.normal_(0, (2.0 / n) ** 0.5)


    depthwise = nn.Conv2d(64, 64, 3, groups=64)
    """
    assert f"n = {fixed}\n" in fix(code.format(scale), "INI203")


def test_fix_puts_parentheses_around_a_divisor() -> None:
    code = LOOP.replace("math.sqrt(2 / n)", "math.sqrt(2 / m.kernel_size[0] / m.kernel_size[1] / m.out_channels)")
    assert "/ (m.out_channels // m.groups))" in fix(code + DEPTHWISE, "INI203")
