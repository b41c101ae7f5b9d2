"""Conditions: the expressions whose truth decides what runs, and what stands under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from initlint.facts.reading import text
from initlint.facts.reading.scopes import Assignment, Block, Branch, Env, Record, Returned


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A test of `if`, `while`, a conditional expression or a comprehension; or a truth value that is kept.

    `kept` says that the value of the expression is assigned or returned, so that only its operands are asked for
    their truth, the last one apart.
    """

    node: cst.BaseExpression
    env: Env
    block: Block
    kept: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A part of a condition that is neither `and`, `or` nor `not`; `negation` is the `not` directly around it."""

    node: cst.BaseExpression
    env: Env
    block: Block
    negation: cst.UnaryOperation | None = None


def conditions(record: Record) -> Iterator[Condition]:
    """The conditions of a file."""
    for test in record.tests:
        yield Condition(test.node, test.env, test.block)
    returned = (event for scope in record.functions for event in scope.events if isinstance(event, Returned))
    kept: dict[cst.BaseExpression, Assignment | Returned] = {each.value: each for each in record.assignments}
    kept |= {each.value: each for each in returned}
    for value, each in kept.items():
        if isinstance(value, cst.BooleanOperation | cst.Comparison | cst.UnaryOperation):
            yield Condition(value, each.env, each.block, kept=True)


def asked(condition: Condition) -> Iterator[Asked]:
    """The parts of a condition whose truth is asked for, and comparisons whose outcome is kept."""
    found = _kept_parts(condition.node) if condition.kept else _parts(condition.node)
    for part, negation in found:
        yield Asked(part, condition.env, condition.block, negation)


def disjunctions(condition: Condition) -> Iterator[tuple[cst.BooleanOperation, tuple[cst.BaseExpression, ...]]]:
    """Each `or` in a condition with its operands, chains of them as one."""
    pending = [condition.node]
    while pending:
        match pending.pop():
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                pending.append(inner)
            case cst.BooleanOperation(operator=cst.And(), left=left, right=right):
                pending += [left, right]
            case cst.BooleanOperation(operator=cst.Or()) as node:
                operands = chain(node, cst.Or)
                yield node, operands
                pending += operands


def chain(node: cst.BaseExpression, operator: type[cst.BaseBooleanOp]) -> tuple[cst.BaseExpression, ...]:
    """The operands of `a or b or c`; of any other expression itself."""
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, operator):
        return (*chain(node.left, operator), *chain(node.right, operator))
    return (node,)


def deciding(block: Block) -> Iterator[cst.BaseExpression]:
    """The parts of conditions that bear on whether a block runs."""
    tests = (_test(each) for each in block.path())
    return (part for test in tests if test is not None for part, _ in _parts(test))


def widened(
    test: cst.BaseExpression, before: Sequence[cst.BaseExpression], after: Sequence[cst.BaseExpression]
) -> str | None:
    """The code of a test that asks for other values as well, before and behind its own, all strings or no string.

    None where the test cannot ask for several, or for others than these.
    """
    strings = text.string_value((*before, *after)[0]) is not None

    def listed(own: cst.BaseExpression) -> str:
        return f"({', '.join(map(text.code, (*before, *text.elements(own), *after)))})"

    match test:
        case cst.Call(func=cst.Name(value="isinstance"), args=[subject, classes]) if not strings:
            return f"isinstance({text.code(subject.value)}, {listed(classes.value)})"
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="startswith" | "endswith")), args=[word]) if strings:
            return f"{text.code(test.func)}({listed(word.value)})"
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
            pass
        case _:
            return None
    several = text.elements(right) != (right,)
    if isinstance(operator, cst.In) and not several and text.string_value(left) is not None and strings:
        name = "word" if "word" not in text.code(right) else "each"
        return f"any({name} in {text.code(right)} for {name} in {listed(left)})"
    alike = all((text.string_value(each) is not None) is strings for each in text.elements(right))
    kind = cst.In if several else cst.Equal if strings else (cst.Equal, cst.Is)
    return f"{text.code(left)} in {listed(right)}" if alike and isinstance(operator, kind) else None


def _test(block: Block) -> cst.BaseExpression | None:
    """The expression whose truth a block runs under."""
    if block.branch is Branch.TEST and isinstance(block.node, cst.BaseExpression):
        return block.node
    return block.node.test if isinstance(block.node, cst.While) else None


_Part = tuple[cst.BaseExpression, cst.UnaryOperation | None]


def _parts(node: cst.BaseExpression, negation: cst.UnaryOperation | None = None) -> Iterator[_Part]:
    """The parts of an expression whose truth is asked for."""
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from _parts(inner, node)
        case cst.BooleanOperation(left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)
        case _:
            yield node, negation


def _kept_parts(node: cst.BaseExpression) -> Iterator[_Part]:
    """The same of an expression whose value is kept."""
    match node:
        case cst.UnaryOperation(operator=cst.Not()):
            yield from _parts(node)
        case cst.BooleanOperation(left=left, right=right):
            yield from _parts(left)
            yield from _kept_parts(right)
        case cst.Comparison():
            yield node, None
