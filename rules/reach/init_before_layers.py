"""INI509."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.early import EarlyInit
    from initlint.facts.file import File


@rule(
    "INI509",
    "init-before-layers",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=((".apply(", ".weight", "__init__"), ("modules()", ".weight", "__init__")),
    context=CONTEXT | {"Module"},
    across=True,
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """An init of all modules in a constructor, before layers are added that it would initialise as well."""
    from initlint.facts.execution.early import early_inits

    for found in early_inits(file):
        related = ((found.late[0].node, "it is added here"), (found.site.node, "the init is here"))
        yield Alarm(found.call.node, _message(found), tuple(_fixes(found)), related)


def _message(found: EarlyInit) -> str:
    first, more = found.late[0], len(found.late) - 1
    assert first.layer is not None
    layer = first.layer.layer
    others = f" and {more} more" if more else ""
    return (
        f"{text.code(found.call.node)} comes before self.{first.spelled} ({layer.name}){others}: {found.site.spelled} "
        f"does not reach {'them' if more else 'it'}; the default stays, {layer.default_law}"
    )


def _fixes(found: EarlyInit) -> Iterator[Proposal]:
    if found.last is not None:
        moved = Change.line_after(found.last, text.code(found.call.node))
        yield Proposal("initialise last", Safety.UNSAFE, (Change(found.call.statement, ""), moved))
