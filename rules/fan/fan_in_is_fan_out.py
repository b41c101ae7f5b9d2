"""INI202."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.fans import may_be_misnamed
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.fans import Misnamed

_SWAPPED = {
    "0": "1", "1": "0", "in_features": "out_features", "out_features": "in_features",
    "in_channels": "out_channels", "out_channels": "in_channels",
}  # fmt: skip


@rule(
    "INI202",
    "fan-in-is-fan-out",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("fan_in", "fanin", "fan_out", "fanout"),
    premise=may_be_misnamed,
)
def check(file: File) -> Iterator[Alarm]:
    """A local named fan_in that holds the number of outputs, or the other way round, under the root of an init."""
    for found in file.misnamed_fans:
        held = "outputs" if found.named == "fan_in" else "inputs"
        message = (
            f"{found.assignment.name} holds {found.holds}, the number of {held} of a weight that is (out, in): "
            f"the scale is × {found.ratio}{_number(found)} of what the name says"
        )
        yield Alarm(found.assignment.statement, message, tuple(_fixes(found)))


def _number(found: Misnamed) -> str:
    """The factor of a linear layer with literal sizes."""
    from initlint.facts.scales.fans import literal_fans

    fans = literal_fans(found.calls)
    if fans is None or found.calls[0].layer.spatial:
        return ""
    fan_in, fan_out = fans
    return f" = {math.sqrt(fan_in / fan_out if found.named == 'fan_in' else fan_out / fan_in):.3g}"


def _fixes(found: Misnamed) -> Iterator[Proposal]:
    import libcst as cst

    from initlint.facts.reading.inside import inside

    if found.value is None:
        return
    product = isinstance(found.value, cst.BinaryOperation)
    convolution = bool(found.layers) and all(layer.spatial for layer in found.layers or ())
    if convolution and found.named == "fan_in":
        change = Change(found.value, f"{found.tensor}[0].numel()")
        yield Proposal("count the inputs of one output channel", Safety.UNSAFE, (change,))
        return
    words: list[cst.Name | cst.Integer] = [*inside(found.value, cst.Name)]
    words += [] if product else inside(found.value, cst.Integer)
    places = [word for word in words if word.value in _SWAPPED]
    if len(places) == 1 and (product or not convolution):
        (place,) = places
        yield Proposal("take the other dimension", Safety.UNSAFE, (Change(place, _SWAPPED[place.value]),))
