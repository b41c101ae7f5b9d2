"""INI704."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree
    from initlint.facts.sites.repeated import RepeatedInit

_TWICE = r"_\(\s*(?:tensor=)?(\w+[.\[][\w.\[\]-]+)[,)][^\n]*\n(?:[^\n]*\n){0,40}?[^\n]*_\(\s*(?:tensor=)?\1[,)]"
_METHODS = (".normal_(", ".uniform_(", ".fill_(", ".zero_(")

_SUITES = ("body", "orelse", "finalbody")


def _may_hold(tree: Tree) -> bool:
    """Whether two statements of one suite may be inits of the same tensor."""
    first: dict[tuple[ast.AST, str, str], ast.Call] = {}
    for call in init_calls(tree):
        statement = tree.parents[call.node]
        if isinstance(statement, ast.Expr):
            around = tree.parents[statement]
            suite = next(name for name in _SUITES if statement in getattr(around, name, ()))
            keys = [(around, suite, ast.dump(tensor)) for tensor in call.written]
            if any(first.setdefault(key, call.node) is not call.node for key in keys):
                return True
    return False


@rule(
    "INI704",
    "duplicate-init",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=(re.compile(_TWICE), *((word, f"weight{data}{word}") for word in _METHODS for data in ("", ".data"))),
    context=CONTEXT,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """Two inits of the same tensor, one right after the other: the first has no effect."""
    from initlint.facts.sites.repeated import repeated_inits

    for found in repeated_inits(file):
        first, second = found.first, found.second
        assert second.target is not None
        message = f"{second.target.text} is initialised twice: {second.spelled} leaves nothing of {first.spelled} above"
        if found.forgotten:
            verb = "is" if len(found.forgotten) == 1 else "are"
            message += f"; {' and '.join(found.forgotten)} of the same type {verb} not initialised here"
        yield Alarm(second.node, message, tuple(_fixes(found)), ((first.node, "this has no effect"),))


def _fixes(found: RepeatedInit) -> Iterator[Proposal]:
    owner = found.second.target.owner if found.second.target is not None else None
    if owner is not None:
        for name in found.forgotten:
            yield Proposal(f"initialise {name}", Safety.DISPLAY, (Change(owner, name),))
    if text.code(found.first.node) != text.code(found.second.node):
        yield Proposal("leave out the second", Safety.DISPLAY, (Change(found.second.call.statement, ""),))
    yield Proposal("leave out the first", Safety.DISPLAY, (Change(found.first.call.statement, ""),))
