"""Where nodes of a module stand: LibCST finds that by writing the code anew, so only what is asked for is written."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider

from initlint.facts.reading.inside import inside


class Positions:
    """Positions in the text that a module was parsed from; lines from 1, columns from 0, parentheses left out.

    Those of a statement of the module are found together. Its line is that of `ast`.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        self._module = module
        self._text = text
        self._found: dict[cst.CSTNode, Mapping[cst.CSTNode, CodeRange]] = {}

    def __getitem__(self, node: cst.CSTNode) -> CodeRange:
        statement = self._statements.get(node)
        if statement is None:
            return self._whole[node]
        if statement not in self._found:
            self._found[statement] = _written(self._module.with_changes(header=[], body=[statement], footer=[]))
        found = self._found[statement]
        below = self._lines[statement] - found[statement].start.line
        start, end = (CodePosition(place.line + below, place.column) for place in (found[node].start, found[node].end))
        return CodeRange(start, end)

    @cached_property
    def _whole(self) -> Mapping[cst.CSTNode, CodeRange]:
        """The positions of all nodes, for those that are no code: a comment, a comma."""
        return _written(self._module)

    @cached_property
    def _statements(self) -> dict[cst.CSTNode, cst.CSTNode]:
        """The statement of the module that a node stands in."""
        return {node: statement for statement in self._module.body for node in inside(statement, cst.CSTNode)}  # type: ignore[type-abstract]

    @cached_property
    def _lines(self) -> dict[cst.CSTNode, int]:
        """The lines on which the statements of the module begin, decorators apart."""
        body = iter(ast.parse(self._text).body)
        found: dict[cst.CSTNode, int] = {}
        for statement in self._module.body:
            found[statement] = next(body).lineno
            for _ in statement.body[1:] if isinstance(statement, cst.SimpleStatementLine) else ():
                next(body)
        return found


def _written(module: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
    return MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
