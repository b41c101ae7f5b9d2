"""INI608."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.building import may_build_default
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.defaults import SharedDefault
    from initlint.facts.file import File

_DEFAULT = re.compile(r"def \w++\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?= ?(?:\[(?:[^\[\]])*?\b)?(?:\w++\.)*+[A-Z]\w*\(")


@rule(
    "INI608",
    "module-default-argument",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(_DEFAULT,),
    context=CONTEXT,
    project=True,
    premise=may_build_default,
)
def check(file: File) -> Iterator[Alarm]:
    """A module with parameters as the default of an argument: it is built once, and every call shares its weights."""
    from initlint.facts.execution.defaults import shared_defaults

    for found in shared_defaults(file):
        function, default = found.function, text.code(found.default)
        sharing = f"{function.name}()"
        if function.owner is not None and function.name == "__init__":
            sharing = function.owner.name
        message = (
            f"the default {default} is built once, when {function.name} is defined: every {sharing} that is not given "
            f"{found.name} has the same module and trains the same weights"
        )
        yield Alarm(found.default, message, tuple(_fixes(found)))


def _fixes(found: SharedDefault) -> Iterator[Proposal]:
    """`None` as the default, and the module built where the parameter is used, or first of all."""
    built = f"{text.code(found.default)} if {found.name} is None else {found.name}"
    if not found.replaceable:
        return
    if found.only_use is not None and found.only_use.value is not None:
        change = Change(found.only_use.value, built)
    elif found.start is not None:
        change = Change.line_after(found.start, f"{found.name} = {built}")
    else:
        return
    yield Proposal("build one for every call", Safety.UNSAFE, (Change(found.default, "None"), change))
