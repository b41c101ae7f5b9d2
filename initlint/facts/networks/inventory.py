"""What a file builds: its torch layers, and which convolutions among them are grouped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LAYERS, Layer, LayerKind
from initlint.facts.meaning.construction import LayerCall
from initlint.facts.networks.grouping import Grouping
from initlint.facts.reading import text
from initlint.facts.reading.inside import attributes
from initlint.facts.reading.scopes import Call, Class

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.targets import Target


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A call that builds a convolution and is given groups.

    `layers` are the types that it may be: one, or all plain convolutions where the source leaves the type open.
    `grouped` is None where the number of groups is open.
    """

    node: cst.Call
    layers: frozenset[Layer]
    groups: cst.BaseExpression
    grouped: bool | None
    call: LayerCall | None


_PLAIN = frozenset(layer for layer in LAYERS.values() if layer.kind is LayerKind.CONV and not layer.transposed)
_EAGER = frozenset(layer for layer in _PLAIN if not layer.name.startswith("Lazy"))
_KEYWORDS = frozenset({"in_channels", "out_channels", "kernel_size", "groups"})
"""Keywords by which a call whose function is not known shows that it builds a convolution."""


class Inventory:
    """The layers that a file builds."""

    def __init__(self, file: File) -> None:
        self._file = file

    @cached_property
    def convolutions(self) -> tuple[Convolution, ...]:
        """The calls of plain convolutions that are given groups, in the order of the source."""
        return tuple(self._convolutions())

    def grouped_conv(self, target: Target) -> Convolution | None:
        """A grouped convolution among what a target's layer is built as.

        Where the source does not say which calls those are, any of the same type in the file counts.
        """
        return next((each for each in self._of(target) if each.grouped), None)

    def ungrouped(self, target: Target) -> bool:
        """Whether groups cannot matter for a target: nothing that its layer may be built as is given any but 1."""
        return all(each.grouped is False for each in self._of(target))

    @cached_property
    def inits_look_at_groups(self) -> bool:
        """Whether an init in the file looks at the groups of the module that it writes to: mostly to divide by them.

        Then its author knows of them, and what another init of the file leaves out is meant.
        """
        return any(self._looks_at_groups(site.function.node, site.target) for site in self._file.sites if site.function)

    def _of(self, target: Target) -> Iterator[Convolution]:
        if target.calls:
            places = (self._places[call.node] for call in target.calls if call.node in self._places)
            return (self.convolutions[place] for place in sorted(places))
        layers = frozenset(target.layers or ())
        return (each for each in self.convolutions if each.layers <= layers)

    @cached_property
    def _places(self) -> dict[cst.Call, int]:
        return {each.node: place for place, each in enumerate(self.convolutions)}

    def _looks_at_groups(self, function: cst.FunctionDef, target: Target | None) -> bool:
        if target is None or target.owner is None:
            return False
        owner = text.code(target.owner)
        return any(text.code(each.value) == owner for each in attributes(function, "groups"))

    def _convolutions(self) -> Iterator[Convolution]:
        grouping = Grouping(self._file)
        known = {call.node: layer for call, layer in self._file.layer_calls}
        for call in self._file.record.calls:
            layer = known.get(call.node)
            groups, layers = self._known(layer) if layer is not None else self._unknown(call)
            if groups is not None and layers:
                yield Convolution(call.node, layers, groups, grouping.grouped(call.node, groups, call.env), layer)

    def _known(self, call: LayerCall) -> tuple[cst.BaseExpression | None, frozenset[Layer]]:
        return call.given("groups"), frozenset({call.layer}) & _PLAIN

    def _unknown(self, call: Call) -> tuple[cst.BaseExpression | None, frozenset[Layer]]:
        """A convolution of the file's own, or of a type that is chosen when the program runs."""
        keywords = {each.keyword.value: each.value for each in call.node.args if each.keyword is not None}
        if "groups" not in keywords:
            return None, frozenset()
        definition = self._file.names.definition(call.node.func, call.env)
        if isinstance(definition, Class):
            bases = {self._file.names.qualified(base.value, definition.env) for base in definition.node.bases}
            return keywords["groups"], frozenset(each for each in _PLAIN if each.qualified in bases)
        if definition is None and keywords.keys() >= _KEYWORDS:
            return keywords["groups"], _EAGER
        return None, frozenset()
