"""Arguments in the wrong slot: modes and nonlinearities of `kaiming_*`, and numbers, where something else is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.theory.gains import NONLINEARITIES, canonical, nearest, plain

if TYPE_CHECKING:
    from initlint.facts.meaning.values import Literal
    from initlint.facts.sites.sites import InitSite

MODES = ("fan_in", "fan_out")
"""The modes of `kaiming_*`; torch compares them without case."""

_SPELLINGS = {
    **dict.fromkeys(("fanin", "in"), "fan_in"),
    **dict.fromkeys(("fanout", "out"), "fan_out"),
    **dict.fromkeys(("fanavg", "fanaverage", "avg"), None),
}
"""Modes in the spelling of `plain`; the average of both fans is a mode of other libraries."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A constant in a slot that does not take it.

    `belongs` is the slot that takes it, None where none does; `spelling` is the string that this slot accepts, None
    where the constant is no string or has no such spelling; `error` is what torch raises, empty where the slot is not
    read.
    """

    slot: str
    value: float | str | bool | None
    belongs: str | None
    spelling: str | None
    error: str


def misplaced(site: InitSite) -> tuple[Misplaced, ...]:
    """The misplaced constants of a `kaiming_*`, `xavier_*` or `orthogonal_` site; empty where nothing raises."""
    if site.slots is None:
        return ()
    found = tuple(_of_kaiming(site) if site.initializer.uses_slope else _of_gain(site))
    return found if any(each.error for each in found) else ()


def kind_of(word: str) -> tuple[str, str | None] | None:
    """The slot of `kaiming_*` that a string belongs to and its accepted spelling; None for any other string."""
    if plain(word) in _SPELLINGS:
        return "mode", _SPELLINGS[plain(word)]
    if canonical(word) is not None or nearest(word) is not None:
        return "nonlinearity", canonical(word)
    return None


def _of_kaiming(site: InitSite) -> Iterator[Misplaced]:
    slope, mode, nonlinearity = site.literal("a"), site.literal("mode"), site.literal("nonlinearity")
    word = slope.value if slope is not None else None
    if isinstance(word, str) and (kind := kind_of(word)) is not None:
        read = site.absent("nonlinearity") or (nonlinearity is not None and nonlinearity.value == "leaky_relu")
        yield Misplaced("a", word, *kind, "ValueError" if read else "")
    if mode is not None and not (isinstance(mode.value, str) and mode.value.lower() in MODES):
        yield _in_mode(mode)
    word = nonlinearity.value if nonlinearity is not None else None
    if isinstance(word, str) and (kind := kind_of(word)) is not None and kind[0] == "mode":
        yield Misplaced("nonlinearity", word, *kind, "ValueError")


def _in_mode(mode: Literal) -> Misplaced:
    if isinstance(mode.value, str):
        belongs, spelling = kind_of(mode.value) or (None, None)
        return Misplaced("mode", mode.value, belongs, spelling, "ValueError")
    is_slope = isinstance(mode.value, int | float) and not isinstance(mode.value, bool)
    return Misplaced("mode", mode.value, "a" if is_slope else None, None, "AttributeError")


def _of_gain(site: InitSite) -> Iterator[Misplaced]:
    """A string where the gain is read; `calculate_gain` turns the names of nonlinearities into one."""
    name = site.string("gain") if "gain" in site.initializer.parameters else None
    if name is not None:
        accepted = canonical(name)
        yield Misplaced("gain", name, "gain" if accepted in NONLINEARITIES else None, accepted, "TypeError")
