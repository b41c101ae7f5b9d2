"""INI502."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from initlint.facts.api.words import MODULE_CLASSES
from initlint.facts.premises.dispatching import may_be_always_true
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.execution.dispatch import Dispatch
    from initlint.facts.file import File
    from initlint.facts.meaning.conditions import Condition

_CLASS = r"(?!None\b|True\b|False\b)(?:\w+\.)*[A-Z]\w*[a-z]\w*(?![\w(.])"
_STRING = r"[rub]?(?:'[^'\n]+'|\"[^\"\n]+\")"


@rule(
    "INI502",
    "dispatch-always-true",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(
        re.compile(rf"isinstance\((?:[^()]|\([^()]*\))*\)\)?\s+or\s+{_CLASS}"),
        re.compile(rf"==\s*{_CLASS}\)?\s+or\s+{_CLASS}"),
        re.compile(rf"if\s+\(?(?:{_STRING}\s+or\s|{_CLASS}\s+or\s+(?:isinstance|type)\()"),
        re.compile(rf"=\s*{_STRING}\s+or\s+{_STRING}\s+(?:in|or)\s"),
        re.compile(rf"or\s+(?:(?:\w+\.)*nn\.[A-Z]\w*(?![\w(.])|{_STRING}\)*\s*(?::|(?:or|and|else)\s))"),
    ),
    context=MODULE_CLASSES,
    premise=may_be_always_true,
)
def check(file: File) -> Iterator[Alarm]:
    """A class or a string as an operand of `or` in a test that picks modules: it is true, so everything passes."""
    from initlint.facts.execution.dispatch import Dispatch
    from initlint.facts.meaning.conditions import disjunctions

    dispatch = Dispatch(file)
    for condition in dispatch.conditions:
        for node, operands in disjunctions(condition):
            true = _classes(dispatch, condition, operands) or _strings(dispatch, condition, operands)
            if true:
                names = " and ".join(dict.fromkeys(map(text.code, true)))
                are = "is" if len(true) == 1 else "are"
                message = f"{names} {are} true whatever the module, so everything passes this test"
                yield Alarm(node, message, tuple(_fixes(node, operands, true)))


def _classes(
    dispatch: Dispatch, condition: Condition, operands: Sequence[cst.BaseExpression]
) -> list[cst.BaseExpression]:
    """The bare classes beside a test for classes; without one `or` gives a default: `norm or nn.BatchNorm2d`."""
    import libcst as cst

    found = [each for each in operands if dispatch.is_class(each, condition.env)]
    beside = [each for each in operands if each not in found and dispatch.asks_for_class(each, condition.env)]
    plain = condition.kept and not any(isinstance(each, cst.Call) for each in beside)
    return found if beside and not plain else []


def _strings(
    dispatch: Dispatch, condition: Condition, operands: Sequence[cst.BaseExpression]
) -> list[cst.BaseExpression]:
    """The strings beside a test of names, or in a test that leads to an init; a kept value may end with a default."""
    found = [each for each in operands if text.string_value(each)]
    rest = [each for each in operands if each not in found]
    if not found or not rest or (condition.kept and operands[-1] in found):
        return []
    words = [text.string_value(each) for each in found]
    picks = any(dispatch.picks(each, condition.env, words) for each in rest)
    return found if picks or dispatch.sites_under(rest[0]) else []


def _fixes(
    node: cst.BaseExpression, operands: Sequence[cst.BaseExpression], true: Sequence[cst.BaseExpression]
) -> Iterator[Proposal]:
    """One test for all of them, where what is true stands beside a single test of its kind."""
    from initlint.facts.meaning.conditions import widened

    tests = [each for each in operands if each not in true]
    if len(tests) != 1:
        return
    at = operands.index(tests[0])
    for_all = widened(tests[0], operands[:at], operands[at + 1 :])
    if for_all is not None:
        yield Proposal("test for each of them", Safety.UNSAFE, (Change(node, for_all),))
