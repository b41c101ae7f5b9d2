"""INI508."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.tree import last_name
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree
    from initlint.facts.reading.scopes import Call, Function


def _may_hold(tree: Tree) -> bool:
    """Whether `apply` is given the call of a function of the file, or a statement is an attribute and nothing more."""
    given = (argument for call in tree.calls.get("apply", ()) for argument in call.args)
    called = {last_name(each.func) for each in given if isinstance(each, ast.Call)}
    if any(routine.name in called for routine in tree.routines):
        return True
    return any(isinstance(tree.parents[each], ast.Expr) for named in tree.attributes.values() for each in named)


@rule(
    "INI508",
    "apply-called-function",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=(
        re.compile(r"\.apply\(\s*[\w.]+\("),
        *(re.compile(rf"{blank}self\.\w*(?:init|reset|weight|param)\w*[ \t]*[\r\n;#]") for blank in ("  ", "\t")),
    ),
    context=CONTEXT,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A function that is called where `apply` needs the function, or named where it has to be called."""
    import libcst as cst

    from initlint.facts.execution.applying import applications, function_at, initialises, uncalled

    for call, given in applications(file):
        if not isinstance(given, cst.Call) or file.tolerated(call):
            continue
        function = function_at(file, given.func, call.env, call.block)
        why = _why(function, given) if function is not None else None
        if function is not None and why is not None and initialises(file, function):
            message = f"{text.code(given)} is called here and {why}, and apply needs the function itself: TypeError"
            yield Alarm(
                given, message, tuple(_fixes(call, given, function)), ((function.node.name, "it is defined here"),)
            )
    for statement, method in uncalled(file):
        message = f"{text.code(method)} is named here and not called: it initialises nothing"
        fix = Proposal("call it", Safety.DISPLAY, (Change.after(statement, "()"),))
        yield Alarm(statement, message, (fix,))


def _why(function: Function, given: cst.Call) -> str | None:
    """Why a call gives no function; None where it may, as a factory does."""
    from initlint.facts.execution.applying import gives_nothing, lacking

    missing = lacking(function, given)
    if missing:
        return f"lacks {missing[0]}"
    return "gives None" if gives_nothing(function) else None


def _fixes(call: Call, given: cst.Call, function: Function) -> Iterator[Proposal]:
    """Pass the function where it takes one module; a call that is right by itself can stand alone."""
    from initlint.facts.execution.applying import lacking, positional

    if not given.args and len(positional(function, required=True)) <= 1 and positional(function):
        yield Proposal("pass the function", Safety.SAFE, (Change(given, given.func),))
    elif call.discarded and not lacking(function, given):
        yield Proposal("call it by itself", Safety.DISPLAY, (Change(call.node, given),))
