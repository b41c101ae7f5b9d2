"""What names and attributes may be given, as `ast` has it, and what expressions are made of when names are followed.

Names are followed in any order of statements: what may reach a place is among it, and more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from initlint.facts.api.modules import ADDING
from initlint.facts.premises.tree import Loop, Tree, arguments

Node = TypeVar("Node", bound=ast.AST)


def reached(start: Node, step: Callable[[Node], Iterable[Node]]) -> Iterator[Node]:
    """A node, and what a step leads to from it and from all that is found so, each once."""
    seen: set[Node] = set()
    pending = [start]
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            yield node
            pending += step(node)


def values(tree: Tree, name: ast.Name) -> Iterator[ast.expr]:
    """What a name may have been assigned where it stands: `x op y` of `x op= y`, all of what is unpacked.

    What a walrus binds counts anywhere: in the default of a parameter it is not its function's.
    """
    around = {None, *tree.routines_around(name)}
    for holder in tree.binders(name.id):
        while isinstance(holder, ast.Tuple | ast.List):
            holder = tree.parents[holder]
        if isinstance(holder, ast.NamedExpr) or tree.routine(holder) in around:
            yield from _assigned(tree, holder)


def _assigned(tree: Tree, node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.AugAssign():
            yield _changes(tree)[node]
        case ast.Assign(value=value) | ast.NamedExpr(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield value


@lru_cache(maxsize=1)
def _changes(tree: Tree) -> dict[ast.AugAssign, ast.BinOp]:
    return {each: ast.BinOp(each.target, each.op, each.value) for each in _augmented(tree)}


def _augmented(tree: Tree) -> Iterator[ast.AugAssign]:
    return (each for each in tree.assignments if isinstance(each, ast.AugAssign))


def sources(tree: Tree, node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression, and those of what the names in it are assigned."""

    def step(part: ast.AST) -> Iterator[ast.AST]:
        yield from ast.iter_child_nodes(part)
        yield from values(tree, part) if isinstance(part, ast.Name) else ()

    return reached(node, step)


def followed(tree: Tree, node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a node, and in what is assigned to the names there anywhere in the file."""
    pending, seen = [node], set[str]()
    while pending:
        for each in ast.walk(pending.pop()):
            yield each
            if isinstance(each, ast.Name) and each.id not in seen:
                seen.add(each.id)
                pending += tree.values.get(each.id, ())


def origins(tree: Tree, node: ast.expr) -> Iterator[ast.expr]:
    """An expression and, where it is a name, what is assigned to it anywhere in the file, names looked through."""
    return reached(node, lambda each: tree.values.get(each.id, ()) if isinstance(each, ast.Name) else ())


def plain_values(tree: Tree, name: ast.Name) -> list[ast.expr]:
    """What a name may be assigned as a whole where it is used, and what `+=` and the like give it."""
    return [*_in_force(tree, name, tree.values), *_in_force(tree, name, _changed(tree))]


def items(tree: Tree, name: ast.Name) -> list[ast.expr]:
    """What a name may be looped over where it is used, and what may be added to it."""
    return _in_force(tree, name, _given(tree))


def loops_of(tree: Tree, name: ast.Name) -> list[Loop]:
    """The loops and comprehensions that may bind a name where it is used."""
    return _in_force(tree, name, loops(tree))


Scoped = TypeVar("Scoped", ast.expr, Loop)


def _in_force(tree: Tree, name: ast.Name, known: Mapping[str, Sequence[Scoped]]) -> list[Scoped]:
    """What is known of a name by the functions around it and the module."""
    found = known.get(name.id, ())
    scopes = {None, *tree.routines_around(name)} if found else {None}
    return [each for each in found if tree.routine(each) in scopes]


@lru_cache(maxsize=1)
def loops(tree: Tree) -> dict[str, list[Loop]]:
    """The loops and comprehensions of a file by the names that they bind."""
    found: dict[str, list[Loop]] = {}
    for loop in tree.loops:
        for each in ast.walk(loop.target):
            if isinstance(each, ast.Name):
                found.setdefault(each.id, []).append(loop)
    return found


@lru_cache(maxsize=1)
def _changed(tree: Tree) -> dict[str, list[ast.expr]]:
    return _by_name((each.target, each.value) for each in _augmented(tree))


@lru_cache(maxsize=1)
def _given(tree: Tree) -> dict[str, list[ast.expr]]:
    return _by_name((*((each.target, each.iter) for each in tree.loops), *added(tree)))


def _by_name(pairs: Iterable[tuple[ast.expr, ast.expr]]) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for target, value in pairs:
        if isinstance(target, ast.Name):
            found.setdefault(target.id, []).append(value)
    return found


@lru_cache(maxsize=1)
def added(tree: Tree) -> tuple[tuple[ast.expr, ast.expr], ...]:
    """What `x.append(value)` and the like, `x[key] = value` and `x += value` put in where."""
    calls = (call for name in ADDING for call in tree.calls.get(name, ()))
    holders = ((call.func.value, call) for call in calls if isinstance(call.func, ast.Attribute))
    targets = ((each, value) for target, value in tree.pairs for each in targets_in(target))
    return (
        *((holder, value) for holder, call in holders for value in arguments(call)),
        *((each.target, each.value) for each in _augmented(tree)),
        *((target.value, value) for target, value in targets if isinstance(target, ast.Subscript)),
    )


def targets_in(target: ast.expr) -> list[ast.expr]:
    """A target, or those in a tuple of them."""
    if isinstance(target, ast.Tuple | ast.List):
        return [each for element in target.elts for each in targets_in(element)]
    return [target]
