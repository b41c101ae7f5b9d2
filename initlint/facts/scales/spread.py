"""How widely an init site draws: gain and fan of `std = gain / sqrt(fan)`, in numbers where the source settles them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.facts.scales.drawn import drawn
from initlint.facts.scales.fan_std import fan_mode, gain
from initlint.facts.scales.fans import hand_rolled, literal_fans
from initlint.theory.fans import Fan, fan_in_and_fan_out
from initlint.theory.laws import kaiming_std

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite

_MEAN_FAN = "(fan_in + fan_out) / 2"


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard deviation of a site and what it is made of; None for what the source does not settle.

    `fan` is what is counted in torch's names, `fan_size` its number.
    """

    gain: float | None = None
    fan: str | None = None
    fan_size: float | None = None
    std: float | None = None


def spread(site: InitSite) -> Spread:
    """The spread of an init site, hand-rolled scales included."""
    if site.initializer.uses_fan:
        mode = fan_mode(site)
        fan = mode.value if mode is not None else _MEAN_FAN if site.name.startswith("xavier_") else None
        return _of_fan(site, gain(site), fan)
    found = hand_rolled(site)
    if found is not None and found.reading.fan is not Fan.OTHER and found.reading.kernel_factors == found.spatial:
        return _of_fan(site, found.gain, None if found.reading.grouped else found.reading.fan.value)
    law = drawn(site)
    moments = law.moments() if law is not None else None
    return Spread(std=moments.std if moments is not None else None)


def _of_fan(site: InitSite, factor: float | None, fan: str | None) -> Spread:
    fans = _fans(site)
    if fans is None or fan is None:
        return Spread(factor, fan)
    fan_in, fan_out = map(float, fans)
    size = {Fan.FAN_IN.value: fan_in, Fan.FAN_OUT.value: fan_out, _MEAN_FAN: (fan_in + fan_out) / 2}[fan]
    return Spread(factor, fan, size, kaiming_std(factor, size) if factor is not None and size > 0 else None)


def _fans(site: InitSite) -> tuple[int, int] | None:
    """fan_in and fan_out of the weight, where its layer or its own shape is made of literals."""
    target = site.target
    if target is None:
        return None
    if target.attribute == "weight" and target.calls:
        return literal_fans(target.calls)
    made = target.made
    if made is None or made.shape is None or made.env is None or len(made.shape) < 2:
        return None
    sizes = [site.file.values.number(dim, made.env) for dim in made.shape]
    return fan_in_and_fan_out([int(size) for size in sizes if size]) if all(sizes) else None
