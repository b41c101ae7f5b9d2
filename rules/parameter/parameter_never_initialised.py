"""INI601."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.own_writes import may_stay_unwritten
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.unwritten import Unwritten
    from initlint.facts.file import File


@rule(
    "INI601",
    "parameter-never-initialised",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    project=True,
    triggers=(
        ("empty", "Parameter"),
        ("Tensor(", "Parameter"),
        (re.compile(r"\.new\("), "Parameter"),
    ),
    premise=may_stay_unwritten,
)
def check(file: File) -> Iterator[Alarm]:
    """A parameter made of uninitialised memory that nothing in the project writes: it holds whatever was there."""
    from initlint.facts.execution.unwritten import unwritten

    for found in unwritten(file):
        birth = found.birth
        idle = " and ".join(f"{name}()" for name in found.idle)
        nothing = f"only {idle} would write it, and nothing calls that" if idle else "nothing in the project writes it"
        message = (
            f"{birth.allocation.spelled} leaves self.{birth.name} as its memory was, and {nothing}: "
            "it starts as whatever was freed there, from 0 to 1e30 and NaN"
        )
        related = ((birth.allocation.node, "the memory is allocated here"),)
        yield Alarm(birth.event.statement, message, tuple(_fixes(file, found)), related)


def _fixes(file: File, found: Unwritten) -> Iterator[Proposal]:
    """An initialiser behind the statement; which one is right only the author knows."""
    from initlint.facts.sites.rewrite import spelled

    birth = found.birth
    tensor = f"{birth.method.arguments[0]}.{birth.name}"
    arguments = {1: ("zeros_", ""), None: ("normal_", ", std=0.02")}
    name, rest = arguments.get(birth.allocation.dims, ("xavier_uniform_", ""))
    function = spelled(f"torch.nn.init.{name}", file.names, birth.event.env)
    if function is not None:
        change = Change.line_after(birth.event.statement, f"{function}({tensor}{rest})")
        yield Proposal("initialise it", Safety.DISPLAY, (change,))
