"""Parameters that an expression makes and converts at once: what it gives is a tensor, and no parameter any more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading import text
from initlint.facts.reading.scopes import Class, Env

if TYPE_CHECKING:
    from initlint.facts.file import File

_NEW = frozenset(
    {
        *("view", "view_as", "reshape", "unsqueeze", "squeeze", "t", "transpose", "permute", "expand", "expand_as"),
        *("repeat", "flatten", "unflatten", "clone", "swapaxes", "movedim", "narrow", "tile"),
        *("mul", "div", "add", "sub", "neg", "abs", "pow", "exp", "log", "sqrt", "clamp", "softmax", "sigmoid", "tanh"),
    }
)
"""Methods that return another tensor, whatever the parameter is."""

_TRANSPOSED = frozenset({"T", "mT"})
_SAME = frozenset({"requires_grad_", "contiguous", "float", "cpu"})
"""Methods that return the parameter itself where it is a float32 tensor on the CPU, as factories make it."""

_ACCELERATORS = frozenset({"cuda", "npu", "xpu", "hpu"})
_OTHER_TYPES = frozenset({"double", "half", "bfloat16", "float64", "float16"})
_DEFAULT_TYPES = frozenset({"float", "float32"})
_FACTORIES = frozenset(
    {"empty", "zeros", "ones", "full", "rand", "randn", "eye", "linspace", "Tensor", "FloatTensor", "normal", "tensor"}
)
_PLACING = re.compile(r"\b(?:device|cuda|npu|xpu|hpu|to|dtype|double|half|type)\b")
"""Words of what may put a tensor on a device or give it another type."""

_STEPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """A parameter and the first operation on it that returns another tensor.

    `only_elsewhere`: it does so only where the parameter is not on the device already.
    """

    parameter: cst.Call
    operation: str = ""
    only_elsewhere: bool = False


def conversion(file: File, node: cst.BaseExpression, env: Env, class_: Class) -> Conversion | None:
    """What converts the trained parameter that an expression makes; None where it stays one, or that is open."""
    found = _read(file, node, env, class_, _STEPS)
    return found if found is not None and found.operation else None


def _read(file: File, node: cst.BaseExpression, env: Env, class_: Class, steps: int) -> Conversion | None:
    """The parameter behind an expression, with the operation that lost it if one did; None for anything else."""
    if steps == 0:
        return None
    match node:
        case cst.Call(func=function, args=arguments):
            qualified = file.names.qualified(function, env) or ""
            if qualified == "torch.nn.Parameter":
                return Conversion(node) if _is_trained(node) else None
            if qualified.startswith("torch.nn.init.") and arguments:
                return _read(file, arguments[0].value, env, class_, steps - 1)
            if isinstance(function, cst.Attribute):
                inner = _read(file, function.value, env, class_, steps - 1)
                return _after_call(file, inner, node, env, class_) if inner is not None else None
        case cst.Attribute(value=value, attr=cst.Name(value=name)) if name in _TRANSPOSED:
            inner = _read(file, value, env, class_, steps - 1)
            return _lost(inner, f".{name}") if inner is not None else None
        case cst.BinaryOperation(left=left, right=right, operator=operator):
            sides = [_read(file, side, env, class_, steps - 1) for side in (left, right)]
            inner = next((side for side in sides if side is not None), None)
            return _lost(inner, text.code(operator).strip()) if inner is not None else None
        case cst.UnaryOperation(operator=cst.Minus(), expression=value):
            inner = _read(file, value, env, class_, steps - 1)
            return _lost(inner, "-") if inner is not None else None
    return None


def _is_trained(parameter: cst.Call) -> bool:
    slots = text.argument_slots(parameter, ("data", "requires_grad"))
    if slots is None or "data" not in slots:
        return False
    return "requires_grad" not in slots or text.code(slots["requires_grad"].value) == "True"


def _lost(found: Conversion, operation: str, *, only_elsewhere: bool = False) -> Conversion:
    if found.operation and not found.only_elsewhere:
        return found
    return replace(found, operation=operation, only_elsewhere=only_elsewhere)


def _after_call(file: File, found: Conversion, call: cst.Call, env: Env, class_: Class) -> Conversion | None:
    """What a method call leaves of a parameter; None where it is not known."""
    assert isinstance(call.func, cst.Attribute)
    name = call.func.attr.value
    operation = f".{name}()"
    if name in _NEW:
        return _lost(found, operation)
    data = _data(found.parameter)
    plain = _is_plain(file, data, env)
    if name in _OTHER_TYPES:
        return _lost(found, operation) if plain else None
    if name in _ACCELERATORS:
        return _lost(found, operation, only_elsewhere=True) if plain else None
    if name in _SAME:
        return found if plain or name in ("requires_grad_", "contiguous") else None
    if name in ("to", "type"):
        words = list(_asked(file, call, env, class_))
        if not words or "" in words or not plain:
            return None
        if "type" in words:
            return _lost(found, operation)
        return _lost(found, operation, only_elsewhere=True) if "device" in words else found
    return None


def _asked(file: File, call: cst.Call, env: Env, class_: Class) -> Iterator[str]:
    """What `.to(…)` asks for, argument by argument.

    "device" for one that may be another, "type" for another type of number, "same" for what factories make; "" for
    anything else.
    """
    for argument in call.args:
        keyword = argument.keyword.value if argument.keyword is not None else ""
        if argument.star == "**":
            keys = _keys(file, argument.value, env, class_)
            yield "device" if "device" in keys else ""
        elif keyword == "non_blocking":
            yield "same"
        else:
            yield _target(file, argument.value, env, keyword == "device")


def _target(file: File, node: cst.BaseExpression, env: Env, is_device: bool) -> str:
    node, env = file.values.origin(node, env)
    qualified = file.names.qualified(node, env) or ""
    last = (text.last_name(node) or "").lower()
    if qualified.startswith("torch."):
        word = qualified.removeprefix("torch.")
        return "type" if word in _OTHER_TYPES else "same" if word in _DEFAULT_TYPES else ""
    literal = file.values.string(node, env)
    if literal is not None:
        return "same" if literal == "cpu" else "device"
    match node:
        case cst.Call(func=function, args=[argument, *_]) if file.names.qualified(function, env) == "torch.device":
            return _target(file, argument.value, env, True)
        case cst.IfExp() | cst.FormattedString():
            return "device"
        case _:
            return "device" if is_device or last == "device" else ""


def _keys(file: File, node: cst.BaseExpression, env: Env, class_: Class) -> set[str]:
    """The keys of a dictionary that a name, or an attribute of `self`, stands for."""
    if isinstance(node, cst.Attribute):
        writes = file.modules.writes(class_).get(node.attr.value, [])
        if len(writes) != 1 or writes[0].value is None:
            return set()
        node, env = writes[0].value, writes[0].env
    node, env = file.values.origin(node, env)
    match node:
        case cst.Call(func=cst.Name(value="dict"), args=arguments):
            return {argument.keyword.value for argument in arguments if argument.keyword is not None}
        case cst.Dict(elements=elements):
            keys = [element.key for element in elements if isinstance(element, cst.DictElement)]
            return {text.string_value(key) or "" for key in keys}
        case _:
            return set()


def _data(parameter: cst.Call) -> cst.BaseExpression:
    slots = text.argument_slots(parameter, ("data", "requires_grad"))
    assert slots is not None
    return slots["data"].value


def _is_plain(file: File, node: cst.BaseExpression, env: Env) -> bool:
    """Whether an expression makes a float32 tensor on the CPU, or wherever new tensors are."""
    node, env = file.values.origin(node, env)
    if _PLACING.search(text.code(node)):
        return False
    while True:
        match node:
            case cst.BinaryOperation(left=left, right=right):
                return _is_plain(file, left, env) or _is_plain(file, right, env)
            case cst.Call(func=function, args=arguments):
                qualified = file.names.qualified(function, env) or ""
                if qualified.removeprefix("torch.") in _FACTORIES and qualified.startswith("torch."):
                    return True
                inner = arguments[0].value if arguments and qualified.startswith("torch.") else None
                if isinstance(function, cst.Attribute) and not qualified:
                    inner = function.value
                if inner is None:
                    return False
                node, env = file.values.origin(inner, env)
            case _:
                return False
