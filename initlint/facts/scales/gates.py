"""Packed weights: matrices of several gates or projections that are stacked in one parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LayerKind
from initlint.facts.api.torch_init import Draw
from initlint.facts.execution.loops import parameter_loop
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call
from initlint.facts.sites.rewrite import with_values

if TYPE_CHECKING:
    from initlint.facts.api.layers import Layer
    from initlint.facts.execution.parameters import Parameter
    from initlint.facts.reading.scopes import Class
    from initlint.facts.sites.sites import InitSite

GATES = {"LSTM": 4, "LSTMCell": 4, "GRU": 3, "GRUCell": 3, "RNN": 1, "RNNCell": 1, "MultiheadAttention": 3}
"""Matrices that are stacked in each weight: gates of a recurrent layer; query, key and value of an attention."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedWeight:
    """An init of several stacked matrices at once.

    `parts` are the possible numbers of matrices; `square` says that each is square, for certain; `layer` is the type
    as it is written, None for a parameter of the class.
    """

    name: str
    parts: tuple[int, ...]
    square: bool
    layer: str | None
    projections: bool

    @property
    def stacks(self) -> str:
        """What is in it: `weight_hh_l0 of LSTM stacks the matrices of 4 gates`."""
        count = " or ".join(str(part) for part in self.parts)
        if self.layer is None:
            return f"{self.name} stacks {count} matrices"
        stack = "stack" if " and " in self.name else "stacks"
        return f"{self.name} of {self.layer} {stack} the matrices of {count} {self.kind}s"

    @property
    def kind(self) -> str:
        """What each matrix belongs to."""
        return "matrix" if self.layer is None else "projection" if self.projections else "gate"


_GATED = re.compile(r"weight_(ih|hh)(?:_l\w*)?")
_IN_PROJECTION = "in_proj_weight"


def packed_weight(site: InitSite) -> PackedWeight | None:
    """The packed weight that a site writes as a whole; None for any other tensor, and where it may be another."""
    target = site.target
    if target is None or site.initializer.draw not in _MATRICES:
        return None
    if target.loop is not None:
        return _looped(site)
    named = _named(site, target.tensor)
    if named is None:
        return _own(site)
    owner, name = named
    if isinstance(owner, cst.Name) and site.file.modules.class_of_self(owner.value, site.call.block) is not None:
        return _own(site)
    layers, _, _ = site.file.targets.owner(owner, site.call.env, site.call.block)
    return _packed(name, layers or ())


_MATRICES = (Draw.EYE, Draw.ORTHOGONAL, Draw.XAVIER_NORMAL, Draw.XAVIER_UNIFORM)


def _packed(name: str, layers: tuple[Layer, ...]) -> PackedWeight | None:
    """The packed weight with a name that all of these layers have."""
    attention = name == _IN_PROJECTION
    kind = LayerKind.ATTENTION if attention else LayerKind.RECURRENT
    if not layers or any(layer.kind is not kind or GATES[layer.name] == 1 for layer in layers):
        return None
    parts = tuple(sorted({GATES[layer.name] for layer in layers}))
    square = attention or name.startswith("weight_hh")
    return PackedWeight(name, parts, square, " or ".join(layer.name for layer in layers), attention)


def _named(site: InitSite, tensor: cst.BaseExpression) -> tuple[cst.BaseExpression, str] | None:
    """The module and the name of `lstm.weight_hh_l0` and `getattr(lstm, f"weight_hh_l{layer}")`."""
    match tensor:
        case cst.Attribute(value=owner, attr=cst.Name(value=name)):
            pass
        case cst.Call(func=cst.Name(value="getattr"), args=[cst.Arg(value=owner), cst.Arg(value=given), *_]):
            name = site.file.values.string(given, site.call.env) or _beginning(given)
        case _:
            return None
    return (owner, name) if _GATED.fullmatch(name) or name == _IN_PROJECTION else None


def _beginning(node: cst.BaseExpression) -> str:
    """The literal beginning of a string that is put together, cut at what is filled in."""
    match node:
        case cst.FormattedString(parts=[cst.FormattedStringText(value=value), *_]):
            return value
        case cst.BinaryOperation(operator=cst.Add() | cst.Modulo(), left=left):
            return _beginning(left)
        case cst.Call(func=cst.Attribute(value=left, attr=cst.Name(value="format"))):
            return _beginning(left)
        case cst.SimpleString():
            return re.split(r"[{%]", text.string_value(node) or "")[0]
        case _:
            return ""


def _looped(site: InitSite) -> PackedWeight | None:
    """The packed weights of a loop over parameters that comes by no other matrix."""
    loop = parameter_loop(site)
    found: tuple[Parameter, ...] = tuple(each for each in loop.reached if each.dims > 1) if loop is not None else ()
    if not found or any(_GATED.fullmatch(each.local) is None for each in found):
        return None
    layers = tuple(dict.fromkeys(each.layer for each in found if each.layer is not None))
    names = dict.fromkeys(each.local for each in found)
    packed = _packed(next(iter(names)), layers)
    square = all(name.startswith("weight_hh") for name in names)
    if packed is None:
        return None
    return PackedWeight(" and ".join(names), packed.parts, square, packed.layer, projections=False)


def _own(site: InitSite) -> PackedWeight | None:
    """A parameter (k * size, size) of a class that splits something into k chunks."""
    made, class_ = site.target.made if site.target is not None else None, site.class_
    if made is None or made.env is None or made.shape is None or len(made.shape) != 2 or class_ is None:
        return None
    rows, columns = (site.file.values.scale(size, made.env) for size in made.shape)
    ratio = (rows / columns).number if rows is not None and columns is not None and columns.sign else None
    if ratio not in (3.0, 4.0) or site.target is None or ratio not in set(_chunks(site, class_)):
        return None
    return PackedWeight(site.target.text, (int(ratio),), True, None, projections=False)


def _chunks(site: InitSite, class_: Class) -> Iterator[float]:
    """The numbers of chunks that the methods of a class split tensors into."""
    for method in class_.methods.values():
        for event in method.events:
            match event:
                case Call(node=cst.Call(func=cst.Attribute(attr=cst.Name(value="chunk")), args=arguments), env=env):
                    numbers = (site.file.values.number(argument.value, env) for argument in arguments[:2])
                    yield from (number for number in numbers if number is not None)


def on_each(site: InitSite, packed: PackedWeight) -> tuple[str, str] | None:
    """A loop over the matrices that calls the initialiser on each: header and body; `chunk` gives views.

    None where the call is no statement of its own, or the number of matrices is open.
    """
    tensor = site.slots.get("tensor") if site.slots is not None else None
    if tensor is None or not site.stands_alone:
        return None
    code = text.code(tensor.value)
    number = str(packed.parts[0])
    if len(packed.parts) > 1:
        number = f"{code}.size(0) // {code}.size(1)"
        if not packed.square:
            return None
    name = next(each for each in (packed.kind, "each", "part") if site.call.env.lookup(each) is None)
    return f"for {name} in {code}.chunk({number}):", f"    {text.code(with_values(site.node, {tensor: name}))}"
