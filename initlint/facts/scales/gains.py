"""Gains in the wrong place: the result of `calculate_gain` that an initialiser reads as a slope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading import text

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Env
    from initlint.facts.sites.sites import InitSite

CALCULATE_GAIN = "torch.nn.init.calculate_gain"
GAIN_PARAMETERS = ("nonlinearity", "param")


@dataclass(frozen=True, slots=True, eq=False)
class PassedGain:
    """A `calculate_gain` call whose result a `kaiming_*` site reads as `a`, with the names in force at that call."""

    site: InitSite
    call: cst.Call
    env: Env

    @property
    def direct(self) -> bool:
        """Whether the call stands in the argument itself, not behind a local."""
        return self.site.given("a") is self.call

    @property
    def slots(self) -> dict[str, cst.Arg]:
        """The arguments of `calculate_gain` by parameter; empty where they are not settled."""
        return text.argument_slots(self.call, GAIN_PARAMETERS) or {}


def gains_passed_as_slope(file: File) -> Iterator[PassedGain]:
    """The gains that `kaiming_*` reads as slopes: its nonlinearity is `leaky_relu`, the default or written."""
    for site in file.sites:
        given = site.given("a")
        if given is None or not site.reads_slope:
            continue
        origin, env = file.values.origin(given, site.call.env)
        if isinstance(origin, cst.Call) and file.names.qualified(origin.func, env) == CALCULATE_GAIN:
            yield PassedGain(site, origin, env)
