"""One number in two meanings: the std of a normal law in one branch, the gain of another initialiser in another.

A std is an absolute scale; `xavier_*` multiplies its gain by sqrt(2 / (fan_in + fan_out)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Binding, Call

if TYPE_CHECKING:
    from initlint.facts.file import File

_STD, _GAIN = "std", "gain"
_READS = {
    Draw.NORMAL: _STD,
    Draw.TRUNC_NORMAL: _STD,
    Draw.XAVIER_NORMAL: _GAIN,
    Draw.XAVIER_UNIFORM: _GAIN,
    Draw.ORTHOGONAL: _GAIN,
}
_HELPERS = {
    "normal_init": (_STD, ("module", "mean", "std", "bias")),
    "trunc_normal_init": (_STD, ("module", "mean", "std", "a", "b", "bias")),
    "xavier_init": (_GAIN, ("module", "gain", "bias", "distribution")),
}
"""What the helpers of mmcv and mmengine read, and their parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedScale:
    """A name that holds one number, and the calls that read it as a std and as a gain, in the order of the source."""

    name: str
    value: float
    stds: tuple[Call, ...]
    gains: tuple[Call, ...]


def shared_scales(file: File) -> Iterator[SharedScale]:
    """The names that are a std in one branch and a gain in another."""
    order = {call: index for index, call in enumerate(file.record.calls)}
    reads: dict[Binding, list[tuple[str, cst.Name, Call]]] = {}
    for parameter, given, call in sorted(_reads(file), key=lambda read: order[read[2]]):
        binding = call.env.lookup(given.value) if isinstance(given, cst.Name) else None
        if isinstance(given, cst.Name) and binding is not None:
            reads.setdefault(binding, []).append((parameter, given, call))
    for found in reads.values():
        _, given, call = found[0]
        value = file.values.number(given, call.env, defaults=True)
        stds, gains = (tuple(call for read, _, call in found if read == parameter) for parameter in (_STD, _GAIN))
        apart = {call.block for call in stds}.isdisjoint(call.block for call in gains)
        if value is not None and stds and gains and apart:
            yield SharedScale(given.value, value, stds, gains)


def _reads(file: File) -> Iterator[tuple[str, cst.BaseExpression | None, Call]]:
    """What init calls read as a std or as a gain."""
    for site in file.sites:
        parameter = _READS.get(site.initializer.draw)
        if parameter is not None:
            yield parameter, site.given(parameter), site.call
    for helper in file.helper_calls:
        parameter, parameters = _HELPERS.get(helper.name, ("", ()))
        slots = text.argument_slots(helper.call.node, parameters) if parameter else None
        if slots is not None and parameter in slots:
            yield parameter, slots[parameter].value, helper.call
