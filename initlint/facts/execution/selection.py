"""Selection: which modules pass the tests on the way to an init, and which attributes those modules have."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from initlint.facts.api.layers import WEIGHTLESS, Layer, LayerKind, layers_named
from initlint.facts.execution.ancestry import Ancestry, ancestry, ancestry_elsewhere, attributes
from initlint.facts.execution.graph import Part
from initlint.facts.execution.steps import Runs
from initlint.facts.meaning.guards import ClassNameGuard, Guard, Presence, TypeGuard
from initlint.facts.reading import text

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


class Selection:
    """What the source says of the type and the attributes of modules; None is an answer that it leaves open."""

    def __init__(self, file: File) -> None:
        self.file = file
        self._origins: dict[object, Ancestry | None] = {}

    def takes(self, guards: Iterable[Guard], subject: str, part: Part) -> bool | None:
        """Whether a module passes every test, spelled `subject` there."""
        found: bool | None = True
        for guard in guards:
            passed = self.passes(guard, subject, part)
            if passed is False:
                return False
            found = found and passed
        return found

    def reaches(self, site: InitSite, part: Part) -> bool:
        """Whether an init writes to a module for certain when it comes by, unless an argument leaves the module out."""
        owner = site.target.owner if site.target is not None else None
        if owner is None or part.runs is Runs.OPEN or part.wrapped:
            return False
        return self.takes(site.guards, text.code(owner), part) is True

    def passes(self, guard: Guard, subject: str, part: Part) -> bool | None:
        """Whether a module passes one test."""
        match guard:
            case TypeGuard(subject=tested) if tested == subject:
                found = self.is_a(part, guard.classes, exact=guard.exact)
            case ClassNameGuard(subject=tested) if tested == subject:
                found = self._is_named(part, guard)
            case Presence(kind="hasattr", subject=tested) if tested.startswith(f"{subject}."):
                found = self.has(part, tested.removeprefix(f"{subject}."))
            case Presence(kind="none", subject=tested) if tested.startswith(f"{subject}."):
                found = self.holds(part, tested.removeprefix(f"{subject}."))
            case Presence(kind="none", subject=tested) if tested == subject:
                found = True
            case _:
                return None
        return None if found is None else found is not guard.negated

    def has(self, part: Part, attribute: str) -> bool | None:
        """Whether a module has an attribute, be it None."""
        if part.layer is not None:
            return _layer_has(part.layer.layer, attribute)
        if part.container is not None or _weightless(part):
            return False if attribute in ("weight", "bias") else None
        origin = self.origin(part)
        if origin is None:
            return None
        if any(_layer_has(layer, attribute) for layer in origin.layers):
            return True
        found = attributes(self.file, origin)
        return True if attribute in found.names else False if found.complete else None

    def holds(self, part: Part, attribute: str) -> bool | None:
        """Whether the `weight` or `bias` of a module is not None; of a recurrent layer `bias` is a bool."""
        if part.layer is None or attribute not in ("weight", "bias"):
            return None
        return True if _is_bool(part.layer.layer, attribute) else part.layer.has(attribute)

    def is_tensor(self, part: Part, attribute: str) -> bool | None:
        """Whether the `weight` or `bias` of a module is a tensor."""
        if part.layer is not None and _is_bool(part.layer.layer, attribute):
            return False
        return False if self.has(part, attribute) is False else self.holds(part, attribute)

    def name(self, part: Part) -> str | None:
        """The name of the class of a module."""
        if part.layer is not None:
            return part.layer.layer.name
        if part.container is not None:
            return part.container
        if _weightless(part):
            return (part.called or "").rpartition(".")[2]
        origin = self.origin(part)
        if origin is None:
            return None
        return origin.classes[0].name if origin.classes else origin.outside[0].name

    def origin(self, part: Part) -> Ancestry | None:
        """Where the class of a module comes from; None for layers, containers and what is not known."""
        key: object = part.class_ or part.node
        if key not in self._origins:
            found = None
            if part.class_ is not None:
                found = ancestry(self.file, part.class_)
            elif part.called is not None:
                found = ancestry_elsewhere(self.file, part.called)
            self._origins[key] = found
        return self._origins[key]

    def is_a(self, part: Part, classes: tuple[str | None, ...], *, exact: bool = False) -> bool | None:
        """Whether a module is an instance of one of some classes, by their qualified names."""
        found: bool | None = False
        for name in classes:
            one = None if name is None else self._is_one(part, name, exact)
            if one:
                return True
            found = None if one is None else found
        return found

    def _is_one(self, part: Part, name: str, exact: bool) -> bool | None:
        if name == "torch.nn.Module":
            return not exact
        layers = layers_named(name)
        known = bool(layers) or name in self._own
        if part.layer is not None:
            exactly = part.layer.layer.qualified == name and not part.wrapped
            return (exactly if exact else part.layer.layer in layers) if known else None
        if part.container is not None:
            return part.container in {layer.name for layer in layers} if known else None
        origin = self.origin(part)
        if origin is None or not known:
            return None
        names = [f".{each.name}" for each in origin.classes]
        if name in (names[:1] if exact else names) or (not exact and not set(layers).isdisjoint(origin.layers)):
            return True
        return False if exact or origin.known or origin.layers else None

    @cached_property
    def _own(self) -> frozenset[str]:
        """The classes of the file, as tests name them."""
        return frozenset(f".{class_.name}" for class_ in self.file.classes)

    def _is_named(self, part: Part, guard: ClassNameGuard) -> bool | None:
        name = self.name(part)
        if name is None:
            return None
        if any(word == name if guard.exact else word in name for word in guard.words):
            return True
        return None if any(word.lower() in name.lower() for word in guard.words) else False


def _weightless(part: Part) -> bool:
    """Whether it is one of torch's modules that have no parameters."""
    return part.called is not None and part.called.removeprefix("torch.nn.") in WEIGHTLESS


def _layer_has(layer: Layer, attribute: str) -> bool | None:
    if attribute not in ("weight", "bias"):
        return None
    return layer.dims(attribute) is not None or _is_bool(layer, attribute)


def _is_bool(layer: Layer, attribute: str) -> bool:
    return layer.kind is LayerKind.RECURRENT and attribute == "bias"
