"""Matrix products, as `ast` has them: which attributes are multiplied with one another, through views and locals."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from initlint.facts.premises.tree import Tree, last_name

_MULTIPLYING = frozenset({"matmul", "mm", "bmm", "linear", "einsum"})
_LINEAR = frozenset(
    {
        *("t", "T", "mT", "transpose", "permute", "view", "reshape", "unsqueeze", "squeeze", "flatten", "contiguous"),
        *("to", "float", "half", "type_as", "type", "weight", "data", "expand", "chunk", "split", "sum", "mean"),
    }
)
"""Attributes and methods of a tensor that are zero where it is."""

_STEPS = 4


class Products:
    """The matrix products of a file; `drops_out` says of a function whether it is dropout, which leaves zeros zero."""

    def __init__(self, tree: Tree, drops_out: Callable[[ast.expr], bool]) -> None:
        self.tree = tree
        self.drops_out = drops_out

    def factors(self, use: ast.expr, name: str) -> set[ast.AST]:
        """The uses of an attribute that an expression is multiplied with; empty where something else is done to it."""
        return {each for operand in self._operands(use) for each in self._inside(operand, name, _STEPS)}

    def _operands(self, use: ast.expr) -> list[ast.expr]:
        """What an expression is multiplied with."""
        inner: ast.AST = use
        while True:
            parent = self.tree.parents[inner]
            match parent:
                case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                    return [right if left is inner else left]
                case ast.BinOp(op=ast.Mult() | ast.Div()) | ast.Subscript():
                    inner = parent
                case ast.Attribute(attr=name):
                    around = self.tree.parents[parent]
                    called = isinstance(around, ast.Call) and around.func is parent
                    if called and isinstance(around, ast.Call) and name in _MULTIPLYING:
                        return list(around.args)
                    if name not in _LINEAR:
                        return []
                    inner = around if called else parent
                case ast.Call(func=function, args=arguments):
                    multiplies = function is inner or last_name(function) in _MULTIPLYING
                    receiver = [function.value] if isinstance(function, ast.Attribute) else []
                    return [each for each in (*receiver, *arguments) if each is not inner] if multiplies else []
                case _:
                    return []

    def _inside(self, node: ast.expr, name: str, steps: int) -> Iterator[ast.AST]:
        """The uses of an attribute that an expression is zero with, through products, views, dropout and locals."""
        match node:
            case ast.Attribute(attr=attribute) if attribute == name:
                yield node
            case ast.Attribute(value=inner, attr=attribute) if attribute in _LINEAR:
                yield from self._inside(inner, name, steps)
            case ast.Subscript(value=inner):
                yield from self._inside(inner, name, steps)
            case ast.BinOp(left=left, op=ast.MatMult() | ast.Mult() | ast.Div(), right=right):
                yield from self._inside(left, name, steps)
                yield from self._inside(right, name, steps)
            case ast.Call(func=function, args=arguments):
                called = last_name(function)
                if isinstance(function, ast.Attribute) and called in _LINEAR | _MULTIPLYING | {name}:
                    yield from self._inside(function if called == name else function.value, name, steps)
                if called in _MULTIPLYING or self.drops_out(function):
                    yield from (each for argument in arguments for each in self._inside(argument, name, steps))
            case ast.Name() if steps > 0:
                for value in self._values(node):
                    yield from self._inside(value, name, steps - 1)

    def _values(self, local: ast.Name) -> Iterator[ast.expr]:
        """What the function around a name assigns to it, where the name itself does not take part."""
        routine, around = self.tree.routine(local), {local, *self.tree.around(local)}
        if routine is None:
            return
        for value in self.tree.values.get(local.id, ()):
            match self.tree.parents[value]:
                case ast.Assign(targets=[_]) if value not in around and routine in self.tree.routines_around(value):
                    yield value
