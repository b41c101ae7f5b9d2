"""INI607."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.parameter_loops import may_rebind
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Assignment

_LIKE = {"zeros_like": "zeros_", "ones_like": "ones_", "randn_like": "normal_", "rand_like": "uniform_"}
"""The initialiser that writes what a function of `torch` returns."""


@rule(
    "INI607",
    "loop-rebinds-parameter",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=(re.compile(r"parameters\(\):(?:[^\n]*\n){0,12}?[ \t]*\w+ *= *(?:\w|\()"),),
    premise=may_rebind,
)
def check(file: File) -> Iterator[Alarm]:
    """A loop over parameters that binds its variable to another tensor: no parameter changes."""
    from initlint.facts.execution.rebinding import rebindings

    for found in rebindings(file):
        message = (
            f"this only lets the name {found.name} stand for another tensor, which the next turn of the loop drops: "
            "the parameter keeps its values"
        )
        yield Alarm(found.statement, message, tuple(_fixes(file, found)))


def _fixes(file: File, found: Assignment) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    called = getattr(found.value, "func", None)
    like = _LIKE.get((text.last_name(called) or "") if called is not None else "")
    function = spelled(f"torch.nn.init.{like}", file.names, found.env) if like is not None else None
    written = f"{function}({found.name})" if function is not None else f"{found.name}.data = {text.code(found.value)}"
    yield Proposal("write into the parameter", Safety.DISPLAY, (Change(found.statement, written),))
