"""INI707."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.post_init import Construction
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Call

_LINES = r"(?:(?![^\s)]|[ \t]*class )(?![^\n]*post_init)[^\n]*\n)"
_UNFINISHED = re.compile(
    rf"PreTrainedModel[),][^\n]*\n{_LINES}*?[ \t]+def __init__\([^\n]*\n{_LINES}*(?=[^\s)]|[ \t]*class |\s*\Z)"
)
"""A class under `PreTrainedModel` with a constructor that never says `post_init`, up to its end."""


@rule(
    "INI707",
    "hf-post-init-missing",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(_UNFINISHED,),
    context=CONTEXT | {"_init_weights", "post_init"},
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """A Hugging Face model whose layers `post_init` never reaches: `_init_weights` does not draw them."""
    from initlint.facts.execution.post_init import constructions
    from initlint.facts.networks.hugging_face import guards_loaded_weights

    five = bool(guards_loaded_weights(file))
    for found in constructions(file):
        missing = found.finished is None and (found.builds if five else bool(found.late))
        if found.otherwise is not None:
            if five and missing:
                yield Alarm(found.otherwise.node, _replaced(found.otherwise), tuple(_replacements(found)))
        elif missing or found.inherited:
            related = tuple((late.node, "this layer is not drawn") for late in found.late)
            yield Alarm(found.method.node.name, _message(found, five), tuple(_fixes(found)), related)


def _message(found: Construction, five: bool) -> str:
    if found.inherited:
        return f"post_init runs in the constructor of a base and not again: {kept(found)}"
    parts = [kept(found)] if found.late else []
    parts += ["from_pretrained of transformers 5 raises AttributeError"] if five else []
    return f"post_init is never called: {', and '.join(parts)}"


def kept(found: Construction) -> str:
    """`head and 2 more keep the values of nn.Linear, not those of _init_weights`."""
    first, others = found.late[0], len(found.late) - 1
    names = f"{first.attribute} and {others} more keep" if others else f"{first.attribute} keeps"
    return f"{names} the values of nn.{first.layer.name}, not those of _init_weights"


def _fixes(found: Construction) -> Iterator[Proposal]:
    if found.method.arguments:
        call = Change.line_after(found.method.node.body.body[-1], f"{found.method.arguments[0]}.post_init()")
        yield Proposal("call post_init last", Safety.UNSAFE, (call,))


def _replaced(call: Call) -> str:
    name = text.last_name(call.node.func)
    raises = "raises AttributeError" if name == "init_weights" else "leaves from_pretrained to raise AttributeError"
    return f"{name} without post_init {raises} in transformers 5"


def _replacements(found: Construction) -> Iterator[Proposal]:
    """`self.post_init()` for `self.init_weights()` and for `self.apply(self._init_weights)`."""
    assert found.otherwise is not None
    call, own = found.otherwise, found.method.arguments[0] if found.method.arguments else ""
    if text.code(call.node) in (f"{own}.init_weights()", f"{own}.apply({own}._init_weights)"):
        yield Proposal("call post_init", Safety.UNSAFE, (Change(call.node, f"{own}.post_init()"),))
