"""Following code as it runs: what is held, and which inits reach the modules in there.

Constructors, methods, functions and the module are followed in execution order. A follower knows at each init which
layers it reaches: by `layer.weight`, in a loop over modules, by `apply`, or through a function that is given a module.
What that means, subclasses say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import libcst as cst

from initlint.facts.api.layers import Layer
from initlint.facts.api.modules import ADDING
from initlint.facts.execution.holding import SELF, Held, Holding, Leaf, Reference
from initlint.facts.execution.reaching import Reach, asks_for_wrap, owner, parameter, passes
from initlint.facts.execution.steps import Step, body, conditions, constructor, exclusive, methods, runs, weaker
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Function, Scope, Write

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

Accept = Callable[[Sequence[Layer], bool], "InitSite | None"]
"""The site that writes the weight of such a layer, if the init reaches it."""


@dataclass(frozen=True, slots=True, eq=False)
class Init:
    """A call that initialises what `reference` stands for, `subject` as it is spelled.

    `function` is what is applied or called, with the file that it is in; None where the call is the site itself.
    `applied` is how the argument of `apply` is spelled.
    """

    call: Call
    step: Step
    subject: cst.BaseExpression
    reference: Reference
    accept: Accept
    function: tuple[Reach, Function] | None = None
    applied: cst.BaseExpression | None = None


_F = TypeVar("_F", bound="Follower")


class Traces(Generic[_F]):
    """The scopes of one file as followers of one kind see them, each class followed once."""

    def __init__(self, file: File, follower: type[_F], attribute: str = "weight") -> None:
        self.file = file
        self.reach = Reach(file, attribute)
        self._follower = follower
        self._done: dict[Class, _F] = {}

    def of(self, class_: Class) -> _F:
        """The constructor of a class, followed to its end (as far as it is, where classes build each other)."""
        if class_ not in self._done:
            self._done[class_] = self._follower(self.file, class_, traces=self)
            self._done[class_].run(constructor(self.file, class_))
        return self._done[class_]

    def free(self) -> Iterator[_F]:
        """The functions outside of classes, and the module."""
        functions = [function for function in self.file.functions if function.owner is None]
        for scope in (*functions, self.file.record.module):
            follower = self._follower(self.file, None, traces=self)
            follower.run(body(self.file, scope))
            yield follower

    def later(self, class_: Class) -> Iterator[_F]:
        """The methods that others call when the constructor has run, each from where that ended."""
        constructed = self.of(class_)
        for method in class_.methods.values():
            if method not in constructed.scopes and method.name != "forward":
                follower = constructed.copy()
                follower.run(body(self.file, method, class_))
                yield follower


@dataclass(slots=True)
class Follower(Holding):
    """What is held so far; `reached` is told of every init, `untracked` of every other call."""

    traces: Traces[Any] = field(kw_only=True)
    scopes: set[Scope] = field(default_factory=set)

    def copy(self: _F) -> _F:
        """The same state, to go on from."""
        return replace(self, held=dict(self.held), scopes=set())

    def reached(self, init: Init) -> None:
        """An init of modules."""
        raise NotImplementedError

    def untracked(self, call: Call, step: Step) -> None:
        """Any other call."""

    def run(self, steps: Iterator[Step]) -> None:
        """Follow steps to the end."""
        for step in steps:
            self.scopes.add(step.scope)
            if isinstance(step.event, Write):
                self.write(step.event, step)
            elif isinstance(step.event, Call):
                self.call(step.event, step)

    def leaves_inside(self, seen: frozenset[Class] = frozenset()) -> Iterator[Leaf]:
        """All layers that the object holds, those of the own classes in it included."""
        for leaf in [leaf for place, each in self.held.items() if isinstance(place, str) for leaf in each.leaves]:
            yield from self.opened(leaf, seen)

    def opened(self, leaf: Leaf, seen: frozenset[Class] = frozenset()) -> Iterator[Leaf]:
        """A module and the layers in it."""
        yield leaf
        if leaf.class_ is not None and leaf.class_ not in seen:
            yield from self.traces.of(leaf.class_).leaves_inside(seen | {leaf.class_})

    def leaves_of(self, reference: Reference, step: Step) -> list[Leaf]:
        """The modules that a reference stands for, with those inside if it says so."""
        if SELF in reference.places:
            return list(self.leaves_inside()) if reference.inside else []
        found = self.at(reference, step)
        return [each for leaf in found for each in self.opened(leaf)] if reference.inside else list(found)

    def write(self, write: Write, step: Step) -> None:
        """An assignment: to an attribute of the object, or to an item of one."""
        target = write.target
        inner = target.value if isinstance(target, cst.Subscript) else target
        name = step.own(inner)
        if name is None:
            return
        before = self.held.get(name)
        if write.value is None or write.unpacking:
            self.held.pop(name, None)
            return
        built = self.file.builder.build(write.value, write.env)
        held = Held(self.leaves(built, write, step, name), built.counted)
        if before is not None and (inner is not target or write.operator is not None):
            held = Held(before.leaves + held.leaves, counted=False)
        elif before is not None and _only_without(before, step) and not any(leaf.wrap for leaf in held.leaves):
            held = before
        self.held[name] = held

    def call(self, call: Call, step: Step) -> None:
        """A call: an init, or what adds to what is held."""
        site = self.traces.reach.weight_site(call)
        name = call.node.func.attr.value if isinstance(call.node.func, cst.Attribute) else None
        if site is not None:
            self.site(site, call, step)
        elif name == "apply":
            self.apply(call, step)
        elif name in ADDING or name == "register_module":
            self.add(call, step)
        else:
            self.pass_on(call, step)

    def add(self, call: Call, step: Step) -> None:
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

    def site(self, site: InitSite, call: Call, step: Step) -> None:
        """An init of `self.conv.weight`, `self.convs[i].weight`, or of the weight of a loop variable over them."""
        module = site.target.owner if site.target is not None else None
        assert module is not None
        reference = self.refer(module, call.env, step)
        if reference is None or asks_for_wrap(site.guards):
            self.untracked(call, step)
            return
        subject = owner(site)

        def accept(layers: Sequence[Layer], reclassed: bool) -> InitSite | None:
            guards = site.guards if reference.inside else [each for each in site.guards if _about(each, subject)]
            return site if passes(guards, subject, layers, reclassed) else None

        certainty = weaker(step.around, runs(self.file, call.block, subject))
        self.reached(Init(call, replace(step, runs=certainty), module, reference, accept))

    def applied(self, call: Call, step: Step) -> tuple[Reach, Function, Reference] | None:
        """The function of a call of `apply`, and the modules that it gets; None where one is not known."""
        function = call.node.func
        assert isinstance(function, cst.Attribute)
        found = self.function(call.node.args[0].value, call, step) if len(call.node.args) == 1 else None
        reference = self.refer(function.value, call.env, step)
        return (*found, replace(reference, inside=True)) if found is not None and reference is not None else None

    def apply(self, call: Call, step: Step) -> None:
        """`self.convs.apply(init_weights)`."""
        applied = self.applied(call, step)
        if applied is None:
            self.untracked(call, step)
            return
        reach, definition, reference = applied
        assert isinstance(call.node.func, cst.Attribute)
        accept = _given(reach, definition, parameter(definition, 0))
        self.reached(
            Init(call, step, call.node.func.value, reference, accept, (reach, definition), call.node.args[0].value)
        )

    def pass_on(self, call: Call, step: Step) -> None:
        """`init_layer(self.conv)`, `init_weights(self)`: a function that initialises what it is given."""
        found = self.function(call.node.func, call, step) if call.node.args else None
        if found is None:
            self.untracked(call, step)
            return
        for position, argument in enumerate(call.node.args):
            reference = self.refer(argument.value, call.env, step) if argument.keyword is None else None
            subject = parameter(found[1], position)
            if reference is None or not subject:
                continue
            if SELF not in reference.places:
                self.reached(Init(call, step, argument.value, reference, _given(*found, subject), found))
            inside = replace(reference, inside=True)
            self.reached(Init(call, step, argument.value, inside, _inside(*found, subject), found))

    def definition(self, node: cst.BaseExpression, call: Call, step: Step) -> Function | None:
        """The function of this file, or the method of this class, that is applied or called."""
        name = step.own(node)
        if name is not None and self.class_ is not None:
            return methods(self.file, self.class_).get(name)
        return self.traces.reach.function(node, call.env)

    def function(self, node: cst.BaseExpression, call: Call, step: Step) -> tuple[Reach, Function] | None:
        """The function that is applied or called, that of another file included, with what it writes."""
        definition = self.definition(node, call, step)
        return (self.traces.reach, definition) if definition else self.traces.reach.imported(node, call.env)


def _given(reach: Reach, definition: Function, subject: str) -> Accept:
    return lambda layers, reclassed: reach.given(definition, subject, layers, reclassed)


def _inside(reach: Reach, definition: Function, subject: str) -> Accept:
    return lambda layers, reclassed: reach.inside(definition, subject, layers, reclassed)


def _only_without(held: Held, step: Step) -> bool:
    """Whether a step runs only where modules are not wrapped as they are held."""
    tests = conditions(step)
    return any(leaf.wrap is not None and exclusive(tests, leaf.wrap.conditions) for leaf in held.leaves)


def _about(guard: object, subject: str) -> bool:
    tested = getattr(guard, "subject", None)
    return isinstance(tested, str) and (tested == subject or tested.startswith(f"{subject}."))
