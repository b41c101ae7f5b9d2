"""INI305."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.vectors import may_be_vectors
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI305",
    "fan-of-vector",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=("kaiming_", "xavier_", "orthogonal_(", "init.orthogonal"),
    premise=may_be_vectors,
)
def check(file: File) -> Iterator[Alarm]:
    """A fan or orthogonal initialiser on a vector, which has no fan: it raises."""
    from initlint.facts.meaning.guards import DimGuard

    for site in file.sites:
        target = site.target
        if not site.initializer.needs_matrix or target is None or not target.dims or max(target.dims) > 1:
            continue
        if site.tolerated or any(isinstance(guard, DimGuard) for guard in site.guards):
            continue
        lacks = "fan" if site.initializer.uses_fan else "rows to make orthogonal"
        message = f"{site.spelled} needs at least 2 dimensions, {target.text} has 1 and so no {lacks}: ValueError"
        yield Alarm(site.node, message, tuple(_fixes(file, site)))


def _fixes(file: File, site: InitSite) -> Iterator[Proposal]:
    """The default of the layer: bias 0, weight of a normalisation 1."""
    from initlint.facts.api.layers import LayerKind
    from initlint.facts.sites.rewrite import spelled

    target = site.target
    assert target is not None
    norm = bool(target.layers) and all(layer.kind is LayerKind.NORM for layer in target.layers or ())
    name = {"bias": "zeros_", "weight": "ones_" if norm else ""}.get(target.attribute or "")
    function = spelled(f"torch.nn.init.{name}", file.names, site.call.env) if name and target.layers else None
    if function is not None and site.tensor is not None:
        code = f"{function}({target.text})"
        yield Proposal(f"call {name}", Safety.SAFE, (Change(site.node, code),))
