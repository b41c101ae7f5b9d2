"""Flags: expressions that are true or false, whatever they are used as."""

from __future__ import annotations

import libcst as cst

from initlint.facts.meaning.names import Names
from initlint.facts.meaning.values import Values
from initlint.facts.reading.scopes import Argument, Env


def is_flag(node: cst.BaseExpression, env: Env, names: Names, values: Values) -> bool:
    """Whether an expression is a truth value for certain, also as the `int` of one."""
    node, env = values.origin(node, env)
    match node:
        case cst.Comparison() | cst.UnaryOperation(operator=cst.Not()) | cst.Name(value="True" | "False"):
            return True
        case cst.BooleanOperation(left=left, right=right):
            return is_flag(left, env, names, values) and is_flag(right, env, names, values)
        case cst.Call(func=function, args=[argument]):
            called = names.qualified(function, env)
            return called in ("bool", "isinstance", "hasattr", "callable") or (
                called == "int" and is_flag(argument.value, env, names, values)
            )
        case cst.Call(func=function):
            return names.qualified(function, env) in ("isinstance", "hasattr")
        case cst.Name():
            binding = env.lookup(node.value)
            return isinstance(binding, Argument) and _flag_parameter(binding)
        case _:
            return False


def _flag_parameter(parameter: Argument) -> bool:
    match parameter:
        case Argument(annotation=cst.Name(value="bool")) | Argument(default=cst.Name(value="True" | "False")):
            return True
        case _:
            return False
