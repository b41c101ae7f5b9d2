"""Loops over parameters, as `ast` has them: enough to say that none lets its variable stand for another tensor."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from initlint.facts.premises.tree import Loop, Tree, last_name

PARAMETERS = {"parameters": (), "named_parameters": (1,)}
"""Methods that give parameters, each with where a parameter stands in the target of a loop."""

_For = ast.For | ast.AsyncFor


def may_rebind(tree: Tree) -> bool:
    """Whether a loop over parameters may bind its variable to something that nothing in it reads."""
    return any(
        loop in tree.around(value) and not isinstance(value, ast.Constant) and not _is_read(tree, name, value, loop)
        for loop, name in _variables(tree)
        for value in tree.values.get(name, ())
    )


def loops_of(tree: Tree, name: ast.Name) -> list[Loop]:
    """The loops and comprehensions that may bind a name where it is used."""
    scopes = {None, *tree.routines_around(name)}
    return [each for each in _loops(tree).get(name.id, ()) if tree.routine(each) in scopes]


@lru_cache(maxsize=1)
def _loops(tree: Tree) -> dict[str, list[Loop]]:
    found: dict[str, list[Loop]] = {}
    for loop in tree.loops:
        for each in ast.walk(loop.target):
            if isinstance(each, ast.Name):
                found.setdefault(each.id, []).append(loop)
    return found


@lru_cache(maxsize=1)
def parameter_variables(tree: Tree) -> frozenset[str]:
    """The names that loops and comprehensions over parameters bind."""
    return frozenset(name for name, loops in _loops(tree).items() if any(map(_is_over_parameters, loops)))


def _is_over_parameters(loop: Loop) -> bool:
    return isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) in PARAMETERS


def _variables(tree: Tree) -> Iterator[tuple[_For, str]]:
    """The `for` statements over parameters, each with the name that it gives them."""
    for loop in tree.loops:
        method = loop.iter.func if isinstance(loop.iter, ast.Call) else None
        if not isinstance(loop, _For) or not isinstance(method, ast.Attribute) or method.attr not in PARAMETERS:
            continue
        target: ast.expr | None = loop.target
        for place in PARAMETERS[method.attr]:
            parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
            target = parts[place] if place < len(parts) else None
        if isinstance(target, ast.Name):
            yield loop, target.id


def _is_read(tree: Tree, name: str, value: ast.expr, loop: _For) -> bool:
    """Whether the body of a loop names its variable behind a value that it is given, where that value gets to."""
    end = value.end_lineno or 0, value.end_col_offset or 0
    taken = tree.branches(value)
    behind = (use for use in tree.names[name] if (use.lineno, use.col_offset) >= end and _is_in_body(tree, use, loop))
    return any(all(taken.get(test, side) is side for test, side in tree.branches(use).items()) for use in behind)


def _is_in_body(tree: Tree, node: ast.expr, loop: _For) -> bool:
    inner: ast.AST = node
    for around in tree.around(node):
        if around is loop:
            return inner in loop.body
        inner = around
    return False
