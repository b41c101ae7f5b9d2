"""Other names that a module gives to something, `L = nn.Linear` and `from torch.nn import Linear as L`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from initlint.facts.premises.tree import last_name

INIT_MODULES = frozenset({"init", "initialization"})
"""The last parts of the names of modules that hold init functions."""


class Rename(NamedTuple):
    """A name that a module gives something, the last part of the name that it has already, and the lines of it."""

    name: str
    other: str
    first: int
    last: int


def renames(body: Iterable[ast.AST]) -> Iterator[Rename]:
    """The other names that statements give to something by imports and assignments, definitions apart."""
    for node in body:
        pairs: Iterable[tuple[str, str]] = ()
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                pairs = [(alias.asname, alias.name.rpartition(".")[2]) for alias in names if alias.asname]
            case ast.Assign(targets=targets, value=value):
                pairs = [pair for target in targets for pair in _assigned(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = _assigned(target, value)
            case ast.If() | ast.Try() | ast.With():
                yield from renames(ast.iter_child_nodes(node))
            case ast.ExceptHandler():
                yield from renames(node.body)
            case ast.NamedExpr(target=target, value=value):
                pairs = _assigned(target, value)
        if isinstance(node, ast.stmt | ast.NamedExpr):
            last = node.end_lineno or node.lineno
            yield from (Rename(name, other, node.lineno, last) for name, other in pairs if name != other)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    """The names that an assignment binds to something that has a name, also one of two."""
    match target, value:
        case ast.Name(id=name), ast.Name(id=other):
            yield name, other
        case ast.Name(id=name), ast.Attribute(value=holder, attr=other):
            yield name, other
            if last_name(holder) in INIT_MODULES:
                yield name, last_name(holder)
        case ast.Name(), ast.IfExp(body=one, orelse=two):
            yield from chain(_assigned(target, one), _assigned(target, two))
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            yield from chain.from_iterable(map(_assigned, names, values))
        case _, ast.NamedExpr(target=inner, value=given):
            yield from chain(_assigned(inner, given), _assigned(target, given))


def meanings(known: Iterable[Rename]) -> dict[str, frozenset[str]]:
    """What names stand for, also by way of others."""
    direct: dict[str, set[str]] = {}
    for each in known:
        direct.setdefault(each.name, set()).add(each.other)
    found: dict[str, frozenset[str]] = {}
    for name in direct:
        others, pending = set[str](), [name]
        while pending:
            more = direct.get(pending.pop(), set()) - others
            others |= more
            pending += more
        found[name] = frozenset(others)
    return found
