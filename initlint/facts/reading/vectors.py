"""Tensors with one dimension, as `ast` has them: enough to say that no init that needs a fan is given one."""

from __future__ import annotations

import ast

from initlint.facts.api.layers import Layer
from initlint.facts.api.torch_init import INITIALIZERS
from initlint.facts.reading.init_calls import InitCall, init_calls
from initlint.facts.reading.picking import may_write
from initlint.facts.reading.tree import Tree, last_name, root_name

_FACTORIES = frozenset({"empty", "ones", "rand", "randn", "zeros", "Tensor", "FloatTensor"})
_HANDING_ON = frozenset({"apply", "cuda", "eval", "float", "requires_grad_", "t", "to"})
"""Methods behind which it is known what their object is built as."""


def may_be_vectors(tree: Tree) -> bool:
    """Whether an initialiser with a fan may be given a vector."""
    fans = (call for call in init_calls(tree) if call.name in INITIALIZERS and INITIALIZERS[call.name].needs_matrix)
    return any(_may_be_vector(tree, call) for call in fans if not call.hidden)


def _may_be_vector(tree: Tree, call: InitCall) -> bool:
    match call.tensor:
        case ast.Attribute(value=owner, attr="weight"):
            return _may_be_known(tree, owner) and may_write(tree, call, "weight", _is_vector)
        case ast.Attribute(value=ast.Name(), attr=name) as tensor if name not in ("bias", "T", "mT"):
            stores = (tree.parents[each] for each in tree.attributes[name] if isinstance(each.ctx, ast.Store))
            return tree.is_own(tensor) and not all(_is_matrix(getattr(each, "value", None)) for each in stores)
        case ast.Attribute(attr=name) if name not in ("bias", "T", "mT"):
            return False
        case ast.Name(id=name):
            return name in tree.values
        case ast.Call() as made:
            return _may_be_built(tree, made)
        case _:
            return True


def _is_vector(tree: Tree, layer: Layer) -> bool:
    return (layer.weight_dims or 0) < 2


def _is_matrix(value: ast.expr | None) -> bool:
    """Whether a tensor or parameter is made of several sizes, or is none."""
    match value:
        case ast.Constant(value=None):
            return True
        case ast.Call(func=function, args=[inner]) if last_name(function) == "Parameter":
            return _is_matrix(inner)
        case ast.Call(func=function, args=[_, _, *_] as sizes) if last_name(function) in _FACTORIES:
            return not any(isinstance(each, ast.Starred) for each in sizes)
        case _:
            return False


def _may_be_known(tree: Tree, owner: ast.expr) -> bool:
    """Whether the file may say which layer an expression is: it builds it, or asks what it is."""
    match owner:
        case ast.Attribute(value=ast.Name()) if tree.is_own(owner):
            return True
        case ast.Subscript(value=whole):
            return _may_be_known(tree, whole)
        case ast.Call(func=ast.Attribute() as function):
            return _may_be_built(tree, owner) or _is_asked_about(tree, function)
        case ast.Attribute():
            return _is_asked_about(tree, owner)
        case _:
            return True


def _may_be_built(tree: Tree, call: ast.Call) -> bool:
    """Whether a call may be one of a function that is known, and not the method of an object."""
    function = call.func
    name = last_name(function)
    return not isinstance(function, ast.Attribute) or (
        name in _HANDING_ON or name.endswith("_") or root_name(function) in tree.roots
    )


def _is_asked_about(tree: Tree, owner: ast.Attribute) -> bool:
    """Whether an expression stands anywhere other than before one of its attributes, as where its class is asked."""
    spelled = ast.dump(owner)
    same = (each for each in tree.attributes[owner.attr] if ast.dump(each) == spelled)
    return any(not _is_holder(tree, each) for each in same)


def _is_holder(tree: Tree, node: ast.expr) -> bool:
    """Whether an attribute is taken of an expression, of an item of it or of what it gives."""
    match tree.parents[node]:
        case ast.Attribute(attr=name):
            return name not in ("__class__", "_get_name")
        case (ast.Subscript(value=held) | ast.Call(func=held)) as around if held is node:
            return _is_holder(tree, around)
        case _:
            return False
