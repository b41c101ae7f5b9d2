"""Fans of transposed convolutions: what torch counts, and how many inputs feed an output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.theory.fans import fan_in_and_fan_out, weight_shape

if TYPE_CHECKING:
    from initlint.facts.meaning.construction import LayerCall
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True)
class TransposedFans:
    """fan_in and fan_out in torch's names, and the mean number of inputs that feed an output.

    A weight is (in, out / groups, *kernel). An output is fed by in / groups channels and, with a stride, by one in
    stride^d of the kernel's places.
    """

    fan_in: int
    fan_out: int
    forward: float


def is_transposed(site: InitSite) -> bool:
    """Whether a site writes the weight of a transposed convolution for certain."""
    target = site.target
    if target is None or target.attribute != "weight" or not target.layers:
        return False
    return all(layer.transposed for layer in target.layers)


def literal_transposed_fans(call: LayerCall) -> TransposedFans | None:
    """The fans of a transposed convolution whose sizes are literals."""
    inputs, outputs = call.number("in_channels"), call.number("out_channels")
    groups = 1.0 if call.given("groups") is None else call.number("groups")
    kernel, stride = _sides(call, "kernel_size"), _sides(call, "stride")
    if call.slots is None or not inputs or not outputs or not groups or kernel is None or stride is None:
        return None
    shape = weight_shape(int(inputs), int(outputs), kernel, groups=int(groups), transposed=True)
    forward = inputs / groups * math.prod(kernel) / math.prod(stride)
    return TransposedFans(*fan_in_and_fan_out(shape), forward)


def _sides(call: LayerCall, parameter: str) -> list[int] | None:
    """The numbers of a parameter for all spatial dimensions; 1 where it is left at its default."""
    given = call.given(parameter)
    sides = [element.value for element in given.elements] if isinstance(given, cst.Tuple | cst.List) else [given]
    numbers = [1.0 if side is None else call.values.number(side, call.env) for side in sides]
    numbers = numbers * call.layer.spatial if len(numbers) == 1 else numbers
    known = [int(number) for number in numbers if number]
    return known if len(known) == call.layer.spatial else None
