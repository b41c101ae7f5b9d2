"""Which modules the inits of a file may write: what none of them may reach keeps the values of its constructor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer, LayerKind
from initlint.facts.api.torch_init import Draw
from initlint.facts.api.words import says_init
from initlint.facts.execution.graph import Part
from initlint.facts.execution.selection import Selection
from initlint.facts.execution.steps import lineage
from initlint.facts.execution.trees import MOST
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Call, Class, Event, Function, Looped, Write

if TYPE_CHECKING:
    from initlint.facts.execution.trees import Tree
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


def changes_law(site: InitSite, layer: Layer) -> bool:
    """Whether an init gives the weight of a layer another law than the constructor of the layer does."""
    if site.target is None or site.target.attribute != "weight":
        return False
    draw, kind = site.initializer.draw, layer.kind
    if draw is Draw.CONSTANT:
        return not (kind is LayerKind.NORM and _constant(site) == 1)
    if draw is Draw.KAIMING_UNIFORM and kind in (LayerKind.LINEAR, LayerKind.CONV):
        slope = site.number("a")
        return slope is None or not math.isclose(slope, math.sqrt(5))
    if draw is Draw.NORMAL and kind is LayerKind.EMBEDDING:
        return not (site.absent("mean") and site.absent("std"))
    return True


def _constant(site: InitSite) -> float | None:
    if site.name in ("ones_", "zeros_", "zero_"):
        return float(site.name == "ones_")
    return site.number("val" if site.name == "constant_" else "value")


def written_to(site: InitSite) -> cst.BaseExpression | None:
    """The module whose parameter a site writes; of a loop over parameters the module that they are of."""
    target = site.target
    if target is None:
        return None
    match target.loop.iterable if target.loop is not None else None:
        case cst.Call(func=cst.Attribute(value=model)):
            return model
        case _:
            return target.owner


def loop_over(site: InitSite) -> Looped | None:
    """The loop whose variable the module is that a site writes to."""
    module = written_to(site)
    env = site.target.loop.env if site.target is not None and site.target.loop is not None else site.call.env
    binding = env.lookup(module.value) if isinstance(module, cst.Name) else None
    return binding if isinstance(binding, Looped) else None


class Inits:
    """The inits of one file, seen from the modules whose weights they may write."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.selection = Selection(file)

    @cached_property
    def in_function(self) -> dict[Function, list[tuple[int, InitSite]]]:
        """The init sites by the function that they stand in, each with its place among all."""
        found: dict[Function, list[tuple[int, InitSite]]] = {}
        for place, site in enumerate(self.file.sites):
            if site.function is not None:
                found.setdefault(site.function, []).append((place, site))
        return found

    @cached_property
    def in_loop(self) -> dict[cst.BaseExpression, list[InitSite]]:
        """The init sites by what the loop runs over whose variable the module is that they write to."""
        found: dict[cst.BaseExpression, list[InitSite]] = {}
        for site in self.file.sites:
            loop = loop_over(site)
            if loop is not None:
                found.setdefault(loop.iterable, []).append(site)
        return found

    def may_reach(self, class_: Class, part: Part, without: cst.Call) -> bool:
        """Whether an init may write the weight of a part of a class's objects, one loop or `apply` left out.

        An init in the class of a module that holds it counts, a function that is not known and says that it
        initialises counts for what it is given.
        """
        if self._written(class_, part.path, part, without):
            return True
        for holder in self._holders(class_, part):
            origin = self.selection.origin(holder)
            if origin is None or not origin.known or holder.class_ is None:
                return True
            if self._written(holder.class_, part.path[len(holder.path) + 1 :], part, without):
                return True
        return False

    def _holders(self, class_: Class, part: Part) -> Iterator[Part]:
        """The modules between an object and one of its parts, containers left out."""
        for each in self.file.trees.graph.of_class(class_):
            around = part.path.startswith(f"{each.path}.") and part.chain[: len(each.chain)] == each.chain
            if each.path and around and each.container is None:
                yield each

    def _written(self, class_: Class, path: str, part: Part, without: cst.Call) -> bool:
        own = set(lineage(self.file, class_))
        name = path.partition(".")[0]
        if any(self._unknown_init(call, name, own, without) for call in self.file.record.calls):
            return True
        if any(self._ties(event, name) for each in own for method in each.methods.values() for event in method.events):
            return True
        return any(self._reaches(site, class_, path, part, own, without) for site in self.file.sites)

    def _ties(self, event: Event, name: str) -> bool:
        """`self.head.weight = self.embedding.weight`."""
        if not isinstance(event, Write) or not isinstance(event.target, cst.Attribute):
            return False
        tied = event.target.attr.value in ("weight", "data")
        return tied and self._is_own(event.target.value, name, event.block)

    def _reaches(
        self, site: InitSite, class_: Class, path: str, part: Part, own: set[Class], without: cst.Call
    ) -> bool:
        module = written_to(site)
        loop = loop_over(site)
        if module is None or site.target is None or (loop is not None and loop.iterable is without):
            return False
        if site.target.attribute == "bias":
            return False
        whole = site.target.loop is not None
        guards = () if whole else site.guards
        trees = self.file.trees.of(module, site.call.env, site.call)
        if not trees or len(trees) == MOST:
            passed = self.selection.takes(guards, text.code(module), part)
            return site.class_ in own and (whole or passed is not False)
        found = (tree for tree in trees if tree.whole[0].class_ is class_)
        found = (tree for tree in found if tree.by is None or tree.by.node is not without)
        if whole:
            return any(not tree.path or f"{path}.".startswith(f"{tree.path}.") for tree in found)
        return any(
            tree.path == path and self.selection.takes(guards, text.code(module), tree.root) is not False
            for tree in found
        )

    def _unknown_init(self, call: Call, name: str, own: set[Class], without: cst.Call) -> bool:
        """Whether a function that the file does not define may initialise an attribute, or the object."""
        function = call.node.func
        word = text.last_name(function) or ""
        writes = says_init(word) or word.endswith("_") or word == "apply"
        if not writes or call.node in self._sites or call.node is without:
            return False
        if self.file.class_around(call.block) not in own:
            return False
        applied = word == "apply" and call.node.args
        known = list(self.file.trees.functions(call.node.args[0].value if applied else function, call))
        given = [argument.value for argument in call.node.args]
        receiver = [function.value] if isinstance(function, cst.Attribute) else []
        return not known and any(self._is_own(each, name, call.block) for each in (*receiver, *given))

    def _is_own(self, node: cst.BaseExpression, name: str, block: Block) -> bool:
        """`self`, `self.<name>`, or something in there."""
        spelled = text.dotted(node if not isinstance(node, cst.Subscript) else node.value) or ""
        receiver, _, rest = spelled.partition(".")
        own = bool(receiver) and self.file.modules.class_of_self(receiver, block) is not None
        return own and (not rest or rest.partition(".")[0] == name)

    @cached_property
    def _sites(self) -> frozenset[cst.Call]:
        return frozenset(site.node for site in self.file.sites)


def trees_of(site: InitSite) -> tuple[Tree, ...]:
    """The modules that a site may write to, where it comes by."""
    module = written_to(site)
    return site.file.trees.of(module, site.call.env, site.call) if module is not None else ()
