"""INI212."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.api.words import PACKED
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.gates import PackedWeight
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI212",
    "packed-gate-init",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.UNSAFE,
    triggers=tuple((init, part) for init in ("orthogonal", "xavier_") for part in PACKED),
    context=(*PACKED, "LSTMCell", "GRUCell"),
)
def check(file: File) -> Iterator[Alarm]:
    """An orthogonal or Xavier initialiser for the stacked matrices of several gates, which it takes for one."""
    from initlint.facts.scales.gates import on_each, packed_weight

    for site in file.sites:
        packed = packed_weight(site) if site.initializer.draw is not Draw.EYE else None
        if packed is None:
            continue
        loop = on_each(site, packed)
        changes = (Change(site.node, loop[0]), Change.line_after(site.call.statement, loop[1])) if loop else ()
        fix = Proposal("initialise the matrices one by one", Safety.UNSAFE, changes)
        yield Alarm(site.node, _message(site, packed), (fix,) if changes else ())


def _message(site: InitSite, packed: PackedWeight) -> str:
    if site.initializer.draw is Draw.ORTHOGONAL:
        return f"{packed.stacks}: {site.spelled} makes the columns of the stack orthogonal, no single matrix is"
    counted = f"{packed.stacks}: fan_out counts all of them, so std is"
    if not packed.square:
        return f"{counted} too small, by a factor of up to {math.sqrt(packed.parts[-1]):.3g}"
    # Xavier's variance is 2 / (fan_in + fan_out): sizes (parts * n, n) in place of (n, n).
    factors = (math.sqrt(2 / (1 + parts)) for parts in packed.parts)
    return f"{counted} × {' or '.join(f'{factor:.3g}' for factor in factors)} of what one of them needs"
