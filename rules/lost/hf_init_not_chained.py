"""INI709."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.drawing import Undrawn
    from initlint.facts.execution.parameters import Parameter
    from initlint.facts.file import File

_NEXT = r"[ \t]*(?:async |def |class |@)"
_LINES = rf"(?:(?!{_NEXT})(?![^\n]*\._init_weights\()[^\n]*\n)*"
_UNCHAINED = re.compile(rf"def _init_weights\([^\n]*\n{_LINES}(?={_NEXT}|[^\s]|\s*\Z)")
"""A method that never calls another one of its name, up to the next definition."""


@rule(
    "INI709",
    "hf-init-not-chained",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=((_UNCHAINED, "PreTrainedModel"),),
    context=CONTEXT | {"_init_weights"},
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """An `_init_weights` that replaces that of its base and draws fewer layers than it."""
    from initlint.facts.execution.drawing import undrawn

    for found in undrawn(file):
        layer, parameter = found.layer.layer, found.layer
        of_base = "that of its base" if found.base is not None else "that of PreTrainedModel"
        message = (
            f"this method replaces {of_base} and has no branch for {layer.name if layer is not None else 'a layer'}: "
            f"{_path(parameter)} of {found.holder.name} keeps the values of its constructor, and has none where a "
            "checkpoint lacks it"
        )
        related = [(parameter.node, "this layer is not drawn")]
        if found.base is not None:
            related.append((found.base.node.name, "this method draws it"))
        yield Alarm(found.drawing.node.name, message, tuple(_fixes(found)), tuple(related))


def _path(parameter: Parameter) -> str:
    return parameter.name.rpartition(".")[0]


def _fixes(found: Undrawn) -> Iterator[Proposal]:
    """Call the method of the base behind a first assignment, before the branches."""
    import libcst as cst

    for statement in found.drawing.node.body.body:
        match statement:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
                continue
            case cst.SimpleStatementLine(body=[cst.Assign()]):
                call = f"super().{found.drawing.name}({found.drawing.arguments[1]})"
                yield Proposal("let the base draw first", Safety.DISPLAY, (Change.line_after(statement, call),))
        return
