"""Writes to a part of a tensor, a row or a slice: by an initialiser, an in-place method or an assignment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Call, Env, Scope, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

_CONSTANTS = {"zeros_": 0.0, "zero_": 0.0, "ones_": 1.0, "torch.zeros": 0.0, "torch.zeros_like": 0.0, "torch.ones": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class PartWrite:
    """`w[part] = value`, `w.data[part].fill_(value)`, `nn.init.constant_(w[part], value)`.

    `node` is the call, or what is assigned to; `tensor` the whole, without `.data`. `value` is the expression that is
    written, None for `zeros_` and for what is drawn or computed in place; `number` the constant that it is, if settled.
    """

    node: cst.BaseExpression
    tensor: cst.BaseExpression
    subscript: cst.Subscript
    value: cst.BaseExpression | None
    number: float | None
    env: Env
    block: Block
    statement: cst.CSTNode

    @property
    def row(self) -> cst.BaseExpression | None:
        """The index along the first dimension, where one is given and everything of the others is written."""
        first, *others = (element.slice for element in self.subscript.slice)
        whole = all(_is_everything(each) for each in others)
        return first.value if isinstance(first, cst.Index) and whole else None

    @property
    def bounds(self) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
        """Both ends of the slice, where it is one along the only dimension."""
        match [element.slice for element in self.subscript.slice]:
            case [cst.Slice(lower=cst.BaseExpression() as lower, upper=cst.BaseExpression() as upper, step=None)]:
                return lower, upper
            case _:
                return None


def part_writes(file: File) -> Iterator[PartWrite]:
    """The writes to parts of tensors, scope by scope, in the order of the source."""
    sites = {site.node: site for site in file.sites}
    scopes: tuple[Scope, ...] = (file.record.module, *file.record.classes, *file.record.functions)
    for event in (event for scope in scopes for event in scope.events):
        if isinstance(event, Write):
            yield from _assigned(file, event)
        elif isinstance(event, Call) and event.node in sites:
            site = sites[event.node]
            yield from _written(file, event, site.tensor, site.name, site.given("val") or site.given("value"))
        elif isinstance(event, Call):
            yield from _by_method(file, event)


def _by_method(file: File, call: Call) -> Iterator[PartWrite]:
    """`w[part].fill_(value)` and other methods that work in place: by torch's convention they end with `_`."""
    match call.node.func:
        case cst.Attribute(value=part, attr=cst.Name(value=name)) if name.endswith("_") and name not in _WITHOUT_WRITE:
            given = call.node.args[0].value if name == "fill_" and call.node.args else None
            yield from _written(file, call, part, name, given)


_WITHOUT_WRITE = frozenset({"requires_grad_", "detach_", "share_memory_", "retain_grad_"})


def _written(
    file: File, call: Call, part: cst.BaseExpression | None, name: str, value: cst.BaseExpression | None
) -> Iterator[PartWrite]:
    subscript = text.strip_data(part) if part is not None else None
    if isinstance(subscript, cst.Subscript):
        number = file.values.number(value, call.env) if value is not None else _CONSTANTS.get(name)
        tensor = text.strip_data(subscript.value)
        yield PartWrite(call.node, tensor, subscript, value, number, call.env, call.block, call.statement)


def _assigned(file: File, write: Write) -> Iterator[PartWrite]:
    """`w[part] = value`; of `w[part] *= value` the value is open."""
    subscript = text.strip_data(write.target)
    if not isinstance(subscript, cst.Subscript) or write.value is None or write.unpacking:
        return
    value = write.value if write.operator is None else None
    number = file.values.number(value, write.env) if value is not None else None
    if isinstance(value, cst.Call):
        number = _CONSTANTS.get(file.names.qualified(value.func, write.env) or "")
    tensor = text.strip_data(subscript.value)
    yield PartWrite(write.target, tensor, subscript, value, number, write.env, write.block, write.statement)


def _is_everything(part: cst.BaseSlice) -> bool:
    """`:` and `...`."""
    match part:
        case cst.Slice(lower=None, upper=None, step=None):
            return True
        case cst.Index(value=cst.Ellipsis()):
            return True
        case _:
            return False
