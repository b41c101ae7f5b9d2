"""INI803."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.padding_rows import may_be_everything
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.parts import PartWrite


@rule(
    "INI803",
    "padding-index-none",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(re.compile(r"weight(?:\.data|\.detach\(\))?\["),),
    context=("Embedding", "padding_idx"),
    premise=may_be_everything,
)
def check(file: File) -> Iterator[Alarm]:
    """A padding row zeroed by an index that may be None, which selects the whole table."""
    from initlint.facts.execution.absence import absent
    from initlint.facts.sites.parts import part_writes

    for write in part_writes(file):
        row = write.row if write.number == 0 else None
        found = absent(file, row, write.env, write.block) if row is not None and _of_weight(file, write) else None
        if row is not None and found is not None:
            message = (
                f"where {text.code(row)} is None, {text.code(write.subscript)} is the whole table and not one row: "
                f"every embedding becomes 0"
            )
            related = ((found, "this says that it may be None"),)
            yield Alarm(write.node, message, tuple(_fixes(file, write, row)), related)


def _of_weight(file: File, write: PartWrite) -> bool:
    """Whether a write goes to a `weight` that is a parameter, as far as the source tells."""
    target = file.targets.resolve(write.tensor, write.env, write.block)
    return target.attribute == "weight" and (target.made is None or target.made.parameter)


def _fixes(file: File, write: PartWrite, row: cst.BaseExpression) -> Iterator[Proposal]:
    import libcst as cst

    statement = file.record.statements.get(write.statement)
    if statement is not None and len(statement.body) == 1 and isinstance(write.statement, cst.Expr | cst.Assign):
        test, body = f"if {text.code(row)} is not None:", f"    {text.code(write.statement)}"
        changes = (Change(write.statement, test), Change.line_after(write.statement, body))
        yield Proposal("zero the row only where there is one", Safety.UNSAFE, changes)
