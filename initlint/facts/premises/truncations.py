"""Truncated normals as `ast` has them: enough to say that their bounds leave what their mean and std name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.numbers import may_be_negative, may_be_number
from initlint.facts.premises.tree import Tree

_NARROW, _WIDE = 0.5, 100.0
"""A std of which the default bounds are at least four away, and one of which they leave more than a hundredth."""


def _truncations(tree: Tree) -> Iterator[InitCall]:
    return (call for call in init_calls(tree) if call.draw is Draw.TRUNC_NORMAL)


def may_have_bounds_for_moments(tree: Tree) -> bool:
    """Whether the mean and std of a truncated normal, both in their places, may be the bounds of an interval."""
    return any(call.given is None or _may_be_interval(tree, call, call.given) for call in _truncations(tree))


def _may_be_interval(tree: Tree, call: InitCall, given: Mapping[str, ast.expr]) -> bool:
    positional = len(call.node.args) > 2 and not call.holds("a") and not call.holds("b")
    return positional and may_be_negative(tree, given["mean"])


def may_have_tail(tree: Tree) -> bool:
    """Whether the bounds of a truncated normal may lie beside its mean, or leave next to nothing of it."""
    return any(not _is_usual(call, _WIDE) and _may_be_settled(tree, call) for call in _truncations(tree))


def may_have_near_bounds(tree: Tree) -> bool:
    """Whether bounds that are given may lie within a std of the mean."""
    bounded = (call for call in _truncations(tree) if call.holds("a") or call.holds("b"))
    return any(not _is_usual(call, _NARROW) and _may_be_settled(tree, call) for call in bounded)


def may_have_large_std(tree: Tree) -> bool:
    """Whether the std of a truncated normal with its default bounds may be a number above 1."""
    return any(call.given is None or _may_be_large(tree, call, call.given) for call in _truncations(tree))


def _may_be_large(tree: Tree, call: InitCall, given: Mapping[str, ast.expr]) -> bool:
    if "std" not in given or call.holds("a") or call.holds("b"):
        return False
    std = call.number("std")
    return std > 1 if std is not None else may_be_number(tree, given["std"])


def _is_usual(call: InitCall, largest: float) -> bool:
    """Whether the bounds are the default ones, and the law that they cut is centred and written out."""
    centred = not call.holds("mean") or call.number("mean") == 0
    bounds = (not call.holds("a") or call.number("a") == -2) and (not call.holds("b") or call.number("b") == 2)
    std = call.number("std") if call.holds("std") else 1.0
    return call.given is not None and centred and bounds and std is not None and 0 < std <= largest


def _may_be_settled(tree: Tree, call: InitCall) -> bool:
    """Whether a bound may be a number of std from the mean.

    Where std is no number, the others must be none as well, so that they may be some number times std, or the bounds
    both stand at the mean.
    """
    given = call.given
    if given is None or "std" not in given or may_be_number(tree, given["std"]):
        return True
    others = [name for name in ("mean", "a", "b") if name in given]
    return any(call.number(name) is None for name in others) or call.number("a") == call.number("b") is not None
