"""Loops over parameters, as `ast` has them: enough to say that none draws its variable, or makes it another tensor."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from initlint.facts.api.tensors import PARAMETER_ITERATORS
from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.parameters import looped_parameters
from initlint.facts.premises.tree import Tree

_For = ast.For | ast.AsyncFor


def may_draw_parameters(tree: Tree, draws: Collection[Draw]) -> bool:
    """Whether an init with one of these laws may be given the variable of a loop over parameters."""
    variables = looped_parameters(tree)
    tensors = (call.tensor for call in init_calls(tree) if call.draw in draws) if variables else ()
    return any(tensor is None or (isinstance(tensor, ast.Name) and tensor.id in variables) for tensor in tensors)


def may_rebind(tree: Tree) -> bool:
    """Whether a loop over parameters may bind its variable to something that nothing in it reads."""
    return any(
        loop in tree.around(value) and not isinstance(value, ast.Constant) and not _is_read(tree, name, value, loop)
        for loop, name in _variables(tree)
        for value in tree.values.get(name, ())
    )


def _variables(tree: Tree) -> Iterator[tuple[_For, str]]:
    """The `for` statements over parameters, each with the name that it gives them."""
    for loop in tree.loops:
        match loop.iter:
            case ast.Call(func=ast.Attribute(attr=name)) if name in PARAMETER_ITERATORS and isinstance(loop, _For):
                target = _part(loop.target, PARAMETER_ITERATORS[name])
                if isinstance(target, ast.Name):
                    yield loop, target.id


def _part(target: ast.expr, places: tuple[int, ...]) -> ast.expr | None:
    """What stands at a place of a target that is unpacked; the target itself where that is no place."""
    found: ast.expr | None = target
    for place in places:
        parts = found.elts if isinstance(found, ast.Tuple | ast.List) else []
        found = parts[place] if place < len(parts) else None
    return found


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
