"""What stands inside a node: the walk for questions that need kinds and spellings of nodes, and no names in force.

Code only, in the order of the source: whitespace, comments and punctuation are not entered. A LibCST visitor over the
same nodes builds the tree anew on its way and takes sixteen times as long.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TypeVar

import libcst as cst

_Node = TypeVar("_Node", bound=cst.CSTNode)

_BARE = frozenset(
    {
        *("lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "trailing_comma", "semicolon", "colon"),
        *("first_colon", "second_colon", "equal", "separator", "dot", "star", "posonly_ind", "relative"),
        *("asynchronous", "operator", "operators", "conversion", "start", "end", "indent", "header", "footer"),
        *("leading_lines", "lines_after_decorators", "encoding", "default_indent", "default_newline"),
        "has_trailing_newline",
    }
)
"""Fields in which no statement and no expression stands, beside those of whitespace."""

_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Arg: ("keyword", "value"),
    cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.ExceptStarHandler: ("type", "name", "body"),
    cst.FunctionDef: ("decorators", "name", "type_parameters", "params", "returns", "body"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    cst.TypeAlias: ("name", "type_parameters", "value"),
    **dict.fromkeys((cst.Name, cst.SimpleString, cst.Integer, cst.Float), ()),
}
"""Nodes whose fields LibCST declares in another order than that of the source, and those that hold nothing but text."""


def inside(node: cst.CSTNode, *kinds: type[_Node]) -> list[_Node]:
    """The nodes of some kinds in a node, itself among them, an outer one before those that it holds."""
    found: list[_Node] = []
    pending: list[cst.CSTNode] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, kinds):
            found.append(each)
        for field in _backwards(each.__class__):
            held = getattr(each, field)
            if isinstance(held, cst.CSTNode):
                pending.append(held)
            elif isinstance(held, list | tuple):
                pending.extend(reversed(held))
    return found


def named(node: cst.CSTNode, *spellings: str) -> list[cst.Name]:
    """The names of some spellings in a node: of variables, and what attributes, keywords and definitions are called."""
    return [each for each in inside(node, cst.Name) if each.value in spellings]


def attributes(node: cst.CSTNode, *spellings: str) -> list[cst.Attribute]:
    """The attributes of some spellings in a node, of whatever object: `net.bias` and `bias` of `self.fc.bias`."""
    return [each for each in inside(node, cst.Attribute) if each.attr.value in spellings]


@cache
def _backwards(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold code, the last one of the source first."""
    declared = (field.name for field in fields(kind))
    known = _FIELDS.get(kind)
    if known is None:
        known = tuple(field for field in declared if field not in _BARE and "whitespace" not in field)
    return known[::-1]
