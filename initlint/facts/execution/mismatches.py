"""Mismatches: tests that compare a module with a class, a class with a string and the like, and so pick nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LAYERS, WEIGHTLESS
from initlint.facts.execution.dispatch import Dispatch
from initlint.facts.meaning.conditions import Asked
from initlint.facts.meaning.guards import type_of
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Env
from initlint.facts.sites.rewrite import spelled

if TYPE_CHECKING:
    from initlint.facts.file import File


class Sort(StrEnum):
    """What an expression in a test is."""

    MODULE = "module"
    CLASS = "class"
    CLASS_NAME = "class name"
    STRING = "string"


_UNEQUAL = frozenset(
    {
        (Sort.MODULE, Sort.CLASS),
        (Sort.MODULE, Sort.STRING),
        (Sort.CLASS, Sort.STRING),
        (Sort.CLASS_NAME, Sort.CLASS),
    }
)
"""What is never equal. A class name is a string, and equals one unless that holds dots."""


@dataclass(frozen=True, slots=True, eq=False)
class Mismatch:
    """A test that holds for no module, or raises.

    `module` is the code of the module that is meant, "" where the source does not say; `classes` that of the classes,
    empty where they have no name here. `denies`: the opposite is asked for, so that everything passes. `raises`: the
    test is a TypeError.
    """

    node: cst.BaseExpression
    reason: str
    module: str
    classes: tuple[str, ...]
    denies: bool = False
    raises: bool = False


def mismatches(file: File) -> Iterator[Mismatch]:
    """The tests of a file that never hold, whatever the module."""
    dispatch = Dispatch(file)
    for part in dispatch.asked:
        for subject, values in _sides(file, part):
            found = _compared(dispatch, part, subject, values)
            if found is not None:
                yield found
                break
    for call in file.calls_of("isinstance"):
        match call.node.args:
            case [cst.Arg(value=subject), cst.Arg(value=classes)] if not file.tolerated(call):
                yield from _asked_of_class(dispatch, call, subject, classes)
                yield from _asked_for_no_class(dispatch, call, subject, classes)


def _sides(file: File, part: Asked) -> Iterator[tuple[cst.BaseExpression, tuple[cst.BaseExpression, ...]]]:
    """What a comparison tests and what for: either side of `==`, the elements of a display, what a string holds."""
    match part.node:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
            pass
        case _:
            return
    if isinstance(operator, cst.Equal | cst.NotEqual | cst.Is | cst.IsNot):
        yield left, (right,)
        yield right, (left,)
    elif isinstance(operator, cst.In | cst.NotIn):
        display, _ = file.values.origin(right, part.env)
        if text.elements(display) != (display,):
            yield left, text.elements(display)
        elif text.string_value(left) is not None and file.guards.named_module(right, part.env) != "":
            yield right, (left,)


def _compared(
    dispatch: Dispatch, part: Asked, subject: cst.BaseExpression, values: tuple[cst.BaseExpression, ...]
) -> Mismatch | None:
    sort, module = _subject(dispatch, part, subject)
    wanted = {_sort(dispatch, each, part.env) for each in values}
    if sort is None or len(wanted) != 1 or None in wanted:
        return None
    other = wanted.pop()
    assert other is not None
    shown = ", ".join(map(text.code, values))
    if (sort, other) in _UNEQUAL:
        reason = f"{text.code(subject)} is a {sort} and {shown} {_are(other, len(values))}"
    elif sort is Sort.CLASS_NAME and all(_dotted(each) for each in values) and _is_bare(dispatch, subject, part.env):
        reason = (
            f"{text.code(subject)} is a class name and holds no dots as {shown} {'does' if len(values) == 1 else 'do'}"
        )
    else:
        return None
    operator = part.node.comparisons[0].operator if isinstance(part.node, cst.Comparison) else None
    denies = isinstance(operator, cst.NotEqual | cst.IsNot | cst.NotIn)
    return Mismatch(part.node, reason, module, _classes(dispatch, values, part.env), denies)


def _subject(dispatch: Dispatch, part: Asked, node: cst.BaseExpression) -> tuple[Sort | None, str]:
    """What is tested, and the code of the module that it is or tells of."""
    origin, _ = dispatch.file.values.origin(node, part.env)
    module = type_of(origin)
    if module is not None:
        return Sort.CLASS, text.code(module)
    named = dispatch.file.guards.named_module(node, part.env)
    if named != "":
        return Sort.CLASS_NAME, named or ""
    if dispatch.is_module(node, part.env) or dispatch.initialises(part, node, "weight", "bias"):
        return Sort.MODULE, text.code(node)
    return None, ""


def _sort(dispatch: Dispatch, node: cst.BaseExpression, env: Env) -> Sort | None:
    """What is tested for: a class, or a string that names one."""
    if dispatch.is_class(node, env):
        return Sort.CLASS
    qualified = (text.string_value(node) or "").startswith(("nn.", "torch.nn."))
    return Sort.STRING if qualified or _named(dispatch, node, env) is not None else None


def _are(sort: Sort, count: int) -> str:
    plural = f"{sort}{'es' if sort.endswith('s') else 's'}"
    return f"is a {sort}" if count == 1 else f"are {plural}"


def _named(dispatch: Dispatch, node: cst.BaseExpression, env: Env) -> str | None:
    """The code of the class that a string names, as it is called in torch where it has no name here."""
    value = text.string_value(node) or ""
    last = value.rpartition(".")[2]
    parts = value.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    expression: cst.BaseExpression = cst.Name(parts[0])
    for part in parts[1:]:
        expression = cst.Attribute(expression, cst.Name(part))
    if dispatch.is_class(expression, env):
        return value
    if isinstance(dispatch.file.names.definition(cst.Name(last), env), Class):
        return last
    if last in LAYERS or last in WEIGHTLESS:
        return spelled(f"torch.nn.{last}", dispatch.file.names, env) or f"torch.nn.{last}"
    return None


def _dotted(node: cst.BaseExpression) -> bool:
    return "." in (text.string_value(node) or "")


def _is_bare(dispatch: Dispatch, node: cst.BaseExpression, env: Env) -> bool:
    """Whether a class name comes without that of its module: `__name__`, `_get_name()`, not `str(type(m))`."""
    origin, _ = dispatch.file.values.origin(node, env)
    match origin:
        case cst.Attribute(attr=cst.Name(value="__name__")):
            return True
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="_get_name"))):
            return True
        case _:
            return False


def _classes(dispatch: Dispatch, values: tuple[cst.BaseExpression, ...], env: Env) -> tuple[str, ...]:
    """The code of the classes that are tested for; empty where a string names none."""
    strings = [text.string_value(each) for each in values]
    found = [
        text.code(each) if string is None else _named(dispatch, each, env)
        for each, string in zip(values, strings, strict=True)
    ]
    return tuple(each for each in found if each is not None) if None not in found else ()


def _asked_of_class(
    dispatch: Dispatch, call: Call, subject: cst.BaseExpression, classes: cst.BaseExpression
) -> Iterator[Mismatch]:
    """`isinstance(type(m), nn.Linear)`."""
    origin, _ = dispatch.file.values.origin(subject, call.env)
    module = type_of(origin)
    if module is not None and all(dispatch.is_class(each, call.env) for each in text.elements(classes)):
        reason = f"{text.code(subject)} is a class and no instance of {text.code(classes)}"
        yield Mismatch(call.node, reason, text.code(module), tuple(map(text.code, text.elements(classes))))


def _asked_for_no_class(
    dispatch: Dispatch, call: Call, subject: cst.BaseExpression, classes: cst.BaseExpression
) -> Iterator[Mismatch]:
    """`isinstance(m, "Linear")`, `isinstance(m, [nn.Linear, nn.Conv2d])`."""
    display, env = dispatch.file.values.origin(classes, call.env)
    values = text.elements(display)
    named = [_named(dispatch, each, env) for each in values]
    listed = isinstance(display, cst.List | cst.Set)
    if not any(named) and not (listed and any(dispatch.is_class(each, env) for each in values)):
        return
    what = "no tuple" if listed else "a string" if len(values) == 1 else "not all classes"
    code = (
        _classes(dispatch, values, env) if classes is display else (f"tuple({text.code(classes)})",) if listed else ()
    )
    reason = f"isinstance takes a class or a tuple of classes, {text.code(classes)} is {what}"
    yield Mismatch(call.node, reason, text.code(subject), code, raises=True)
