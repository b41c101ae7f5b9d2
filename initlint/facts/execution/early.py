"""Inits of all modules that run while the object is still being built: what is added later is not among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.graph import Part, Parts
from initlint.facts.execution.inits import Inits, changes_law, loop_over, says_init, written_to
from initlint.facts.execution.reaching import Over, iterated, parameter
from initlint.facts.execution.steps import Runs, Step, constructor
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Event

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
        place = _place(step, step.event) if isinstance(step.event, Call) and step.runs is not Runs.OPEN else None
        if place is None or not isinstance(step.event, Call) or step.event.node in seen:
            continue
        seen.add(step.event.node)
        outer = step.entered or step.event
        sites = list(_sites(inits.file, step.event)) if outer.block.scope is class_.methods["__init__"] else []
        late = _late(inits, class_, step.event, place, sites) if sites else None
        if late is not None:
            yield EarlyInit(class_, outer, *late)


def _place(step: Step, call: Call) -> str | None:
    """The path of what `self.apply(…)` or `self.modules()` goes through, "" for the object itself."""
    match call.node:
        case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="apply")), args=[_]):
            pass
        case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="modules" | "named_modules")), args=()):
            pass
        case _:
            return None
    return "" if step.is_self(model) else step.own(model)


def _late(
    inits: Inits, class_: Class, call: Call, place: str, sites: list[tuple[InitSite, str]]
) -> tuple[InitSite, tuple[Part, ...]] | None:
    graph = inits.file.trees.graph
    before = graph.of_class(class_, call)
    added = [part for part in graph.of_class(class_) if _inside(part, place) and _is_new(part, before)]
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


def _inside(part: Part, place: str) -> bool:
    certain = part.runs is not Runs.OPEN and not part.wrapped
    return certain and (not place or part.path.startswith(f"{place}."))


def _is_new(part: Part, before: Parts) -> bool:
    return not any(part.chain == each.chain or (part.node is each.node and not each.class_) for each in before)


def _sites(file: File, call: Call) -> Iterator[tuple[InitSite, str]]:
    """The sites that write the weights of the modules that a call goes through, with the name of the module there."""
    functions = [each for argument in call.node.args for each, _ in file.trees.functions(argument.value, call)]
    for site in file.sites:
        module = written_to(site)
        subject = text.code(module) if module is not None else ""
        loop = loop_over(site)
        if loop is not None and loop.iterable is call.node:
            found = iterated(loop)
            if found is not None and found.over is Over.MODULES:
                yield site, subject
        elif loop is None and any(site.function is each and subject == parameter(each, 0) for each in functions):
            yield site, subject
