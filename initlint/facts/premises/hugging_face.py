"""Models of Hugging Face as `ast` has them: enough to say that none writes loaded weights or builds behind `post_init`.

Writes in `_init_weights` pass the guard of loaded weights where they go past the parameter itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from initlint.facts.api.layers import LAYERS, LayerKind
from initlint.facts.api.modules import ADDING
from initlint.facts.api.storage import MATCHING, VIEWS
from initlint.facts.api.tensors import SLOTS
from initlint.facts.api.torch_init import DEPRECATED, SAME_FUNCTIONS
from initlint.facts.premises.init_calls import init_modules
from initlint.facts.premises.parameters import bare_tensor, is_made_parameter, looped_parameters
from initlint.facts.premises.tree import Loop, Routine, Tree, last_name, root_name

_DRAWING = "_init_weights"
_MARK = "_is_hf_initialized"
_VIEWS = VIEWS | MATCHING
_FOREIGN = frozenset(name.rpartition(".")[2] for name in SAME_FUNCTIONS)
_ROOT = "PreTrainedModel"
_FINISHING = "post_init"
_IDLE = frozenset({LayerKind.NORM, LayerKind.ACTIVATION, LayerKind.RECURRENT})
_DRAWN = frozenset(name for name, layer in LAYERS.items() if layer.kind not in _IDLE)

_PLAIN = (ast.Attribute, ast.BoolOp, ast.Compare, ast.Constant)
"""Values that are no module that a constructor builds, nor a list of some."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The tensor that an expression may be, or may be a part of; whether `.data` or `.detach()` is taken on the way."""

    tensor: ast.expr
    part: bool
    stripped: bool


def may_pass_guard(tree: Tree) -> bool:
    """Whether an `_init_weights` may write a parameter in a way that the guard of loaded weights does not see."""
    drawing = (routine for routine in tree.routines if routine.name == _DRAWING)
    return any(
        _may_pass(tree, node) and not _asks_for_mark(tree, node) for routine in drawing for node in ast.walk(routine)
    )


def _may_pass(tree: Tree, node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            seen = [each for each in _seen(tree, node) if each.part or each.stripped]
            return any(_may_be_parameter(tree, each) for each in seen)
        case ast.Call(func=function):
            return _writes_in_place(tree, function) or _is_unguarded(tree, node, function)
        case _:
            return False


def _writes_in_place(tree: Tree, function: ast.expr) -> bool:
    """`module.weight.data.normal_`."""
    if not isinstance(function, ast.Attribute) or not function.attr.endswith("_"):
        return False
    return any(_may_be_parameter(tree, each) for each in _seen(tree, function.value))


def _is_unguarded(tree: Tree, call: ast.Call, function: ast.expr) -> bool:
    """Whether a call may be of an init function that is given a part or the data of a tensor, or does not ask."""
    names = tree.meanings(last_name(function))
    named = sorted(call.keywords, key=lambda keyword: keyword.arg != "tensor")
    given = next(iter((*call.args, *(each.value for each in named))), None)
    if given is None or not any(name.endswith("_") or name in DEPRECATED for name in names):
        return False
    if any(each.stripped or (each.part and _may_be_parameter(tree, each)) for each in _seen(tree, given)):
        return True
    if isinstance(function, ast.Attribute):
        guarded = last_name(function.value) in init_modules(tree)
        return not guarded and not names.isdisjoint(_FOREIGN) and root_name(function) in tree.roots
    return True


def _may_be_parameter(tree: Tree, seen: _Seen) -> bool:
    match seen.tensor:
        case ast.Attribute(attr=name):
            return seen.stripped or name in SLOTS or is_made_parameter(tree, name)
        case ast.Name(id=name):
            return seen.stripped or name in looped_parameters(tree)
        case _:
            return False


def _seen(tree: Tree, node: ast.expr, done: frozenset[str] = frozenset()) -> Iterator[_Seen]:
    """Looks through parts, `.data`, and names that may stand for such."""
    bare = bare_tensor(node)
    inner = _whole(bare)
    found: list[tuple[ast.expr, bool]] = [(inner, True)] if inner is not None else []
    if inner is None:
        yield _Seen(bare, False, bare is not node)
    if isinstance(bare, ast.Name) and bare.id not in done:
        done |= {bare.id}
        found += [(value, False) for value in tree.values.get(bare.id, ())]
        found += [(each.iter, False) for each in tree.binders(bare.id) if isinstance(each, Loop)]
    for value, part in found:
        for each in _seen(tree, value, done):
            yield _Seen(each.tensor, part or each.part, bare is not node or each.stripped)


def _whole(node: ast.expr) -> ast.expr | None:
    """The tensor that an expression is a part or another view of."""
    match node:
        case ast.Subscript(value=inner) | ast.Attribute(value=inner, attr="T" | "mT"):
            return inner
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _VIEWS:
            return inner
        case _:
            return None


def _asks_for_mark(tree: Tree, node: ast.AST) -> bool:
    """Whether a test on the way to a place asks whether the weight was loaded."""
    inner = node
    for around in tree.around(node):
        if isinstance(around, Routine):
            return False
        if isinstance(around, ast.If) and inner is not around.test and _MARK in ast.unparse(around.test):
            return True
        inner = around
    return False


def may_build_afterwards(tree: Tree) -> bool:
    """Whether the constructor of a model may build a layer when it has called `post_init`."""
    for call in tree.calls.get(_FINISHING, ()):
        found = tree.method(call)
        if found is None or found[1].name != "__init__" or not _is_model(found[0]):
            continue
        end = (call.end_lineno or call.lineno, call.end_col_offset or 0)
        if _may_build(tree, found[1], end, frozenset({found[1]})):
            return True
    return False


def _is_model(class_: ast.ClassDef) -> bool:
    return any(last_name(base).endswith(_ROOT) for base in class_.bases)


def _may_build(tree: Tree, routine: Routine, start: tuple[int, int], done: frozenset[Routine]) -> bool:
    """Whether a method may give an attribute a layer behind some place, or call another that does."""
    for node in ast.walk(routine):
        match node:
            case ast.Attribute(ctx=ast.Store()) if (node.lineno, node.col_offset) > start:
                value = getattr(tree.parents[node], "value", None)
                if isinstance(value, ast.expr) and _may_hold_layer(tree, value):
                    return True
            case ast.Call(func=ast.Attribute(attr=name)) if (node.lineno, node.col_offset) > start:
                if name in ADDING and any(_may_hold_layer(tree, argument) for argument in node.args):
                    return True
                called = (each for each in tree.routines if each.name == name and each not in done)
                if any(_may_build(tree, each, (0, 0), done | {each}) for each in called):
                    return True
    return False


def _may_hold_layer(tree: Tree, value: ast.expr) -> bool:
    """Whether a layer may be built in a value, or in what a name in it is assigned."""
    return any(_may_be_layer(tree, each) for each in ast.walk(value))


def _may_be_layer(tree: Tree, node: ast.AST) -> bool:
    match node:
        case ast.Call(func=function):
            meanings = tree.meanings(last_name(function))
            return not meanings.isdisjoint(tree.definitions | _DRAWN) or isinstance(function, ast.IfExp)
        case ast.Name(id=name, ctx=ast.Load()):
            values = [value for value in tree.values.get(name, ()) if not isinstance(value, _PLAIN)]
            return _is_looped(tree, name) or any(
                not isinstance(value, ast.Dict) or _may_hold_layer(tree, value) for value in values
            )
        case _:
            return False


def _is_looped(tree: Tree, name: str) -> bool:
    return any(isinstance(each, Loop | ast.Tuple | ast.List) for each in tree.binders(name))
