"""Writes that were meant for a parameter and end in another tensor, which nothing keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.storage import ARITHMETIC, LIKE, SIZED, WRITING
from initlint.facts.meaning.storage import Access, Accesses, Storage
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Call, Env, Function, Write
from initlint.facts.sites.sites import Form

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.targets import Target


class Means(StrEnum):
    """What would have written: an init function, an in-place method, an assignment to items; or what writes nothing."""

    FUNCTION = "function"
    METHOD = "method"
    ASSIGNMENT = "assignment"
    ARITHMETIC = "arithmetic"
    NEW = "new"


@dataclass(frozen=True, slots=True, eq=False)
class DroppedWrite:
    """Values that do not reach the parameter that was meant.

    `node` is the call that is a statement, or what is assigned to; `name` the function or method. Where a copy is
    written, `written` is the expression that gives it and `access` says how; elsewhere `written` is the parameter.
    """

    file: File
    node: cst.BaseExpression
    means: Means
    name: str
    target: Target
    written: cst.BaseExpression
    access: Access
    env: Env


def dropped_writes(file: File) -> Iterator[DroppedWrite]:
    """The writes of a file that are dropped; what a `forward` computes is none."""
    accesses = Accesses(file.names, file.values)
    for site in file.sites:
        written = site.given("tensor") if site.form is Form.FUNCTION else None
        if written is not None and site.call.discarded and not site.tolerated:
            yield from _copied(file, accesses, Means.FUNCTION, site.spelled, written, site.call)
    for call in file.record.calls:
        if call.discarded and not _in_forward(call.block) and not file.tolerated(call):
            yield from _by_call(file, accesses, call)
    for scope in (*file.functions, file.record.module):
        for event in scope.events:
            if isinstance(event, Write) and isinstance(event.target, cst.Subscript) and not _in_forward(event.block):
                yield from _copied(file, accesses, Means.ASSIGNMENT, "the assignment", event.target.value, event)


def _by_call(file: File, accesses: Accesses, call: Call) -> Iterator[DroppedWrite]:
    """`w.clone().zero_()`, and `w.mul(0.1)` or `torch.zeros_like(w)`, whose result nobody takes."""
    function = call.node.func
    qualified = file.names.qualified(function, call.env) or ""
    module, _, name = qualified.rpartition(".")
    if module == "torch" and name in LIKE | SIZED and call.node.args:
        like = _sized_by(call.node.args[0].value) if name in SIZED else call.node.args[0].value
        if like is not None and _is_parameter(file, like, call):
            yield _of(file, Means.NEW, name, like, call)
    elif isinstance(function, cst.Attribute) and not qualified:
        name = function.attr.value
        if name in WRITING:
            yield from _copied(file, accesses, Means.METHOD, name, function.value, call)
        elif name in ARITHMETIC and _is_parameter(file, function.value, call):
            yield _of(file, Means.ARITHMETIC, name, function.value, call)


def _copied(
    file: File, accesses: Accesses, means: Means, name: str, written: cst.BaseExpression, event: Call | Write
) -> Iterator[DroppedWrite]:
    access = accesses.read(written, event.env)
    target = file.targets.resolve(access.tensor, event.env, event.block)
    if access.storage is not Storage.COPY or (means is not Means.FUNCTION and not target.is_parameter):
        return
    if not (access.turned and _may_be_thin(target)) and not (access.converted and _may_have_type(file, target)):
        node = event.node if isinstance(event, Call) else event.target
        yield DroppedWrite(file, node, means, name, target, written, access, event.env)


def _of(file: File, means: Means, name: str, written: cst.BaseExpression, call: Call) -> DroppedWrite:
    target = file.targets.resolve(written, call.env, call.block)
    return DroppedWrite(file, call.node, means, name, target, written, Access(target.tensor), call.env)


def _is_parameter(file: File, node: cst.BaseExpression, call: Call) -> bool:
    return file.targets.resolve(node, call.env, call.block).is_parameter


def _sized_by(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """`w` of `w.size()` and `w.shape`."""
    match node:
        case cst.Call(func=cst.Attribute(value=tensor, attr=cst.Name(value="size")), args=()):
            return tensor
        case cst.Attribute(value=tensor, attr=cst.Name(value="shape")):
            return tensor
        case _:
            return None


def _may_be_thin(target: Target) -> bool:
    """Whether a matrix may have a single row or column, whose transposition lies in memory as before."""
    if target.dims is not None and target.dims != {2}:
        return True
    sizes = list(target.made.shape or ()) if target.made is not None else []
    sizes += [given for call in target.calls for name in call.layer.parameters[:2] if (given := call.given(name))]
    return any(text.integer(size) == 1 for size in sizes)


def _may_have_type(file: File, target: Target) -> bool:
    """Whether a tensor may have another type of number than the default from the start."""
    made = [target.made.node] if target.made is not None else [call.node for call in target.calls]
    return any("dtype" in text.code(node) for node in made) or any(file.calls_of("torch.set_default_dtype"))


def _in_forward(block: Block) -> bool:
    scope = block.scope
    return isinstance(scope, Function) and scope.name == "forward"
