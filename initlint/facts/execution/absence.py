"""Values that may be None: parameters that say so and are never tested, and attributes that hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.served import served
from initlint.facts.meaning.values import Literal, conditions, tested
from initlint.facts.reading import text
from initlint.facts.reading.inside import attributes
from initlint.facts.reading.scopes import Argument, Block, Class, Env, Function, Scope

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 4
_OPTIONAL = re.compile(r"\bOptional\[|\bNone\b")


def absent(file: File, node: cst.BaseExpression, env: Env, block: Block, steps: int = _STEPS) -> cst.CSTNode | None:
    """What says that an expression is None, or may be: a default, an annotation, a construction without it.

    None where nothing says so, and where a test on a way to the value asks for it.
    """
    if steps == 0:
        return None
    node, env = file.values.origin(node, env)
    match node:
        case cst.Name():
            binding = env.lookup(node.value)
            return _of_parameter(file, binding) if isinstance(binding, Argument) else None
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
            class_ = file.modules.class_of_self(receiver, block)
            if class_ is not None:
                return _of_attribute(file, class_, name, block, steps)
    return _of_layer(file, node, env, block, steps) if isinstance(node, cst.Attribute) else None


def _of_parameter(file: File, parameter: Argument) -> cst.CSTNode | None:
    """The default None or the annotation of a parameter that its function never tests."""
    if tested(parameter):
        return None
    default, annotation = parameter.default, parameter.annotation
    if default is not None and file.values.literal(default, parameter.function.env) == Literal(None):
        return default
    return annotation if annotation is not None and _OPTIONAL.search(text.code(annotation)) else None


def _of_attribute(file: File, class_: Class, name: str, block: Block, steps: int) -> cst.CSTNode | None:
    """What `self.<name>` is assigned once; torch's own attribute in a class that derives from `nn.Embedding`.

    None where the constructor or the function around the place tests it.
    """
    on_the_way = (class_.methods.get("__init__"), block.scope)
    if any(isinstance(function, Function) and _tests(function, name) for function in on_the_way):
        return None
    match file.modules.writes(class_).get(name, []):
        case [write] if write.value is not None and not write.unpacking:
            return absent(file, write.value, write.env, write.block, steps - 1)
        case [] if name == _ROW and _derives_from_embedding(file, class_):
            return _inherited(file, class_)
        case _:
            return None


_ROW = "padding_idx"


def _derives_from_embedding(file: File, class_: Class) -> bool:
    return any(file.names.qualified(base.value, class_.env) == "torch.nn.Embedding" for base in class_.node.bases)


def _inherited(file: File, class_: Class) -> cst.CSTNode | None:
    """The parameter of the constructor of an own embedding that becomes its padding row."""
    constructor = class_.methods.get("__init__")
    if constructor is None:
        return class_.node.name
    binding = constructor.final.lookup(_ROW)
    return _of_parameter(file, binding) if isinstance(binding, Argument) else None


def _of_layer(file: File, node: cst.Attribute, env: Env, block: Block, steps: int) -> cst.CSTNode | None:
    """`table.padding_idx` of an embedding that the file builds: the argument of its constructor, or that none is."""
    if node.attr.value != _ROW or _asked(block.scope, text.code(node)):
        return None
    layers, calls, guard = file.targets.owner(node.value, env, block)
    if guard is not None:
        embedding = any(layer.name == "Embedding" for layer in layers or ())
        return _without_row(file, block.scope) if embedding else None
    if len(calls) != 1 or calls[0].layer.name != "Embedding" or calls[0].slots is None:
        return None
    (table,) = calls
    given = table.given(_ROW)
    if given is None or file.values.literal(given, table.env) == Literal(None):
        return given or table.node
    place = next(call.block for call in file.record.calls if call.node is table.node)
    return absent(file, given, table.env, place, steps - 1)


def _without_row(file: File, scope: Scope) -> cst.CSTNode | None:
    """An embedding without a padding row in a model that an init function serves."""
    models = served(file, scope)
    for call, table in file.layer_calls:
        bare = table.layer.name == "Embedding" and table.slots is not None and table.given(_ROW) is None
        if bare and file.class_around(call.block) in models:
            return table.node
    return None


def _tests(function: Function, name: str) -> bool:
    """Whether a function tests an attribute of this name."""
    return any(attributes(test, name) for test in conditions(function.node))


def _asked(scope: Scope, code: str) -> bool:
    return isinstance(scope, Function) and any(code in text.code(test) for test in conditions(scope.node))
