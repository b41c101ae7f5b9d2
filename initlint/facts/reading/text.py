"""Small questions about LibCST expressions that need no names: their code, their dotted spelling, stripped wrappers.

Rules import this module at their top, so LibCST is imported by the functions.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

_SAME_STORAGE_ATTRIBUTES = frozenset({"data"})
_SAME_STORAGE_METHODS = frozenset({"detach", "detach_"})


@lru_cache(maxsize=4096)
def code(node: cst.CSTNode) -> str:
    """The source of a node, without the parentheses around it."""
    import libcst as cst

    needed = isinstance(node, cst.GeneratorExp) or (isinstance(node, cst.Tuple) and not node.elements)
    if isinstance(node, cst.BaseExpression) and node.lpar and not needed:
        node = node.with_changes(lpar=[], rpar=[])
    return _empty().code_for_node(node)


@cache
def _empty() -> cst.Module:
    import libcst as cst

    return cst.Module([])


def dotted(node: cst.BaseExpression) -> str | None:
    """`a.b.c` of nested attributes, None where anything but names is in it."""
    import libcst as cst

    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return ".".join(reversed(parts))


def last_name(node: cst.BaseExpression) -> str | None:
    """`c` of `c` and of `<anything>.c`; None for anything else."""
    import libcst as cst

    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
        case _:
            return None


def root(node: cst.BaseExpression) -> str | None:
    """The name that attributes and subscripts begin with: `m` of `m.layers[0].weight`."""
    import libcst as cst

    while isinstance(node, cst.Attribute | cst.Subscript):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def behind_methods(node: cst.BaseExpression, methods: Container[str]) -> cst.BaseExpression:
    """What calls of these methods are made on: `x` of `x.to(device).float()`."""
    import libcst as cst

    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in methods:
        node = node.func.value
    return node


def strip_data(node: cst.BaseExpression) -> cst.BaseExpression:
    """The tensor behind `.data` and `.detach()`: the same storage."""
    import libcst as cst

    while True:
        match node:
            case cst.Attribute(value=value, attr=cst.Name(value=name)) if name in _SAME_STORAGE_ATTRIBUTES:
                node = value
            case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=name)), args=()) if (
                name in _SAME_STORAGE_METHODS
            ):
                node = value
            case _:
                return node


def string_value(node: cst.BaseExpression) -> str | None:
    """The text of a string literal."""
    import libcst as cst

    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def quoted_like(value: str, node: cst.BaseExpression) -> str:
    """A string literal with the quotes of another one; double quotes where that is none."""
    import libcst as cst

    mark = node.quote if isinstance(node, cst.SimpleString) and len(node.quote) == 1 else '"'
    return f"{mark}{value}{mark}"


def integer(node: cst.BaseExpression) -> int | None:
    """The value of an integer literal, with its sign."""
    import libcst as cst

    if isinstance(node, cst.Integer):
        return node.evaluated_value
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = integer(node.expression)
        return None if inner is None else -inner
    return None


def index(node: cst.Subscript) -> cst.BaseExpression | None:
    """The only index of a subscript; None for slices and several indices."""
    import libcst as cst

    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return node.slice[0].slice.value
    return None


def elements(node: cst.BaseExpression) -> tuple[cst.BaseExpression, ...]:
    """The elements of a tuple, list or set; anything else by itself."""
    import libcst as cst

    return tuple(each.value for each in node.elements) if isinstance(node, cst.Tuple | cst.List | cst.Set) else (node,)


def argument_slots(call: cst.Call, parameters: tuple[str, ...]) -> dict[str, cst.Arg] | None:
    """Arguments by the name of their parameter; None where `*args` or `**kwargs` leave it open.

    Surplus positional arguments and unknown keywords appear under their index (`"3"`) and their own name.
    """

    slots: dict[str, cst.Arg] = {}
    for position, argument in enumerate(call.args):
        if argument.star:
            return None
        if argument.keyword is not None:
            slots[argument.keyword.value] = argument
        else:
            slots[parameters[position] if position < len(parameters) else str(position)] = argument
    return slots
