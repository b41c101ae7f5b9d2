"""Expressions that are tensors and no parameters for certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.tensors import FUNCTIONS, KEEPING, METHODS, SLOTS
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Env

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 8


def is_tensor(file: File, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> bool:
    """Whether an expression is a tensor that is no parameter, as far as the source settles it."""
    node, env = file.values.origin(node, env)
    if steps == 0:
        return False
    match node:
        case cst.BinaryOperation(left=left, right=right):
            return any(is_tensor(file, side, env, steps - 1) or is_slot(side) for side in (left, right))
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return is_tensor(file, inner, env, steps - 1) or is_slot(inner)
        case cst.Attribute(value=inner, attr=cst.Name(value="data" | "T")):
            return is_slot(inner) or is_tensor(file, inner, env, steps - 1)
        case cst.Subscript(value=inner):
            return is_slot(inner) or is_tensor(file, inner, env, steps - 1)
        case cst.Call(func=function, args=arguments):
            qualified = file.names.qualified(function, env)
            if qualified is not None and qualified.startswith("torch.nn.init."):
                return bool(arguments) and is_tensor(file, arguments[0].value, env, steps - 1)
            if qualified is not None:
                return qualified in FUNCTIONS or qualified.startswith("torch.nn.functional.")
            if isinstance(function, cst.Attribute):
                return _called(file, function, env, steps - 1)
    return False


def is_slot(node: cst.BaseExpression) -> bool:
    """`layer.weight`, `layer.bias`."""
    return isinstance(node, cst.Attribute) and node.attr.value in SLOTS and text.dotted(node) is not None


def _called(file: File, function: cst.Attribute, env: Env, steps: int) -> bool:
    name, inner = function.attr.value, function.value
    keeps = name in KEEPING or (name.endswith("_") and not name.endswith("__"))
    tensor = is_tensor(file, inner, env, steps)
    return tensor if keeps else name in METHODS and (tensor or is_slot(inner))
