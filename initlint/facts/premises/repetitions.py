"""Lists that are repeated, as `ast` has them: enough to say that none of them holds a module."""

from __future__ import annotations

import ast

from initlint.facts.api.layers import LAYERS
from initlint.facts.api.reparametrisations import REPARAMETRISATIONS, TRANSPARENT
from initlint.facts.premises.init_calls import number
from initlint.facts.premises.possible_parameters import may_make_parameter
from initlint.facts.premises.tree import Tree, last_name, root_name

_WRAPPERS = frozenset(name.rpartition(".")[2] for name in REPARAMETRISATIONS | TRANSPARENT)
_HANDING_ON = frozenset({"apply", "cuda", "eval", "requires_grad_", "to"})
"""Methods that return their object."""


def may_repeat_modules(tree: Tree) -> bool:
    """Whether a list or tuple with something in it that may be a module or a parameter is repeated."""
    sides = ((each.left, each.right) for each in tree.products)
    repeated = (pair for left, right in sides for pair in ((left, right), (right, left)))
    return any(
        _holds_module(tree, display)
        for display, times in repeated
        if isinstance(display, ast.List | ast.Tuple) and (number(times) or 2) >= 2
    )


def _holds_module(tree: Tree, display: ast.List | ast.Tuple) -> bool:
    elements = (each.value if isinstance(each, ast.Starred) else each for each in display.elts)
    return any(isinstance(each, ast.Call) and _may_build(tree, each) for each in elements)


def _may_build(tree: Tree, call: ast.Call) -> bool:
    """Whether a call may build a module: a layer, a class or what a function of this file or another gives."""
    meanings = tree.meanings(last_name(call.func))
    if not meanings.isdisjoint(LAYERS.keys() | _HANDING_ON) or not _callees(tree, call.func).isdisjoint(_WRAPPERS):
        return True
    if may_make_parameter(tree, call) or any(each.name in meanings for each in (*tree.classes, *tree.routines)):
        return True
    targets = {target for name, target in tree.imported if name == root_name(call.func)}
    return root_name(call.func) in tree.roots and not (targets and all(map(_is_torch, targets)))


def _callees(tree: Tree, function: ast.expr, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The last parts of the names of what is called, both sides of a conditional among them."""
    if isinstance(function, ast.IfExp):
        return _callees(tree, function.body, seen) | _callees(tree, function.orelse, seen)
    found = tree.meanings(last_name(function)) - seen
    values = (value for name in found for value in tree.values.get(name, ()))
    choices = [each for each in values if isinstance(each, ast.IfExp)]
    return found.union(*(_callees(tree, each, seen | found) for each in choices))


def _is_torch(target: str) -> bool:
    return target == "torch" or target.startswith("torch.")
