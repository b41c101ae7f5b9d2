"""INI301."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.init_calls import may_draw
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI301",
    "eye-not-2d",
    Kind.ERROR,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=("eye_", "init.eye", "init import", "init as"),
    premise=partial(may_draw, draw=Draw.EYE),
)
def check(file: File) -> Iterator[Alarm]:
    """`eye_` on a tensor that does not have two dimensions: it raises."""
    from initlint.facts.meaning.guards import DimGuard

    for site in file.sites:
        target = site.target
        if site.name != "eye_" or target is None or not target.dims or 2 in target.dims or site.tolerated:
            continue
        if any(isinstance(guard, DimGuard) for guard in site.guards):
            continue
        dims = " or ".join(str(dim) for dim in sorted(target.dims))
        message = f"eye_ needs 2 dimensions and {target.text} has {dims}: ValueError"
        yield Alarm(site.node, message, tuple(_alternatives(site, target.dims)))


def _alternatives(site: InitSite, dims: frozenset[int]) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import name_node

    if dims <= {3, 4, 5} and site.target is not None and site.target.layers:
        yield Proposal(
            "dirac_ is the identity of a convolution", Safety.DISPLAY, (Change(name_node(site.node), "dirac_"),)
        )
