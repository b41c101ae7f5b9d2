"""Fans read off the source: the dimensions that a hand-rolled scale is built from, and locals named after a fan."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer, LayerKind
from initlint.facts.api.torch_init import INITIALIZERS, METHODS, Draw
from initlint.facts.api.words import FAN_NAME
from initlint.facts.meaning.guards import ClassNameGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Assignment, Call, Class, Function, Returned
from initlint.theory.fans import Fan, FanReading, LayerShape, classify_std, fan_in_and_fan_out, symbolic_fan
from initlint.theory.scale import Scale, ScaleError, Symbol

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.construction import LayerCall
    from initlint.facts.reading.scopes import Env
    from initlint.facts.sites.sites import InitSite
    from initlint.facts.sites.targets import Target


@dataclass(frozen=True, slots=True)
class HandRolled:
    """A `normal_(0, gain / sqrt(n))` on a weight: the gain, what n counts, and both fans of the weight.

    `layer` is None for a parameter that the class hands to `F.linear` or `F.conv*`.
    """

    std: Scale
    gain: float
    reading: FanReading
    layer: Layer | None
    spatial: int
    fan_in: Scale
    fan_out: Scale


def hand_rolled(site: InitSite) -> HandRolled | None:
    """The hand-rolled scale of a site; None where it is none, or its weight is not known."""
    target = site.target
    if site.initializer.draw is not Draw.NORMAL or target is None:
        return None
    if not site.absent("mean") and site.number("mean") != 0:
        return None
    std = site.scale("std")
    if std is None or std.number is not None:
        return None
    if target.attribute == "weight" and target.owner is not None and target.layers:
        return _of_layers(std, target.layers, text.code(target.owner))
    return _of_parameter(site, std, target) if target.made is not None and target.made.parameter else None


def he_with_fan_out(site: InitSite) -> HandRolled | None:
    """A `normal_(0, sqrt(2 / n))` where n is the whole fan_out of the weight, and no local claims that it is fan_in."""
    found = hand_rolled(site)
    if found is None or not math.isclose(found.gain, math.sqrt(2)) or scale_is_misnamed(site):
        return None
    reading, transposed = found.reading, found.layer is not None and found.layer.transposed
    if reading.fan is not Fan.FAN_OUT or reading.grouped or reading.kernel_factors != found.spatial or transposed:
        return None
    return found


def scale_is_misnamed(site: InitSite) -> bool:
    """Whether a local of the scale is named after the other fan, which is a mistake of its own."""
    return any(
        getattr(site.call.env.lookup(each.assignment.name), "value", None) is each.assignment.value
        for each in site.file.misnamed_fans
        if each.assignment.block.scope is site.function
    )


def layer_shape(layer: Layer, owner: str) -> LayerShape | None:
    """The shape of a linear or convolutional layer's weight in symbols; None for any other layer."""
    if layer.kind is LayerKind.CONV or layer.name in ("Linear", "LazyLinear"):
        linear = layer.kind is LayerKind.LINEAR
        return LayerShape(owner, layer.spatial, layer.transposed, linear, f"{owner}.weight")
    return None


def _of_layers(std: Scale, layers: tuple[Layer, ...], owner: str) -> HandRolled | None:
    readings: list[HandRolled] = []
    for layer in layers:
        shape = layer_shape(layer, owner)
        if shape is None:
            return None
        fans = (symbolic_fan(fan, shape) for fan in (Fan.FAN_IN, Fan.FAN_OUT))
        readings.append(HandRolled(std, *classify_std(std, shape), layer, shape.spatial, *fans))
    same = len({(each.reading.fan, each.reading.grouped) for each in readings}) == 1
    return min(readings, key=lambda each: each.reading.exact) if same else None


def _of_parameter(site: InitSite, std: Scale, target: Target) -> HandRolled | None:
    """A parameter of known shape, (out, in, *kernel) because it is the weight of a functional layer."""
    made, class_ = target.made, site.class_
    if made is None or made.shape is None or len(made.shape) < 2 or made.env is None or class_ is None:
        return None
    if not functional_weight(site.file, class_, target.text):
        return None
    sizes = [Scale.symbol(Symbol(f"size({axis})", target.text)) for axis in range(len(made.shape))]
    dims = sizes
    if made.env.scope is site.call.env.scope:
        read = [site.file.values.scale(dim, made.env) for dim in made.shape]
        dims = [dim if dim is not None else size for dim, size in zip(read, sizes, strict=True)]
    named = {Symbol(f"size({axis})", target.text): dim for axis, dim in enumerate(dims)}
    kernel = math.prod(dims[2:], start=Scale.of(1))
    fan_in, fan_out = dims[1] * kernel, dims[0] * kernel
    try:
        number, rest = std.substitute(named).split()
        n = rest**-2
    except ScaleError:
        return None
    if fan_in == fan_out or n not in (fan_in, fan_out):
        return None
    fan = Fan.FAN_OUT if n == fan_out else Fan.FAN_IN
    spatial = len(dims) - 2
    reading = FanReading(fan, exact=True, grouped=False, kernel_factors=spatial)
    return HandRolled(std, number.coefficient, reading, None, spatial, fan_in, fan_out)


_FUNCTIONAL = re.compile(r"torch\.nn\.functional\.(?:linear|conv[123]d)")


def functional_weight(file: File, class_: Class, tensor: str) -> bool:
    """Whether a class hands a tensor to `F.linear` or `F.conv*` as the weight, so that its layout is torch's."""
    for method in class_.methods.values():
        for event in method.events:
            if isinstance(event, Call) and len(event.node.args) > 1 and text.code(event.node.args[1].value) == tensor:
                qualified = file.names.qualified(event.node.func, event.env)
                if qualified is not None and _FUNCTIONAL.fullmatch(qualified):
                    return True
    return False


@dataclass(frozen=True, slots=True)
class Misnamed:
    """A local named after one fan that holds the other: what it holds, and the dimension of the fan that it names."""

    assignment: Assignment
    named: Fan
    holds: str
    ratio: str
    value: cst.BaseExpression | None
    tensor: str = ""
    layers: tuple[Layer, ...] | None = None
    calls: tuple[LayerCall, ...] = ()


_DIMENSION: Mapping[str, tuple[Fan, str]] = {
    "size(0)": (Fan.FAN_OUT, "size(1)"),
    "out_features": (Fan.FAN_OUT, "in_features"),
    "out_channels": (Fan.FAN_OUT, "in_channels"),
    "size(1)": (Fan.FAN_IN, "size(0)"),
    "in_features": (Fan.FAN_IN, "out_features"),
    "in_channels": (Fan.FAN_IN, "out_channels"),
}


def misnamed_fans(file: File) -> Iterator[Misnamed]:
    """Locals named `fan_in` that hold the number of outputs (or the mirror) and stand under the root of an init."""
    for assignment in file.record.assignments:
        match = FAN_NAME.fullmatch(assignment.name)
        if match is None or not isinstance(assignment.block.scope, Function):
            continue
        named = Fan(f"fan_{match[1]}")
        held = _holds(file, assignment, named)
        found = held or _helper(file, assignment, named)
        if found is None or _transposed(file, assignment) or not _under_root(file, assignment, found[0]):
            continue
        symbol, holds, ratio, value = found
        if held is None or not symbol.owner:
            yield Misnamed(assignment, named, holds, ratio, value)
            continue
        owner = symbol.owner.removesuffix(".weight")
        layers, calls, guard = file.targets.owner(cst.parse_expression(owner), assignment.env, assignment.block)
        if not _out_in(layers, every=not isinstance(guard, ClassNameGuard)):
            continue
        tensor = f"{owner}.weight"
        if (
            layers
            and not isinstance(value, cst.BinaryOperation)
            and all(layer.kind is LayerKind.CONV for layer in layers)
        ):
            ratio = f"sqrt({tensor}[0].numel() / {symbol})" if named is Fan.FAN_IN else f"sqrt(fan_out / {symbol})"
        yield Misnamed(assignment, named, holds, ratio, value, tensor, layers, calls)


def _out_in(layers: tuple[Layer, ...] | None, *, every: bool) -> bool:
    """Whether the weights of layers are laid out (out, in); of layers that are not known it is assumed."""
    shapes = [layer_shape(layer, "") for layer in layers or ()]
    fitting = [shape is not None and not shape.transposed for shape in shapes]
    return all(fitting) if every else any(fitting)


def literal_fans(calls: tuple[LayerCall, ...]) -> tuple[int, int] | None:
    """fan_in and fan_out, as torch counts them, of the one layer that is called where its sizes are literals."""
    shape = layer_shape(calls[0].layer, "") if len(calls) == 1 else None
    if shape is None or shape.transposed:
        return None
    (call,) = calls
    names = ("in_features", "out_features") if shape.linear else ("in_channels", "out_channels")
    sizes = [call.number(name) for name in names]
    kernel = call.given("kernel_size")
    sides = [element.value for element in kernel.elements] if isinstance(kernel, cst.Tuple | cst.List) else []
    sides = sides or [kernel] * shape.spatial if kernel is not None else []
    sizes += [call.values.number(side, call.env) for side in sides]
    sizes.append(1.0 if call.given("groups") is None else call.number("groups"))
    counts = [int(size) for size in sizes if size is not None and math.isfinite(size)]
    if not len(sizes) == len(counts) == 3 + shape.spatial or counts[-1] < 1:
        return None
    inputs, outputs, *receptive, groups = counts
    return fan_in_and_fan_out([outputs, inputs // groups, *receptive])


def _holds(file: File, assignment: Assignment, named: Fan) -> tuple[Symbol, str, str, cst.BaseExpression | None] | None:
    scale = file.values.scale(assignment.value, assignment.env)
    if scale is None or scale.sign <= 0:
        return None
    symbols = [symbol for symbol in scale.symbols if symbol.name in _DIMENSION and _is_weight(file, assignment, symbol)]
    fans = {_DIMENSION[symbol.name][0] for symbol in symbols}
    if len(symbols) != 1 or fans == {named} or scale.factors[symbols[0]] != 1:
        return None
    other = Symbol(_DIMENSION[symbols[0].name][1], symbols[0].owner)
    return symbols[0], str(symbols[0]), f"sqrt({other} / {symbols[0]})", assignment.value


def _is_weight(file: File, assignment: Assignment, symbol: Symbol) -> bool:
    """Whether a symbol is a dimension of a weight laid out (out, in): of a layer, or taken by a functional layer."""
    if "size" not in symbol.name:
        return True
    owner = cst.parse_expression(symbol.owner)
    if not isinstance(owner, cst.Attribute) or owner.attr.value != "weight":
        return False
    target = file.targets.resolve(owner, assignment.env, assignment.block)
    if target.made is None and not _own_weight(file, assignment, owner):
        return True
    class_ = file.class_around(assignment.block)
    return class_ is not None and functional_weight(file, class_, symbol.owner)


def _own_weight(file: File, assignment: Assignment, owner: cst.Attribute) -> bool:
    """`self.weight`: a parameter of the class itself, of which the layout is open."""
    return (
        isinstance(owner.value, cst.Name)
        and file.modules.class_of_self(owner.value.value, assignment.block) is not None
    )


def _helper(
    file: File, assignment: Assignment, named: Fan
) -> tuple[Symbol, str, str, cst.BaseExpression | None] | None:
    """`fanin = fanin or size[0]` in a helper that is given `layer.weight.size()`."""
    value = assignment.value
    if isinstance(value, cst.BooleanOperation) and isinstance(value.operator, cst.Or):
        value = value.right
    position = text.index(value) if isinstance(value, cst.Subscript) else None
    if not isinstance(value, cst.Subscript) or not isinstance(value.value, cst.Name) or position is None:
        return None
    at, binding = text.integer(position), assignment.env.lookup(value.value.value)
    if at not in (0, 1) or not isinstance(binding, Argument) or (at == 0) == (named is Fan.FAN_OUT):
        return None
    if not any(_gives_size(call, binding) for call in file.record.calls):
        return None
    name = value.value.value
    return Symbol(assignment.name), f"{name}[{at}]", f"sqrt({name}[{1 - at}] / {name}[{at}])", value


def _gives_size(call: Call, parameter: Argument) -> bool:
    function = call.node.func
    last = function.value if isinstance(function, cst.Name) else None
    if last != parameter.function.name or len(call.node.args) <= parameter.index:
        return False
    code = text.code(call.node.args[parameter.index].value)
    return re.search(r"\.weight(?:\.data)?\.(?:size\(\)|shape)$", code) is not None


def _transposed(file: File, assignment: Assignment) -> bool:
    return "Transpose" in "".join(
        text.code(guard.node) for guard in file.guards.around(assignment.block) if not getattr(guard, "negated", True)
    )


def _under_root(file: File, assignment: Assignment, symbol: Symbol) -> bool:
    """Whether the local enters an init, or what its function returns, with half a power."""
    function = assignment.block.scope
    for event in function.events:
        values: list[tuple[cst.BaseExpression, Env]] = []
        match event:
            case Returned(value=cst.Tuple(elements=elements), env=env):
                values = [(element.value, env) for element in elements]
            case Returned(value=value, env=env):
                values = [(value, env)]
            case Call(node=cst.Call(func=called, args=arguments), env=env) if _initialises(file, called, env):
                values = [(argument.value, env) for argument in arguments]
        for value, env in values:
            scale = file.values.scale(value, env)
            if scale is not None and _half_power(scale, symbol) and _uses(env, assignment):
                return True
    return False


def _half_power(scale: Scale, symbol: Symbol) -> bool:
    power = scale.factors.get(symbol)
    return power is not None and power.denominator == 2


def _uses(env: Env, assignment: Assignment) -> bool:
    binding = env.lookup(assignment.name)
    return not isinstance(binding, Assigned) or binding.value is assignment.value


def _initialises(file: File, node: cst.BaseExpression, env: Env) -> bool:
    qualified = file.names.qualified(node, env)
    method = node.attr.value if isinstance(node, cst.Attribute) else ""
    return method in METHODS or (qualified or method).rpartition(".")[2] in INITIALIZERS
