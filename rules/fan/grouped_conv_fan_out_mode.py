"""INI211."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI211",
    "grouped-conv-fan-out-mode",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=("kaiming_",),
    context=("Conv1d", "Conv2d", "Conv3d", "groups"),
)
def check(file: File) -> Iterator[Alarm]:
    """`mode="fan_out"` for grouped convolutions, where fan_out counts the outputs of all groups."""
    for site in file.sites:
        target, mode = site.target, site.given("mode")
        if target is None or target.owner is None or target.attribute != "weight" or mode is None:
            continue
        if not site.name.startswith("kaiming_") or (site.string("mode") or "").lower() != "fan_out":
            continue
        grouped = None if file.inventory.inits_look_at_groups else file.inventory.grouped_conv(target)
        if grouped is not None:
            message = (
                f"fan_out counts the outputs of all groups, and an input reaches those of its own group alone: std is "
                f"too small by sqrt({text.code(target.owner)}.groups); fan_in is that of one group"
            )
            yield Alarm(site.node, message, tuple(_fixes(site)), ((grouped.groups, "the groups are here"),))


def _fixes(site: InitSite) -> Iterator[Proposal]:
    import libcst as cst

    mode = site.given("mode")
    if isinstance(mode, cst.SimpleString):
        yield Proposal("take fan_in", Safety.DISPLAY, (Change(mode, text.quoted_like("fan_in", mode)),))
