"""INI201."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.fans import HandRolled
    from initlint.facts.file import File
    from initlint.facts.sites import InitSite


@rule(
    "INI201",
    "hand-rolled-fan-out",
    Kind.UNSTATED,
    Default.ON,
    fix=Safety.SAFE,
    triggers=("normal_",),
    context=("Conv1d", "Conv2d", "Conv3d"),
)
def check(file: File) -> Iterator[Alarm]:
    """He init written by hand with fan_out, where `kaiming_normal_` would say so by name."""
    from initlint.facts.fans import builds_grouped, hand_rolled
    from initlint.theory.fans import Fan

    for site in file.sites:
        found = hand_rolled(site)
        if found is None or not math.isclose(found.gain, math.sqrt(2)) or _named(file, site):
            continue
        reading, transposed = found.reading, found.layer is not None and found.layer.transposed
        if reading.fan is not Fan.FAN_OUT or reading.grouped or reading.kernel_factors != found.spatial or transposed:
            continue
        if found.layer is None or not builds_grouped(file, (found.layer,)):
            message = f"He init by hand: {_stds(site, found)}: say which is meant"
            yield Alarm(site.node, message, tuple(_fixes(file, site, found)))


def _stds(site: InitSite, found: HandRolled) -> str:
    from initlint.facts.fans import literal_fans

    fans = literal_fans(site.target.calls) if site.target is not None else None
    if fans is None:
        ratio = (found.fan_out / found.fan_in).sqrt()
        return f"std {found.std} counts fan_out; with fan_in, the default of kaiming_normal_, it is × {ratio}"
    of_in, of_out = (math.sqrt(2 / fan) for fan in fans)
    return (
        f"std {of_out:.4f} counts fan_out {fans[1]}; with fan_in {fans[0]}, the default of kaiming_normal_, it is "
        f"{of_in:.4f}, × {of_in / of_out:.3g}"
    )


def _named(file: File, site: InitSite) -> bool:
    """Whether a local in the scale is named fan_out, which says it, or fan_in: then INI202 speaks."""
    from initlint.facts.fans import says_fan_out

    std = site.given("std")
    if std is not None and says_fan_out(file, std, site.call.env):
        return True
    return any(
        getattr(site.call.env.lookup(each.assignment.name), "value", None) is each.assignment.value
        for each in file.misnamed_fans
        if each.assignment.block.scope is site.function
    )


def _fixes(file: File, site: InitSite, found: HandRolled) -> Iterator[Proposal]:
    from initlint.facts.rewrite import spelled

    target = site.target
    kaiming = spelled("torch.nn.init.kaiming_normal_", file.names, site.call.env)
    if kaiming is None or target is None or site.given("generator") is not None:
        return
    for mode, safety in (("fan_out", Safety.SAFE), ("fan_in", Safety.DISPLAY)):
        if safety is Safety.DISPLAY or (found.reading.exact and _settled(site)):
            code = f"{kaiming}({target.text}, mode={mode!r}, nonlinearity='relu')"
            yield Proposal(f"call kaiming_normal_ with mode={mode!r}", safety, (Change(site.node, code),))


def _settled(site: InitSite) -> bool:
    """Whether the weight is that of a plain layer for certain, outside Hugging Face's `_init_weights`."""
    from initlint.facts.guards import TypeGuard

    target = site.target
    assert target is not None
    known = isinstance(target.guard, TypeGuard) or bool(target.calls)
    lazy = any(layer.name.startswith("Lazy") for layer in target.layers or ())
    hugging_face = site.function is not None and site.function.name == "_init_weights"
    return known and not lazy and not hugging_face and site.call.discarded
