"""In-place operations of constructors on leaf parameters while gradients are recorded: torch refuses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.in_place import IN_PLACE, SWITCHES, TRANSPOSED, VIEWS
from initlint.facts.api.reparametrisations import TRACES
from initlint.facts.execution.bases import is_module
from initlint.facts.execution.running import constructing, nodes_of, runs_without_gradients
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Event, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File


@dataclass(frozen=True, slots=True, eq=False)
class LeafWrite:
    """An in-place operation on a leaf, or on a view of it: the expression, where it happens, and the leaf."""

    node: cst.BaseExpression
    event: Call | Write
    leaf: cst.BaseExpression


def leaf_writes(file: File) -> Iterator[LeafWrite]:
    """The in-place operations on leaves that constructors run, and the methods that they call; each once."""
    for class_ in file.classes:
        found = [
            (method.name, each)
            for method in class_.methods.values()
            for event in method.events
            if (each := _leaf_write(file, class_, method, event)) is not None
        ]
        if not found or not is_module(file, class_) or _switches(file, class_):
            continue
        run = constructing(file, class_)
        for name, each in found:
            if name in run and not runs_without_gradients(file, class_, name):
                yield each


def _leaf_write(file: File, class_: Class, method: Function, event: Event) -> LeafWrite | None:
    node: cst.BaseExpression
    match event:
        case Call(node=cst.Call(func=cst.Attribute(value=written, attr=cst.Name(value=name))) as call) as event:
            node = call
            if name not in IN_PLACE or file.tolerated(event):
                return None
        case Write(target=cst.Subscript(value=written) as item, value=cst.BaseExpression()) as event:
            node = item
        case Write(target=cst.Attribute() as written, operator=cst.BaseAugOp()) as event:
            node = written
        case _:
            return None
    leaf = _viewed(written)
    if file.in_no_grad(event.block) or not _is_leaf(file, class_, method, leaf, event):
        return None
    return LeafWrite(node, event, leaf)


def _viewed(node: cst.BaseExpression) -> cst.BaseExpression:
    """The tensor that an expression is a view of."""
    while True:
        match node:
            case cst.Subscript(value=inner):
                node = inner
            case cst.Attribute(value=inner, attr=cst.Name(value=name)) if name in TRANSPOSED:
                node = inner
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name))) if name in VIEWS:
                node = inner
            case _:
                return node


def _is_leaf(file: File, class_: Class, method: Function, node: cst.BaseExpression, event: Call | Write) -> bool:
    """Whether an expression is a trained parameter for certain: one of the class, of a torch layer, of a loop."""
    name = self_attribute(node, method)
    if name is not None:
        writes = [write for write in file.modules.writes(class_).get(name, ()) if write.operator is None]
        made = [write for write in writes if write.value is not None and text.code(write.value) != "None"]
        return bool(made) and all(_is_trained(file, write) for write in made)
    target = file.targets.resolve(node, event.env, event.block)
    if target.tensor is not node or (target.loop is None and target.owner is None):
        return False
    if target.loop is not None or target.owner is None or target.attribute is None:
        return True
    if target.guard is not None:
        layers = target.layers or ()
        return bool(layers) and all(layer.dims(target.attribute) is not None for layer in layers)
    built = file.targets.built(target.owner, event.env, event.block)
    calls = [each.layer for each in built if each.layer is not None and not each.wraps]
    return bool(calls) and len(calls) == len(built) and all(call.has(target.attribute) for call in calls)


def _is_trained(file: File, write: Write) -> bool:
    """Whether an assignment makes a parameter that requires gradients."""
    match write.value:
        case cst.Call(func=function) as call if file.names.qualified(function, write.env) == "torch.nn.Parameter":
            slots = text.argument_slots(call, ("data", "requires_grad"))
            flag = slots.get("requires_grad") if slots is not None else None
            return slots is not None and not write.unpacking and (flag is None or text.code(flag.value) == "True")
        case _:
            return False


def _switches(file: File, class_: Class) -> bool:
    """Whether a class freezes parameters, asks whether gradients are recorded, or reparametrises layers anywhere."""
    inside = (each for node in nodes_of(file, class_) for each in ast.walk(node))
    words = {each.attr if isinstance(each, ast.Attribute) else each.id for each in inside if isinstance(each, _NAMES)}
    return bool(words & SWITCHES) or any(part in word for word in words for part in TRACES)


_NAMES = (ast.Attribute, ast.Name)
