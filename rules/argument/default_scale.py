"""INI410."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.laws import kaiming_std

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI410",
    "default-scale",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=("normal_", "uniform_", "init.normal", "init.uniform", "init import", "init as"),
    context=("scale", "gain", "std", "mul_", "div_", "normalize"),
)
def check(file: File) -> Iterator[Alarm]:
    """`normal_` or `uniform_` without numbers for the weight of a linear layer or convolution."""
    from initlint.facts.scales.scaling import scaled_later

    for site in file.sites:
        if site.name not in ("normal_", "uniform_") or site.slots is None or site.slots.keys() - _NO_NUMBERS:
            continue
        if _of_matrix_layer(site) and not scaled_later(site):
            yield Alarm(site.node, _message(site), tuple(_fixes(file, site)))


_NO_NUMBERS = {"tensor", "generator"}


def _of_matrix_layer(site: InitSite) -> bool:
    target = site.target
    if target is None or target.attribute != "weight" or not target.layers:
        return False
    return all(layer.spatial or layer.kind == "linear" for layer in target.layers)


def _message(site: InitSite) -> str:
    from initlint.facts.scales.fans import literal_fans

    law = "N(0, 1)" if site.name == "normal_" else "U(0, 1), with mean 0.5 and no negative weight,"
    message = f"{site.spelled} without numbers draws from {law} whatever the size of the layer"
    fans = literal_fans(site.target.calls) if site.target is not None else None
    if fans is None:
        return f"{message}: std is too large by about sqrt(fan_in)" if site.name == "normal_" else message
    std, needed = 1.0 if site.name == "normal_" else 1 / math.sqrt(12), kaiming_std(math.sqrt(2), fans[0])
    return f"{message}: std {std:.3g}, where fan_in {fans[0]:g} needs {needed:.3g} before a ReLU"


def _fixes(file: File, site: InitSite) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    name = f"kaiming_{site.name}"
    function = spelled(f"torch.nn.init.{name}", file.names, site.call.env)
    if function is not None and site.target is not None:
        code = f"{function}({site.target.text}, nonlinearity='relu')"
        yield Proposal(f"call {name}", Safety.DISPLAY, (Change(site.node, code),))
