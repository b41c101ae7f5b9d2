"""INI609."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.rebuilt import Rebuilt
    from initlint.facts.file import File

_BUILDS = re.compile(
    r"def forward\((?:[^\n]*\n(?![ \t]{0,4}(?:def|class|@)))*?[^\n]*"
    r"(?:\bnn\.(?:Linear|Bilinear|Conv|Lazy|\w*Norm|Embedding|LSTM|GRU|RNN|PReLU|Multihead|Transformer|Sequential)\w*\("
    r"|\bParameter\(|\b[A-Z]\w*\([^()\n]*\)\()"
)


@rule(
    "INI609",
    "module-created-in-forward",
    Kind.WRONG,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=(_BUILDS,),
    context=CONTEXT,
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """A module with parameters, or a parameter, that is built in `forward`: every call starts from new ones."""
    from initlint.facts.execution.rebuilt import rebuilt

    for found in rebuilt(file):
        related = ((found.use, "it is used here"),) if found.use is not None else ()
        yield Alarm(found.node, _message(found), tuple(_fixes(found)), related)


def _message(found: Rebuilt) -> str:
    if found.parameter:
        return (
            f"forward makes a new Parameter for self.{found.stored} each time: an optimizer keeps the one that it was "
            "given, which nothing uses any more"
        )
    return (
        f"{text.code(found.node.func)} is built in forward: every call starts from new parameters, and no optimizer "
        "knows them, so they are never trained"
    )


def _fixes(found: Rebuilt) -> Iterator[Proposal]:
    """The construction as the last statement of the constructor, where it needs nothing that only `forward` has."""
    if found.parameter or found.place is None or found.attribute is None:
        return
    attribute = f"self.{found.attribute}"
    moved = Change.line_after(found.place, f"{attribute} = {text.code(found.node)}")
    left = Change(found.node, attribute) if found.stored is None else Change(found.statement, "")
    yield Proposal("build it in the constructor", Safety.DISPLAY, (moved, left))
