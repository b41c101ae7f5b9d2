"""Branches: the `if` statement that a test on the way to a site belongs to, for fixes that change the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Branch

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True)
class PlainBranch:
    """A branch that is entered where a test holds; whether the chain has an `else`, and whether the test is an `or`."""

    has_else: bool
    is_either: bool


def plain_branch(site: InitSite, test: cst.BaseExpression) -> PlainBranch | None:
    """The branch that holds a site and is entered where a test and perhaps others hold; None for anything else."""
    function = site.function
    blocks = (each for each in site.call.block.path() if each.branch is Branch.TEST and not each.negated)
    whole = next((each.node for each in blocks if any(part is test for part in _conjuncts(each.node))), None)
    if function is None or whole is None:
        return None
    statement = next((each for each in inside(function.node, cst.If) if each.test is whole), None)
    if statement is None:
        return None
    either = isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or)
    return PlainBranch(_has_else(statement), either)


def _conjuncts(node: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    """The parts of `a and b`, or the test itself."""
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif node is not None:
        yield node


def _has_else(statement: cst.If) -> bool:
    following = statement.orelse
    while isinstance(following, cst.If):
        following = following.orelse
    return following is not None
