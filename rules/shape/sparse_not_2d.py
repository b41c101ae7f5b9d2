"""INI304."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.init_calls import may_draw
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File


@rule(
    "INI304",
    "sparse-not-2d",
    Kind.ERROR,
    Default.ON,
    triggers=("sparse_(", "init.sparse", "init import", "init as"),
    premise=partial(may_draw, draw=Draw.SPARSE),
)
def check(file: File) -> Iterator[Alarm]:
    """`sparse_` on a tensor that does not have two dimensions: it raises."""
    from initlint.facts.meaning.guards import DimGuard

    for site in file.sites:
        target = site.target
        if site.name != "sparse_" or target is None or not target.dims or 2 in target.dims or site.tolerated:
            continue
        if any(isinstance(guard, DimGuard) for guard in site.guards):
            continue
        dims = " or ".join(str(dim) for dim in sorted(target.dims))
        yield Alarm(site.node, f"{site.spelled} needs 2 dimensions and {target.text} has {dims}: ValueError")
