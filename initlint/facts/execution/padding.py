"""Padding rows: the row of an `nn.Embedding` that stays 0 and gets no gradient, and what writes to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.modules import ADDING
from initlint.facts.execution.afterwards import whole, written_after
from initlint.facts.execution.loops import parameter_loop
from initlint.facts.execution.served import served
from initlint.facts.execution.steps import Runs, methods
from initlint.facts.reading import text
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Assigned, Call, Function, Joined, Scope
from initlint.facts.sites.parts import part_writes

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.construction import LayerCall
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class PaddedTable:
    """A random init of the whole table of an embedding that is built with a padding row, which nothing zeroes again.

    `always` is false where another branch builds it without such a row.
    """

    site: InitSite
    table: LayerCall
    padding: cst.BaseExpression
    always: bool = True


def padding(table: LayerCall) -> cst.BaseExpression | None:
    """The padding row of an `nn.Embedding`; None for other layers, and where none is given."""
    given = table.given("padding_idx") if table.layer.name == "Embedding" else None
    literal = table.literal("padding_idx") if given is not None else None
    return None if literal is not None and literal.value is None else given


def overwritten_rows(file: File) -> Iterator[PaddedTable]:
    """Inits of the weight of an embedding that the class or function around them builds with a padding row."""
    for site in file.sites:
        found = next(_tables(site), None) if site.initializer.random else None
        if found is None or written_after(site):
            continue
        area = site.class_ or site.call.block.scope
        if not _keeps_row(site, (area,)) and not _is_initialised_elsewhere(site):
            yield found


def dispatched_rows(file: File) -> Iterator[PaddedTable]:
    """Inits of every embedding that a function meets, where a model of the file that it serves has a padding row."""
    for site in file.sites:
        target, function = site.target, site.function
        guard = target.guard if target is not None else None
        if target is None or target.attribute != "weight" or function is None or not site.initializer.random:
            continue
        if guard is None or not any(layer.name == "Embedding" for layer in guard.layers or ()) or written_after(site):
            continue
        models = served(file, function)
        calls = (table for call, table in file.layer_calls if file.class_around(call.block) in models)
        found = next(((table, row) for table in calls if (row := padding(table)) is not None), None)
        if found is not None and not _asks(function) and not _keeps_row(site, (function, *models)):
            yield PaddedTable(site, *found)


def _tables(site: InitSite) -> Iterator[PaddedTable]:
    """The embeddings with a padding row whose whole weight a site writes: always, or where they are built with one."""
    target = site.target
    calls = _constructions(site) if target is not None and target.attribute == "weight" else ()
    rows = [(call, row) for call in calls if (row := padding(call)) is not None]
    always = len(rows) == len(calls) and not _is_conditional(site)
    if rows and (always or not site.guards):
        yield PaddedTable(site, *rows[0], always=always)
    loop = parameter_loop(site) if target is not None and target.loop is not None else None
    layers = {table.node: table for _, table in site.file.layer_calls} if loop is not None else {}
    for each in loop.reached if loop is not None else ():
        table = layers.get(each.node) if isinstance(each.node, cst.Call) else None
        row = padding(table) if table is not None and each.runs is not Runs.OPEN else None
        if table is not None and row is not None:
            yield PaddedTable(site, table, row)


def _is_conditional(site: InitSite) -> bool:
    """Whether one of two expressions builds the layer whose weight a site writes: `a if test else b`."""
    owner = site.target.owner if site.target is not None else None
    built = site.file.targets.built(owner, site.call.env, site.call.block) if owner is not None else ()
    return any(isinstance(each.node, cst.IfExp) for each in built)


def _constructions(site: InitSite) -> tuple[LayerCall, ...]:
    """The calls that build the layer whose weight a site writes, one for each branch that a local comes from."""
    target = site.target
    assert target is not None
    binding = site.call.env.lookup(target.owner.value) if isinstance(target.owner, cst.Name) else None
    if target.calls or not isinstance(binding, Joined):
        return target.calls
    assigned = [each for each in binding.alternatives if isinstance(each, Assigned) and not each.unpacking]
    built = [site.file.builder.build(each.value, each.env).layer for each in assigned]
    known = tuple(layer for layer in built if layer is not None)
    return known if len(known) == len(binding.alternatives) else ()


_ROW = re.compile(r"['\"]?pad(ding)?_idx['\"]?")


def _asks(function: Function) -> bool:
    """Whether a function asks for the padding row of what it is given, by its name or with `getattr`."""
    words: list[cst.Name | cst.SimpleString] = inside(function.node, cst.Name, cst.SimpleString)
    return any(_ROW.fullmatch(word.value) for word in words)


def _keeps_row(site: InitSite, areas: Sequence[Scope]) -> bool:
    """Whether something in some classes or functions may set rows of the weight of a module apart from the others."""
    file, owner = site.file, site.target.owner if site.target is not None else None
    writes = (write.tensor for write in part_writes(file) if _inside(write.block.scope, areas))
    if any(isinstance(each, cst.Attribute) and _may_be(each.value, owner) for each in writes):
        return True
    sites = {each.node for each in file.sites}
    calls = (call for call in file.record.calls if _inside(call.block.scope, areas) and call.node not in sites)
    return any(_fills(call) or (owner is not None and _may_write(call, owner, site)) for call in calls)


def _inside(scope: Scope, areas: Sequence[Scope]) -> bool:
    at: Scope | None = scope
    while at is not None and at not in areas:
        at = at.outer
    return at is not None


def _is_initialised_elsewhere(site: InitSite) -> bool:
    """Whether the class calls an init of its own that a base outside of the file defines: `self.post_init()`."""
    file, class_ = site.file, site.class_
    if class_ is None:
        return False
    own = methods(file, class_)
    for call in file.record.calls:
        match call.node.func:
            case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)) if call.discarded:
                on_itself = file.modules.class_of_self(receiver, call.block) is class_
                if on_itself and name not in own and _INIT.search(name):
                    return True
    return False


_INIT = re.compile(r"post_init|(?:init|reset)\w*(?:weight|param)|(?:weight|param)\w*init")


def _fills(call: Call) -> bool:
    """torch's own method for the row."""
    return text.last_name(call.node.func) == "_fill_padding_idx_with_zero"


def _may_write(call: Call, owner: cst.BaseExpression, site: InitSite) -> bool:
    """A statement that calls a method of the table, or hands it or its weight to something."""
    function = call.node.func
    if not call.discarded or text.last_name(function) in ADDING:
        return False
    if isinstance(owner, cst.Name) and call.block.scope is not site.call.block.scope:
        return False
    table = text.code(owner)
    given = [text.code(whole(argument.value)) for argument in call.node.args]
    called_on = text.code(function.value) if isinstance(function, cst.Attribute) else ""
    return called_on == table or table in given or f"{table}.weight" in given


def _may_be(module: cst.BaseExpression, owner: cst.BaseExpression | None) -> bool:
    """Whether two expressions may be one module: those of one object are if they are spelled alike."""
    if owner is None or text.code(module) == text.code(owner):
        return True
    return text.code(module).partition(".")[0] != text.code(owner).partition(".")[0]
