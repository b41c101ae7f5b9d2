"""Writes that may end in a copy of a parameter, as `ast` has them: enough to say that a file drops none."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from initlint.facts.api import storage as table
from initlint.facts.api.tensors import SLOTS
from initlint.facts.premises.building import may_hold_parameter
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.parameters import bare_tensor, looped_parameters
from initlint.facts.premises.tree import Assignment, Tree, arguments, last_name, root_name
from initlint.facts.premises.values import plain_values, reached, targets_in

_SAME = frozenset({"real", "data"})
"""Attributes of a tensor that are no transposition of it."""

_COPYING = table.COPIES | table.ARITHMETIC | table.CONVERSIONS | {"deepcopy", "tensor"}
_TURNING = table.TURNING | {"t"}
_OTHER_TYPES = frozenset(name.rpartition(".")[2] for name in table.OTHER_TYPES)


def may_drop(tree: Tree) -> bool:
    """Whether an init, a method or an assignment may write to a copy, or nothing take what a call returns."""
    return _inits_copy(tree) or _methods_copy(tree) or _assigns_to_copy(tree) or _is_not_taken(tree)


def _inits_copy(tree: Tree) -> bool:
    """`nn.init.zeros_(w.clone())`."""
    calls = (call for call in init_calls(tree) if not call.method and _is_discarded(tree, call.node))
    return any(any(_copied(tree, tensor)) for call in calls for tensor in call.written)


def _methods_copy(tree: Tree) -> bool:
    """`w.clone().zero_()`, where a model does not run."""
    calls = (call for name in table.WRITING for call in _own(tree, name))
    return any(_is_dropped(tree, call.func.value, call) for call in calls if isinstance(call.func, ast.Attribute))


def _assigns_to_copy(tree: Tree) -> bool:
    """`w[mask][0] = 0`, where a model does not run."""
    targets = (each for one in tree.assignments for target in _targets(one) for each in targets_in(target))
    return any(_is_dropped(tree, each.value, each) for each in targets if isinstance(each, ast.Subscript))


def _targets(assignment: Assignment) -> Sequence[ast.expr]:
    return assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]


def _is_not_taken(tree: Tree) -> bool:
    """`w.mul(0.1)`, `torch.zeros_like(w)`, `torch.zeros(w.size())`, where a model does not run."""
    for name in table.ARITHMETIC:
        for call in _own(tree, name):
            if isinstance(call.func, ast.Attribute) and _may_be_parameter(tree, call.func.value):
                return True
    made = (call for call in tree.called(*table.LIKE, *table.SIZED) if _is_discarded(tree, call))
    like = (first for call in made if (first := _first(call)) is not None and not _runs(tree, call))
    return any(_may_be_parameter(tree, _sized_by(each)) for each in like)


def _first(call: ast.Call) -> ast.expr | None:
    return next(iter(arguments(call)), None)


def _sized_by(node: ast.expr) -> ast.expr:
    """`w` of `w.size()`, `w.shape` and `w`."""
    match node:
        case ast.Call(func=ast.Attribute(value=tensor, attr="size")) | ast.Attribute(value=tensor, attr="shape"):
            return tensor
        case _:
            return node


def _own(tree: Tree, name: str) -> Iterator[ast.Call]:
    """The calls of a method of which nothing takes the result, where a model does not run."""
    return (call for call in tree.calls.get(name, ()) if _is_discarded(tree, call) and not _runs(tree, call))


def _is_discarded(tree: Tree, call: ast.Call) -> bool:
    return isinstance(tree.parents.get(call), ast.Expr)


def _runs(tree: Tree, node: ast.AST) -> bool:
    routine = tree.routine(node)
    return routine is not None and routine.name == "forward"


def _is_dropped(tree: Tree, written: ast.expr, place: ast.AST) -> bool:
    """Whether what is written at a place may be a copy of a parameter."""
    return not _runs(tree, place) and any(_may_be_parameter(tree, each) for each in _copied(tree, written))


def _copied(tree: Tree, node: ast.expr, *, copies: bool = False, matched: bool = False) -> Iterator[ast.expr]:
    """The tensors that an expression may be a copy of; none where it is one of them, or a view.

    `copies` and `matched` say that something around it copies, or does so where it is a transposition.
    """
    match node:
        case ast.Attribute(value=inner, attr=name) if name in table.ATTRIBUTES:
            yield from _copied(tree, inner, copies=copies or (matched and name not in _SAME), matched=matched)
        case ast.Subscript(value=inner, slice=index):
            yield from _copied(tree, inner, copies=copies or _gathers(tree, index), matched=matched)
        case ast.BinOp(left=ast.Constant(), right=inner) | ast.BinOp(left=inner) | ast.UnaryOp(operand=inner):
            yield from _copied(tree, inner, copies=True)
        case ast.Call():
            for inner, names in _operations(tree, node):
                turns = matched and not names.isdisjoint(_TURNING)
                if turns or not names.isdisjoint(_COPYING) or _converts(tree, node, names):
                    yield from _copied(tree, inner, copies=True)
                elif copies or not names.isdisjoint(table.VIEWS | table.MATCHING):
                    matches = not names.isdisjoint(table.MATCHING)
                    yield from _copied(tree, inner, copies=copies, matched=matched or matches)
            if copies:
                yield node
        case _ if copies:
            yield node


def _operations(tree: Tree, call: ast.Call) -> Iterator[tuple[ast.expr, frozenset[str]]]:
    """The tensor that a call is of, as a method and as a function, with the names that may have."""
    names = tree.meanings(last_name(call.func))
    if isinstance(call.func, ast.Attribute):
        yield call.func.value, names
    first = _first(call)
    if first is not None and (isinstance(call.func, ast.Name) or root_name(call.func) in tree.roots):
        yield (first.elts[0] if isinstance(first, ast.List | ast.Tuple) and first.elts else first), names


def _converts(tree: Tree, call: ast.Call, names: frozenset[str]) -> bool:
    """Whether `.to(…)` or `.type(…)` may be told to copy, or to convert to another type of number."""
    other = any(not tree.meanings(last_name(each)).isdisjoint(_OTHER_TYPES) for each in arguments(call))
    return not names.isdisjoint({"to", "type"}) and (other or any(each.arg == "copy" for each in call.keywords))


def _gathers(tree: Tree, index: ast.expr) -> bool:
    """Whether an index may copy, as lists, masks and index tensors do."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(isinstance(part, ast.Tuple) or _selects_many(tree, part) for part in parts)


def _selects_many(tree: Tree, index: ast.expr) -> bool:
    """Whether an index may be a list, a mask or a tensor, names and items looked through."""

    def step(each: ast.expr) -> list[ast.expr]:
        match each:
            case ast.Name():
                return plain_values(tree, each)
            case ast.Subscript(value=inner):
                return [inner]
            case _:
                return []

    return any(map(_is_many, reached(index, step)))


def _is_many(index: ast.expr) -> bool:
    match index:
        case ast.List() | ast.ListComp() | ast.Compare() | ast.Constant(value=bool()) | ast.BinOp() | ast.Call():
            return True
        case _:
            return isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.Invert)


def _may_be_parameter(tree: Tree, tensor: ast.expr) -> bool:
    """Whether an expression may be a parameter: `x.weight`, what is made as one, the variable of a loop over them."""
    bare = bare_tensor(tensor)
    if isinstance(bare, ast.Attribute):
        return bare.attr in SLOTS or any(may_hold_parameter(tree, value) for value in tree.stored(bare.attr))
    looped = isinstance(bare, ast.Name) and bare.id in looped_parameters(tree)
    return looped or may_hold_parameter(tree, bare)
