"""Operands: the expressions that a number is computed from, through operators, calls and locals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from initlint.facts.reading.scopes import Assigned, Augmented, Binding, Env

_STEPS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """A part of a number.

    `factor` says that ` * x` or ` // x` behind it applies to the whole product that it stands in; `local` is the name
    of the local that it was found behind, the nearest to it.
    """

    node: cst.BaseExpression
    factor: bool
    local: str | None


def operands(node: cst.BaseExpression, env: Env) -> Iterator[Operand]:
    """The parts of an expression, those of the locals in it included; calls come with their arguments."""
    return _visit(node, env, True, None, _STEPS)


def _visit(node: cst.BaseExpression, env: Env, factor: bool, local: str | None, steps: int) -> Iterator[Operand]:
    if steps == 0:
        return
    factor = factor or bool(node.lpar)
    match node:
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            product = isinstance(operator, cst.Multiply | cst.Divide | cst.FloorDivide)
            yield from _visit(left, env, factor and product, local, steps - 1)
            yield from _visit(right, env, factor and isinstance(operator, cst.Multiply), local, steps - 1)
        case cst.UnaryOperation(expression=inner):
            yield from _visit(inner, env, False, local, steps - 1)
        case cst.Name(value=name) if isinstance(binding := env.lookup(name), Assigned | Augmented):
            yield from _bound(name, binding, steps - 1)
        case cst.Call(args=arguments):
            yield Operand(node, factor, local)
            for argument in arguments:
                yield from _visit(argument.value, env, True, local, steps - 1)
        case _:
            yield Operand(node, factor, local)


def _bound(name: str, binding: Binding, steps: int) -> Iterator[Operand]:
    match binding:
        case Assigned(value=value, env=env, unpacking=()):
            yield from _visit(value, env, True, name, steps)
        case Augmented(previous=previous, value=value, env=env):
            yield from _bound(name, previous, steps)
            yield from _visit(value, env, True, name, steps)
