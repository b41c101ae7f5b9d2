"""Constructors of Hugging Face models, as `ast` has them: enough to say that none builds behind `post_init`."""

from __future__ import annotations

import ast

from initlint.facts.api.layers import LAYERS, LayerKind
from initlint.facts.premises.tree import Routine, Tree, last_name

_ROOT = "PreTrainedModel"
_FINISHING = "post_init"
_ADDING = frozenset({"append", "extend", "insert", "add_module"})
_IDLE = frozenset({LayerKind.NORM, LayerKind.ACTIVATION, LayerKind.RECURRENT})
_DRAWN = frozenset(name for name, layer in LAYERS.items() if layer.kind not in _IDLE)

_PLAIN = (ast.Attribute, ast.BoolOp, ast.Compare, ast.Constant)
"""Values that are no module that a constructor builds, nor a list of some."""


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
                if name in _ADDING and any(_may_hold_layer(tree, argument) for argument in node.args):
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
            own = any(each.name in meanings for each in (*tree.classes, *tree.routines))
            return own or not meanings.isdisjoint(_DRAWN) or isinstance(function, ast.IfExp)
        case ast.Name(id=name, ctx=ast.Load()):
            values = [value for value in tree.values.get(name, ()) if not isinstance(value, _PLAIN)]
            return _is_looped(tree, name) or any(
                not isinstance(value, ast.Dict) or _may_hold_layer(tree, value) for value in values
            )
        case _:
            return False


def _is_looped(tree: Tree, name: str) -> bool:
    stores = (tree.parents[each] for each in tree.names[name] if isinstance(each.ctx, ast.Store))
    return any(isinstance(each, ast.For | ast.comprehension | ast.Tuple | ast.List) for each in stores)
