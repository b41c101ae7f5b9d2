"""What follows a layer, as far as the source tells: the call that takes its output in a method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading.scopes import Assigned, Call, Class, Function

if TYPE_CHECKING:
    from initlint.facts.file import File


def followers(file: File, class_: Class, name: str) -> tuple[cst.Call, ...]:
    """The calls that take the output of `self.<name>`: of a function, or the constructor of the layer that does.

    Empty where the output is not followed: it is returned, added to something, or used more than once.
    """
    found: list[cst.Call] = []
    for method in class_.methods.values():
        if method.name == "__init__":
            continue
        for call in _calls_of(method, name):
            consumer = _consumer(method, call)
            built = _constructor(file, class_, method, consumer) if consumer is not None else None
            if built is None:
                return ()
            found.append(built)
    return tuple(found)


def _calls_of(method: Function, name: str) -> Iterator[Call]:
    for event in method.events:
        if isinstance(event, Call) and self_attribute(event.node.func, method) == name:
            yield event


def _consumer(method: Function, call: Call) -> Call | None:
    """The one call whose first argument is the result of a call, directly or through the name it is assigned to."""
    using = [event for event in method.events if isinstance(event, Call) and _takes(event, call.node)]
    return using[0] if len(using) == 1 else None


def _takes(user: Call, result: cst.Call) -> bool:
    if not user.node.args:
        return False
    argument = user.node.args[0].value
    if argument is result:
        return True
    binding = user.env.lookup(argument.value) if isinstance(argument, cst.Name) else None
    return isinstance(binding, Assigned) and binding.value is result and not binding.unpacking


def _constructor(file: File, class_: Class, method: Function, call: Call) -> cst.Call | None:
    """The call itself for a function; for `self.act(x)` the constructor of that layer."""
    name = self_attribute(call.node.func, method)
    if name is None:
        return call.node
    built = file.modules.built(class_, name)
    if len(built) != 1 or built[0].layer is None:
        return None
    return built[0].layer.node
