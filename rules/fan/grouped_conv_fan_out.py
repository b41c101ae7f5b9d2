"""INI203."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import rooted
from initlint.facts.premises.fans import may_leave_out_groups
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.networks.inventory import Convolution
    from initlint.facts.scales.fans import HandRolled
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI203",
    "grouped-conv-fan-out",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=rooted("normal_", "init.normal"),
    context=("Conv1d", "Conv2d", "Conv3d", "groups"),
    premise=may_leave_out_groups,
)
def check(file: File) -> Iterator[Alarm]:
    """He init written by hand with a fan_out that leaves out the groups of the convolutions that the file builds."""
    from initlint.facts.scales.fans import he_with_fan_out

    for site in file.sites:
        found, target = he_with_fan_out(site), site.target
        if found is None or target is None or target.owner is None or file.inventory.inits_look_at_groups:
            continue
        grouped = file.inventory.grouped_conv(target)
        if grouped is not None:
            related = ((grouped.groups, "the groups are here"),)
            yield Alarm(site.node, _message(found, text.code(target.owner), grouped), tuple(_fixes(site)), related)


def _message(found: HandRolled, owner: str, grouped: Convolution) -> str:
    from initlint.facts.scales.fans import literal_fans

    counts = "counts the outputs of all groups"
    fans = literal_fans((grouped.call,)) if grouped.call is not None else None
    groups = grouped.call.number("groups") if grouped.call is not None else None
    if fans is None or groups is None:
        return f"std {found.std} {counts}: in the grouped convolutions it is too small by sqrt({owner}.groups)"
    std, factor = math.sqrt(2 / fans[1]), math.sqrt(groups)
    with_groups = f"with {groups:g} groups it is {std:.4f} instead of {std * factor:.4f}, × {factor:.3g}"
    return f"std {found.std} {counts}: {with_groups}"


def _fixes(site: InitSite) -> Iterator[Proposal]:
    from initlint.facts.meaning.operands import operands
    from initlint.facts.sites.rewrite import spelled

    target, std = site.target, site.given("std")
    assert target is not None
    assert target.owner is not None
    assert std is not None
    owner, tensor = text.code(target.owner), target.text
    outputs = (f"{owner}.out_channels", f"{tensor}.size(0)", f"{tensor}.shape[0]", f"{tensor}.size()[0]")
    places = [each for each in operands(std, site.call.env) if text.code(each.node).replace(".data.", ".") in outputs]
    if len(places) == 1:
        code = f"{text.code(places[0].node)} // {owner}.groups"
        change = Change(places[0].node, code if places[0].factor else f"({code})")
        yield Proposal("divide by the groups", Safety.UNSAFE, (change,))
    kaiming = spelled("torch.nn.init.kaiming_normal_", site.file.names, site.call.env)
    if kaiming is not None and site.absent("generator"):
        change = Change(site.node, f'{kaiming}({tensor}, mode="fan_in", nonlinearity="relu")')
        yield Proposal("call kaiming_normal_: its fan_in is that of one group", Safety.DISPLAY, (change,))
