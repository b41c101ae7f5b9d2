"""Sizes that are read from tensors, as `ast` has them."""

from __future__ import annotations

import ast

from initlint.facts.premises.init_calls import number
from initlint.facts.premises.tree import Tree


def stripped(tensor: ast.expr) -> ast.expr:
    """A tensor without what leaves its sizes as they are: `.data`, `.detach()`."""
    while True:
        match tensor:
            case ast.Attribute(value=inner, attr="data") | ast.Call(func=ast.Attribute(value=inner), args=[]):
                tensor = inner
            case _:
                return tensor


def dimension(tree: Tree, sizes: ast.Attribute) -> int | None:
    """The dimension that is read from `x.size` or `x.shape`; None where it is not written out."""
    node: ast.expr = sizes
    around = tree.parents.get(node)
    if isinstance(around, ast.Call) and around.func is node:
        if around.args:
            return _integer(around.args[0])
        node, around = around, tree.parents.get(around)
    return _integer(around.slice) if isinstance(around, ast.Subscript) and around.value is node else None


def _integer(node: ast.expr) -> int | None:
    found = number(node)
    return found if isinstance(found, int) else None
