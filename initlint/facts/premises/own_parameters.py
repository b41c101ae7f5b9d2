"""Parameters that objects hold themselves, as `ast` has them, and inits of them: enough to say that a file has none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from initlint.facts.api.torch_init import INITIALIZERS, Draw
from initlint.facts.premises.init_calls import InitCall, init_calls, number
from initlint.facts.premises.numbers import may_have_root, sources, stored
from initlint.facts.premises.tree import Tree, last_name

_PARAMETERS = frozenset({"Parameter", "UninitializedParameter"})


def may_count_columns(tree: Tree) -> bool:
    """Whether a parameter of an object's own may be given a scale by its second dimension."""
    return any(_may_count_columns(tree, call) and _is_own(tree, call.tensor) for call in init_calls(tree))


def _may_count_columns(tree: Tree, call: InitCall) -> bool:
    given = call.given
    if given is None:
        return True
    match call.draw:
        case Draw.KAIMING_NORMAL | Draw.KAIMING_UNIFORM:
            mode = given.get("mode")
            return not (isinstance(mode, ast.Constant) and mode.value == "fan_out")
        case Draw.NORMAL | Draw.TRUNC_NORMAL | Draw.UNIFORM:
            scale = given.get({Draw.UNIFORM: "to" if call.method else "b"}.get(call.draw, "std"))
            return scale is not None and may_have_root(tree, scale)
        case _:
            return False


def may_be_stacked(tree: Tree) -> bool:
    """Whether an initialiser with a fan may be given a parameter of an object's own, and one be a stack of matrices."""
    if not any(_may_be_stack(tree, call) for call in tree.called(*_PARAMETERS)):
        return False
    fans = (call for call in init_calls(tree) if not call.method and INITIALIZERS[call.name].uses_fan)
    return any(_is_own(tree, call.tensor) for call in fans)


def _may_be_stack(tree: Tree, made: ast.Call) -> bool:
    """Whether a parameter may have three dimensions or more, none of them written as 1, or any number of them."""
    return any(_may_be_deep(_sizes(part)) for part in sources(tree, made))


def _sizes(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Call(args=sizes) | ast.Tuple(elts=sizes) | ast.List(elts=sizes):
            return sizes
        case _:
            return []


def _may_be_deep(sizes: list[ast.expr]) -> bool:
    if any(isinstance(size, ast.Starred) for size in sizes):
        return True
    return len(sizes) > 2 and not any(number(size) == 1 for size in sizes)


def _is_own(tree: Tree, tensor: ast.expr | None) -> bool:
    """Whether what is written may be a parameter that is made for an attribute of the object itself."""
    if tensor is None:
        return True
    return isinstance(tensor, ast.Attribute) and tree.is_own(tensor) and any(_made(tree, tensor.attr))


def _made(tree: Tree, attribute: str) -> Iterator[ast.Call]:
    """The calls that make a parameter in the values of an attribute."""
    parts = (part for value in stored(tree, attribute) for part in sources(tree, value))
    calls = (part for part in parts if isinstance(part, ast.Call))
    return (call for call in calls if not tree.meanings(last_name(call.func)).isdisjoint(_PARAMETERS))
