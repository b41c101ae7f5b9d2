"""Writes to the weight of a layer that is already reparametrised: they are lost without a word.

Follows constructors, methods, functions and the module in execution order: which attributes and locals hold layers
under `weight_norm` and the like, wrapped where they are built, later, or by a function that is applied; and which inits
come after that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer
from initlint.facts.execution.holding import SELF, Held, Holding, Leaf, Reference, Wrapping
from initlint.facts.execution.reaching import Reach, asks_for_wrap, is_removal, owner, parameter, passes, removes
from initlint.facts.execution.steps import Runs, Step, body, constructor, methods, runs, weaker
from initlint.facts.meaning.construction import REPARAMETRISATIONS
from initlint.facts.meaning.guards import TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.expressions import ADDING
from initlint.facts.reading.scopes import Block, Call, Class, Function, Scope, Write

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class LostInit:
    """An init that comes after the wrap of its layer.

    `node` is the call to move: the init, the `apply`, or the constructor's call of the method that initialises where
    the wrap is in another method. `subject` is the module that is initialised, `whole` says that its own weight is, not
    that of modules inside it. `applied` is the function that `apply` is given, `local` whether it is defined in the
    function around the call.
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


Accept = Callable[[Sequence[Layer], bool], "InitSite | None"]
"""The site that writes the weight of such a layer, if the init reaches it."""


def lost_inits(file: File) -> Iterator[LostInit]:
    """The inits of a file that are lost under a reparametrisation, each call once."""
    traces = _Traces(file)
    found = [lost for class_ in file.classes for lost in traces.of(class_).everything()]
    free = [function for function in file.functions if function.owner is None]
    for scope in (*free, file.record.module):
        trace = _Trace(file, None, traces=traces)
        trace.run(body(file, scope))
        found += trace.lost
    yield from {lost.node: lost for lost in reversed(found)}.values()


class _Traces:
    """What the classes of one file wrap, each followed once."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.reach = Reach(file)
        self._done: dict[Class, _Trace] = {}

    def of(self, class_: Class) -> _Trace:
        """The constructor of a class, followed to its end (as far as it is, where classes build each other)."""
        if class_ not in self._done:
            self._done[class_] = _Trace(self.file, class_, traces=self)
            self._done[class_].run(constructor(self.file, class_))
        return self._done[class_]


@dataclass(slots=True)
class _Trace(Holding):
    """What is held and lost so far; `everywhere` are the layers that a function which is applied to all wraps."""

    traces: _Traces = field(kw_only=True)
    everywhere: list[Leaf] = field(default_factory=list)
    lost: list[LostInit] = field(default_factory=list)
    scopes: set[Scope] = field(default_factory=set)

    def run(self, steps: Iterator[Step]) -> None:
        """Follow steps to the end."""
        for step in steps:
            self.scopes.add(step.scope)
            if isinstance(step.event, Write):
                self._write(step.event, step)
            elif isinstance(step.event, Call):
                self._call(step.event, step)

    def everything(self) -> Iterator[LostInit]:
        """What is lost in the constructor, and in methods that others call afterwards."""
        yield from self.lost
        assert self.class_ is not None
        for method in self.class_.methods.values():
            if method not in self.scopes and method.name != "forward":
                later = _Trace(self.file, self.class_, dict(self.held), list(self.everywhere), traces=self.traces)
                later.run(body(self.file, method, self.class_))
                yield from later.lost

    def leaves_inside(self, seen: frozenset[Class] = frozenset()) -> Iterator[Leaf]:
        """All layers that the object holds, those of the own classes in it included."""
        held = [leaf for place, each in self.held.items() if isinstance(place, str) for leaf in each.leaves]
        for leaf in (*self.everywhere, *held):
            yield from self._opened(leaf, seen)

    def _opened(self, leaf: Leaf, seen: frozenset[Class] = frozenset()) -> Iterator[Leaf]:
        yield leaf
        if leaf.class_ is not None and leaf.class_ not in seen:
            inner = self.traces.of(leaf.class_).leaves_inside(seen | {leaf.class_})
            yield from (each for each in inner if each.wrap is None or each.wrap.runs is Runs.ALWAYS)

    def _write(self, write: Write, step: Step) -> None:
        target = write.target
        inner = target.value if isinstance(target, cst.Subscript) else target
        name = step.own(inner)
        if name is None:
            return
        before = self.held.pop(name, None)
        if write.value is None or write.unpacking:
            return
        built = self.file.builder.build(write.value, write.env)
        held = Held(self.leaves(built, write, step, name), built.counted)
        if before is not None and (inner is not target or write.operator is not None):
            held = Held(before.leaves + held.leaves, counted=False)
        self.held[name] = held

    def _call(self, call: Call, step: Step) -> None:
        site = self.traces.reach.weight_site(call)
        name = call.node.func.attr.value if isinstance(call.node.func, cst.Attribute) else None
        if site is not None:
            self._site(site, call, step)
        elif name == "apply":
            self._apply(call, step)
        elif is_removal(call):
            self._remove(call, step)
        elif name in ADDING or name == "register_module":
            self._add(call, step)
        elif self.file.names.qualified(call.node.func, call.env) in REPARAMETRISATIONS and call.node.args:
            self._wrap_in_place(call, step)
        else:
            self._pass_on(call, step)

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
            elif reference.inside or self._definition(call.node.func, call, step) is None:
                self._forget()

    def _forget(self) -> None:
        self.held.clear()
        self.everywhere.clear()

    def _add(self, call: Call, step: Step) -> None:
        """`self.convs.append(…)`, `self.add_module("conv", …)`; what locals get appended is in their construction."""
        function = call.node.func
        assert isinstance(function, cst.Attribute)
        reference = self.refer(function.value, call.env, step)
        if reference is None or reference.inside or reference.at is not None or len(reference.places) != 1:
            return
        (place,) = reference.places
        leaves = tuple(leaf for each in self.file.builder.added(call) for leaf in self.leaves(each, call, step))
        if place == SELF and len(call.node.args) == 2:
            name = self.file.values.string(call.node.args[0].value, call.env)
            self.held[name or text.code(call.node.args[0].value)] = Held(leaves)
        elif isinstance(place, str):
            self.held[place] = Held(self.of(place, step).leaves + leaves, counted=False)

    def _site(self, site: InitSite, call: Call, step: Step) -> None:
        """An init of `self.conv.weight`, `self.convs[i].weight`, or of the weight of a loop variable over them."""
        module = site.target.owner if site.target is not None else None
        assert module is not None
        reference = self.refer(module, call.env, step)
        if reference is None or asks_for_wrap(site.guards):
            return
        subject = owner(site)

        def accept(layers: Sequence[Layer], reclassed: bool) -> InitSite | None:
            guards = site.guards if reference.inside else [each for each in site.guards if _about(each, subject)]
            return site if passes(guards, subject, layers, reclassed) else None

        certainty = weaker(step.around, runs(self.file, call.block, subject))
        self._report(call, replace(step, runs=certainty), module, reference, accept)

    def _apply(self, call: Call, step: Step) -> None:
        function = call.node.func
        assert isinstance(function, cst.Attribute)
        if len(call.node.args) != 1:
            return
        applied = call.node.args[0].value
        definition = self._definition(applied, call, step)
        reference = self.refer(function.value, call.env, step)
        if definition is None or reference is None:
            return
        reference = replace(reference, inside=True)
        if removes(definition):
            self._change(reference, step, lambda _: Leaf()) if SELF not in reference.places else self._forget()
            return
        subject = parameter(definition, 0)
        self._report(
            call,
            step,
            function.value,
            reference,
            lambda layers, reclassed: self.traces.reach.given(definition, subject, layers, reclassed),
            applied,
        )
        self._wrap_applied(definition, reference, call, step)

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

    def _pass_on(self, call: Call, step: Step) -> None:
        """`init_layer(self.conv)`, `init_weights(self)`: a function of this file that initialises what it is given."""
        if not call.node.args or (definition := self._definition(call.node.func, call, step)) is None:
            return
        reach = self.traces.reach
        for position, argument in enumerate(call.node.args):
            reference = self.refer(argument.value, call.env, step) if argument.keyword is None else None
            subject = parameter(definition, position)
            if reference is None or not subject:
                continue
            if SELF not in reference.places:
                given = lambda layers, reclassed, name=subject: reach.given(definition, name, layers, reclassed)  # noqa: E731
                self._report(call, step, argument.value, reference, given)
            inside = lambda layers, reclassed, name=subject: reach.inside(definition, name, layers, reclassed)  # noqa: E731
            self._report(call, step, argument.value, replace(reference, inside=True), inside)

    def _definition(self, node: cst.BaseExpression, call: Call, step: Step) -> Function | None:
        """The function of this file, or the method of this class, that is applied or called."""
        name = step.own(node)
        if name is not None and self.class_ is not None:
            return methods(self.file, self.class_).get(name)
        return self.traces.reach.function(node, call.env)

    def _report(
        self,
        call: Call,
        step: Step,
        subject: cst.BaseExpression,
        reference: Reference,
        accept: Accept,
        applied: cst.BaseExpression | None = None,
    ) -> None:
        """Note an init that reaches a layer which is reparametrised by then."""
        found = [(leaf.wrap, site) for leaf, site in self._reached(reference, accept, step) if leaf.wrap is not None]
        found = [(wrap, site) for wrap, site in found if _follows(step, wrap)]
        if not found or (not reference.inside and len(found) != len(self._meant(reference, accept, step))):
            return
        wraps = tuple(wrap for wrap, _ in found)
        node = call.node
        if step.entered is not None and wraps[0].entered not in (None, step.entered):
            node = step.entered.node
        whole = SELF not in reference.places and not any(leaf.class_ for leaf in self.at(reference, step))
        definition = self._definition(applied, call, step) if applied is not None else None
        local = definition is not None and definition.outer is step.scope and isinstance(step.scope, Function)
        self.lost.append(LostInit(node, call, step, subject, whole, wraps, found[0][1], applied, local))

    def _meant(self, reference: Reference, accept: Accept, step: Step) -> list[Leaf]:
        leaves = [leaf for leaf in self.at(reference, step) if not leaf.neutral]
        return [leaf for leaf in leaves if not leaf.layers or _accepted(leaf, accept)]

    def _reached(self, reference: Reference, accept: Accept, step: Step) -> Iterator[tuple[Leaf, InitSite]]:
        """The layers that an init reaches; none in a container that holds others beside those that are wrapped."""
        if SELF in reference.places:
            leaves = list(self.leaves_inside()) if reference.inside else []
        else:
            if any(leaf.wrap is None for leaf in self._meant(reference, accept, step)):
                return
            leaves = list(self.at(reference, step))
            if reference.inside:
                leaves = [each for leaf in leaves for each in self._opened(leaf)]
        for leaf in leaves:
            site = _accepted(leaf, accept) if leaf.wrap is not None else None
            if site is not None:
                yield leaf, site


def _accepted(leaf: Leaf, accept: Accept) -> InitSite | None:
    return accept(leaf.layers, leaf.wrap is not None and leaf.wrap.reclassed)


def _about(guard: object, subject: str) -> bool:
    tested = getattr(guard, "subject", None)
    return isinstance(tested, str) and (tested == subject or tested.startswith(f"{subject}."))


def _follows(step: Step, wrap: Wrapping) -> bool:
    """Whether the wrap is there when a step runs: always, because both run by default, or in the same branch."""
    if wrap.runs is Runs.ALWAYS or (wrap.runs is Runs.BY_DEFAULT and step.runs is not Runs.OPEN):
        return True
    blocks: list[Block | None] = [getattr(step.event, "block", None), step.entered.block if step.entered else None]
    return any(wrap.block in block.path() for block in blocks if block is not None)
