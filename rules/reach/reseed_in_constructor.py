"""INI515."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import MODULE_CLASSES
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.seeding import Reseed
    from initlint.facts.file import File


@rule(
    "INI515",
    "reseed-in-constructor",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=tuple((seed, "__init__", "odule") for seed in ("manual_seed(", "seed_everything(", "set_seed(")),
    context=MODULE_CLASSES,
)
def check(file: File) -> Iterator[Alarm]:
    """A seed in the constructor of a module: all instances start equal, and the generator of the program is reset."""
    from initlint.facts.execution.seeding import constructed, repeated

    again = {found.call.node for found in repeated(file)}
    for found in constructed(file):
        if found.call.node in again:
            continue
        name = found.class_.name if found.class_ is not None else "module"
        message = (
            f"{text.code(found.call.node)} in the constructor of {name}: every instance starts with the same weights, "
            "and what the program draws afterwards repeats as well"
        )
        yield Alarm(found.call.node, message, tuple(_fixes(found)), ((found.draw, "weights are drawn here"),))


def _fixes(found: Reseed) -> Iterator[Proposal]:
    """The caller seeds; where the outcome is kept, it keeps the seed."""
    if found.call.discarded:
        yield Proposal("seed where the program starts", Safety.DISPLAY, (Change(found.call.statement, ""),))
    elif len(found.call.node.args) == 1:
        change = Change(found.call.node, found.call.node.args[0].value)
        yield Proposal("keep the seed, and seed where the program starts", Safety.DISPLAY, (change,))
