"""Kernels: hand-rolled scales of convolutions that count fewer dimensions of the kernel than there are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.meaning.guards import TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Call, Env
from initlint.facts.scales.fans import layer_shape, scale_is_misnamed
from initlint.theory.fans import Fan, FanReading, LayerShape, classify_std
from initlint.theory.scale import Scale, Symbol

if TYPE_CHECKING:
    from initlint.facts.api.layers import Layer
    from initlint.facts.file import File
    from initlint.facts.meaning.construction import LayerCall
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class ShortKernel:
    """A `normal_(0, gain / sqrt(n))` where n lacks dimensions of the kernel.

    `missing` is what n is short of; `layer` the convolution as it is written, `built` a call that builds one and the
    value of `missing` there, None where the file has none with literal sizes.
    """

    gain: float
    reading: FanReading
    spatial: int
    missing: Scale
    layer: str
    built: tuple[cst.Call, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Convolution:
    """A type of convolution that a site may be given: its shape, and the kernels that the file builds it with."""

    name: str
    shape: LayerShape
    kernels: tuple[tuple[cst.Call, Sequence[float | None]], ...]


def short_kernel(site: InitSite) -> ShortKernel | None:
    """What the hand-rolled scale of a site leaves out of the kernel; None where that is nothing, or not known.

    Where several types of convolution pass, one that the test names and the file builds must be affected. A kernel
    whose missing dimensions are all 1 is counted right, and without any dimension n is another formula.
    """
    std = site.scale("std") if site.initializer.draw is Draw.NORMAL else None
    if std is None or std.sign <= 0 or not (site.absent("mean") or site.number("mean") == 0) or scale_is_misnamed(site):
        return None
    convolutions = tuple(_convolutions(site))
    found = [each for conv in convolutions if (each := _short(std, conv)) is not None]
    built = next((each for each in found if each.built is not None), None)
    named = site.target is not None and isinstance(site.target.guard, TypeGuard)
    if len(found) < len(convolutions) and not (named and built is not None):
        return None
    return built or next(iter(found), None)


def _short(std: Scale, conv: _Convolution) -> ShortKernel | None:
    gain, reading = classify_std(std, conv.shape)
    if reading.fan is Fan.OTHER or not 0 < reading.kernel_factors < conv.shape.spatial:
        return None
    axes = [Symbol(f"kernel_size[{axis}]", conv.shape.owner) for axis in range(conv.shape.spatial)]
    sizes = {Symbol(f"size({axis + 2})", conv.shape.tensor): Scale.symbol(each) for axis, each in enumerate(axes)}
    n = std.substitute(sizes) ** -2
    missing = math.prod((Scale.symbol(each) ** (1 - n.factors.get(each, 0)) for each in axes), start=Scale.of(1))
    values = [
        (call, missing.value({each: size for each, size in zip(axes, kernel, strict=True) if size is not None}))
        for call, kernel in conv.kernels
        if None not in kernel
    ]
    if values and len(values) == len(conv.kernels) and all(value == 1 for _, value in values):
        return None
    built = next(((call, value) for call, value in values if value != 1), None)
    return ShortKernel(gain, reading, conv.shape.spatial, missing, conv.name, built)


Kernel = tuple[cst.Call, tuple[float | None, ...]]
"""A call that builds a convolution, and the sizes of its kernel."""


class Kernels:
    """The kernels that one file gives its convolutions."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._known: dict[Layer, tuple[Kernel, ...]] = {}

    def of_layer(self, layer: Layer) -> tuple[Kernel, ...]:
        """Those of all layers of a type."""
        if layer not in self._known:
            self._known[layer] = self.of(layer, [call for _, call in self._file.layer_calls])
        return self._known[layer]

    def of(self, layer: Layer, calls: Iterable[LayerCall]) -> tuple[Kernel, ...]:
        """Those that some calls give, where they build a layer of a type."""
        given = ((call, call.given("kernel_size")) for call in calls if call.layer is layer)
        found = ((call.node, _sides(self._file, kernel, call.env, layer.spatial)) for call, kernel in given)
        return tuple((node, sides) for node, sides in found if sides is not None)


def _convolutions(site: InitSite) -> Iterator[_Convolution]:
    """The types of convolution that the weight of a site may belong to; none where one is no convolution."""
    target = site.target
    if target is None or target.attribute != "weight" or target.owner is None:
        return
    owner = text.code(target.owner)
    if target.layers is not None:
        if all(layer.spatial for layer in target.layers):
            yield from (_known(site, layer, owner) for layer in target.layers)
    elif isinstance(target.guard, TypeGuard):
        yield from _chosen(site, target.guard, owner)


def _known(site: InitSite, layer: Layer, owner: str) -> _Convolution:
    shape = layer_shape(layer, owner)
    assert shape is not None
    target = site.target
    kernels = site.file.kernels
    built = kernels.of(layer, target.calls) if target is not None and target.calls else kernels.of_layer(layer)
    return _Convolution(layer.name, shape, built)


def _chosen(site: InitSite, guard: TypeGuard, owner: str) -> Iterator[_Convolution]:
    """Convolutions whose type a local holds: the kernels that it is called with say how many dimensions they have.

    Parameters that decide that count as their defaults.
    """
    file = site.file
    for name in _names(guard):
        binding = site.call.env.lookup(name.value)
        kernels = []
        for call in file.record.calls if binding is not None and not isinstance(binding, Argument) else ():
            function = call.node.func
            if isinstance(function, cst.Name) and call.env.lookup(function.value) is binding:
                sides = _sides(file, _kernel(call), call.env, 0)
                kernels += [(call.node, sides)] if sides is not None else []
        dims = {len(sides) for _, sides in kernels}
        if len(dims) == 1 and (spatial := dims.pop()) in (2, 3):
            shape = LayerShape(owner, spatial, transposed=False, linear=False, tensor=f"{owner}.weight")
            yield _Convolution(name.value, shape, tuple(kernels))


def _names(guard: TypeGuard) -> list[cst.Name]:
    """The plain names among the classes of `isinstance(m, (A, B))`."""
    if not isinstance(guard.node, cst.Call) or len(guard.node.args) != 2:
        return []
    given = guard.node.args[1].value
    classes = [each.value for each in given.elements] if isinstance(given, cst.Tuple) else [given]
    return [each for each in classes if isinstance(each, cst.Name)]


def _kernel(call: Call) -> cst.BaseExpression | None:
    return next((each.value for each in call.node.args if each.keyword and each.keyword.value == "kernel_size"), None)


def _sides(file: File, kernel: cst.BaseExpression | None, env: Env, spatial: int) -> tuple[float | None, ...] | None:
    """The sizes of a kernel, one for each dimension: of a tuple, a slice of one, or one number for all of `spatial`."""
    if kernel is None:
        return None
    kernel, env = file.values.origin(kernel, env)
    match kernel:
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            if any(isinstance(each, cst.StarredElement) for each in elements):
                return None
            return tuple(file.values.number(each.value, env, defaults=True) for each in elements)
        case cst.Subscript(value=whole, slice=[cst.SubscriptElement(slice=cst.Slice(step=None) as part)]):
            sides = _sides(file, whole, env, 0)
            ends = [
                None if end is None else file.values.number(end, env, defaults=True) for end in (part.lower, part.upper)
            ]
            given = [end is not None for end in (part.lower, part.upper)]
            if sides is None or any(is_given and end is None for is_given, end in zip(given, ends, strict=True)):
                return None
            first, last = (None if end is None else int(end) for end in ends)
            return sides[first:last]
        case _:
            size = file.values.number(kernel, env)
            return (size,) * spatial if spatial else None
