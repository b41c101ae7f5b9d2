"""Loops over parameters that bind the loop variable to another tensor: the parameter keeps its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.tensors import PARAMETER_ITERATORS
from initlint.facts.meaning.tensors import is_tensor
from initlint.facts.reading.inside import inside, named
from initlint.facts.reading.scopes import Assignment, Branch, Function, Joined, Looped

if TYPE_CHECKING:
    from initlint.facts.file import File

_MOVING = frozenset({"to", "cuda", "cpu", "half", "float", "double", "clone", "detach", "mul", "add", "div", "sub"})


def rebindings(file: File) -> Iterator[Assignment]:
    """The assignments to the variable of a loop over parameters whose value nothing reads."""
    for assignment in file.record.assignments:
        loop = _loop_of(assignment)
        if loop is None or not _is_other(file, assignment):
            continue
        scope = assignment.block.scope
        around = scope.node if isinstance(scope, Function) else file.record.node
        if not _is_read(assignment, loop.body) and not _is_read_after(assignment, loop, around):
            yield assignment


def _loop_of(assignment: Assignment) -> cst.For | None:
    """The loop over parameters that gives the name its value before the assignment."""
    binding = assignment.env.lookup(assignment.name)
    alternatives = binding.alternatives if isinstance(binding, Joined) else (binding,)
    looped = next((each for each in alternatives if isinstance(each, Looped)), None)
    match looped.iterable if looped is not None else None:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))) if name in PARAMETER_ITERATORS:
            if looped is None or looped.unpacking != PARAMETER_ITERATORS[name]:
                return None
        case _:
            return None
    for block in assignment.block.path():
        if block.branch is Branch.LOOP and isinstance(block.node, cst.For) and block.node.iter is looped.iterable:
            return block.node
    return None


def _is_other(file: File, assignment: Assignment) -> bool:
    """Whether a value is another tensor than the parameter: made anew, computed from it, copied or converted."""
    value, name = assignment.value, assignment.name
    if isinstance(value, cst.BinaryOperation):
        return bool(named(value, name))
    if not isinstance(value, cst.Call):
        return is_tensor(file, value, assignment.env)
    match value.func:
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=method)) if receiver == name:
            return method in _MOVING
        case _:
            parameter = file.names.qualified(value.func, assignment.env) == "torch.nn.Parameter"
            return parameter or is_tensor(file, value, assignment.env)


def _is_read(assignment: Assignment, body: cst.CSTNode) -> bool:
    """Whether a name stands in the body of a loop behind the statement that binds it, on the way from there."""
    name = assignment.name
    own = set(map(id, named(assignment.statement, name)))
    aside = {id(node) for branch in _other_branches(assignment, body) for node in named(branch, name)}
    uses = [id(node) for node in named(body, name) if id(node) not in aside]
    last = max((at for at, use in enumerate(uses) if use in own), default=-1)
    return last + 1 < len(uses)


def _other_branches(assignment: Assignment, body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The branches that are not taken where a statement runs."""
    taken = {id(block.node): block.negated for block in assignment.block.path() if block.branch is Branch.TEST}
    for each in inside(body, cst.If):
        if id(each.test) in taken:
            other = each.body if taken[id(each.test)] else each.orelse
            if other is not None:
                yield other


def _is_read_after(assignment: Assignment, loop: cst.For, around: cst.CSTNode) -> bool:
    """Whether a name is read behind its loop before something else binds it."""
    name = assignment.name
    in_loop = set(map(id, named(loop, name)))
    uses = named(around, name)
    last = max(at for at, use in enumerate(uses) if id(use) in in_loop)
    if last + 1 == len(uses):
        return False
    binding: list[cst.For | cst.AssignTarget] = inside(around, cst.For, cst.AssignTarget)
    bound = {id(node) for each in binding for node in named(each.target, name)}
    return id(uses[last + 1]) not in bound
