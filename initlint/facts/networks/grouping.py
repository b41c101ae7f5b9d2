"""Groups: whether the number of groups that a convolution is built with is more than one, as far as the source tells.

Answers have three values: True and False are certain, None is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Binding, Call, Env, Function, Joined, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 6
_ROUNDING = frozenset({"int", "round", "max", "float", "math.floor", "math.ceil"})
_CHANNELS = frozenset({"in_channels", "out_channels", "num_features"})
"""Attributes of torch layers that hold a number of channels."""


class Grouping:
    """Follows numbers of groups through locals, attributes, parameters and the calls in the file that set those."""

    def __init__(self, file: File) -> None:
        self._file = file

    def grouped(self, call: cst.Call, groups: cst.BaseExpression, env: Env) -> bool | None:
        """Whether a call is given more than one group.

        Groups that are also another argument of the call are its channels: a depthwise convolution.
        """
        return self._given(call, groups, env, _STEPS)

    def _given(self, call: cst.Call, groups: cst.BaseExpression, env: Env, steps: int) -> bool | None:
        found = self._more_than_one(groups, env, steps)
        if found is None and self._repeated(call, groups, env):
            return True
        return found

    def _repeated(self, call: cst.Call, groups: cst.BaseExpression, env: Env) -> bool:
        meant = text.code(self._file.values.origin(groups, env)[0])
        others = (argument.value for argument in call.args if argument.value is not groups)
        return any(text.code(self._file.values.origin(other, env)[0]) == meant for other in others)

    def _more_than_one(self, node: cst.BaseExpression, env: Env, steps: int) -> bool | None:
        number = self._file.values.number(node, env)
        if number is not None:
            return number > 1
        if steps == 0:
            return None
        match node:
            case cst.Name():
                return self._bound(env.lookup(node.value), steps - 1)
            case cst.IfExp(body=body, orelse=orelse):
                return _any(self._more_than_one(side, env, steps - 1) for side in (body, orelse))
            case cst.BinaryOperation(operator=cst.Divide() | cst.FloorDivide(), left=left):
                return None if self._more_than_one(left, env, steps - 1) is False else True
            case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right):
                return _any(self._more_than_one(side, env, steps - 1) for side in (left, right))
            case cst.Call(func=function, args=[_, *_] as arguments):
                if self._file.names.qualified(function, env) in _ROUNDING:
                    return _any(self._more_than_one(argument.value, env, steps - 1) for argument in arguments)
                return None
            case cst.Attribute(attr=cst.Name(value=name)):
                own = self._attribute(node, env, steps - 1)
                return True if own is None and name in _CHANNELS else own
            case _:
                return None

    def _bound(self, binding: Binding | None, steps: int) -> bool | None:
        match binding:
            case Assigned(value=value, env=env, unpacking=()):
                return self._more_than_one(value, env, steps)
            case Joined(alternatives=alternatives) if steps > 0:
                return _any(self._bound(each, steps - 1) for each in alternatives)
            case Argument():
                return self._parameter(binding, steps)
            case _:
                return None

    def _attribute(self, node: cst.Attribute, env: Env, steps: int) -> bool | None:
        """`self.groups`, as the methods of the class set it."""
        method = env.scope
        name = self_attribute(node, method) if isinstance(method, Function) else None
        if name is None or not isinstance(method, Function) or method.owner is None:
            return None
        writes: list[Write] = self._file.modules.writes(method.owner).get(name, [])
        return _any(self._more_than_one(each.value, each.env, steps) for each in writes if each.value is not None)

    def _parameter(self, parameter: Argument, steps: int) -> bool | None:
        """A parameter by its default and by the calls of its function in the file.

        One without a default, which no such call sets, is there because it varies.
        """
        function = parameter.function
        answers: list[bool | None] = []
        if parameter.default is not None:
            answers.append(self._more_than_one(parameter.default, function.env, 0))
        for call, given in self._set(parameter):
            answers.append(None if given is None else self._given(call.node, given, call.env, steps))
        return _any(answers) if answers else True

    def _set(self, parameter: Argument) -> Iterable[tuple[Call, cst.BaseExpression | None]]:
        """The calls in the file that set a parameter, with what they give; None where `*args` hide it."""
        function = parameter.function
        owner = function.owner
        name = owner.name if owner is not None and function.name == "__init__" else function.name
        arguments = function.arguments[1:] if owner is not None else function.arguments
        for call in self._file.calls_named.get(name, ()):
            slots = text.argument_slots(call.node, arguments)
            if slots is None:
                yield call, None
            elif parameter.name in slots:
                yield call, slots[parameter.name].value


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Whether one of several answers is yes; open where none is and one is open, or there are none."""
    found = set(answers)
    if True in found:
        return True
    return None if None in found or not found else False
