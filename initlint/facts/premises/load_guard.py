"""Writes in `_init_weights`, as `ast` has them: enough to say that none passes the guard of loaded weights."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from initlint.facts.api.storage import MATCHING, VIEWS
from initlint.facts.api.torch_init import DEPRECATED, SAME_FUNCTIONS
from initlint.facts.premises.init_calls import init_modules
from initlint.facts.premises.possible_parameters import bare_tensor, is_made_parameter, loop_variables
from initlint.facts.premises.tree import Routine, Tree, last_name, root_name

_DRAWING = "_init_weights"
_MARK = "_is_hf_initialized"
_VIEWS = VIEWS | MATCHING
_FOREIGN = frozenset(name.rpartition(".")[2] for name in SAME_FUNCTIONS)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The tensor that an expression may be, or may be a part of; whether `.data` or `.detach()` is taken on the way."""

    tensor: ast.expr
    part: bool
    stripped: bool


def may_pass_guard(tree: Tree) -> bool:
    """Whether an `_init_weights` may write a parameter in a way that the guard of loaded weights does not see."""
    drawing = (routine for routine in tree.routines if routine.name == _DRAWING)
    return any(
        _may_pass(tree, node) and not _asks_for_mark(tree, node) for routine in drawing for node in ast.walk(routine)
    )


def _may_pass(tree: Tree, node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            seen = [each for each in _seen(tree, node) if each.part or each.stripped]
            return any(_may_be_parameter(tree, each) for each in seen)
        case ast.Call(func=function):
            return _writes_in_place(tree, function) or _is_unguarded(tree, node, function)
        case _:
            return False


def _writes_in_place(tree: Tree, function: ast.expr) -> bool:
    """`module.weight.data.normal_`."""
    if not isinstance(function, ast.Attribute) or not function.attr.endswith("_"):
        return False
    return any(_may_be_parameter(tree, each) for each in _seen(tree, function.value))


def _is_unguarded(tree: Tree, call: ast.Call, function: ast.expr) -> bool:
    """Whether a call may be of an init function that is given a part or the data of a tensor, or does not ask."""
    names = tree.meanings(last_name(function))
    named = sorted(call.keywords, key=lambda keyword: keyword.arg != "tensor")
    given = next(iter((*call.args, *(each.value for each in named))), None)
    if given is None or not any(name.endswith("_") or name in DEPRECATED for name in names):
        return False
    if any(each.stripped or (each.part and _may_be_parameter(tree, each)) for each in _seen(tree, given)):
        return True
    if isinstance(function, ast.Attribute):
        guarded = last_name(function.value) in init_modules(tree)
        return not guarded and not names.isdisjoint(_FOREIGN) and root_name(function) in tree.roots
    return True


def _may_be_parameter(tree: Tree, seen: _Seen) -> bool:
    match seen.tensor:
        case ast.Attribute(attr=name):
            return seen.stripped or name in ("weight", "bias") or is_made_parameter(tree, name)
        case ast.Name(id=name):
            return seen.stripped or name in loop_variables(tree)
        case _:
            return False


def _seen(tree: Tree, node: ast.expr, done: frozenset[str] = frozenset()) -> Iterator[_Seen]:
    """Looks through parts, `.data`, and names that may stand for such."""
    bare = bare_tensor(node)
    inner = _whole(bare)
    found: list[tuple[ast.expr, bool]] = [(inner, True)] if inner is not None else []
    if inner is None:
        yield _Seen(bare, False, bare is not node)
    if isinstance(bare, ast.Name) and bare.id not in done:
        done |= {bare.id}
        found += [(value, False) for value in tree.values.get(bare.id, ())]
        found += [(loop.iter, False) for loop in _loops(tree, bare.id)]
    for value, part in found:
        for each in _seen(tree, value, done):
            yield _Seen(each.tensor, part or each.part, bare is not node or each.stripped)


def _whole(node: ast.expr) -> ast.expr | None:
    """The tensor that an expression is a part or another view of."""
    match node:
        case ast.Subscript(value=inner) | ast.Attribute(value=inner, attr="T" | "mT"):
            return inner
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _VIEWS:
            return inner
        case _:
            return None


def _loops(tree: Tree, variable: str) -> Iterator[ast.For | ast.comprehension]:
    """The loops that bind a name and nothing else."""
    stores = (tree.parents[each] for each in tree.names.get(variable, ()) if isinstance(each.ctx, ast.Store))
    return (each for each in stores if isinstance(each, ast.For | ast.comprehension))


def _asks_for_mark(tree: Tree, node: ast.AST) -> bool:
    """Whether a test on the way to a place asks whether the weight was loaded."""
    inner = node
    for around in tree.around(node):
        if isinstance(around, Routine):
            return False
        if isinstance(around, ast.If) and inner is not around.test and _MARK in ast.unparse(around.test):
            return True
        inner = around
    return False
