"""Generated programs: what hypothesmith writes, in the places of expressions and statements of the pages' examples."""

from __future__ import annotations

import ast
from functools import cache

import hypothesmith
import libcst as cst
from hypothesis import strategies as st
from mutations import examples


@cache
def _parsed(example: bytes) -> cst.Module:
    try:
        return cst.parse_module(example)
    except cst.ParserSyntaxError:
        return cst.parse_module("import torch\n")


class _Collecting(cst.CSTVisitor):
    """The expressions and simple statements of a module."""

    def __init__(self) -> None:
        self.found: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Arg):
            self.found.append(node.value)
        elif isinstance(node, cst.SimpleStatementLine | cst.Assign):
            self.found.append(node if isinstance(node, cst.SimpleStatementLine) else node.value)
        return True


@st.composite
def inside_examples(draw: st.DrawFn) -> str:
    """An example of which some expressions and statements are generated ones."""
    module = _parsed(draw(st.sampled_from(examples())))
    for _ in range(draw(st.integers(1, 3))):
        collecting = _Collecting()
        module.visit(collecting)
        if not collecting.found:
            break
        node = draw(st.sampled_from(collecting.found))
        wanted = cst.SimpleStatementLine if isinstance(node, cst.SimpleStatementLine) else cst.BaseExpression
        text = draw(hypothesmith.from_node(wanted, auto_target=False))
        new: cst.CSTNode
        try:
            new = (
                cst.parse_statement(text.strip() + "\n")
                if isinstance(node, cst.SimpleStatementLine)
                else cst.parse_expression(f"({text.strip()})")
            )
        except cst.ParserSyntaxError:
            continue
        module = cst.ensure_type(module.deep_replace(node, new), cst.Module)
    try:
        ast.parse(module.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return draw(hypothesmith.from_grammar("file_input", auto_target=False))
    return module.code
