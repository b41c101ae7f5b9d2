"""INI708."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.hugging_face import may_build_afterwards
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

from .hf_post_init_missing import kept

if TYPE_CHECKING:
    from initlint.facts.execution.post_init import Construction
    from initlint.facts.file import File

_BEHIND = re.compile(r"post_init\(\)[^\n]*\n(?:(?![ \t]*(?:async |def |class |@))[^\n]*\n)*?[ \t]+self\.")
"""A call with another statement of the same function behind it that says `self.`."""


@rule(
    "INI708",
    "hf-post-init-not-last",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=((_BEHIND, "PreTrainedModel"),),
    context=CONTEXT | {"_init_weights", "post_init"},
    project=True,
    premise=may_build_afterwards,
)
def check(file: File) -> Iterator[Alarm]:
    """Layers that a Hugging Face model adds after `post_init`: `_init_weights` does not draw them."""
    from initlint.facts.execution.post_init import constructions

    for found in constructions(file):
        if found.finished is not None and found.finished.block.scope is found.method and found.otherwise is None:
            related = tuple((late.node, "this comes too late") for late in found.late)
            message = f"_init_weights draws what is there when post_init is called: {kept(found)}"
            yield Alarm(found.finished.node, message, tuple(_fixes(found)), related)


def _fixes(found: Construction) -> Iterator[Proposal]:
    """Move the call to the end of the constructor."""
    call = found.finished
    if call is not None and call.discarded and call.block.parent is None:
        last = found.method.node.body.body[-1]
        changes = (Change(call.statement, ""), Change.line_after(last, text.code(call.node)))
        yield Proposal("call post_init last", Safety.UNSAFE, changes)
