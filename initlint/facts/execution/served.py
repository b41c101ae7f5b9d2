"""Which classes of a file an init function serves: those whose modules it is given, by `apply` or in a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.facts.execution.steps import lineage
from initlint.facts.reading.scopes import Call, Class, Function, Scope

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File


def served(file: File, scope: Scope) -> tuple[Class, ...]:
    """The classes that an init in a function may reach: those that use it, what derives from them, what they build.

    A method serves its own class; a function those that call it or pass it on, and the models that it is applied to.
    """
    users = _owners(file, scope)
    found = {each for each in file.classes if any(user in lineage(file, each) for user in users)}
    inherited = {base for each in found for base in lineage(file, each)}
    return tuple(sorted(file.built_from(found | inherited), key=file.classes.index))


def _owners(file: File, scope: Scope) -> set[Class]:
    at: Scope | None = scope
    while at is not None and not isinstance(at, Class):
        at = at.outer
    if at is not None:
        return {at}
    return file.users(scope) | {
        model for call in file.record.calls if (model := _model(file, call, scope)) is not None
    }


def _model(file: File, call: Call, scope: Scope) -> Class | None:
    """The class of `model` in `model.apply(init)` and `init(model)`, where the source says it."""
    import libcst as cst

    match call.node:
        case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="apply")), args=[given]):
            applied = given.value
        case cst.Call(func=applied, args=[given, *_]):
            model = given.value
        case _:
            return None
    if not isinstance(scope, Function) or file.names.definition(applied, call.env) is not scope:
        return None
    built = file.targets.built(model, call.env, call.block)
    return next((each.class_ for each in built if each.class_ is not None), None)
