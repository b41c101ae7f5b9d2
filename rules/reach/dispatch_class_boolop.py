"""INI501."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import MODULE_CLASSES
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.execution.dispatch import Dispatch
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Env

_SUBJECT = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?,"
_JOINED = r"(?:[\w.\s]|\([\w.\s,]*\)|\()*?\b(?:or|and)\b"


@rule(
    "INI501",
    "dispatch-class-boolop",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(re.compile(f"isinstance{_SUBJECT}{_JOINED}"), re.compile(f"issubclass{_SUBJECT}{_JOINED}")),
    context=MODULE_CLASSES,
)
def check(file: File) -> Iterator[Alarm]:
    """Classes joined by `or` or `and` in an `isinstance` test, which sees only one of them."""
    import libcst as cst

    from initlint.facts.execution.dispatch import Dispatch
    from initlint.facts.meaning.conditions import chain

    dispatch = Dispatch(file)
    for call in file.calls_of("isinstance", "issubclass"):
        match call.node.args:
            case [_, cst.Arg(value=cst.BooleanOperation(operator=operator) as classes)]:
                operands = chain(classes, type(operator))
            case _:
                continue
        last = isinstance(operator, cst.And)
        seen, unseen = (operands[-1], operands[:-1]) if last else (operands[0], operands[1:])
        settled = all(_is_true(dispatch, each, call.env) for each in (unseen if last else (seen,)))
        if settled and any(_names_module(dispatch, each, call.env) for each in operands):
            message = (
                f"a class is true, so {text.code(classes)} is {_spelled(seen)}: the test never asks for "
                f"{', '.join(map(_spelled, unseen))}"
            )
            yield Alarm(classes, message, (_tuple(classes, operands),))


def _is_true(dispatch: Dispatch, node: cst.BaseExpression, env: Env) -> bool:
    """Whether an operand is a class, or a tuple that holds one: anything else may be None or empty."""
    from initlint.facts.meaning.names import BUILTINS

    known = BUILTINS - {"None"}
    qualified = dispatch.file.names.qualified
    return any(dispatch.is_class(each, env) or qualified(each, env) in known for each in text.elements(node))


def _names_module(dispatch: Dispatch, node: cst.BaseExpression, env: Env) -> bool:
    return any(dispatch.is_class(each, env) for each in text.elements(node))


def _spelled(node: cst.BaseExpression) -> str:
    return f"({text.code(node)})" if text.elements(node) != (node,) else text.code(node)


def _tuple(classes: cst.BaseExpression, operands: tuple[cst.BaseExpression, ...]) -> Proposal:
    inner = ", ".join(text.code(each) for operand in operands for each in text.elements(operand))
    code = inner if classes.lpar else f"({inner})"
    return Proposal("test for each of the classes", Safety.UNSAFE, (Change(classes, code),))
