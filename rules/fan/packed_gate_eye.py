"""INI209."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.api.words import PACKED
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File


@rule(
    "INI209",
    "packed-gate-eye",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple((init, part) for init in ("eye_", "init.eye") for part in PACKED),
    context=(*PACKED, "LSTMCell", "GRUCell"),
)
def check(file: File) -> Iterator[Alarm]:
    """`eye_` on the stacked gates of a recurrent layer: the first becomes the identity and the others zero."""
    from initlint.facts.scales.gates import on_each, packed_weight

    for site in file.sites:
        packed = packed_weight(site) if site.initializer.draw is Draw.EYE else None
        if packed is None:
            continue
        ones = f"makes the first {packed.kind} the identity and the others zero"
        message = f"{packed.stacks}: {site.spelled} {ones if packed.square else 'gives one diagonal to all of them'}"
        loop = on_each(site, packed)
        changes = (Change(site.node, loop[0]), Change.line_after(site.call.statement, loop[1])) if loop else ()
        fix = Proposal("initialise the matrices one by one", Safety.UNSAFE, changes)
        yield Alarm(site.node, message, (fix,) if changes else ())
