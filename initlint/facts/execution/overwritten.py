"""Constants that a model sets on purpose and then initialises again with everything else.

A constructor gives a layer zeros, ones, an identity; later a function that is applied, or a loop over modules or
parameters, reaches the same layer: in the constructor, in a method that is called when it has run, or in the class that
builds this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.execution.following import Follower, Init, Traces
from initlint.facts.execution.holding import Leaf, Reference
from initlint.facts.execution.loops import parameter_loop
from initlint.facts.execution.reaching import Reach, owner
from initlint.facts.execution.steps import Runs, Step, conditions, exclusive, runs, weaker
from initlint.facts.meaning.names import BUILTINS
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Branch, Call, Class, Env, Function, Looped, Write

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class OverwrittenInit:
    """An init with a constant, and the later one of everything that takes its place.

    `call` is that of the later one, `last` the site that it leads to. `together` says that both calls are statements of
    one function, one after the other.
    """

    first: InitSite
    last: InitSite
    call: Call
    together: bool


def overwritten_inits(file: File) -> Iterator[OverwrittenInit]:
    """The constants of a file that are overwritten, each once."""
    for attribute in ("weight", "bias"):
        traces = Traces(file, _Trace, attribute)
        followed = [trace for class_ in file.classes for trace in (traces.of(class_), *traces.later(class_))]
        found = [each for trace in followed for each in trace.overwritten.values()]
        yield from {each.first.node: each for each in reversed(found)}.values()


_CONSTANTS = frozenset({Draw.CONSTANT, Draw.EYE, Draw.DIRAC})


@dataclass(slots=True)
class _Trace(Follower):
    """The constants that layers hold so far, and those that were overwritten and not set again.

    Where a constructor initialises everything and sets its constants after that, a method that does the former again is
    no mistake of the latter: `settled` are the layers that constructors take care of.
    """

    constants: dict[Leaf, tuple[InitSite, Step]] = field(default_factory=dict)
    overwritten: dict[Leaf, OverwrittenInit] = field(default_factory=dict)
    general: set[Leaf] = field(default_factory=set)
    settled: frozenset[Leaf] = frozenset()

    def copy(self) -> _Trace:
        held, constants = dict(self.held), dict(self.constants)
        settled = frozenset(self.general)
        return replace(self, held=held, scopes=set(), constants=constants, overwritten={}, settled=settled)

    def known(self, seen: frozenset[Class] = frozenset()) -> dict[Leaf, tuple[InitSite, Step]]:
        """The constants that the object holds, those of the own classes in it included."""
        found = dict(self.constants)
        classes = {leaf.class_ for held in self.held.values() for leaf in held.leaves if leaf.class_ is not None}
        for class_ in classes - seen:
            found = self.traces.of(class_).known(seen | classes) | found
        return found

    def reached(self, init: Init) -> None:
        if init.reference.inside:
            self._everything(init)
            return
        for leaf in self.leaves_of(init.reference, init.step):
            site = init.accept(leaf.layers, False)
            if site is None:
                continue
            self._forget([leaf])
            self.constants.pop(leaf, None)
            if init.function is None and site.initializer.draw in _CONSTANTS and init.step.own(_held(init.subject)):
                self.constants[leaf] = site, init.step

    def _everything(self, init: Init) -> None:
        if init.function is not None and _does_more(*init.function):
            self._touch(init.reference, init.step)
            return
        known = self.known()
        for leaf in self.leaves_of(init.reference, init.step):
            last = init.accept(leaf.layers, False)
            self.general |= {leaf} if last is not None else set()
            if last is not None and leaf in known and leaf not in self.settled:
                self._overwrite(leaf, known[leaf], last, init.call, init.step)

    def _overwrite(self, leaf: Leaf, first: tuple[InitSite, Step], last: InitSite, call: Call, step: Step) -> None:
        site, before = first
        tests, others = conditions(before), conditions(step)
        own = leaf in self.constants
        if (own and exclusive(tests, others)) or (step.runs is Runs.OPEN and not (own and others <= tests)):
            return
        if _value(site) != _value(last):
            statements = site.stands_alone and call.discarded and site.call.block is call.block
            self.overwritten[leaf] = OverwrittenInit(site, last, call, statements and before.entered is None)

    def untracked(self, call: Call, step: Step) -> None:
        """A call that may set again what was overwritten, or a loop over parameters."""
        site = self.traces.reach.sites.get(call.node)
        target = site.target if site is not None else None
        if site is not None and target is not None and target.loop is not None:
            self._parameters(site, call, step)
        elif target is None or target.attribute in (None, self.traces.reach.attribute):
            found = [self._reference(argument.value, call.env, step) for argument in call.node.args]
            if site is not None and not any(found):
                self.overwritten.clear()
            if not self._is_harmless(call, step):
                found.append(self._reference(call.node.func, call.env, step, called=True))
            for reference in found:
                self._touch(reference, step)

    def _reference(self, node: cst.BaseExpression, env: Env, step: Step, *, called: bool = False) -> Reference | None:
        """The modules that hold what an expression takes something from; of a method that is called, what it is of."""
        held = _held(node)
        if isinstance(held, cst.Attribute) and (step.own(held) is None or (called and held is node)):
            held = held.value
        return self.refer(held, env, step)

    def _parameters(self, site: InitSite, call: Call, step: Step) -> None:
        """`for p in self.parameters(): if p.dim() > 1: nn.init.xavier_uniform_(p)`."""
        loop = parameter_loop(site)
        self.overwritten.clear()
        around = next((block.parent for block in call.block.path() if block.branch is Branch.LOOP), None)
        if loop is not None and not loop.words and around is not None:
            outside = replace(step, runs=weaker(step.around, runs(self.file, around)))
            nodes = {each.node for each in loop.reached if each.local == self.traces.reach.attribute}
            for leaf, first in self.known().items():
                if leaf.node in nodes:
                    self._overwrite(leaf, first, site, call, outside)

    def _is_harmless(self, call: Call, step: Step) -> bool:
        """Whether a method that is called on the object is followed anyway, or writes no weight."""
        name = step.own(call.node.func)
        return name is not None and (name in _HARMLESS or self.definition(call.node.func, call, step) is not None)

    def _touch(self, reference: Reference | None, step: Step) -> None:
        """Modules may be set to anything from here on."""
        if reference is not None:
            self._forget(self.leaves_of(replace(reference, inside=True), step))

    def _forget(self, leaves: list[Leaf]) -> None:
        for leaf in leaves:
            self.overwritten.pop(leaf, None)

    def write(self, write: Write, step: Step) -> None:
        name = step.own(write.target)
        if name is None:
            self._touch(self._reference(write.target, write.env, step), step)
        elif name in self.held:
            self._forget([*self.held[name].leaves])
        Follower.write(self, write, step)


_HARMLESS = frozenset(
    {
        *("register_buffer", "register_parameter", "add_module", "register_module", "parameters", "named_parameters"),
        *("modules", "named_modules", "children", "named_children", "train", "eval", "to", "requires_grad_"),
    }
)
_VISITING = _HARMLESS | {"apply", "find", "lower", "startswith", "endswith", "split", "format"}


def _held(node: cst.BaseExpression) -> cst.BaseExpression:
    """`self.fc` of `self.fc[0].weight.data`, `m.fc` of `m.fc.weight`, `m` of `m`."""
    while True:
        match node:
            case cst.Attribute(value=cst.Name()):
                return node
            case cst.Attribute(value=inner) | cst.Subscript(value=inner) | cst.Call(func=cst.Attribute(value=inner)):
                node = inner
            case _:
                return node


def _does_more(reach: Reach, function: Function) -> bool:
    """Whether a function may do more to a module than the inits in it: it calls its methods, or passes it on."""
    return any(_acts(reach, event) for event in function.events if isinstance(event, Call))


def _acts(reach: Reach, call: Call) -> bool:
    site = reach.sites.get(call.node)
    if site is not None:
        return "." in owner(site) or not owner(site)
    match call.node.func:
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method)) if method not in _VISITING:
            if isinstance(call.env.lookup(name), Argument | Looped):
                return True
    builtin = reach.file.names.qualified(call.node.func, call.env) in BUILTINS
    given = [argument.value for argument in call.node.args if not builtin]
    return any(isinstance(call.env.lookup(text.code(node)), Argument | Looped) for node in given)


def _value(site: InitSite) -> float | str:
    """The constant that a site writes, or what it draws."""
    if site.initializer.draw is not Draw.CONSTANT:
        return site.name
    if not site.initializer.parameters:
        return float(site.name == "ones_")
    number = site.number(site.initializer.parameters[0])
    given = site.given(site.initializer.parameters[0])
    return number if number is not None else text.code(given) if given is not None else site.name
