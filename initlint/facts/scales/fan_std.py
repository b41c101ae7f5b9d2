"""The standard deviation that an initialiser with a fan draws, where the source settles gain, slope and mode."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from initlint.theory.fans import Fan
from initlint.theory.gains import calculate_gain

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite
    from initlint.theory.scale import Scale


def fan_mode(site: InitSite) -> Fan | None:
    """The fan that a `kaiming_*` site counts; None for other initialisers and where the mode is open."""
    if not site.name.startswith("kaiming_"):
        return None
    mode = "fan_in" if site.absent("mode") else (site.string("mode") or "").lower()
    return Fan(mode) if mode in (Fan.FAN_IN, Fan.FAN_OUT) else None


def gain(site: InitSite) -> float | None:
    """The gain of a `kaiming_*` or `xavier_*` site; None where it is open."""
    if site.name.startswith("xavier_"):
        return 1.0 if site.absent("gain") else site.number("gain")
    if not site.name.startswith("kaiming_"):
        return None
    nonlinearity = "leaky_relu" if site.absent("nonlinearity") else site.string("nonlinearity")
    slope = 0.0 if site.absent("a") else site.number("a")
    if nonlinearity is None or (slope is None and nonlinearity == "leaky_relu"):
        return None
    try:
        return calculate_gain(nonlinearity, slope)
    except ValueError:
        return None


def counted(site: InitSite, fan_in: Scale, fan_out: Scale) -> Scale | None:
    """What a site divides the square of its gain by: the fan of its mode, or the mean of both for `xavier_*`."""
    if site.name.startswith("xavier_"):
        return (fan_in + fan_out) / 2
    mode = fan_mode(site)
    return None if mode is None else fan_in if mode is Fan.FAN_IN else fan_out


def comparison(site: InitSite, used: Scale, meant: Scale) -> str:
    """What counting one fan instead of another does to std, in numbers where the source has them: `× 0.0221`."""
    number, numerator, denominator = (used / meant).number, used.number, meant.number
    if number is None or numerator is None or denominator is None:
        return f"std is × {(meant / used).sqrt()} of what it should be"
    factor, known = math.sqrt(1 / number), gain(site)
    if known is None:
        return f"std is × {factor:.3g} of what it should be"
    return f"std is {known / math.sqrt(numerator):.4g} instead of {known / math.sqrt(denominator):.4g}, × {factor:.3g}"
