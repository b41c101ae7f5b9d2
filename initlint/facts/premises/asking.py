"""What the conditions of a function ask for, as `ast` has them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from initlint.facts.premises.tree import Routine, Tree


def is_asked(tree: Tree, nodes: Iterable[ast.AST], routine: Routine) -> bool:
    """Whether one of some nodes stands in a comparison, a boolean operation or the test of a branch of a function."""
    return any(_is_tested(tree, node, routine) for node in nodes)


def _is_tested(tree: Tree, node: ast.AST, routine: Routine) -> bool:
    inner, tested = node, False
    for around in tree.around(node):
        if around is routine:
            return tested
        match around:
            case ast.Compare() | ast.BoolOp() | ast.Match():
                tested = True
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                tested = tested or test is inner
        inner = around
    return False
