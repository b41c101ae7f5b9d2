"""The law that a site draws from, where the source settles every number of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.scales.fan_std import counted, gain
from initlint.theory import laws
from initlint.theory.fans import fan_in_and_fan_out
from initlint.theory.laws import Law
from initlint.theory.scale import Scale

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite


def drawn(site: InitSite, shape: Sequence[int] = ()) -> Law | None:
    """The law of a site; `shape` is that of its tensor, for the laws whose scale comes from the fans."""
    make = _MAKE.get(site.initializer.draw)
    if make is None:
        return _from_fans(site, shape) if site.initializer.uses_fan and len(shape) > 1 else None
    numbers = _numbers(site, *(each for each in site.initializer.parameters if each != "generator"))
    return make(*numbers) if numbers is not None else None


_MAKE: Mapping[Draw, Callable[..., Law]] = {
    Draw.NORMAL: laws.normal,
    Draw.UNIFORM: laws.uniform,
    Draw.TRUNC_NORMAL: laws.truncated_normal,
}


def _from_fans(site: InitSite, shape: Sequence[int]) -> Law | None:
    fan_in, fan_out = fan_in_and_fan_out(shape)
    fan, factor = counted(site, Scale.of(fan_in), Scale.of(fan_out)), gain(site)
    if fan is None or not fan.number or factor is None:
        return None
    std = laws.kaiming_std(factor, fan.number)
    if site.initializer.draw in (Draw.KAIMING_NORMAL, Draw.XAVIER_NORMAL):
        return laws.normal(0.0, std)
    return laws.uniform(-math.sqrt(3) * std, math.sqrt(3) * std)


def _numbers(site: InitSite, *parameters: str) -> list[float] | None:
    """The numbers passed for parameters, or their defaults; None where one is open."""
    found: list[float] = []
    for parameter in parameters:
        default = site.initializer.defaults[parameter]
        absent = site.absent(parameter) and isinstance(default, int | float)
        number = default if absent else site.number(parameter)
        if not isinstance(number, int | float):
            return None
        found.append(float(number))
    return found
