"""INI206."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.transposed import TransposedFans
    from initlint.facts.sites.sites import InitSite
    from initlint.theory.fans import Fan


@rule("INI206", "transposed-conv-fan", Kind.SUSPICIOUS, Default.PREVIEW, triggers=("kaiming_",))
def check(file: File) -> Iterator[Alarm]:
    """`kaiming_*` on a transposed convolution, where fan_in counts outputs and fan_out leaves out the stride."""
    from initlint.facts.scales.fan_std import fan_mode
    from initlint.facts.scales.transposed import is_transposed, literal_transposed_fans

    for site in file.sites:
        target, mode = site.target, fan_mode(site)
        if target is None or mode is None or not is_transposed(site):
            continue
        known = {literal_transposed_fans(call) for call in target.calls}
        fans = known.pop() if len(known) == 1 else None
        message = _symbolic(site, mode) if fans is None else _numeric(fans, mode)
        if message:
            related = tuple((call.node, "the layer is built here") for call in target.calls[:1])
            yield Alarm(site.node, message, related=related)


def _numeric(fans: TransposedFans, mode: Fan) -> str:
    counted = fans.fan_in if mode == "fan_in" else fans.fan_out
    if math.isclose(counted, fans.forward):
        return ""
    return (
        f"fan_in of this transposed convolution is {fans.fan_in} and fan_out {fans.fan_out}, but an output is fed by "
        f"{fans.forward:g} inputs: {mode} makes std × {math.sqrt(fans.forward / counted):.3g} of what keeps the signal"
    )


def _symbolic(site: InitSite, mode: Fan) -> str:
    """fan_out is right for stride 1, so only fan_in is wrong without a look at the numbers."""
    assert site.target is not None
    assert site.target.owner is not None
    if mode != "fan_in":
        return ""
    owner = text.code(site.target.owner)
    return (
        f"for a transposed convolution fan_in counts {owner}.out_channels * kernel and fan_out {owner}.in_channels * "
        f"kernel, while an output is fed by {owner}.in_channels * kernel / stride² inputs"
    )
