"""Assignments of tensors to attributes that are registered for parameters: `nn.Module` refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.reparametrisations import TRACES
from initlint.facts.execution.bases import is_module
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.meaning.tensors import is_tensor
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Function, Module, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

_UNREGISTERING = ("delattr", "_parameters", "register_buffer", "__dict__", "__setattr__")


def refused(file: File) -> Iterator[Write]:
    """The assignments that raise a TypeError, in the order of the source."""
    scopes: tuple[Module | Function, ...] = (file.record.module, *file.functions)
    for scope in scopes:
        writes = [event for event in scope.events if isinstance(event, Write)]
        found = [write for write in writes if _is_refused(file, scope, write)]
        if found and not _unregisters(scope, writes):
            yield from found


def _is_refused(file: File, scope: Module | Function, write: Write) -> bool:
    target, value = write.target, write.value
    if not isinstance(target, cst.Attribute) or value is None or write.operator is not None or write.unpacking:
        return False
    if not is_tensor(file, value, write.env) or file.tolerated(write):
        return False
    own = self_attribute(target, scope) if isinstance(scope, Function) and scope.owner is not None else None
    if own is not None and isinstance(scope, Function) and scope.owner is not None:
        return scope.name == "__init__" and _is_registered_before(file, scope.owner, own, write)
    return _is_layer_slot(file, target, write)


def _is_layer_slot(file: File, target: cst.Attribute, write: Write) -> bool:
    """Whether an attribute is the weight or bias of a torch layer for certain; a bias that is None counts."""
    name = target.attr.value
    if name not in ("weight", "bias") or any(part in word for word in file.tree.words for part in TRACES):
        return False
    layers, calls, guard = file.targets.owner(target.value, write.env, write.block)
    known = bool(layers) and all(layer.dims(name) is not None for layer in layers or ())
    return known and (guard is not None or bool(calls))


def _is_registered_before(file: File, class_: Class, name: str, write: Write) -> bool:
    """Whether the constructor registers a parameter of this name, or None in its place, on every way to a statement."""
    method = class_.methods["__init__"]
    if name in class_.methods or not is_module(file, class_):
        return False
    for event in method.events:
        if event is write:
            return False
        if isinstance(event, Write | Call) and _registers(file, event, method, name):
            return event.block in write.block.path()
    return False


def _registers(file: File, event: Write | Call, method: Function, name: str) -> bool:
    match event:
        case Write(target=target, value=cst.Call(func=function), operator=None, unpacking=()):
            qualified = file.names.qualified(function, event.env)
            return qualified == "torch.nn.Parameter" and self_attribute(target, method) == name
        case Call(
            node=cst.Call(func=cst.Attribute(attr=cst.Name(value="register_parameter")) as called, args=[key, _])
        ):
            return self_attribute(called, method) is not None and file.values.string(key.value, event.env) == name
        case _:
            return False


def _unregisters(scope: Module | Function, writes: list[Write]) -> bool:
    """Whether code deletes attributes, or reaches behind them."""
    code = text.code(scope.node) if isinstance(scope, Function) else ""
    return any(write.value is None for write in writes) or any(word in code for word in _UNREGISTERING)
