"""INI802."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.padding_rows import may_be_overwritten
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.padding import PaddedTable
    from initlint.facts.file import File

_DRAWING = ("normal", "uniform", "kaiming_", "xavier_", "orthogonal", "sparse_", "init import", "init as")


@rule(
    "INI802",
    "padding-row-overwritten",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple((init, place) for init in _DRAWING for place in ("Embedding", "parameters()")),
    context=("Embedding", "padding_idx"),
    premise=may_be_overwritten,
)
def check(file: File) -> Iterator[Alarm]:
    """A random init of the whole table of an embedding that was built with a padding row."""
    from initlint.facts.execution.padding import overwritten_rows

    for found in overwritten_rows(file):
        related = ((found.padding, "the padding row is asked for here"),)
        yield Alarm(found.site.node, _message(found), tuple(_fixes(file, found)), related)


def _message(found: PaddedTable) -> str:
    from initlint.facts.scales.drawn import drawn

    site, row = found.site, text.code(found.padding)
    message = (
        f"{site.spelled} draws row padding_idx={row} like the others: nn.Embedding made it 0 and gives it no gradient, "
        f"so it stays random"
    )
    count, width = (found.table.number(name) for name in ("num_embeddings", "embedding_dim"))
    law = drawn(site, (int(count), int(width)) if count is not None and width is not None else ())
    moments = law.moments() if law is not None else None
    if moments is None:
        return message
    size = math.hypot(moments.mean, moments.std)
    return f"{message}, of length {size * math.sqrt(width):.3g}" if width else f"{message}, with std {moments.std:.3g}"


def _fixes(file: File, found: PaddedTable) -> Iterator[Proposal]:
    """Zero the row in a statement of its own; under a test for None unless the row is a literal."""
    from initlint.facts.sites.rewrite import spelled

    target, site = found.site.target, found.site
    zeros = spelled("torch.nn.init.zeros_", file.names, site.call.env)
    if target is None or target.owner is None or zeros is None or not site.stands_alone:
        return
    row = f"{text.code(target.owner)}.padding_idx"
    code = f"{zeros}({target.text}[{row}])"
    if not found.always or file.values.number(found.padding, found.table.env) is None:
        code = f"if {row} is not None:\n    {code}"
    yield Proposal("zero the row again", Safety.UNSAFE, (Change.line_after(site.call.statement, code),))
