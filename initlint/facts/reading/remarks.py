"""Remarks: the comments that a person wrote at a statement, in which an intention may be said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.reading.scopes import Record

_COMMENT = re.compile(r"#[^\r\n]*")


def commented(node: cst.CSTNode) -> bool:
    """Whether a comment stands inside a node."""
    import libcst as cst

    return isinstance(node, cst.Comment) or any(map(commented, node.children))


def remarks(record: Record, statement: cst.CSTNode) -> str:
    """The comments on the lines directly above a small statement, inside it and behind it, one a line."""
    line = record.statements.get(statement)
    return "\n".join(_COMMENT.findall(record.node.code_for_node(line))) if line is not None else ""
