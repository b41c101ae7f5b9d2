"""Parameters that constructors make from uninitialised memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.running import constructing
from initlint.facts.meaning.memory import Allocation, allocation
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File


@dataclass(frozen=True, slots=True, eq=False)
class Birth:
    """A statement that makes a parameter of a class from uninitialised memory: `self.<name> = <value>`."""

    class_: Class
    method: Function
    name: str
    value: cst.BaseExpression
    event: Write | Call
    allocation: Allocation


def births(file: File) -> Iterator[Birth]:
    """The trained parameters that constructors leave uninitialised where they make them, in the order of the source."""
    for class_ in file.classes:
        found = [
            birth
            for method in class_.methods.values()
            for event in method.events
            if (birth := _birth(file, class_, method, event)) is not None
        ]
        if found:
            run = constructing(file, class_)
            yield from (birth for birth in found if birth.method.name in run)


def _birth(file: File, class_: Class, method: Function, event: object) -> Birth | None:
    match event:
        case Write(
            target=cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)),
            value=cst.BaseExpression() as value,
            operator=None,
            unpacking=(),
        ):
            pass
        case Call(
            node=cst.Call(
                func=cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value="register_parameter")),
                args=[key, argument],
            )
        ):
            name, value = file.values.string(key.value, event.env) or "", argument.value
        case _:
            return None
    if method.arguments[:1] != (receiver,) or not name:
        return None
    made = _made(file, value, event, class_)
    return Birth(class_, method, name, value, event, made) if made is not None else None


def _made(file: File, node: cst.BaseExpression, event: Write | Call, class_: Class) -> Allocation | None:
    """The allocation in `nn.Parameter(torch.empty(…))`, which may be one side of a conditional."""
    match node:
        case cst.IfExp(body=body, orelse=orelse):
            return _made(file, body, event, class_) or _made(file, orelse, event, class_)
        case cst.Call(func=function) if file.names.qualified(function, event.env) == "torch.nn.Parameter":
            slots = text.argument_slots(node, ("data", "requires_grad"))
            if slots is None or "data" not in slots:
                return None
            trained = slots.get("requires_grad")
            if trained is not None and text.code(trained.value) != "True":
                return None
            return allocation(file, slots["data"].value, event.env, class_)
        case _:
            return None
