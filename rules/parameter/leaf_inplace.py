"""INI605."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.in_place import IN_PLACE
from initlint.facts.premises.parameter_writes import may_be_written_in_place
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.leaves import LeafWrite
    from initlint.facts.file import File

_VIEWED = r"(?:\[[^\]\n]*\]|\.\w+\([^()\n]*\)|\.T)*"
_METHOD = rf"{_VIEWED}\.(?:{'|'.join(sorted(IN_PLACE))})\("
_ASSIGNED = rf"(?:{_VIEWED}\[[^\]\n]*\] *(?:[-+*/]|//|\*\*)?=(?!=)| *(?:[-+*/]|//|\*\*)=)"
_FUNCTIONS = {"normal_": "normal_", "uniform_": "uniform_", "zero_": "zeros_", "fill_": "constant_"}
"""The function of `torch.nn.init` for each in-place method that has one."""

_SAME = frozenset({"mean", "std", "generator"})
"""Keywords that both have."""


@rule(
    "INI605",
    "leaf-inplace",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=(
        (re.compile(rf"\.(?:weight|bias)(?:{_METHOD}|{_ASSIGNED})"), "__init__"),
        (re.compile(rf"self\.\w+(?:{_METHOD}|{_ASSIGNED})"), "Parameter("),
        (re.compile(rf"parameters\(\):(?:[^\n]*\n){{0,9}}?[^\n]*\w{_METHOD}"), "__init__"),
    ),
    premise=may_be_written_in_place,
)
def check(file: File) -> Iterator[Alarm]:
    """An in-place operation on a parameter while gradients are recorded: the constructor raises."""
    from initlint.facts.execution.leaves import leaf_writes

    for found in leaf_writes(file):
        leaf = text.code(found.leaf)
        message = f"{leaf} is a leaf that requires gradients, and they are recorded here: RuntimeError"
        yield Alarm(found.node, message, tuple(_fixes(file, found)))


def _fixes(file: File, found: LeafWrite) -> Iterator[Proposal]:
    """The function of `torch.nn.init` that draws the same, or `no_grad` around the statement."""
    import libcst as cst

    from initlint.facts.sites.rewrite import spelled

    statement = found.event.statement
    line = file.record.statements.get(statement)
    call = found.node if isinstance(found.node, cst.Call) and isinstance(found.node.func, cst.Attribute) else None
    if call is not None and isinstance(call.func, cst.Attribute) and (name := _FUNCTIONS.get(call.func.attr.value)):
        function = spelled(f"torch.nn.init.{name}", file.names, found.event.env)
        if function is not None and all(each.keyword is None or each.keyword.value in _SAME for each in call.args):
            rest = "".join(f", {text.code(each.with_changes(comma=cst.MaybeSentinel.DEFAULT))}" for each in call.args)
            change = Change(call, f"{function}({text.code(call.func.value)}{rest})")
            yield Proposal("initialise it", Safety.SAFE, (change,))
            return
    function = spelled("torch.no_grad", file.names, found.event.env)
    if function is not None and line is not None and len(line.body) == 1:
        body = Change.line_after(statement, f"    {text.code(statement)}")
        changes = (Change(statement, f"with {function}():"), body)
        yield Proposal("record no gradients", Safety.SAFE, changes)
