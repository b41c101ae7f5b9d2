from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initlint.theory.fans import (
    Fan,
    FanReading,
    LayerShape,
    classify,
    classify_std,
    fan_in_and_fan_out,
    std_ratio,
    symbolic_fan,
    weight_shape,
)
from initlint.theory.scale import ONE, ZERO, Scale, Symbol

LINEAR = LayerShape("m", 0, transposed=False, linear=True, tensor="m.weight")
CONV1D, CONV2D, CONV3D = (
    LayerShape("m", dims, transposed=False, linear=False, tensor="m.weight") for dims in (1, 2, 3)
)
TRANSPOSED = LayerShape("m", 2, transposed=True, linear=False, tensor="m.weight")


def m(name: str) -> Scale:
    return Scale.symbol(Symbol(name, "m"))


def w(name: str) -> Scale:
    return Scale.symbol(Symbol(name, "m.weight"))


OUT, IN, GROUPS = m("out_channels"), m("in_channels"), m("groups")
K0, K1, K2 = (m(f"kernel_size[{axis}]") for axis in range(3))


@pytest.mark.parametrize(
    ("product", "shape"),
    [
        (K0 * K1 * OUT, CONV2D),
        (K0 * OUT, CONV1D),
        (K0 * K1 * K2 * OUT, CONV3D),
        (OUT * m("prod(kernel_size)"), CONV3D),
        (OUT * w("size(2)") * w("shape[3]"), CONV2D),
        (w("size(0)") * w("size()[2]") * w("size(-1)"), CONV2D),
        (OUT * K0 * m("kernel_size[-1]"), CONV2D),
        (w("size(0)") * K0 * K1, CONV2D),
        (w("numel()") / w("size(1)"), CONV2D),
        (m("out_features"), LINEAR),
        (w("size(0)"), LINEAR),
        (w("shape[-2]"), LINEAR),
        (Scale.symbol(Symbol("size(0)", "m.weight.data")), LINEAR),
    ],
)
def test_fan_out_in_any_writing(product: Scale, shape: LayerShape) -> None:
    assert classify(product, shape) == FanReading(Fan.FAN_OUT, True, False, shape.spatial)


@pytest.mark.parametrize(
    ("product", "shape", "grouped"),
    [
        (K0 * K1 * IN, CONV2D, False),
        (K0 * K1 * IN / GROUPS, CONV2D, True),
        (K0 * K1 * w("size(1)"), CONV2D, True),
        (w("numel()") / OUT, CONV2D, True),
        (Scale.symbol(Symbol("numel()", "m.weight[0]")), CONV2D, True),
        (K0 * IN, CONV1D, False),
        (m("in_features"), LINEAR, False),
        (w("size(1)"), LINEAR, False),
        (w("shape[-1]"), LINEAR, False),
    ],
)
def test_fan_in_in_any_writing(product: Scale, shape: LayerShape, grouped: bool) -> None:
    assert classify(product, shape) == FanReading(Fan.FAN_IN, True, grouped, shape.spatial)


def test_fan_out_divided_by_groups_is_grouped() -> None:
    assert classify(K0 * K1 * OUT / GROUPS, CONV2D) == FanReading(Fan.FAN_OUT, True, True, 2)


def test_a_squared_kernel_dimension_assumes_a_square_kernel() -> None:
    assert classify(K0**2 * OUT, CONV2D) == FanReading(Fan.FAN_OUT, False, False, 2)
    assert classify(K0**3 * IN, CONV3D) == FanReading(Fan.FAN_IN, False, False, 3)


@pytest.mark.parametrize(
    ("product", "shape", "kernel_factors"),
    [
        (OUT, CONV2D, 0),
        (K0 * OUT, CONV2D, 1),
        (K0 * K1 * OUT, CONV3D, 2),
        (K0**2 * OUT, CONV3D, 2),
        (K0**2 * OUT, CONV1D, 2),
        (w("size(0)"), CONV2D, 0),
    ],
)
def test_missing_and_repeated_kernel_dimensions_are_counted(
    product: Scale, shape: LayerShape, kernel_factors: int
) -> None:
    assert classify(product, shape) == FanReading(Fan.FAN_OUT, False, False, kernel_factors)


def test_transposed_conv_swaps_fans() -> None:
    assert classify(K0 * K1 * OUT, TRANSPOSED) == FanReading(Fan.FAN_IN, True, False, 2)
    assert classify(K0 * K1 * OUT / GROUPS, TRANSPOSED) == FanReading(Fan.FAN_IN, True, True, 2)
    assert classify(K0 * K1 * IN, TRANSPOSED) == FanReading(Fan.FAN_OUT, True, False, 2)
    assert classify(w("size(0)") * K0 * K1, TRANSPOSED).fan is Fan.FAN_OUT
    assert symbolic_fan(Fan.FAN_IN, TRANSPOSED) == K0 * K1 * OUT


@pytest.mark.parametrize(
    ("product", "shape"),
    [
        (ONE, CONV2D),
        (ZERO, CONV2D),
        (Scale.of(9), CONV2D),
        (9 * OUT, CONV2D),
        (-K0 * K1 * OUT, CONV2D),
        (2 * m("out_features"), LINEAR),
        (K0 * K1, CONV2D),
        (K0 * K1 * OUT * IN, CONV2D),
        (w("numel()"), CONV2D),
        (K0 * K1 * (IN + OUT), CONV2D),
        (K0 * K1 * OUT**2, CONV2D),
        (1 / (OUT - w("size(0)")), CONV2D),
        (K0 * K1 * OUT.sqrt(), CONV2D),
        (K0.sqrt() * K1 * OUT, CONV2D),
        (OUT / K0, CONV2D),
        (K0 * K1 * OUT * GROUPS, CONV2D),
        (K0 * K1 * OUT / GROUPS**2, CONV2D),
        (K0 * K1 * IN / GROUPS**2, CONV2D),
        (K0 * K1 * w("size(1)") / GROUPS, CONV2D),
        (K0 * K1 * w("size(1)") * GROUPS**2, CONV2D),
        (1 / (K0 * K1 * OUT), CONV2D),
        (m("out_features"), CONV2D),
        (OUT, LINEAR),
        (K0 * K1 * OUT, CONV1D),
        (w("size(2)"), LINEAR),
        (w("size(-3)"), LINEAR),
        (m("stride[0]") * OUT, CONV2D),
        (Scale.symbol(Symbol("out_features", "other")), LINEAR),
        (Scale.symbol(Symbol("size(0)", "m.bias")), LINEAR),
        (Scale.symbol(Symbol("out_features")), LINEAR),
        (m("size(0)"), LINEAR),
    ],
)
def test_any_other_product_is_other(product: Scale, shape: LayerShape) -> None:
    assert classify(product, shape).fan is Fan.OTHER


def test_a_std_is_read_as_gain_over_root_of_fan() -> None:
    gain, reading = classify_std((2 / (K0 * K1 * OUT)).sqrt(), CONV2D)
    assert gain == math.sqrt(2)
    assert reading == FanReading(Fan.FAN_OUT, True, False, 2)


@pytest.mark.parametrize("std", [ZERO, Scale.of(0.02), 2 / (K0 * K1 * OUT), Scale.symbol(Symbol("gain")) / OUT.sqrt()])
def test_a_std_of_another_form_has_no_fan(std: Scale) -> None:
    assert classify_std(std, CONV2D)[1].fan is Fan.OTHER


def test_symbolic_fans_are_read_back() -> None:
    for shape in (LINEAR, CONV1D, CONV2D, CONV3D, TRANSPOSED):
        for fan in (Fan.FAN_IN, Fan.FAN_OUT):
            reading = classify(symbolic_fan(fan, shape), shape)
            assert reading == FanReading(fan, True, False, shape.spatial)
    assert str(symbolic_fan(Fan.FAN_IN, CONV1D, groups=True)) == "m.in_channels * m.kernel_size[0] / m.groups"
    assert symbolic_fan(Fan.FAN_OUT, CONV1D, groups=True) == symbolic_fan(Fan.FAN_OUT, CONV1D)


def test_other_has_no_formula() -> None:
    with pytest.raises(ValueError, match="fan_in and fan_out"):
        symbolic_fan(Fan.OTHER, CONV2D)


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_fans_are_those_of_torch(shape: list[int]) -> None:
    torch = pytest.importorskip("torch")
    expected = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert fan_in_and_fan_out(shape) == expected


@pytest.mark.parametrize("shape", [(), (3,)])
def test_vectors_have_no_fan(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        fan_in_and_fan_out(shape)


@pytest.mark.parametrize(
    ("layer", "arguments", "shape"),
    [
        ("Linear", {"in_features": 4, "out_features": 6}, LINEAR),
        ("Conv1d", {"in_channels": 4, "out_channels": 6, "kernel_size": (3,), "groups": 2}, CONV1D),
        ("Conv2d", {"in_channels": 4, "out_channels": 6, "kernel_size": (3, 5), "groups": 1}, CONV2D),
        ("Conv3d", {"in_channels": 4, "out_channels": 6, "kernel_size": (3, 5, 7), "groups": 2}, CONV3D),
        ("ConvTranspose2d", {"in_channels": 4, "out_channels": 6, "kernel_size": (3, 5), "groups": 2}, TRANSPOSED),
    ],
)
def test_symbolic_fans_have_the_values_of_torch(layer: str, arguments: dict[str, Any], shape: LayerShape) -> None:
    torch = pytest.importorskip("torch")
    module = getattr(torch.nn, layer)(**arguments)
    kernel, groups = arguments.get("kernel_size", ()), arguments.get("groups", 1)
    inputs, outputs = arguments.get("in_channels", 4), arguments.get("out_channels", 6)
    assert weight_shape(inputs, outputs, kernel, groups=groups, transposed=shape.transposed) == module.weight.shape
    sizes = {f"kernel_size[{axis}]": size for axis, size in enumerate(kernel)}
    names = {name: value for name, value in arguments.items() if name != "kernel_size"} | sizes
    values = {Symbol(name, "m"): float(value) for name, value in names.items()}
    fans = torch.nn.init._calculate_fan_in_and_fan_out(module.weight)
    for fan, expected in zip((Fan.FAN_IN, Fan.FAN_OUT), fans, strict=True):
        assert symbolic_fan(fan, shape, groups=not shape.linear).value(values) == pytest.approx(expected)


def test_std_ratio_of_a_depthwise_conv() -> None:
    fan_in, fan_out = fan_in_and_fan_out((512, 1, 3, 3))
    assert std_ratio(fan_out, fan_in) == pytest.approx(1 / math.sqrt(512))
