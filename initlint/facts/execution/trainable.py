"""What trains: which classes of a file are modules, and what is built with a parameter in it for certain."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import ALWAYS_TRAINED, LayerKind, layers_named
from initlint.facts.api.modules import ADDING, FOREIGN_MODULES, is_torch_module
from initlint.facts.execution.steps import Runs, Step, constructor, lineage
from initlint.facts.meaning.construction import Built, LayerCall
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Env, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.project import Elsewhere

_DEPTH = 3
_WITHOUT_WEIGHT = frozenset({LayerKind.CONTAINER, LayerKind.ACTIVATION, LayerKind.NORM})
PLAIN = frozenset({"list", "dict"})
"""Containers that are no modules: what they hold is not registered."""


def is_module(file: File, class_: Class) -> bool:
    """Whether a class derives from `torch.nn.Module` for certain: in the file, elsewhere, or in a known library."""
    return any(_leads_to_module(file, each) for each in lineage(file, class_))


def _leads_to_module(file: File, class_: Class) -> bool:
    for argument in class_.node.bases:
        qualified = file.names.qualified(argument.value, class_.env)
        if qualified is not None and (is_torch_module(qualified) or qualified in FOREIGN_MODULES):
            return True
        name = qualified.rpartition(".")[2] if qualified is not None else text.last_name(argument.value)
        if name and file.elsewhere is not None and _is_module_elsewhere(file.elsewhere, name, _DEPTH):
            return True
    return False


def _is_module_elsewhere(elsewhere: Elsewhere, name: str, depth: int) -> bool:
    """Whether every class of this name in other files derives from a class that is called `Module`."""
    found = elsewhere.classes(name)
    bases = [[base.rpartition(".")[2] for base in each.bases] for each in found]
    return bool(found) and all(
        any(base == "Module" or (depth > 0 and _is_module_elsewhere(elsewhere, base, depth - 1)) for base in names)
        for names in bases
    )


def has_parameters(file: File, built: Built, depth: int = _DEPTH) -> bool:
    """Whether what an expression builds holds a parameter that can train, for certain."""
    if built.layer is not None:
        return _layer_has(built.layer)
    if built.class_ is not None:
        return depth > 0 and is_module(file, built.class_) and _class_has(file, built.class_, depth - 1)
    if built.unknown and isinstance(built.node, cst.Call):
        return _trained_elsewhere(file, built.node)
    return any(has_parameters(file, element, depth) for element in built.elements)


def _trained_elsewhere(file: File, node: cst.Call) -> bool:
    """Whether a call builds an imported class that is known as a module with parameters."""
    qualified = file.names.qualified(node.func, file.record.module.final)
    if qualified is None or qualified.startswith("torch.") or file.elsewhere is None:
        return False
    name = qualified.rpartition(".")[2]
    found = file.elsewhere.classes(name)
    return all(each.trained for each in found) and _is_module_elsewhere(file.elsewhere, name, _DEPTH)


def makes_parameter(file: File, node: cst.BaseExpression, env: Env) -> bool:
    """Whether an expression makes a `Parameter` that can train."""
    made = file.builder.made(node, env)
    call = made.node if made is not None and made.parameter else node
    if not isinstance(call, cst.Call) or file.names.qualified(call.func, env) != "torch.nn.Parameter":
        return False
    slots = text.argument_slots(call, ("data", "requires_grad"))
    flag = slots.get("requires_grad") if slots is not None else None
    return flag is None or text.code(flag.value) != "False"


def ready(file: File, class_: Class, writes: Collection[Write]) -> bool:
    """Whether `Module.__init__` has run before the first of some assignments: before it, nothing can be registered."""
    for step in constructor(file, class_):
        match step.event:
            case Write() as write if write in writes:
                return False
            case Call(node=cst.Call(func=cst.Attribute(attr=cst.Name(value="__init__")))):
                return True
    return False


def _layer_has(call: LayerCall) -> bool:
    return call.layer.kind in ALWAYS_TRAINED or any(call.has(attribute) for attribute in ("weight", "bias"))


def _class_has(file: File, class_: Class, depth: int) -> bool:
    for each in lineage(file, class_):
        for argument in each.node.bases:
            layers = layers_named(file.names.qualified(argument.value, each.env) or "")
            if layers and all(layer.kind not in _WITHOUT_WEIGHT for layer in layers):
                return True
    return any(step.runs is not Runs.OPEN and _adds(file, class_, step, depth) for step in constructor(file, class_))


def _adds(file: File, class_: Class, step: Step, depth: int) -> bool:
    """Whether a step of a constructor registers a parameter, or a module that holds one."""
    match step.event:
        case Write(target=target, value=cst.BaseExpression() as value, operator=None, unpacking=()) as write:
            if step.own(target) is None:
                return False
            built = file.builder.build(value, write.env)
            registers = built.container not in PLAIN
            return makes_parameter(file, value, write.env) or (registers and has_parameters(file, built, depth))
        case Call(node=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=name)), args=[_, *_])) as call:
            if name == "register_parameter":
                return makes_parameter(file, call.node.args[-1].value, call.env)
            if name not in ADDING or not _registers(file, class_, step, holder):
                return False
            return any(has_parameters(file, each, depth) for each in file.builder.added(call))
        case _:
            return False


def _registers(file: File, class_: Class, step: Step, holder: cst.BaseExpression) -> bool:
    """Whether adding to something adds to the module: the object itself, or a container of modules that it holds."""
    attribute = step.own(holder)
    if attribute is None:
        method = step.scope
        return isinstance(method, Function) and isinstance(holder, cst.Name) and method.arguments[:1] == (holder.value,)
    built = file.modules.built(class_, attribute)
    return bool(built) and not any(each.container in PLAIN or each.container is None for each in built)
