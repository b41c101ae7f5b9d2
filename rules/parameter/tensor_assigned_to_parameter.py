"""INI606."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.parameter_writes import may_be_assigned
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Write


@rule(
    "INI606",
    "tensor-assigned-to-parameter",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=(re.compile(r"\.(?:weight|bias) *=(?!=)"), ("Parameter(", "torch"), "register_parameter("),
    premise=may_be_assigned,
)
def check(file: File) -> Iterator[Alarm]:
    """A tensor assigned where a module holds a parameter: `nn.Module` raises."""
    from initlint.facts.execution.slots import refused

    for write in refused(file):
        slot = text.code(write.target)
        message = f"{slot} is registered as a parameter and takes no other tensor: TypeError, under no_grad as well"
        yield Alarm(write.statement, message, tuple(_fixes(file, write)))


def _fixes(file: File, write: Write) -> Iterator[Proposal]:
    """`nn.Parameter` around the value; in `forward` a new parameter at every step cannot be meant."""
    from initlint.facts.reading.scopes import Function
    from initlint.facts.sites.rewrite import spelled

    function = spelled("torch.nn.Parameter", file.names, write.env)
    scope = write.block.scope
    forward = isinstance(scope, Function) and "forward" in scope.name
    if function is not None and write.value is not None and not forward:
        change = Change(write.value, f"{function}({text.code(write.value)})")
        yield Proposal("make a parameter of it", Safety.SAFE, (change,))
