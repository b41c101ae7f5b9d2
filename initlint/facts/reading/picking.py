"""Which layers the tests around an init pick, as `ast` has them: enough to say that no other comes by."""

from __future__ import annotations

import ast
from collections.abc import Callable

from initlint.facts.api.layers import LAYERS, Layer, LayerKind
from initlint.facts.api.torch_init import Draw
from initlint.facts.reading.init_calls import InitCall, init_calls
from initlint.facts.reading.tree import Tree, last_name


def may_draw_norms(tree: Tree) -> bool:
    """Whether a random init may write the weight of a normalisation."""
    random = (call for call in init_calls(tree) if call.draw in (Draw.NORMAL, Draw.TRUNC_NORMAL, Draw.UNIFORM))
    return any(may_write(tree, call, "weight", _is_norm) for call in random)


def _is_norm(tree: Tree, layer: Layer) -> bool:
    return layer.kind is LayerKind.NORM


def may_lack_tensors(tree: Tree) -> bool:
    """Whether an init may meet a layer without the weight or bias that it writes."""
    asked = (call for call in tree.calls.get("hasattr", ()) if len(call.args) > 1)
    if any(isinstance(call.args[1], ast.Constant) and call.args[1].value in ("weight", "bias") for call in asked):
        return True
    return any(
        may_write(tree, call, attribute, lacks)
        for attribute, lacks in (("weight", _may_lack_weight), ("bias", _may_lack_bias))
        for call in init_calls(tree)
    )


def _may_lack_weight(tree: Tree, layer: Layer) -> bool:
    return not layer.weight_dims or _may_be_off(tree, layer, "weight")


def _may_lack_bias(tree: Tree, layer: Layer) -> bool:
    return not layer.bias_dims or _may_be_off(tree, layer, "bias")


def _may_be_off(tree: Tree, layer: Layer, attribute: str) -> bool:
    """Whether a call in the file may build a layer of this type without its weight or bias."""
    flags = layer.flags(attribute)
    if not all(flags.values()):
        return True
    for flag in flags:
        place = layer.parameters.index(flag) if flag in layer.parameters else 0
        for name, calls in tree.calls.items():
            own = layer.name in tree.meanings(name)
            if not own and name in LAYERS:
                continue
            if any(_may_set(call, flag, place if own else len(call.args)) for call in calls):
                return True
    return False


def _may_set(call: ast.Call, flag: str, place: int) -> bool:
    if len(call.args) > place or any(isinstance(argument, ast.Starred) for argument in call.args):
        return True
    given = (keyword.value for keyword in call.keywords if keyword.arg == flag)
    return any(not (isinstance(value, ast.Constant) and value.value is True) for value in given)


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
    if attribute == "bias" and _is_asked_for(tree, call.node, tensor) and not _may_be_recurrent(tree, layers):
        return False
    return layers is None or any(counts(tree, layer) for layer in layers)


def _is_asked_for(tree: Tree, node: ast.Call, tensor: ast.Attribute) -> bool:
    """Whether the way to an init leads through a test such as `x.bias is not None` or `if x.bias` for its tensor."""
    tests = (branch.test for branch, taken in tree.branches(node).items() if taken)
    return any(_is_same(each, tensor) for test in tests for each in ast.walk(test))


def _is_same(node: ast.AST, other: ast.expr) -> bool:
    """Whether two expressions are spelled alike."""
    return type(node) is type(other) and ast.dump(node) == ast.dump(other)


def _may_be_recurrent(tree: Tree, layers: list[Layer] | None) -> bool:
    """Whether a recurrent layer may be among those that come by: its `bias` is a bool, which no test for None sees."""
    if layers is not None:
        return any(layer.kind is LayerKind.RECURRENT for layer in layers)
    return any(kind in word for word in (*tree.words, *tree.strings) for kind in ("RNN", "LSTM", "GRU"))


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
        case ast.Call(func=ast.Name(id="isinstance"), args=[tested, classes]) if _is_same(tested, owner):
            named = classes.elts if isinstance(classes, ast.Tuple) else [classes]
            layers = [_layer(tree, each) for each in named]
            return [layer for layer in layers if layer is not None] if None not in layers else None
        case _:
            return None
