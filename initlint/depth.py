"""How deep statements nest: code that nests too deep for LibCST is not given to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from initlint.lines import Lines

MAX_DEPTH = 400
"""Nesting of expressions and statements that is read; deeper code is one diagnostic. LibCST needs the bound: it ends
the process with a segmentation fault on thousands of levels, and the recursion of its code generation is Python's."""

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_Block = ast.stmt | ast.excepthandler | ast.match_case


class TooDeep(ValueError):
    """A statement nests deeper than `MAX_DEPTH`."""

    def __init__(self, line: int) -> None:
        super().__init__(f"expressions or blocks nest more than {MAX_DEPTH} levels deep")
        self.line = line


def first_line(node: ast.stmt) -> int:
    """The line that a statement begins on, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(node.lineno, *(each.lineno for each in decorators)) if decorators else node.lineno


def check_depth(statement: ast.stmt, lines: Lines) -> None:
    """Raise TooDeep where a statement nests too deep; uses a stack of its own.

    What has n characters nests fewer than n levels, so only long statements and expressions are measured.
    """
    pending: list[tuple[ast.AST, int]] = [(statement, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise TooDeep(getattr(node, "lineno", statement.lineno))
        if isinstance(node, ast.stmt):
            first, last = first_line(node), node.end_lineno or node.lineno
            if depth + lines.length(first, last) <= MAX_DEPTH:
                continue
            body: list[ast.stmt] = getattr(node, "body", [])
            if body and depth + lines.length(first, max(first_line(body[0]) - 1, first)) <= MAX_DEPTH:
                pending.extend((child, depth + 1) for child in _blocks(node))
                continue
        elif isinstance(node, ast.expr) and depth + _length(node, lines) <= MAX_DEPTH:
            continue
        pending.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _blocks(node: ast.AST) -> Iterator[ast.AST]:
    return (child for field in _BLOCKS for child in getattr(node, field, ()))


def _length(node: ast.expr, lines: Lines) -> int:
    """Characters that an expression spans at most."""
    last = node.end_lineno or node.lineno
    if node.lineno == last:
        return (node.end_col_offset or 0) - node.col_offset
    return lines.length(node.lineno, last)
