"""Writes to the weight of a layer that is already reparametrised: they are lost without a word.

Which attributes and locals hold layers under `weight_norm` and the like, wrapped where they are built, later, or by a
function that is applied; and which inits come after that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer
from initlint.facts.api.reparametrisations import REPARAMETRISATIONS
from initlint.facts.execution.following import Accept, Follower, Init, Traces
from initlint.facts.execution.holding import SELF, Held, Leaf, Reference, Wrapping
from initlint.facts.execution.reaching import is_removal, removes
from initlint.facts.execution.steps import Runs, Step, conditions, exclusive, runs, weaker
from initlint.facts.meaning.guards import TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Branch, Call, Class, Function

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class LostInit:
    """An init that comes after the wrap of its layer.

    `node` is the call to move: the init, the `apply`, or the constructor's call of the method that initialises where
    the wrap is in another method. `subject` is the module that is initialised, `whole` says that its own weight is, not
    that of modules inside it. `applied` is the function that `apply` is given, `local` whether it is defined in the
    function around the call. `together` says that the wraps stand before the call in one function, and are there
    whenever it runs; `where` on which condition they are there, "" where that is the default.
    """

    node: cst.Call
    call: Call
    step: Step
    subject: cst.BaseExpression
    whole: bool
    wraps: tuple[Wrapping, ...]
    site: InitSite
    applied: cst.BaseExpression | None
    local: bool
    together: bool
    where: str


def lost_inits(file: File) -> Iterator[LostInit]:
    """The inits of a file that are lost under a reparametrisation, each call once."""
    traces = Traces(file, _Trace)
    followed = [trace for class_ in file.classes for trace in (traces.of(class_), *traces.later(class_))]
    found = [lost for trace in (*followed, *traces.free()) for lost in trace.lost]
    yield from {lost.node: lost for lost in reversed(found)}.values()


@dataclass(slots=True)
class _Trace(Follower):
    """What is held and lost so far; `everywhere` are the layers that a function which is applied to all wraps."""

    everywhere: list[Leaf] = field(default_factory=list)
    lost: list[LostInit] = field(default_factory=list)

    def copy(self) -> _Trace:
        return replace(self, held=dict(self.held), scopes=set(), everywhere=list(self.everywhere), lost=[])

    def leaves_inside(self, seen: frozenset[Class] = frozenset()) -> Iterator[Leaf]:
        for leaf in self.everywhere:
            yield from self.opened(leaf, seen)
        yield from Follower.leaves_inside(self, seen)

    def opened(self, leaf: Leaf, seen: frozenset[Class] = frozenset()) -> Iterator[Leaf]:
        for each in Follower.opened(self, leaf, seen):
            if each is leaf or each.wrap is None or each.wrap.runs is Runs.ALWAYS:
                yield each

    def call(self, call: Call, step: Step) -> None:
        if is_removal(call):
            self._remove(call, step)
        elif self.file.names.qualified(call.node.func, call.env) in REPARAMETRISATIONS and call.node.args:
            self._wrap_in_place(call, step)
        else:
            Follower.call(self, call, step)

    def apply(self, call: Call, step: Step) -> None:
        applied = self.applied(call, step)
        if applied is None:
            return
        _, definition, reference = applied
        if removes(definition):
            self._change(reference, step, lambda _: Leaf()) if SELF not in reference.places else self._forget()
            return
        Follower.apply(self, call, step)
        self._wrap_applied(definition, reference, call, step)

    def _wrap_in_place(self, call: Call, step: Step) -> None:
        """`weight_norm(self.conv)`, also of the variable of a loop."""
        built = self.file.builder.build(call.node, call.env)
        module = call.node.args[0].value
        reference = self.refer(module, call.env, step)
        if reference is None or not built.wraps:
            return
        subject = text.code(module)
        certainty = weaker(step.around, runs(self.file, call.block, subject))
        wrap = self.wrapping(built.wraps, call, replace(step, runs=certainty))
        if wrap is None:
            return
        wrap = replace(wrap, inner=None)
        types = self._types(call, subject)
        if SELF in reference.places:
            if reference.inside and types:
                self._wrap_everywhere(types, wrap, step)
            return
        self._change(reference, step, lambda leaf: replace(leaf, wrap=wrap, neutral=False), types)

    def _wrap_everywhere(self, types: tuple[Layer, ...], wrap: Wrapping, step: Step) -> None:
        """Wrap all layers of some types, those that are not known to be there included."""
        self.everywhere.append(Leaf(types, None, wrap))
        attributes = tuple(place for place in self.held if isinstance(place, str))
        self._change(Reference(attributes), step, lambda leaf: replace(leaf, wrap=wrap), types)

    def _types(self, call: Call, subject: str) -> tuple[Layer, ...]:
        """The layer types that the tests around a call pick; empty where there is no such test."""
        for guard in self.file.guards.around(call.block):
            if isinstance(guard, TypeGuard) and guard.subject == subject and guard.layers and not guard.negated:
                return guard.layers
        return ()

    def _change(
        self, reference: Reference, step: Step, change: Callable[[Leaf], Leaf], types: Sequence[Layer] = ()
    ) -> None:
        """Do something to the modules of a reference, where tests pick types only to those."""
        for place in reference.places:
            held = self.of(place, step)
            chosen = self.at(replace(reference, places=(place,)), step)
            if types:
                chosen = tuple(leaf for leaf in chosen if set(leaf.layers) & set(types))
            leaves = tuple(change(leaf) if leaf in chosen else leaf for leaf in held.leaves)
            self.held[place] = Held(leaves, held.counted)

    def _remove(self, call: Call, step: Step) -> None:
        """After `remove_weight_norm(self.conv)` an init takes effect."""
        expressions = [argument.value for argument in call.node.args[:1]]
        if isinstance(call.node.func, cst.Attribute):
            expressions.append(call.node.func.value)
        for expression in expressions:
            reference = self.refer(expression, call.env, step)
            if reference is None:
                continue
            if SELF not in reference.places:
                self._change(reference, step, lambda _: Leaf())
            elif reference.inside or self.definition(call.node.func, call, step) is None:
                self._forget()

    def _forget(self) -> None:
        self.held.clear()
        self.everywhere.clear()

    def _wrap_applied(self, definition: Function, reference: Reference, call: Call, step: Step) -> None:
        """An applied function that wraps the modules that it takes."""
        for event in definition.events:
            if not isinstance(event, Call) or not event.node.args:
                continue
            if self.file.names.qualified(event.node.func, event.env) not in REPARAMETRISATIONS:
                continue
            types = self._types(event, text.code(event.node.args[0].value))
            wrap = self.wrapping(self.file.builder.build(event.node, event.env).wraps, call, step)
            if not types or wrap is None:
                continue
            wrap = replace(wrap, inner=None)
            if SELF in reference.places:
                self._wrap_everywhere(types, wrap, step)
            else:
                self._change(reference, step, lambda leaf, wrap=wrap: replace(leaf, wrap=wrap), types)  # type: ignore[misc]

    def reached(self, init: Init) -> None:
        """Note an init that reaches a layer which is reparametrised by then."""
        call, step, reference = init.call, init.step, init.reference
        found = [(leaf.wrap, site) for leaf, site in self._lost(init) if leaf.wrap is not None]
        found = [(wrap, site) for wrap, site in found if _follows(step, wrap)]
        if not found or (not reference.inside and len(found) != len(self._meant(reference, init.accept, step))):
            return
        wraps = tuple(wrap for wrap, _ in found)
        node = call.node
        if step.entered is not None and wraps[0].entered not in (None, step.entered):
            node = step.entered.node
        whole = SELF not in reference.places and not any(leaf.class_ for leaf in self.at(reference, step))
        definition = self.definition(init.applied, call, step) if init.applied is not None else None
        local = definition is not None and definition.outer is step.scope and isinstance(step.scope, Function)
        together = all(_together(call, step, wrap) for wrap in wraps)
        site, applied = found[0][1], init.applied
        lost = LostInit(node, call, step, init.subject, whole, wraps, site, applied, local, together, _where(wraps))
        self.lost.append(lost)

    def _meant(self, reference: Reference, accept: Accept, step: Step) -> list[Leaf]:
        leaves = [leaf for leaf in self.at(reference, step) if not leaf.neutral]
        return [leaf for leaf in leaves if not leaf.layers or _accepted(leaf, accept)]

    def _lost(self, init: Init) -> Iterator[tuple[Leaf, InitSite]]:
        """The layers that an init reaches; none in a container that holds others beside those that are wrapped."""
        step, reference, accept = init.step, init.reference, init.accept
        if SELF not in reference.places and any(leaf.wrap is None for leaf in self._meant(reference, accept, step)):
            return
        for leaf in self.leaves_of(reference, step):
            site = _accepted(leaf, accept) if leaf.wrap is not None else None
            if site is not None:
                yield leaf, site


def _accepted(leaf: Leaf, accept: Accept) -> InitSite | None:
    return accept(leaf.layers, leaf.wrap is not None and leaf.wrap.reclassed)


def _follows(step: Step, wrap: Wrapping) -> bool:
    """Whether the wrap is there when a step runs, at least on the conditions of the wrap."""
    if exclusive(conditions(step), wrap.conditions):
        return False
    if wrap.runs is not Runs.OPEN and step.runs is not Runs.OPEN:
        return True
    if wrap.runs is Runs.ALWAYS or ("", True) in wrap.conditions:
        return wrap.runs is Runs.ALWAYS
    blocks: list[Block | None] = [getattr(step.event, "block", None), step.entered.block if step.entered else None]
    same = any(wrap.block in block.path() for block in blocks if block is not None)
    return same or (wrap.runs is Runs.OPEN and step.runs is not Runs.OPEN and bool(wrap.conditions))


def _together(call: Call, step: Step, wrap: Wrapping) -> bool:
    """Whether a wrap stands before an init in one function and is there whenever that runs."""
    path = list(wrap.block.path())
    between = path[: path.index(call.block)] if call.block in path else path
    straight = call.block in path and all(block.branch in (Branch.LOOP, Branch.WITH, Branch.BODY) for block in between)
    return straight and wrap.scope is step.scope and wrap.conditions <= conditions(step)


def _where(wraps: Sequence[Wrapping]) -> str:
    """On which condition the wraps are there; "" where one always is, or is by default."""
    found = [wrap.conditions for wrap in wraps if wrap.runs is Runs.OPEN]
    if len(found) < len(wraps):
        return ""
    tests = sorted(set.union(*map(set, found)))
    return " and ".join(f"{test} holds" if outcome else f"{test} does not hold" for test, outcome in tests if test)
