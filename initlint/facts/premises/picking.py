"""Which layers the tests around an init pick, as `ast` has them: enough to say that no other comes by."""

from __future__ import annotations

import ast
from collections.abc import Callable

from initlint.facts.api.layers import LAYERS, Layer
from initlint.facts.premises.init_calls import InitCall
from initlint.facts.premises.passing import is_same
from initlint.facts.premises.tree import Tree, last_name


def may_write(tree: Tree, call: InitCall, attribute: str, counts: Callable[[Tree, Layer], bool]) -> bool:
    """Whether an init may write this attribute of a layer that counts."""
    tensor = call.tensor
    if tensor is None:
        return True
    if not isinstance(tensor, ast.Attribute):
        return isinstance(tensor, ast.Name) and any(
            isinstance(value, ast.Attribute) and value.attr == attribute for value in tree.values.get(tensor.id, ())
        )
    if tensor.attr != attribute:
        return False
    layers = _layers(tree, call.node, tensor.value)
    return layers is None or any(counts(tree, layer) for layer in layers)


def _layers(tree: Tree, node: ast.Call, owner: ast.expr) -> list[Layer] | None:
    """The layers that the tests around an init pick, or that its owner is built as; None where that is not spelled."""
    for branch, taken in tree.branches(node).items():
        picked = _picked(tree, branch.test, owner) if taken else None
        if picked is not None:
            return picked
    if isinstance(owner, ast.Attribute):
        stores = (each for each in tree.attributes[owner.attr] if isinstance(each.ctx, ast.Store))
        built = [_built(tree, each) for each in map(tree.parents.__getitem__, stores) if not _is_placeholder(each)]
        if built and None not in built:
            return [layer for layer in built if layer is not None]
    return None


def _built(tree: Tree, assignment: ast.AST) -> Layer | None:
    value = getattr(assignment, "value", None)
    return _layer(tree, value.func) if isinstance(value, ast.Call) else None


def _is_placeholder(assignment: ast.AST) -> bool:
    """`self.x = None` before the real assignment."""
    value = getattr(assignment, "value", None)
    return isinstance(value, ast.Constant) and value.value is None


def _layer(tree: Tree, node: ast.expr) -> Layer | None:
    """The layer of this name, None where the file gives the name to something else."""
    name = last_name(node)
    return LAYERS.get(name) if tree.meanings(name) == {name} else None


def _picked(tree: Tree, test: ast.expr, owner: ast.expr) -> list[Layer] | None:
    """The layers that pass an `isinstance` test of a module, alone or among others that must hold too."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            found = (_picked(tree, value, owner) for value in values)
            return next((layers for layers in found if layers is not None), None)
        case ast.Call(func=ast.Name(id="isinstance"), args=[tested, classes]) if is_same(tested, owner):
            named = classes.elts if isinstance(classes, ast.Tuple) else [classes]
            layers = [_layer(tree, each) for each in named]
            return [layer for layer in layers if layer is not None] if None not in layers else None
        case _:
            return None
