"""Parameters that a module holds, under the names that `named_parameters()` gives them, as far as the source tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LAYERS, Layer, LayerKind
from initlint.facts.execution.steps import Runs, Step, constructor, weaker
from initlint.facts.meaning.construction import Built, LayerCall
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.expressions import ADDING
from initlint.facts.reading.scopes import Call, Class, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

DEPTH = 2
"""Own modules inside own modules that are followed."""

NUMBER, UNKNOWN = "#", "*"
"""Parts of a path: the index of an element; a name that the source does not settle."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter that a module holds for certain, or whenever the code that builds it runs.

    `path` leads to the layer that has it, `local` is its name there; `layer` is None for a parameter of a class of the
    file. `node` is what makes it.
    """

    path: str
    local: str
    dims: int
    layer: Layer | None
    node: cst.BaseExpression
    runs: Runs = Runs.ALWAYS

    @property
    def name(self) -> str:
        """The name that `named_parameters()` gives it; an index is written 0."""
        return f"{self.path}.{self.local}".lstrip(".").replace(NUMBER, "0")

    @property
    def scales_norm(self) -> bool:
        """Whether it is the weight of a normalisation, which starts at 1."""
        return self.layer is not None and self.layer.kind is LayerKind.NORM and self.local == "weight"

    def within(self, path: str, runs: Runs) -> Parameter:
        """The same parameter, seen from a module that holds its holder under a path."""
        return replace(self, path=f"{path}.{self.path}".strip("."), runs=weaker(self.runs, runs))


def of_class(file: File, class_: Class, before: Call | None = None, depth: int = DEPTH) -> tuple[Parameter, ...]:
    """The parameters of an object of a class when its constructor has run.

    Where the constructor comes by the call `before`, at any depth, those that are there at that moment.
    """
    held: dict[str, list[Parameter]] = {}
    reached: dict[str, list[Parameter]] | None = None
    for step in constructor(file, class_):
        if step.event is before:
            reached = {name: list(found) for name, found in held.items()}
        for name, found, replaces in _added(file, step, depth):
            held[name] = found if replaces else held.get(name, []) + found
    return tuple(parameter for found in (held if reached is None else reached).values() for parameter in found)


def _added(file: File, step: Step, depth: int) -> Iterator[tuple[str, list[Parameter], bool]]:
    """What a step of a constructor adds to the object: the attribute, the parameters, whether older ones are gone."""
    match step.event:
        case Write(target=target, value=cst.BaseExpression() as value, operator=None, unpacking=()) as write:
            name = step.own(target)
            if name is not None:
                sides = [(value, step.runs)]
                if isinstance(value, cst.IfExp):
                    sides = [(side, weaker(step.runs, Runs.OPEN)) for side in (value.body, value.orelse)]
                found = [p for side, runs in sides for p in _of_value(file, side, write, name, runs, depth)]
                yield name, found, step.runs is Runs.ALWAYS
        case Call(node=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=adding)))) as call:
            if adding in ADDING:
                yield from _appended(file, call, holder, step, depth)


def _of_value(file: File, value: cst.BaseExpression, at: Write, name: str, runs: Runs, depth: int) -> list[Parameter]:
    made = file.builder.made(value, at.env)
    if made is not None:
        dims = len(made.shape) if made.parameter and made.shape is not None else None
        return [Parameter("", name, dims, None, made.node, runs)] if dims is not None else []
    built = file.builder.build(value, at.env)
    if built.container in _UNREGISTERED:
        return []
    return [each.within(name, runs) for each in of_built(file, built, depth)]


_UNREGISTERED = frozenset({"list", "dict"})


def _appended(
    file: File, call: Call, holder: cst.BaseExpression, step: Step, depth: int
) -> Iterator[tuple[str, list[Parameter], bool]]:
    """`self.layers.append(…)`, `self.add_module("norm", …)`; what a plain list holds is not registered."""
    method = step.scope
    if not isinstance(method, Function):
        return
    own = isinstance(holder, cst.Name) and method.owner is not None and method.arguments[:1] == (holder.value,)
    attribute = self_attribute(holder, method)
    if own:
        key = file.values.string(call.node.args[0].value, call.env) if len(call.node.args) > 1 else None
        attribute, inner = key or UNKNOWN, ""
    elif attribute is None or method.owner is None or _is_list(file, method.owner, attribute):
        return
    else:
        named = isinstance(call.node.func, cst.Attribute) and call.node.func.attr.value == "add_module"
        inner = UNKNOWN if named else NUMBER
    found = [p.within(inner, step.runs) for each in file.builder.added(call) for p in of_built(file, each, depth)]
    yield attribute, [each.within(attribute, step.runs) for each in found], False


def _is_list(file: File, class_: Class, attribute: str) -> bool:
    built = file.modules.built(class_, attribute)
    return not built or any(each.container in _UNREGISTERED for each in built)


def of_built(file: File, built: Built, depth: int = DEPTH) -> tuple[Parameter, ...]:
    """The parameters of what an expression builds."""
    if built.wraps or built.unknown:
        return ()
    if built.layer is not None:
        return tuple(_of_layer(file, built.layer))
    if built.class_ is not None:
        return of_class(file, built.class_, None, depth - 1) if depth > 0 else ()
    key = NUMBER if built.container in ("Sequential", "ModuleList", "list") and not _keyed(built.node) else UNKNOWN
    return tuple(
        parameter.within(key, Runs.ALWAYS) for each in built.elements for parameter in of_built(file, each, depth)
    )


def _keyed(node: cst.BaseExpression) -> bool:
    """Whether a container is built from something that gives its elements names: `Sequential(OrderedDict(…))`."""
    if not isinstance(node, cst.Call):
        return False
    given = [argument.value for argument in node.args if not argument.star]
    called = [each.func for each in given if isinstance(each, cst.Call)]
    return any((text.last_name(each) or "").lower().endswith("dict") for each in called)


def _of_layer(file: File, call: LayerCall) -> Iterator[Parameter]:
    """The parameters of a torch layer; of repeated ones the first."""
    layer = call.layer
    match layer.kind:
        case LayerKind.RECURRENT:
            yield from recurrent(layer, call.node, biased=_biased(call))
        case LayerKind.ATTENTION:
            yield from _attention(call)
        case LayerKind.COMPOSITE:
            yield from _composite(file, call)
        case _:
            for attribute in ("weight", "bias"):
                dims = layer.dims(attribute)
                if dims is not None and call.has(attribute):
                    yield Parameter("", attribute, dims, layer, call.node)


def recurrent(layer: Layer, node: cst.BaseExpression, *, biased: bool = False) -> Iterator[Parameter]:
    """The parameters of a recurrent layer or cell, of stacked ones those of the first layer."""
    suffix = "" if layer.name.endswith("Cell") else "_l0"
    for kind, dims in (("weight", 2), ("bias", 1)) if biased else (("weight", 2),):
        for part in ("ih", "hh"):
            yield Parameter("", f"{kind}_{part}{suffix}", dims, layer, node)


def _attention(call: LayerCall, path: str = "") -> Iterator[Parameter]:
    packed = call.slots is not None and not {"kdim", "vdim"} & call.slots.keys()
    for local, dims in (("in_proj_weight", 2), ("in_proj_bias", 1)):
        if packed if dims == 2 else _biased(call):
            yield Parameter(path, local, dims, LAYERS["MultiheadAttention"], call.node)
    out = f"{path}.out_proj".lstrip(".")
    yield Parameter(out, "weight", 2, LAYERS["Linear"], call.node)
    if _biased(call):
        yield Parameter(out, "bias", 1, LAYERS["Linear"], call.node)


def _composite(file: File, call: LayerCall) -> Iterator[Parameter]:
    """The parameters of torch's transformers, as far as they are the same for all arguments."""
    name = call.layer.name
    if name in ("TransformerEncoderLayer", "TransformerDecoderLayer"):
        yield from _attention(call, "self_attn")
        yield Parameter("linear1", "weight", 2, LAYERS["Linear"], call.node)
        yield Parameter("norm1", "weight", 1, LAYERS["LayerNorm"], call.node)
    elif name == "Transformer" and call.slots is not None and "custom_encoder" not in call.slots:
        yield Parameter(f"encoder.layers.{NUMBER}.linear1", "weight", 2, LAYERS["Linear"], call.node)
        yield Parameter(f"encoder.layers.{NUMBER}.norm1", "weight", 1, LAYERS["LayerNorm"], call.node)
    elif name in ("TransformerEncoder", "TransformerDecoder") and (given := call.given(call.layer.parameters[0])):
        for each in of_built(file, file.builder.build(given, call.env)):
            yield each.within(f"layers.{NUMBER}", Runs.ALWAYS)


def _biased(call: LayerCall) -> bool:
    """Whether a layer with several biases has them for certain."""
    if call.slots is None:
        return False
    given = call.literal("bias")
    return "bias" not in call.slots or (given is not None and bool(given.value))
