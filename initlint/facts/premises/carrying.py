"""Where what an expression makes may go, as `ast` has it: names that may hold it, functions that may return it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from initlint.facts.api.modules import ADDING
from initlint.facts.premises.tree import Tree, last_name

_SAME = frozenset({"apply", "to", "cuda", "requires_grad_", "eval"})
"""Methods that return the module that they are called on."""

_PARTS = (ast.BoolOp, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.BinOp, ast.Starred, ast.keyword)
_MADE = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def carried(tree: Tree, sources: Iterable[ast.expr]) -> frozenset[str]:
    """The last names of variables and attributes that may hold what expressions are, and of functions that return it.

    Containers count as what is in them, and calls as what they are given. Attributes of it are something else.
    """
    found: set[str] = set()
    pending: list[ast.expr] = list(sources)
    functions = {routine.name for routine in tree.routines}
    while pending:
        for name in set(_goes(tree, pending.pop(), functions)) - found:
            found.add(name)
            uses = (*tree.names.get(name, ()), *tree.attributes.get(name, ()))
            pending += [use for use in uses if isinstance(use.ctx, ast.Load)]
    return frozenset(found)


def holds(node: ast.expr, sources: Iterable[ast.expr], names: frozenset[str]) -> bool:
    """Whether an expression may be one of some others, or an item of what holds one; `names` are those that carry them.

    A call may return what it is given.
    """
    while isinstance(node, ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Call):
        return last_name(node) in names
    inside = [each for each in ast.walk(node) if isinstance(each, ast.expr)]
    return any(each in inside for each in sources) or any(last_name(each) in names for each in inside)


def _goes(tree: Tree, node: ast.expr, functions: set[str]) -> Iterator[str]:
    """The names that take what an expression is where it stands."""
    inner: ast.AST = node
    while (parent := tree.parents.get(inner)) is not None:
        match parent:
            case ast.Assign(targets=targets) if inner not in targets:
                yield from (name for target in targets for name in _bound(target))
                return
            case ast.AnnAssign(value=value, target=target) | ast.AugAssign(value=value, target=target):
                yield from _bound(target) if value is inner else ()
                return
            case ast.For(iter=iterable, target=target) | ast.AsyncFor(iter=iterable, target=target):
                yield from _bound(target) if iterable is inner else ()
                return
            case ast.comprehension(iter=iterable, target=target):
                yield from _bound(target) if iterable is inner else ()
                return
            case ast.Return():
                yield from (routine.name for routine in [tree.routine(parent)] if routine is not None)
                return
        if isinstance(parent, ast.NamedExpr):
            yield from _bound(parent.target)
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr in ADDING:
            yield from _bound(parent.func.value)
        onwards = _onwards(tree, parent, inner, functions)
        if onwards is None:
            return
        inner = onwards


def _onwards(tree: Tree, parent: ast.AST, inner: ast.AST, functions: set[str]) -> ast.AST | None:
    """The expression around another that may be it, hold it, or be made of it."""
    match parent:
        case ast.Attribute(attr=name):
            around = tree.parents[parent]
            return around if name in _SAME and isinstance(around, ast.Call) and around.func is parent else None
        case ast.Subscript(value=value) if value is not inner:
            return None
        case ast.IfExp(test=test) if test is inner:
            return None
        case ast.Call(func=function) if function is inner:
            return parent if isinstance(inner, ast.Name) and not functions.isdisjoint(tree.meanings(inner.id)) else None
        case ast.Subscript() | ast.IfExp() | ast.Call() | ast.NamedExpr():
            return parent
        case _:
            return parent if isinstance(parent, (*_PARTS, *_MADE)) else None


def _bound(target: ast.expr) -> Iterator[str]:
    """The names that a target is known by, those of its parts, and of what an item is put in."""
    match target:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            yield from (name for part in parts for name in _bound(part))
        case ast.Subscript(value=holder) | ast.Starred(value=holder):
            yield from _bound(holder)
        case ast.Name() | ast.Attribute():
            yield last_name(target)
