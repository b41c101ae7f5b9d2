"""Names of fans as `ast` has them: enough to say that none is given the size that the other fan counts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from initlint.facts.premises.numbers import sources
from initlint.facts.premises.sizes import dimension, stripped
from initlint.facts.premises.tree import Tree

FAN_NAME = re.compile(r"_?fan_?(in|out)_?")
"""Names of locals that say which fan they hold."""

_SIZES = {"in": ("out_features", "out_channels"), "out": ("in_features", "in_channels")}
_DIMENSION = {"in": 0, "out": 1}
"""What the other fan counts: attributes of a layer, and the dimension of its weight."""


def may_be_misnamed(tree: Tree) -> bool:
    """Whether a name that says which fan it holds may be assigned the size that the other one counts."""
    named = ((FAN_NAME.fullmatch(name), values) for name, values in tree.values.items())
    return any(_may_hold_other(tree, match[1], value) for match, values in named if match for value in values)


def _may_hold_other(tree: Tree, fan: str, value: ast.expr) -> bool:
    parts = list(sources(tree, value))
    read = (part for part in parts if isinstance(part, ast.Attribute))
    items = (part for part in _chosen(value) if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name))
    return any(_is_other(tree, fan, part) for part in read) or any(_is_at(fan, part) for part in items)


def _is_other(tree: Tree, fan: str, node: ast.Attribute) -> bool:
    """Whether an attribute is a size that the other fan counts, or all sizes of a weight in which one is not chosen."""
    if node.attr in _SIZES[fan]:
        return True
    weight = stripped(node.value)
    if node.attr not in ("size", "shape") or not (isinstance(weight, ast.Attribute) and weight.attr == "weight"):
        return False
    return dimension(tree, node) in (None, _DIMENSION[fan])


def _chosen(value: ast.expr) -> Iterator[ast.expr]:
    """A value, and what stands behind the last `or` of it."""
    yield value
    if isinstance(value, ast.BoolOp):
        yield value.values[-1]


def _is_at(fan: str, item: ast.Subscript) -> bool:
    return isinstance(item.slice, ast.Constant) and item.slice.value == _DIMENSION[fan]
