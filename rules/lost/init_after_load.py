"""INI705."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.lost_inits import may_wipe
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.loading import WipedWeights
    from initlint.facts.file import File

_LOADS = (".load_state_dict(", ".from_pretrained(", "pretrained=", "weights=")
_INITIALISES = (".apply(", "modules():", "parameters():")


@rule(
    "INI705",
    "init-after-load",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=tuple(pair for load in _LOADS for init in _INITIALISES for pair in ((load, init), (init, load))),
    context=CONTEXT,
    project=True,
    premise=may_wipe,
)
def check(file: File) -> Iterator[Alarm]:
    """An init of a whole model behind the call that loads its weights: what was loaded is gone."""
    from initlint.facts.execution.loading import wiped_weights

    for found in wiped_weights(file):
        load = text.code(found.load.func)
        looped = found.call.node is found.site.node
        subject = "the model" if looped else text.code(found.subject)
        message = f"{subject} is initialised after {load} has loaded its weights: {found.site.spelled} overwrites them"
        related = [(found.load, "the weights are loaded here")]
        if found.site.file is file and not looped:
            related.append((found.site.node, "this is what they are overwritten with"))
        yield Alarm(found.call.node, message, tuple(_fixes(found)), tuple(related))


def _fixes(found: WipedWeights) -> Iterator[Proposal]:
    if found.call.discarded and found.call.node is not found.site.node:
        title = "keep what was loaded; initialise before loading what is not in the file"
        yield Proposal(title, Safety.DISPLAY, (Change(found.call.statement, ""),))
