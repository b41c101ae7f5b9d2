"""Inits of a weight or bias that the layer which comes by does not have: None, no attribute at all, or a bool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LayerKind
from initlint.facts.execution.inits import trees_of
from initlint.facts.execution.selection import Selection
from initlint.facts.execution.trees import Tree
from initlint.facts.meaning.construction import LayerCall
from initlint.facts.meaning.guards import Presence

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite


class Lack(StrEnum):
    """Why there is no tensor: the layer is built without, its type has none, or the name means something else."""

    NONE = "none"
    ATTRIBUTE = "attribute"
    BOOL = "bool"


@dataclass(frozen=True, slots=True, eq=False)
class Absent:
    """An init of `attribute` of a layer that has none, spelled `written`; the layer comes by for certain."""

    tree: Tree
    layer: LayerCall
    attribute: str
    written: str
    lack: Lack

    @property
    def flag(self) -> str:
        """The argument that leaves the tensor out: `with bias=False`, `without affine=True`."""
        flags = self.layer.layer.flags(self.attribute)
        values = ((flag, self.layer.literal(flag)) for flag in flags)
        off = next((flag for flag, value in values if value is not None and not value.value), None)
        return f"with {off}=False" if off is not None else f"without {next(iter(flags), '')}=True"


def absent(selection: Selection, site: InitSite) -> Absent | None:
    """The layer without the tensor that a site writes."""
    target = site.target
    if target is None or target.owner is None or target.attribute is None or not _may_lack(site, target.attribute):
        return None
    for tree in trees_of(site):
        lack = _lack(selection, tree, target.attribute)
        if lack is not None and tree.root.layer is not None and selection.reaches(site, tree.root):
            return Absent(tree, tree.root.layer, target.attribute, target.text, lack)
    return None


def _lack(selection: Selection, tree: Tree, attribute: str) -> Lack | None:
    if tree.root.layer is None or selection.is_tensor(tree.root, attribute) is not False:
        return None
    if not selection.has(tree.root, attribute):
        return Lack.ATTRIBUTE
    return Lack.BOOL if selection.holds(tree.root, attribute) else Lack.NONE


def _may_lack(site: InitSite, attribute: str) -> bool:
    """Whether the layers that tests pick may be built without a tensor, and no test asks for None."""
    assert site.target is not None
    layers = site.target.layers or ()
    asked = (guard for guard in site.guards if isinstance(guard, Presence) and guard.kind == "none")
    recurrent = any(layer.kind is LayerKind.RECURRENT for layer in layers)
    if site.tolerated or (not recurrent and any(guard.subject == site.target.text for guard in asked)):
        return False
    return not layers or any(not layer.dims(attribute) or layer.flags(attribute) for layer in layers)
