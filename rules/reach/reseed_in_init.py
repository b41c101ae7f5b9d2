"""INI514."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import GIVING
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.seeding import Reseed
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree

_DRAWS = ("init.", "normal_(", "uniform_(", "orthogonal_(", "reset_parameters()")
_SEEDING = ("manual_seed", "seed_everything", "set_seed")


def _may_hold(tree: Tree) -> bool:
    """Whether a function may seed, itself or by another one, and draw initial values as well."""
    draws = (*(call.node for call in init_calls(tree)), *tree.calls.get("reset_parameters", ()))
    drawing = {tree.routine(call) for call in draws} - {None}
    return bool(drawing) and any(
        tree.routine(call) in drawing for call in tree.called(*_SEEDING, *tree.callers(_SEEDING))
    )


@rule(
    "INI514",
    "reseed-in-init",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=tuple((f"{seed}(", draw) for seed in _SEEDING for draw in _DRAWS),
    context=GIVING,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A seed that is set again for every layer that is initialised: layers of one shape get the same weights."""
    from initlint.facts.execution.seeding import repeated

    for found in repeated(file):
        call = text.code(found.call.node)
        message = (
            f"{call} starts the generator anew for every {found.repeats}, so all tensors of one shape that are "
            "initialised behind it get the same values"
        )
        yield Alarm(found.call.node, message, tuple(_fixes(found)), ((found.draw, "values are drawn here"),))


def _fixes(found: Reseed) -> Iterator[Proposal]:
    if found.call.discarded:
        yield Proposal("seed once where the program starts", Safety.DISPLAY, (Change(found.call.statement, ""),))
