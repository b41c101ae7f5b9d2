"""Inits of the same tensor twice in one block, with nothing between that uses or replaces what the first wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading import text
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Binding, Block, Class, Function
from initlint.facts.sites.targets import Target

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedInit:
    """Two inits of one tensor; the second leaves nothing of the first.

    `forgotten` are the attributes of `self` that hold a layer of the same type which nothing in the class initialises.
    """

    first: InitSite
    second: InitSite
    forgotten: tuple[str, ...]


def repeated_inits(file: File) -> Iterator[RepeatedInit]:
    """The inits of a file that are repeated, each with the next one of its tensor."""
    inits = {site.call.statement: site for site in file.sites if site.stands_alone and site.target is not None}
    before: dict[tuple[Block, str, tuple[Binding | None, ...]], InitSite] = {}
    for site in inits.values():
        target = site.target
        if target is None or inside(target.tensor, cst.Call):
            continue
        bindings = tuple(site.call.env.lookup(name.value) for name in inside(target.tensor, cst.Name))
        key = site.call.block, target.text, bindings
        first = before.get(key)
        between = _between(file, first, site) if first is not None else None
        if first is not None and between is not None and not any(_uses(target, each, inits) for each in between):
            yield RepeatedInit(first, site, tuple(_forgotten(file, site)))
        before[key] = site


def _between(file: File, first: InitSite, second: InitSite) -> Sequence[cst.CSTNode] | None:
    """The statements between two that stand in one block."""
    scope = first.call.block.scope
    node = scope.node if isinstance(scope, Class | Function) else file.record.node
    lines = [file.record.statements.get(site.call.statement) for site in (first, second)]
    suites: list[cst.Module | cst.IndentedBlock] = [file.record.node, *inside(node, cst.IndentedBlock)]
    for suite in suites:
        statements = suite.body
        places = [number for number, statement in enumerate(statements) if statement in lines]
        if len(places) == 2:
            return statements[places[0] + 1 : places[1]]
    return None


def _uses(target: Target, statement: cst.CSTNode, inits: dict[cst.CSTNode, InitSite]) -> bool:
    """Whether a statement may read or replace a tensor: it names what holds it, or does something to the whole object.

    An init of another tensor of the same layer does not, unless it is computed from this one.
    """
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    site = inits.get(small) if small is not None else None
    if site is not None and site.target is not None:
        arguments = [argument.value for argument in site.node.args if argument.value is not site.tensor]
        return any(_names(target.text, text.code(argument)) for argument in arguments)
    code = text.code(statement)
    holder = text.code(target.owner) if target.owner is not None else target.text
    root = re.match(r"\w+", holder)
    return _names(holder, code) or (root is not None and _acts_on(root[0], code))


def _names(expression: str, code: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(expression)}(?!\w)", code) is not None


def _acts_on(root: str, code: str) -> bool:
    """Whether an object is passed on, or a method of it is called."""
    return re.search(rf"(?<![\w.]){root}(?:\.\w+\(|(?![\w.]))", code) is not None


def _forgotten(file: File, site: InitSite) -> Iterator[str]:
    """The layers of the type of the repeated one that are initialised nowhere in the class."""
    class_, target = site.class_, site.target
    if class_ is None or target is None or not target.layers or not isinstance(target.owner, cst.Attribute):
        return
    initialised = {text.code(each.target.owner) for each in file.sites if each.target and each.target.owner is not None}
    receiver = text.code(target.owner.value)
    for name in file.modules.writes(class_):
        built = file.modules.built(class_, name)
        same = bool(built) and all(each.layer is not None and each.layer.layer in target.layers for each in built)
        if same and f"{receiver}.{name}" not in initialised:
            yield f"{receiver}.{name}"
