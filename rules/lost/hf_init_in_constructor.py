"""INI710."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.meta_values import MetaValue
    from initlint.facts.file import File

_LINES = r"(?:(?![ \t]*(?:async |def |class |@))[^\n]*\n)*?[^\n]*"
_WRITING = r"(?:normal|uniform|constant|ones|zeros|zero|fill|eye|dirac|orthogonal)_\("
_IN_CONSTRUCTOR = re.compile(rf"def __init__\([^\n]*\n{_LINES}{_WRITING}")
_PARAMETER = re.compile(
    rf"PreTrainedModel[),][^\n]*\n(?:(?![^\s)])[^\n]*\n)*?[ \t]+def __init__\([^\n]*\n{_LINES}Parameter\("
)
_MODEL = re.compile(r"PreTrainedModel[),]")


@rule(
    "INI710",
    "hf-init-in-constructor",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=(
        (_IN_CONSTRUCTOR, _MODEL),
        (_MODEL, _IN_CONSTRUCTOR),
        ("def _init_weights", _MODEL, _IN_CONSTRUCTOR),
        _PARAMETER,
        ("def _init_weights", _PARAMETER),
    ),
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """Values that the constructor of a Hugging Face model writes: `from_pretrained` runs it on the meta device."""
    from initlint.facts.execution.meta_values import meta_values

    for found in meta_values(file):
        if found.redrawn:
            message = f"post_init draws {found.target} anew: what the constructor of {found.class_.name} writes is gone"
        else:
            message = (
                f"{found.target} has its values from the constructor of {found.class_.name} alone, and from_pretrained "
                "runs that on the meta device: where a checkpoint lacks it, it is uninitialised memory"
            )
        yield Alarm(found.node, message, tuple(_fixes(file, found)))


def _fixes(file: File, found: MetaValue) -> Iterator[Proposal]:
    """A branch at the end of the `_init_weights` that the model has in this file."""
    from initlint.facts.execution.meta_values import OWNER
    from initlint.facts.networks.hugging_face import drawing_method, models

    drawing = next((method for each in models(file) if (method := drawing_method(each))), None)
    if found.call is not None and drawing is not None and drawing.arguments[1] == OWNER:
        branch = f"if isinstance({OWNER}, {found.class_.name}):\n    {found.call}"
        changes = (Change.line_after(drawing.node.body.body[-1], branch),)
        yield Proposal("write it in _init_weights", Safety.DISPLAY, changes)
