"""Tests of the wrong module: `hasattr(m, "bias")` on the way to a write of `m.conv.bias`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.graph import Part
from initlint.facts.execution.selection import Selection
from initlint.facts.execution.steps import Runs
from initlint.facts.meaning.guards import Presence
from initlint.facts.reading import text

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class Misdirected:
    """A `hasattr` that asks a module for what is written in a module inside it.

    `asked` and `written` are the two as they are spelled, `part` is the one inside, which has the attribute; no class
    that holds such a one has it, so that the write never runs.
    """

    test: cst.BaseExpression
    asked: str
    written: str
    attribute: str
    part: Part


def misdirected(selection: Selection, site: InitSite) -> Misdirected | None:
    """The test of the wrong module that stands before a site; None where it may be the right one."""
    target = site.target
    match target.owner if target is not None else None:
        case cst.Attribute(value=outer, attr=cst.Name(value=name)) as inner:
            pass
        case _:
            return None
    assert target is not None
    assert target.attribute is not None
    asked = f"{text.code(outer)}.{target.attribute}"
    tests = [guard for guard in site.guards if isinstance(guard, Presence) and guard.kind == "hasattr"]
    test = next((guard for guard in tests if guard.subject == asked and not guard.negated), None)
    if test is None:
        return None
    parts = [selection.file.trees.graph.of_class(class_) for class_ in selection.file.classes]
    holding = [(found[0], part) for found in parts for part in found if part.path == name and part.is_module]
    certain = (part for _, part in holding if part.runs is not Runs.OPEN and selection.holds(part, target.attribute))
    part = next(certain, None)
    if part is None or any(selection.has(holder, target.attribute) is not False for holder, _ in holding):
        return None
    return Misdirected(test.node, text.code(outer), text.code(inner), target.attribute, part)
