"""INI302."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File

_DIMS = frozenset({3, 4, 5})


@rule("INI302", "dirac-not-conv", Kind.ERROR, Default.ON, fix=Safety.DISPLAY, triggers=("dirac",))
def check(file: File) -> Iterator[Alarm]:
    """`dirac_` on a tensor that is no convolution kernel: it raises."""
    from initlint.facts.meaning.guards import DimGuard
    from initlint.facts.sites.rewrite import name_node

    for site in file.sites:
        target = site.target
        if site.name != "dirac_" or target is None or not target.dims or target.dims & _DIMS or site.tolerated:
            continue
        if any(isinstance(guard, DimGuard) for guard in site.guards):
            continue
        dims = " or ".join(str(dim) for dim in sorted(target.dims))
        message = f"dirac_ needs 3, 4 or 5 dimensions and {target.text} has {dims}: ValueError"
        identity = Proposal("eye_ is the identity of a matrix", Safety.DISPLAY, (Change(name_node(site.node), "eye_"),))
        yield Alarm(site.node, message, (identity,) if target.dims == {2} else ())
