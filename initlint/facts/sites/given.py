"""Modules where tensors belong: what an initialiser is given that is a layer or a container for certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LAYERS, Layer, LayerKind

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class GivenModule:
    """The module types that an argument may be, and the calls that build it where they are in the source."""

    layers: tuple[Layer, ...]
    calls: tuple[cst.BaseExpression, ...]


def given_module(site: InitSite) -> GivenModule | None:
    """The torch module that fills the slot of the tensor; None for anything that may be none."""
    node, targets = site.given("tensor"), site.file.targets
    if node is None:
        return None
    layers, _, guard = targets.owner(node, site.call.env, site.call.block)
    if guard is not None:
        return GivenModule(layers, ()) if layers else None
    found: list[Layer] = []
    built = targets.built(node, site.call.env, site.call.block)
    for each in built:
        layer = each.layer.layer if each.layer is not None else LAYERS.get(each.container or "")
        if layer is None or (each.layer is None and layer.kind is not LayerKind.CONTAINER):
            return None
        found.append(layer)
    return GivenModule(tuple(dict.fromkeys(found)), tuple(each.node for each in built)) if found else None
