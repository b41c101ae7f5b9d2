"""What attributes and locals hold while code runs: modules, the layers in them, and what those are wrapped in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import WEIGHTLESS, Layer
from initlint.facts.execution.reaching import Over, iterated
from initlint.facts.execution.steps import Runs, Step, condition, conditions, decided, weaker
from initlint.facts.meaning.construction import Built, Wrap
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Block, Call, Class, Env, Function, Looped, Scope, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

Place = str | Assigned | Argument
"""Where modules are held: an attribute of `self` by its name, a local by its assignment, what a function is given."""

SELF = ""
"""The place of the object itself."""

_DEPTH = 6
_PARAMETRIZATIONS = "torch.nn.utils.parametrizations."


@dataclass(frozen=True, slots=True, eq=False)
class Wrapping:
    """A reparametrisation that a layer is under from a place on.

    `inner` is the construction that it stands around, None where the layer was there before; `statement` holds it.
    `conditions` are the tests under which it is there, each as it is spelled and what it comes out as.
    """

    call: cst.Call
    inner: cst.BaseExpression | None
    reclassed: bool
    runs: Runs
    block: Block
    scope: Scope
    entered: Call | None
    statement: cst.CSTNode
    conditions: frozenset[tuple[str, bool]] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A module that a place holds: a layer of one of these types, a module of an own class, or something unknown.

    `neutral` ones have no weight that an init could mean. `node` is the constructor's call of a layer.
    """

    layers: tuple[Layer, ...] = ()
    class_: Class | None = None
    wrap: Wrapping | None = None
    neutral: bool = False
    node: cst.Call | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """The places that a module expression stands for; `inside`: the modules in there, `at`: one element."""

    places: tuple[Place, ...]
    inside: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The modules at a place; `counted` where each stands at its index."""

    leaves: tuple[Leaf, ...]
    counted: bool = True


@dataclass(slots=True)
class Holding:
    """What is held so far in one class, function or module."""

    file: File
    class_: Class | None
    held: dict[Place, Held] = field(default_factory=dict)

    def refer(self, node: cst.BaseExpression, env: Env, step: Step, depth: int = _DEPTH) -> Reference | None:
        """The places that a module expression stands for."""
        attribute = step.own(node)
        if attribute is not None:
            return Reference((attribute,))
        if depth == 0:
            return None
        if isinstance(node, cst.Subscript):
            inner = self.refer(node.value, env, step, depth - 1)
            position = text.index(node)
            at = text.integer(position) if position is not None else None
            return replace(inner, at=at) if inner is not None and inner.at is None else inner
        if not isinstance(node, cst.Name):
            return None
        method = step.scope
        if isinstance(method, Function) and method.owner is not None and method.arguments[:1] == (node.value,):
            return Reference((SELF,))
        binding = env.lookup(node.value)
        if isinstance(binding, Looped):
            return self._looped(binding, step, depth - 1)
        if isinstance(binding, Argument):
            return Reference((binding,))
        if not isinstance(binding, Assigned) or binding.unpacking:
            return None
        alias = self.refer(binding.value, binding.env, step, depth - 1)
        return alias if alias is not None else Reference((binding,))

    def _looped(self, looped: Looped, step: Step, depth: int) -> Reference | None:
        found = iterated(looped)
        if found is None:
            return None
        references = [self.refer(node, looped.env, step, depth) for node in found.nodes]
        if found.over is Over.THEMSELVES:
            places = tuple(place for each in references if each is not None for place in each.places)
            plain = all(each is not None and not each.inside and each.at is None for each in references)
            return Reference(places) if plain else None
        reference = references[0]
        inside = found.over in (Over.MODULES, Over.CHILDREN)
        return replace(reference, inside=True) if reference is not None and inside else reference

    def at(self, reference: Reference, step: Step) -> tuple[Leaf, ...]:
        """What the places of a reference hold: one element where it says which and that is known."""
        found: list[Leaf] = []
        for place in reference.places:
            held = self.of(place, step)
            if reference.at is not None and held.counted and -len(held.leaves) <= reference.at < len(held.leaves):
                found.append(held.leaves[reference.at])
            else:
                found += held.leaves
        return tuple(found)

    def of(self, place: Place, step: Step) -> Held:
        """What a place holds; a local holds what it was assigned until something is done to it."""
        if isinstance(place, Assigned) and place not in self.held:
            assignment = self.file.assignment_of(place.value)
            if assignment is not None:
                self.held[place] = Held(())
                built = self.file.builder.build(place.value, place.env)
                event = Write(place.value, place.value, place.env, assignment.block, assignment.statement)
                always = replace(step, runs=Runs.ALWAYS)
                self.held[place] = Held(self.leaves(built, event, always), built.counted)
        return self.held.get(place, Held(()))

    def leaves(self, built: Built, event: Write | Call, step: Step, name: str | None = None) -> tuple[Leaf, ...]:
        """The modules that a construction holds; those that it takes from other places are as they are there."""
        found: list[Leaf] = []
        for leaf in built.leaves():
            wrap = self.wrapping(leaf.wraps, event, step, name)
            if leaf.layer is not None:
                neutral = leaf.layer.layer.weight_dims is None and wrap is None
                found.append(Leaf((leaf.layer.layer,), None, wrap, neutral, leaf.layer.node))
            elif leaf.class_ is not None:
                found.append(Leaf((), leaf.class_, wrap, neutral=wrap is None))
            elif self._weightless(leaf.node, event.env):
                found.append(Leaf(neutral=True))
            else:
                inner = leaf.wraps[-1].node.args[0].value if leaf.wraps else leaf.node
                reference = self.refer(inner, event.env, step)
                known = self.at(reference, step) if reference is not None and not reference.inside else ()
                found += [replace(each, wrap=wrap) if wrap else each for each in known] or [Leaf(wrap=wrap)]
        return tuple(found)

    def wrapping(
        self, wraps: tuple[Wrap, ...], event: Write | Call, step: Step, name: str | None = None
    ) -> Wrapping | None:
        """The reparametrisation that a step puts around a module, to be held by attribute `name`."""
        if not wraps:
            return None
        around, tests = step.runs, conditions(step)
        if around is not Runs.ALWAYS and name is not None and self._always_wrapped(name):
            around, tests = Runs.ALWAYS, frozenset()
        for wrap in (each for each in wraps if not each.certain):
            around = weaker(around, decided(self.file, *wrap.choice) if wrap.choice else Runs.OPEN)
            tests |= {condition(*wrap.choice[:2]) if wrap.choice else ("", True)}
        reclassed = any(wrap.qualified.startswith(_PARAMETRIZATIONS) for wrap in wraps)
        inner = wraps[0].node.args[0].value if len(wraps) == 1 else None
        return Wrapping(
            wraps[0].node, inner, reclassed, around, event.block, step.scope, step.entered, event.statement, tests
        )

    def _always_wrapped(self, name: str) -> bool:
        """Whether every assignment to an attribute wraps, so that the branch taken does not matter."""
        built = self.file.modules.built(self.class_, name) if self.class_ is not None else ()
        leaves = [leaf for each in built for leaf in each.leaves()]
        return bool(leaves) and all(leaf.wraps and all(wrap.certain for wrap in leaf.wraps) for leaf in leaves)

    def _weightless(self, node: cst.BaseExpression, env: Env) -> bool:
        qualified = self.file.names.qualified(node.func, env) if isinstance(node, cst.Call) else None
        return qualified is not None and qualified.removeprefix("torch.nn.") in WEIGHTLESS
