"""Fans: how many connections enter and leave a unit, as numbers and as products of symbols.

The names are torch's: `fan_in` counts along dimension 1 of the weight and `fan_out` along dimension 0, each times the
kernel. The weight of a convolution is (out, in / groups, *kernel), that of a transposed one is
(in, out / groups, *kernel), so the two names change places there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from initlint.theory.scale import ONE, Scale, Sum, Symbol


class Fan(StrEnum):
    """What a product of dimensions counts, in torch's names."""

    FAN_IN = "fan_in"
    FAN_OUT = "fan_out"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LayerShape:
    """A linear or convolutional layer in the source.

    `owner` is the expression of the module (`m`), `tensor` that of its weight (`m.weight`), `spatial` the number of
    kernel dimensions: 1 to 3 for convolutions, 0 for a linear layer.
    """

    owner: str
    spatial: int
    transposed: bool
    linear: bool
    tensor: str

    def symbol(self, name: str) -> Scale:
        """An attribute of the layer: `m.out_channels`."""
        return Scale.symbol(Symbol(name, self.owner))


@dataclass(frozen=True, slots=True)
class FanReading:
    """What a product counts.

    `exact`: every kernel dimension stands in it once; false for a square kernel assumed (`kernel_size[0]**2`) and for
    kernel dimensions missing or repeated.
    `grouped`: groups are accounted for, by a division or by a dimension of the weight that holds the division already.
    `kernel_factors`: how many kernel dimensions stand in the product; fewer or more than `spatial` is a mistake.
    """

    fan: Fan
    exact: bool
    grouped: bool
    kernel_factors: int


_OTHER = FanReading(Fan.OTHER, exact=False, grouped=False, kernel_factors=0)

_SIZE = re.compile(r"(?:size\(|shape\[|size\(\)\[)(-?\d+)[)\]]")
_KERNEL_SIZE = re.compile(r"kernel_size\[(-?\d+)\]")

_DIM_0, _DIM_1, _GROUPS = (Scale.symbol(Symbol(name)) for name in ("dim 0", "dim 1", "groups"))
_KERNEL = tuple(Scale.symbol(Symbol(f"dim {axis}")) for axis in (2, 3, 4))
"""The coordinates of `classify`: dimensions of the weight, and the groups that dimension 1 is divided by."""


def classify(product: Scale, shape: LayerShape) -> FanReading:
    """Say which fan of the layer a product is: `k * k * out_channels` is `fan_out`, `size(1) * k * k` is `fan_in`.

    Whatever is not a plain product of the layer's own dimensions is `other`: sums, a coefficient, foreign symbols.
    """
    if any(isinstance(factor, Sum) for factor in product.factors):
        return _OTHER
    dims: dict[Symbol, Scale] = {}
    for symbol in product.symbols:
        dim = _dims(symbol, shape)
        if dim is None:
            return _OTHER
        dims[symbol] = dim
    number, weight = product.substitute(dims).split()
    kernel = _KERNEL[: shape.spatial]
    powers = [_exponent(weight, axis) for axis in kernel]
    if number != ONE or any(power < 0 or power.denominator > 1 for power in powers):
        return _OTHER
    rest = weight / math.prod((axis**power for axis, power in zip(kernel, powers, strict=True)), start=ONE)
    fans = {
        _DIM_0: (Fan.FAN_OUT, False),
        _DIM_0 / _GROUPS: (Fan.FAN_OUT, True),
        _DIM_1 * _GROUPS: (Fan.FAN_IN, False),
        _DIM_1: (Fan.FAN_IN, not shape.linear),
    }
    if rest not in fans:
        return _OTHER
    fan, grouped = fans[rest]
    return FanReading(fan, all(power == 1 for power in powers), grouped, int(sum(powers)))


def classify_std(std: Scale, shape: LayerShape) -> tuple[float, FanReading]:
    """The gain and the fan of a standard deviation gain / sqrt(fan): `sqrt(2 / n)` is 1.4142 and the reading of n."""
    number, rest = std.split()
    return number.coefficient, classify(rest**-2, shape) if std.sign else _OTHER


def symbolic_fan(fan: Fan, shape: LayerShape, *, groups: bool = False) -> Scale:
    """The fan of a layer in its attributes, as torch counts it; `groups` keeps the division by `m.groups`.

    Raises ValueError for `Fan.OTHER`.
    """
    if fan is Fan.OTHER:
        raise ValueError("only fan_in and fan_out have a formula")
    outputs = (fan is Fan.FAN_OUT) != shape.transposed
    channels = shape.symbol(f"{'out' if outputs else 'in'}_{'features' if shape.linear else 'channels'}")
    kernel = (shape.symbol(f"kernel_size[{axis}]") for axis in range(shape.spatial))
    product = math.prod(kernel, start=channels)
    return product / shape.symbol("groups") if groups and fan is Fan.FAN_IN else product


def fan_in_and_fan_out(shape: Sequence[int]) -> tuple[int, int]:
    """The fans of a weight, as torch counts them. Raises ValueError for fewer than two dimensions."""
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    receptive_field = math.prod(shape[2:])
    return shape[1] * receptive_field, shape[0] * receptive_field


def weight_shape(
    inputs: int, outputs: int, kernel: Sequence[int] = (), *, groups: int = 1, transposed: bool = False
) -> tuple[int, ...]:
    """The shape of the weight of a linear layer (no kernel) or a convolution."""
    first, second = (inputs, outputs) if transposed else (outputs, inputs)
    return (first, second // groups, *kernel)


def std_ratio(fan_used: float, fan_meant: float) -> float:
    """The factor on the standard deviation of taking one fan for another: sqrt(fan_meant / fan_used)."""
    return math.sqrt(fan_meant / fan_used)


def _exponent(product: Scale, axis: Scale) -> Fraction:
    [(symbol, _)] = axis.factors.items()
    return product.factors.get(symbol, Fraction(0))


def _dims(symbol: Symbol, shape: LayerShape) -> Scale | None:
    """A symbol in dimensions of the weight, where it is one of the layer's."""
    kernel = math.prod(_KERNEL[: shape.spatial], start=ONE)
    sizes = (_DIM_0, _DIM_1, *_KERNEL[: shape.spatial])
    if symbol.owner in (shape.tensor, f"{shape.tensor}.data"):
        if symbol.name == "numel()":
            return _DIM_0 * _DIM_1 * kernel
        return _indexed(_SIZE, symbol.name, sizes)
    if symbol == Symbol("numel()", f"{shape.tensor}[0]"):
        return _DIM_1 * kernel
    if symbol.owner != shape.owner:
        return None
    divided = _DIM_1 if shape.linear else _DIM_1 * _GROUPS
    inputs, outputs = (_DIM_0, divided) if shape.transposed else (divided, _DIM_0)
    if shape.linear:
        return {"in_features": inputs, "out_features": outputs}.get(symbol.name)
    named = {"in_channels": inputs, "out_channels": outputs, "groups": _GROUPS, "prod(kernel_size)": kernel}
    return named.get(symbol.name) or _indexed(_KERNEL_SIZE, symbol.name, sizes[2:])


def _indexed(pattern: re.Pattern[str], name: str, axes: Sequence[Scale]) -> Scale | None:
    match = pattern.fullmatch(name)
    index = int(match[1]) if match else len(axes)
    return axes[index] if -len(axes) <= index < len(axes) else None
