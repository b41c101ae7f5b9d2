"""INI903."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.layers import BASES, LAYERS
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_SLOPE = math.sqrt(5)


@rule(
    "INI903",
    "default-reset-copy",
    Kind.STYLE,
    Default.OFF,
    fix=Safety.DISPLAY,
    triggers=tuple(("kaiming_uniform", slope) for slope in ("5", "2.23")),
)
def check(file: File) -> Iterator[Alarm]:
    """`kaiming_uniform_` with a slope of sqrt(5), which is the default of `nn.Linear` and no law for a rectifier."""
    from initlint.facts.scales.fan_std import fan_mode
    from initlint.theory.fans import Fan

    for site in file.sites:
        slope = site.number("a") if site.name == "kaiming_uniform_" and site.reads_slope else None
        if slope is None or not math.isclose(slope, _SLOPE, rel_tol=1e-3) or fan_mode(site) is not Fan.FAN_IN:
            continue
        if _is_torch_layer(site):
            continue
        yield Alarm(site.node, _message(site), tuple(_fixes(site)))


def _is_torch_layer(site: InitSite) -> bool:
    """Whether the class around a site has the name of a torch layer: it stands in for that, with its default."""
    return site.class_ is not None and (site.class_.name in LAYERS or site.class_.name in BASES)


def _message(site: InitSite) -> str:
    from initlint.facts.scales.fans import literal_fans
    from initlint.theory.laws import kaiming_std

    message = "a=sqrt(5) is how nn.Linear spells its default, U(±1 / sqrt(fan_in)), which fits no rectifier"
    fans = literal_fans(site.target.calls) if site.target is not None else None
    if fans is None:
        return f"{message}: std is × 0.408 of what He's law gives for ReLU"
    drawn, he = (kaiming_std(gain, fans[0]) for gain in (1 / math.sqrt(3), math.sqrt(2)))
    return f"{message}: std {drawn:.3g}, where He's law gives {he:.3g} for ReLU"


def _fixes(site: InitSite) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import with_keywords

    slope = site.slots["a"] if site.slots is not None else None
    if slope is not None and slope.keyword is not None:
        call = with_keywords(site.node, {"nonlinearity": '"relu"'}, drop=(slope,))
        yield Proposal("draw He's law for a ReLU", Safety.DISPLAY, (Change(site.node, call),))
