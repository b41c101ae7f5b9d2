"""INI510."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.shallow import ShallowLoop
    from initlint.facts.file import File


@rule(
    "INI510",
    "children-misses-nested",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("children():",),
    context=CONTEXT | {"Module"},
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """A loop over `children()` that initialises layers of a type and misses those that lie deeper."""
    from initlint.facts.execution.shallow import shallow_loops

    for found in shallow_loops(file):
        related = ((found.missed[0].node, "this layer is not among them"), (found.init, "the init is here"))
        yield Alarm(found.iterable, _message(found), tuple(_fixes(found)), related)


def _message(found: ShallowLoop) -> str:
    first, more = found.missed[0], len(found.missed) - 1
    assert first.layer is not None
    layer = first.layer.layer
    others = f" and {more} more" if more else ""
    return (
        f"{text.last_name(found.iterable.func)}() stops at the modules that {found.model} holds itself: "
        f"{text.last_name(found.init.func)} does not reach {found.class_.name}.{first.spelled} ({layer.name}){others}; "
        f"the default stays, {layer.default_law}"
    )


def _fixes(found: ShallowLoop) -> Iterator[Proposal]:
    import libcst as cst

    name = found.iterable.func.attr if isinstance(found.iterable.func, cst.Attribute) else None
    if name is not None and name.value == "children" and found.all_missed:
        yield Proposal("go through all modules", Safety.UNSAFE, (Change(name, "modules"),))
