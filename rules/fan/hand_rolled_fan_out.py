"""INI201."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import rooted
from initlint.facts.premises.fans import may_count_outputs
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.fans import HandRolled
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI201",
    "hand-rolled-fan-out",
    Kind.UNSTATED,
    Default.ON,
    fix=Safety.SAFE,
    triggers=rooted("normal_", "init.normal"),
    context=("Conv1d", "Conv2d", "Conv3d", "groups"),
    premise=may_count_outputs,
)
def check(file: File) -> Iterator[Alarm]:
    """He init written by hand with fan_out, where `kaiming_normal_` would say so by name."""
    from initlint.facts.scales.fans import he_with_fan_out

    for site in file.sites:
        found = he_with_fan_out(site)
        if found is None or site.target is None:
            continue
        if file.inventory.ungrouped(site.target) or file.inventory.inits_look_at_groups:
            message = f"He init by hand: {_stds(site, found)}: say which is meant"
            yield Alarm(site.node, message, tuple(_fixes(file, site, found)))


def _stds(site: InitSite, found: HandRolled) -> str:
    from initlint.facts.scales.fans import literal_fans

    fans = literal_fans(site.target.calls) if site.target is not None else None
    if fans is None:
        ratio = (found.fan_out / found.fan_in).sqrt()
        return f"std {found.std} counts fan_out; with fan_in, the default of kaiming_normal_, it is × {ratio}"
    of_in, of_out = (math.sqrt(2 / fan) for fan in fans)
    return (
        f"std {of_out:.4f} counts fan_out {fans[1]}; with fan_in {fans[0]}, the default of kaiming_normal_, it is "
        f"{of_in:.4f}, × {of_in / of_out:.3g}"
    )


def _fixes(file: File, site: InitSite, found: HandRolled) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    target = site.target
    kaiming = spelled("torch.nn.init.kaiming_normal_", file.names, site.call.env)
    if kaiming is None or target is None or site.given("generator") is not None:
        return
    for mode, safety in (("fan_out", Safety.SAFE), ("fan_in", Safety.DISPLAY)):
        if safety is Safety.DISPLAY or (found.reading.exact and _settled(site)):
            code = f'{kaiming}({target.text}, mode="{mode}", nonlinearity="relu")'
            yield Proposal(f"call kaiming_normal_ with mode={mode!r}", safety, (Change(site.node, code),))


def _settled(site: InitSite) -> bool:
    """Whether the weight is that of a plain layer for certain, outside Hugging Face's `_init_weights`."""
    from initlint.facts.meaning.guards import TypeGuard

    target = site.target
    assert target is not None
    known = isinstance(target.guard, TypeGuard) or bool(target.calls)
    lazy = any(layer.name.startswith("Lazy") for layer in target.layers or ())
    hugging_face = site.function is not None and site.function.name == "_init_weights"
    return known and not lazy and not hugging_face and site.call.discarded
