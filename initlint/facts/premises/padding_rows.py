"""Padding rows as `ast` has them: enough to say that a file draws none, and zeroes none by an index that is None."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.carrying import carried, holds
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.parameters import is_own, looped_parameters
from initlint.facts.premises.tree import Routine, Tree, arguments, defaults, hides_arguments, last_name

_ZEROS = frozenset({"zeros", "zeros_like"})
_METHODS = frozenset({"zero_", "zeros_", "fill_"})
_SAME_STORAGE = frozenset({"data", "detach", "detach_"})


def may_be_overwritten(tree: Tree) -> bool:
    """Whether a random init may write the weight of an embedding that the file builds with a padding row."""
    tables = [call for call in tree.called("Embedding") if _is_padded(call)]
    if not tables:
        return False
    names, looped = carried(tree, tables), looped_parameters(tree)
    tensors = [call.tensor for call in init_calls(tree) if call.random]
    return any(
        tensor is None
        or (isinstance(tensor, ast.Name) and tensor.id in looped)
        or (isinstance(tensor, ast.Attribute) and tensor.attr == "weight" and holds(tensor.value, tables, names))
        for tensor in tensors
    )


def _is_padded(call: ast.Call) -> bool:
    """Whether a call of the class gives it a padding row; arguments that are unpacked are not judged."""
    if hides_arguments(call):
        return False
    given = [*call.args[2:3], *(each.value for each in call.keywords if each.arg == "padding_idx")]
    return any(not (isinstance(each, ast.Constant) and each.value is None) for each in given)


def may_be_everything(tree: Tree) -> bool:
    """Whether a row of a weight may be zeroed by an index that may be None."""
    return any(
        _may_be_zeroed(tree, part) and _may_be_none(tree, _row(part))
        for node in tree.attributes.get("weight", ())
        for part in _parts(tree, node)
    )


def _same(tree: Tree, tensor: ast.expr) -> ast.expr:
    """A tensor with the `.data` and `.detach()` behind it."""
    while isinstance(around := tree.parents[tensor], ast.Attribute) and around.attr in _SAME_STORAGE:
        call = tree.parents[around]
        tensor = call if isinstance(call, ast.Call) and call.func is around else around
    return tensor


def _parts(tree: Tree, weight: ast.Attribute) -> Iterator[ast.Subscript]:
    """The item of a weight that stands at a place."""
    whole = _same(tree, weight)
    around = tree.parents[whole]
    if isinstance(around, ast.Subscript) and around.value is whole:
        yield around


def _row(part: ast.Subscript) -> ast.expr:
    """The index along the first dimension."""
    return part.slice.elts[0] if isinstance(part.slice, ast.Tuple) and part.slice.elts else part.slice


def _may_be_zeroed(tree: Tree, part: ast.Subscript) -> bool:
    """Whether zeros may be written to a part of a tensor."""
    written = _same(tree, part)
    around = tree.parents[written]
    match around:
        case ast.Assign(value=value) if value is not written:
            return _may_be_zero(tree, value)
        case ast.AnnAssign(value=ast.expr() as value) if value is not written:
            return _may_be_zero(tree, value)
        case ast.Attribute(attr=name):
            call = tree.parents[around]
            filled = arguments(call) if isinstance(call, ast.Call) and name == "fill_" else None
            return name in _METHODS and (filled is None or any(_may_be_zero(tree, each) for each in filled))
        case ast.keyword() | ast.Call():
            call = tree.parents[around] if isinstance(around, ast.keyword) else around
            constants = (each for each in init_calls(tree) if each.draw is Draw.CONSTANT)
            return any(each.node is call or each.given is None for each in constants)
        case _:
            return False


def _may_be_zero(tree: Tree, value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=number):
            return number == 0
        case ast.Call(func=function):
            return not _ZEROS.isdisjoint(tree.meanings(last_name(function)))
        case _:
            return True


def _may_be_none(tree: Tree, row: ast.expr) -> bool:
    """Whether an index may be None: a parameter, an attribute, the padding row of an embedding."""
    pending, seen = [(row, row)], {row}
    while pending:
        node, place = pending.pop()
        values: Iterable[ast.expr] = ()
        match node:
            case ast.Name(id=name):
                if any(_may_be_absent(tree, routine, name) for routine in tree.routines_around(node)):
                    return True
                values = tree.values.get(name, ())
            case ast.Attribute() if _is_tested(tree, node, place):
                continue
            case ast.Attribute(attr="padding_idx"):
                return True
            case ast.Attribute(value=ast.Name(), attr=name):
                values = tree.stored(name)
        along = isinstance(node, ast.Name)
        pending += [(value, place if along else value) for value in values if value not in seen]
        seen.update(values)
    return False


def _may_be_absent(tree: Tree, routine: Routine, name: str) -> bool:
    """Whether a parameter says that it may be None, by its default or its annotation, and its function never asks."""
    parameters = (*routine.args.posonlyargs, *routine.args.args, *routine.args.kwonlyargs)
    said = any(each.arg == name and _may_stand_for_none(default) for each, default in defaults(routine)) or any(
        each.arg == name and each.annotation is not None and _says_none(each.annotation) for each in parameters
    )
    return said and not _is_asked(tree, tree.names.get(name, ()), routine)


def _may_stand_for_none(default: ast.expr) -> bool:
    return isinstance(default, ast.Name) or (isinstance(default, ast.Constant) and default.value is None)


def _says_none(annotation: ast.expr) -> bool:
    code = ast.unparse(annotation)
    return "Optional" in code or "None" in code


def _is_tested(tree: Tree, row: ast.Attribute, place: ast.expr) -> bool:
    """Whether the function around a place tests an attribute, or for one of its own object the constructor."""
    function = next((each for each in tree.around(place) if isinstance(each, Routine | ast.ClassDef)), None)
    around = [function] if isinstance(function, Routine) else []
    alike = tree.attributes.get(row.attr, ())
    found = tree.method(row)
    if found is not None and is_own(tree, row):
        constructors = [each for each in found[0].body if isinstance(each, Routine) and each.name == "__init__"]
        return any(_is_asked(tree, alike, each) for each in (*around, *constructors[-1:]))
    code = ast.unparse(row)
    spelled = [each for each in alike if _spans(each, code)]
    return _spans(row, code) and any(_is_asked(tree, spelled, each) for each in around)


def _is_asked(tree: Tree, nodes: Iterable[ast.AST], routine: Routine) -> bool:
    """Whether one of some nodes stands in a comparison, a boolean operation or the test of a branch of a function."""
    return any(_is_condition(tree, node, routine) for node in nodes)


def _is_condition(tree: Tree, node: ast.AST, routine: Routine) -> bool:
    inner, tested = node, False
    for around in tree.around(node):
        if around is routine:
            return tested
        match around:
            case ast.Compare() | ast.BoolOp() | ast.Match():
                tested = True
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                tested = tested or test is inner
        inner = around
    return False


def _spans(node: ast.expr, code: str) -> bool:
    """Whether an expression is spelled like this, without blanks or parentheses inside."""
    length = (node.end_col_offset or 0) - node.col_offset
    return node.lineno == node.end_lineno and length == len(code.encode()) and ast.unparse(node) == code
