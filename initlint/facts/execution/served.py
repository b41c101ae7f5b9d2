"""Which classes of a file an init function serves: those whose modules it is given, by `apply` or in a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.applying import function_at, models_given
from initlint.facts.execution.reaching import modules_of, parameter
from initlint.facts.execution.steps import lineage
from initlint.facts.reading.scopes import Argument, Binding, Call, Class, Function, Looped, Scope

if TYPE_CHECKING:
    from initlint.facts.file import File


def served(file: File, scope: Scope) -> tuple[Class, ...]:
    """The classes that an init in a function may reach: those that use it, what derives from them, what they build.

    A method serves its own class; a function those that call it or pass it on, and the models that it is applied to.
    """
    users = _owners(file, scope)
    found = {each for each in file.classes if any(user in lineage(file, each) for user in users)}
    inherited = {base for each in found for base in lineage(file, each)}
    return tuple(sorted(file.built_from(found | inherited), key=file.classes.index))


def meets_every_module(file: File, binding: Binding | None) -> bool:
    """Whether a name goes through the modules of a model: in a loop over them, or in a function for each of them."""
    match binding:
        case Looped():
            return modules_of(binding) is not None
        case Argument(function=function, name=name) if parameter(function, 0) == name:
            return any(_hands_every_module(file, call, function) for call in file.record.calls)
        case _:
            return False


def _hands_every_module(file: File, call: Call, function: Function) -> bool:
    """`model.apply(init)`, and `init(m)` in a loop over `model.modules()`."""
    match call.node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="apply")), args=[given]):
            return function_at(file, given.value, call.env, call.block) is function
        case cst.Call(func=called, args=[cst.Arg(value=cst.Name(value=module)), *_]):
            looped = call.env.lookup(module)
            over = isinstance(looped, Looped) and modules_of(looped) is not None
            return over and function_at(file, called, call.env, call.block) is function
        case _:
            return False


def _owners(file: File, scope: Scope) -> set[Class]:
    at: Scope | None = scope
    while at is not None and not isinstance(at, Class):
        at = at.outer
    if at is not None:
        return {at}
    first = scope.final.lookup(parameter(scope, 0)) if isinstance(scope, Function) else None
    models = models_given(file, first) if isinstance(first, Argument) else ()
    built = (each for model, call in models for each in file.targets.built(model, call.env, call.block))
    return file.users(scope) | {each.class_ for each in built if each.class_ is not None}
