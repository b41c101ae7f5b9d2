"""Tensors with one dimension, as `ast` has them: enough to say that no init that needs a fan is given one."""

from __future__ import annotations

import ast
from functools import lru_cache

from initlint.facts.api.layers import BASES, LAYERS, Layer, layers_containing
from initlint.facts.api.torch_init import INITIALIZERS
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.tree import Tree, is_same, last_name, root_name

_FACTORIES = frozenset({"empty", "ones", "rand", "randn", "zeros", "Tensor", "FloatTensor"})
_HANDING_ON = frozenset({"apply", "cuda", "eval", "float", "requires_grad_", "t", "to"})
"""Methods behind which it is known what their object is built as."""

_VECTORS = frozenset(
    name for name in (*LAYERS, *BASES) if any(LAYERS[each].weight_dims == 1 for each in BASES.get(name, (name,)))
)
_LONG = max(map(len, LAYERS)) + 1
_TURNED = frozenset({"T", "mT"})
_CLASS = frozenset({"__class__", "_get_name"})
"""What gives the class of an object, or the name of it."""


def may_be_vectors(tree: Tree) -> bool:
    """Whether an initialiser with a fan may be given a vector."""
    fans = (call for call in init_calls(tree) if call.name in INITIALIZERS and INITIALIZERS[call.name].needs_matrix)
    return any(_may_be_vector(tree, call) for call in fans if not call.hidden)


def _may_be_vector(tree: Tree, call: InitCall) -> bool:
    tensor = call.tensor
    if isinstance(tensor, ast.Attribute) and tensor.attr not in _TURNED and tree.is_own(tensor):
        return _is_tested(tree, tensor.value) or _may_be_made_vector(tree, tensor.attr)
    match tensor:
        case ast.Attribute(value=owner, attr="weight"):
            known = _has_vectors(tree) and _may_be_known(tree, owner)
            return known and _may_pick_vector(tree, call, owner)
        case ast.Attribute(attr=name) if name != "bias" and name not in _TURNED:
            return False
        case ast.Name(id=name):
            return name in tree.values
        case ast.Call() as made:
            return _may_be_built(tree, made)
        case _:
            return True


def _may_be_made_vector(tree: Tree, attribute: str) -> bool:
    """Whether an attribute of this name may be given a tensor of one size."""
    return not all(_is_matrix(getattr(each, "value", None)) for each in tree.stores(attribute))


def _is_tested(tree: Tree, owner: ast.expr) -> bool:
    """Whether a test asks of what class `self` is."""
    asking = tree.spellings("isinstance", "issubclass", "type")
    return any(_asks(tree.parents[each], asking) for each in tree.names[root_name(owner)])


def _asks(around: ast.AST, asking: frozenset[str]) -> bool:
    match around:
        case ast.Call(func=function):
            return last_name(function) in asking
        case _:
            return isinstance(around, ast.Attribute) and around.attr in _CLASS


def _is_vector(layer: Layer) -> bool:
    return layer.weight_dims == 1


@lru_cache(maxsize=1)
def _has_vectors(tree: Tree) -> bool:
    """Whether a file speaks of a layer with a vector as its weight, or of a word by which only such are picked."""
    picking = (layers_containing(word) for word in tree.strings if len(word) < _LONG)
    return not tree.spellings(*_VECTORS).isdisjoint(tree.words) or any(
        layers and all(map(_is_vector, layers)) for layers in picking
    )


def _is_matrix(value: ast.expr | None) -> bool:
    """Whether a tensor or parameter is made of several sizes, or is none."""
    match value:
        case ast.Constant(value=None):
            return True
        case ast.Call(func=function, args=[inner]) if last_name(function) == "Parameter":
            return _is_matrix(inner)
        case ast.Call(func=function) if last_name(function) in _FACTORIES:
            return _has_several_sizes(value)
        case _:
            return False


def _has_several_sizes(call: ast.Call) -> bool:
    """`torch.empty(n, m)`, `torch.empty((n, m))`, `torch.empty(size=(n, m))`."""
    sizes = call.args or [each.value for each in call.keywords if each.arg == "size"]
    if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple):
        sizes = sizes[0].elts
    return len(sizes) > 1 and not any(isinstance(each, ast.Starred) for each in sizes)


def _may_pick_vector(tree: Tree, call: InitCall, owner: ast.expr) -> bool:
    """Whether the module of an init may be a layer with a vector as its weight, as far as it is picked and built."""
    layers = _layers_of(tree, call.node, owner)
    return layers is None or any(map(_is_vector, layers))


def _layers_of(tree: Tree, node: ast.Call, owner: ast.expr) -> list[Layer] | None:
    """The layers that the tests around an init pick, or that its owner is built as; None where that is not spelled."""
    for branch, taken in tree.branches(node).items():
        picked = _picked(tree, branch.test, owner) if taken else None
        if picked is not None:
            return picked
    if isinstance(owner, ast.Attribute):
        built = [_built(tree, each) for each in tree.stores(owner.attr) if not _is_placeholder(each)]
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
            return name not in _CLASS
        case (ast.Subscript(value=held) | ast.Call(func=held)) as around if held is node:
            return _is_holder(tree, around)
        case _:
            return False
