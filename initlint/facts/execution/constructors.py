"""What a called name may construct: through parameters, class attributes of derived classes, conditionals, tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LAYERS, Layer
from initlint.facts.execution.steps import lineage
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Block, Call, Class, Env

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 6

Constructor = tuple[Layer, cst.BaseExpression]
"""A torch layer and the expression that names it."""


def constructors(
    file: File, node: cst.BaseExpression, env: Env, block: Block, steps: int = _STEPS
) -> Iterator[Constructor]:
    """The torch layers that an expression may name, each with the place that names it; others are left out."""
    if steps == 0:
        return
    origin, env = file.values.origin(node, env)
    match origin:
        case cst.IfExp(body=body, orelse=orelse):
            yield from constructors(file, body, env, block, steps - 1)
            yield from constructors(file, orelse, env, block, steps - 1)
        case cst.Subscript(value=table):
            yield from _in_table(file, table, env, block, steps)
        case cst.Name() if isinstance(parameter := env.lookup(origin.value), Argument):
            for value, call in given(file, parameter):
                yield from constructors(file, value, call.env, call.block, steps - 1)
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)) if (
            class_ := file.modules.class_of_self(receiver, block)
        ) is not None:
            yield from _of_attribute(file, class_, name, steps)
        case _:
            yield from _named(file, origin, env)


def _named(file: File, node: cst.BaseExpression, env: Env) -> Iterator[Constructor]:
    for qualified in file.names.alternatives(node, env):
        layer = LAYERS.get((qualified or "").removeprefix("torch.nn."))
        if layer is not None and qualified == layer.qualified:
            yield layer, node


def _in_table(file: File, table: cst.BaseExpression, env: Env, block: Block, steps: int) -> Iterator[Constructor]:
    """`{"lstm": nn.LSTM, "gru": nn.GRU}[kind]`."""
    table, env = file.values.origin(table, env)
    if isinstance(table, cst.Dict):
        for element in table.elements:
            yield from constructors(file, element.value, env, block, steps - 1)


def _of_attribute(file: File, class_: Class, name: str, steps: int) -> Iterator[Constructor]:
    """What `self.<name>` is assigned in a class, its bases, and the classes that derive from it."""
    family = [each for each in file.classes if class_ in lineage(file, each)]
    for each in dict.fromkeys((*lineage(file, class_), *family)):
        bound = each.final.local(name)
        if isinstance(bound, Assigned) and not bound.unpacking:
            yield from _named(file, bound.value, bound.env)
        for write in file.modules.writes(each).get(name, ()):
            if write.value is not None and not write.unpacking:
                yield from constructors(file, write.value, write.env, write.block, steps - 1)


def given(file: File, parameter: Argument) -> Iterator[tuple[cst.BaseExpression, Call]]:
    """What the calls in the file pass for a parameter of a function, or of the constructor of a class."""
    function = parameter.function
    called = function.owner if function.name == "__init__" else function
    names = function.arguments[1:] if function.owner is not None else function.arguments
    for call in file.record.calls:
        if called is None or file.names.definition(call.node.func, call.env) is not called:
            continue
        slots = text.argument_slots(call.node, names)
        argument = slots.get(parameter.name) if slots is not None else None
        if argument is not None:
            yield argument.value, call
