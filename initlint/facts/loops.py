"""Loops over the parameters of a model: which model, and which tests a parameter passes before it is initialised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts import text
from initlint.facts.construction import LayerCall
from initlint.facts.guards import DimGuard, OtherGuard, TypeGuard, WordGuard
from initlint.facts.layers import LayerKind
from initlint.facts.scopes import Class

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class ParameterLoop:
    """An init of every parameter that a loop over `parameters()` visits.

    `class_` is the class whose parameters they are, where that is known; `words` the words that the parameter's name
    is tested for, with whether the test is negated. `open` says that a test stands there which is not understood.
    """

    site: InitSite
    class_: Class | None
    words: tuple[tuple[str, bool], ...]
    by_dimension: bool
    open: bool

    def layers(self, file: File) -> tuple[LayerCall, ...]:
        """The torch layers that the class builds itself."""
        return file.inventory.layers_of(self.class_) if self.class_ is not None else ()

    def norms(self, file: File) -> tuple[LayerCall, ...]:
        """The normalisation layers among them that have a weight."""
        return tuple(layer for layer in self.layers(file) if layer.layer.kind is LayerKind.NORM and layer.has("weight"))

    def biased(self, file: File) -> tuple[LayerCall, ...]:
        """The layers among them that have a bias for certain."""
        return tuple(layer for layer in self.layers(file) if layer.has("bias"))


def parameter_loop(site: InitSite) -> ParameterLoop | None:
    """The loop over parameters that a site stands in; None where its target is no loop variable."""
    target = site.target
    if target is None or target.loop is None:
        return None
    match target.loop.iterable:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=receiver))):
            class_ = site.file.modules.class_of_self(receiver, site.call.block)
        case _:
            class_ = None
    words: list[tuple[str, bool]] = []
    by_dimension, open_ = False, False
    for guard in site.guards:
        match guard:
            case WordGuard():
                words.append((guard.word, guard.negated))
            case DimGuard():
                by_dimension = by_dimension or guard.subject == target.text
            case OtherGuard() | TypeGuard():
                open_ = open_ or "requires_grad" not in text.code(guard.node)
            case _:
                open_ = True
    return ParameterLoop(site, class_, tuple(words), by_dimension, open_)
