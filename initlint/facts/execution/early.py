"""Inits of all modules that run while the object is still being built: what is added later is not among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.words import says_init
from initlint.facts.execution.graph import Part, Parts
from initlint.facts.execution.inits import Inits, changes_law, written_to
from initlint.facts.execution.reaching import parameter
from initlint.facts.execution.steps import Runs, Step, constructor
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Event, Function

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class EarlyInit:
    """An `apply` or a loop over modules in a constructor that comes before layers which it would initialise.

    `call` is the one to move, in the constructor itself: the `apply`, the loop's `modules()`, or the call of the method
    that holds it. `late` are the layers.
    """

    class_: Class
    call: Call
    site: InitSite
    late: tuple[Part, ...]

    @property
    def last(self) -> cst.SimpleStatementLine | None:
        """The statement behind which the call can stand, so that nothing else changes: the last of the constructor.

        None where the call is no statement of the constructor's own, or an init that must stay behind it comes between.
        """
        constructor = self.class_.methods["__init__"]
        body = constructor.node.body.body
        last = body[-1] if body else None
        plain = self.call.discarded and self.call.block.parent is None
        behind = constructor.events[constructor.events.index(self.call) + 1 :]
        if not plain or not isinstance(last, cst.SimpleStatementLine) or any(map(_may_init, behind)):
            return None
        return last


def _may_init(event: Event) -> bool:
    name = text.last_name(event.node.func) if isinstance(event, Call) else None
    return name is not None and (says_init(name) or name.endswith("_") or name == "apply")


def early_inits(file: File) -> Iterator[EarlyInit]:
    """The inits of a file that come too early, in the order of the source."""
    inits = Inits(file)
    for class_ in file.classes:
        if "__init__" in class_.methods:
            yield from _of_class(inits, class_)


def _of_class(inits: Inits, class_: Class) -> Iterator[EarlyInit]:
    seen: set[cst.Call] = set()
    for step in constructor(inits.file, class_):
        if not isinstance(step.event, Call) or step.runs is Runs.OPEN or step.event.node in seen:
            continue
        seen.add(step.event.node)
        outer = step.entered or step.event
        if outer.block.scope is not class_.methods["__init__"]:
            continue
        for model, sites in _visits(inits, step.event):
            place = "" if step.is_self(model) else step.own(model)
            late = _late(inits, class_, step, place, list(sites)) if place is not None else None
            if late is not None:
                yield EarlyInit(class_, outer, *late)
                break


def _visits(inits: Inits, call: Call) -> Iterator[tuple[cst.BaseExpression, Iterator[Visiting]]]:
    """The models whose modules a call goes through, all of them, with the inits on that way.

    `net.apply(f)`, `net.modules()` of a loop, and `f(net)` where the function does so with its parameter.
    """
    yield from _plain_visits(inits, call)
    for function, _ in inits.file.trees.functions(call.node.func, call):
        for position, argument in enumerate(call.node.args):
            if argument.keyword is None and not argument.star:
                yield argument.value, _of_parameter(inits, function, parameter(function, position))


def _plain_visits(inits: Inits, call: Call) -> Iterator[tuple[cst.BaseExpression, Iterator[Visiting]]]:
    match call.node:
        case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="apply")), args=[given]):
            functions = [each for each, _ in inits.file.trees.functions(given.value, call)]
            yield model, _of_functions(inits, functions)
        case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="modules" | "named_modules")), args=()):
            yield model, _of_loop(inits, call.node)


Visiting = tuple["InitSite", str]
"""An init of a module that a call comes by, and the name of the module there."""


def _of_functions(inits: Inits, functions: list[Function]) -> Iterator[Visiting]:
    found = {place: (site, each) for each in functions for place, site in inits.in_function.get(each, ())}
    for _, (site, function) in sorted(found.items()):
        module = written_to(site)
        subject = text.code(module) if module is not None else ""
        if subject == parameter(function, 0):
            yield site, subject


def _of_loop(inits: Inits, iterable: cst.Call) -> Iterator[Visiting]:
    for site in inits.in_loop.get(iterable, ()):
        module = written_to(site)
        if module is not None:
            yield site, text.code(module)


def _of_parameter(inits: Inits, function: Function, name: str) -> Iterator[Visiting]:
    """The inits of what is in the model that a function is given as a parameter."""
    for event in function.events:
        for model, sites in _plain_visits(inits, event) if isinstance(event, Call) else ():
            if isinstance(model, cst.Name) and model.value == name:
                yield from sites


def _late(
    inits: Inits, class_: Class, step: Step, place: str, sites: list[Visiting]
) -> tuple[InitSite, tuple[Part, ...]] | None:
    call = step.event
    if not sites or not isinstance(call, Call):
        return None
    graph = inits.file.trees.graph
    before = graph.of_class(class_, call)
    added = [part for part in graph.of_class(class_) if _follows(part, step, place) and _is_new(part, before)]
    for site, subject in sites:
        late = tuple(
            part
            for part in added
            if part.layer is not None
            and changes_law(site, part.layer.layer)
            and inits.selection.takes(site.guards, subject, part)
            and not inits.may_reach(class_, part, call.node)
        )
        if late:
            return site, late
    return None


def _follows(part: Part, step: Step, place: str) -> bool:
    """Whether a part is there, where it is there at all, together with an init; and lies where that goes through."""
    together = step.runs is Runs.ALWAYS or part.runs is not Runs.OPEN
    return together and not part.wrapped and (not place or part.path.startswith(f"{place}."))


def _is_new(part: Part, before: Parts) -> bool:
    return not any(part.chain == each.chain or (part.node is each.node and not each.class_) for each in before)
