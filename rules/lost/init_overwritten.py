"""INI703."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.lost_inits import may_overwrite
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.execution.overwritten import OverwrittenInit
    from initlint.facts.file import File

_SETS = (
    *(re.compile(rf"{name}_\(\s*self\.") for name in ("zeros", "ones", "constant", "eye", "dirac")),
    *(re.compile(rf"\.(?:weight|bias)(?:\.data)?\.{name}_\(") for name in ("fill", "zero")),
)
_REACHES = (".apply(", "modules()", "self.parameters()")


@rule(
    "INI703",
    "init-overwritten",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple(pair for sets in _SETS for all_ in _REACHES for pair in ((sets, all_), (all_, sets))),
    context=CONTEXT,
    project=True,
    premise=may_overwrite,
)
def check(file: File) -> Iterator[Alarm]:
    """A constant that a layer is given before an init of all layers reaches it again."""
    from initlint.facts.execution.overwritten import overwritten_inits

    for found in overwritten_inits(file):
        yield Alarm(found.first.node, _message(found), tuple(_fixes(found)), tuple(_related(found)))


def _message(found: OverwrittenInit) -> str:
    from initlint.facts.sites.table import law

    first, last = found.first, found.last
    target = first.target.text if first.target is not None else "it"
    later = f"{text.code(found.call.node)} later" if found.call.node is not last.node else "a later loop"
    drawn = law(last)
    how = f"{last.spelled}" if "?" in drawn else f"{last.spelled}: {drawn}"
    return f"what {first.spelled} writes is lost: {later} initialises {target} again with {how}"


def _related(found: OverwrittenInit) -> Iterator[tuple[cst.CSTNode, str]]:
    if found.call.node is not found.last.node:
        yield found.call.node, "it is initialised again here"
    if found.last.file is found.first.file:
        yield found.last.node, "this is what it gets"


def _fixes(found: OverwrittenInit) -> Iterator[Proposal]:
    if found.together:
        after = Change.line_after(found.call.statement, text.code(found.first.node))
        yield Proposal("set it last", Safety.UNSAFE, (Change(found.first.call.statement, ""), after))
