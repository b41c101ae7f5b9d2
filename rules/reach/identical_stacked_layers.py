"""INI513."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.clones import Clones
    from initlint.facts.file import File


@rule(
    "INI513",
    "identical-stacked-layers",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=("TransformerEncoder(", "TransformerDecoder(", ("deepcopy(", "ModuleList(")),
    context={*CONTEXT, "self"},
)
def check(file: File) -> Iterator[Alarm]:
    """A stack of copies of one layer that nothing initialises anew: all of its layers start out equal."""
    from initlint.facts.execution.clones import clones

    for found in clones(file):
        message = (
            f"{text.code(found.call.node.func)} holds {found.number} copies of one layer, and nothing initialises them "
            f"anew: every layer starts with the weights of {found.layer}"
        )
        yield Alarm(found.call.node, message, tuple(_fixes(file, found)))


def _fixes(file: File, found: Clones) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    init = spelled("torch.nn.init.xavier_uniform_", file.names, found.call.env)
    if found.attribute is None or init is None:
        return
    loop = (
        f"for parameter in {text.code(found.attribute)}.parameters():",
        "    if parameter.dim() > 1:",
        f"        {init}(parameter)",
    )
    change = Change.line_after(found.call.statement, "\n".join(loop))
    yield Proposal("draw every matrix anew", Safety.DISPLAY, (change,))
