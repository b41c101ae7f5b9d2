"""INI808."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.padding import PaddedTable
    from initlint.facts.file import File


@rule(
    "INI808",
    "padding-row-in-dispatch",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=tuple(
        (init, "Embed") for init in ("normal", "uniform", "kaiming_", "xavier_", "orthogonal", "init import", "init as")
    ),
    context=("Embedding", "padding_idx"),
)
def check(file: File) -> Iterator[Alarm]:
    """A random init of every embedding that a function meets, in a model that has one with a padding row."""
    from initlint.facts.execution.padding import dispatched_rows

    for found in dispatched_rows(file):
        message = (
            f"{found.site.spelled} draws whole tables, and the one built with padding_idx={text.code(found.padding)} "
            f"keeps no zero row: it gets no gradient, so it stays random"
        )
        related = ((found.padding, "the padding row is asked for here"),)
        yield Alarm(found.site.node, message, tuple(_fixes(file, found)), related)


def _fixes(file: File, found: PaddedTable) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    site, target = found.site, found.site.target
    zeros, table = (spelled(name, file.names, site.call.env) for name in ("torch.nn.init.zeros_", "torch.nn.Embedding"))
    if target is None or target.owner is None or zeros is None or table is None or not site.stands_alone:
        return
    owner = text.code(target.owner)
    test = f"isinstance({owner}, {table}) and {owner}.padding_idx is not None"
    code = f"if {test}:\n    {zeros}({target.text}[{owner}.padding_idx])"
    yield Proposal("zero the row again", Safety.DISPLAY, (Change.line_after(site.call.statement, code),))
