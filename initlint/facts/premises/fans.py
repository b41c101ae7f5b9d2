"""Fans that are counted by hand or from the wrong dimension, as `ast` has them: enough to say that none is.

A scale that is computed may count the dimensions of a weight; an initialiser reads the fan of a layer from a parameter
of an object's own, which may be a stack or lie the other way round.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from functools import lru_cache

from initlint.facts.api.layers import LAYERS
from initlint.facts.api.tensors import PARAMETERS
from initlint.facts.api.torch_init import INITIALIZERS, Draw
from initlint.facts.api.words import FAN_NAME
from initlint.facts.premises.given_modules import may_be_known
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.numbers import may_have_root, number
from initlint.facts.premises.sizes import counts_whole_kernel, dimension, divides_by_groups, stripped
from initlint.facts.premises.tree import Tree, last_name
from initlint.facts.premises.values import sources

_OUTPUTS = frozenset({"out_channels", "out_features", "numel", "nelement"})
_FUNCTIONAL = ("linear", "conv1d", "conv2d", "conv3d")
_LAWS = (Draw.NORMAL, Draw.TRUNC_NORMAL)
_CONVOLUTIONS = {layer.name: layer.parameters.index("groups") for layer in LAYERS.values() if layer.spatial}
"""The convolutions, with the place of their argument `groups`."""
_SIZES = {"in": ("out_features", "out_channels"), "out": ("in_features", "in_channels")}
_DIMENSION = {"in": 0, "out": 1}
"""What the other fan counts: attributes of a layer, and the dimension of its weight."""


def may_count_outputs(tree: Tree) -> bool:
    """Whether the std of a normal law may be a root of the outputs of a layer, or of a functional one."""
    return any(_may_count_outputs(tree, call) for call in _whole(tree))


def may_leave_out_groups(tree: Tree) -> bool:
    """Whether such a std may be that of a convolution with groups, at which the function does not look."""
    return _may_have_groups(tree) and any(
        _may_count_outputs(tree, call) and not _looks_at_groups(tree, call) for call in _whole(tree)
    )


def may_leave_out_kernel(tree: Tree) -> bool:
    """Whether the std of a normal law may be a root of single dimensions of the kernel of a convolution."""
    return any(_may_leave_out_kernel(tree, call) for call in _whole(tree))


def may_be_bound(tree: Tree) -> bool:
    """Whether the std of a normal law may be a root of 6 or 3 over something."""
    return any(call.given is None or _may_have_three(tree, call.given["std"]) for call in _rooted(tree))


@lru_cache(maxsize=1)
def _rooted(tree: Tree) -> tuple[InitCall, ...]:
    """The inits of a normal law, truncated or not, whose std may have a root in it."""
    normal = (call for call in init_calls(tree) if call.draw in _LAWS)
    return tuple(each for each in normal if each.given is None or _has_root(tree, each.given.get("std")))


def _has_root(tree: Tree, std: ast.expr | None) -> bool:
    return std is not None and may_have_root(tree, std)


def _whole(tree: Tree) -> Iterator[InitCall]:
    """Those of a law that is not truncated."""
    return (call for call in _rooted(tree) if call.draw is Draw.NORMAL)


def _may_count_outputs(tree: Tree, call: InitCall) -> bool:
    tensor = call.tensor
    if tensor is None or _is_functional(tree, tensor):
        return True
    read = _read(tree, call)
    if not any(size.attr in _OUTPUTS or _is_dimension(tree, size, _is_first) for size in read):
        return False
    return not divides_by_groups(tree, call.node, *_std_and_owner(call))


def _may_leave_out_kernel(tree: Tree, call: InitCall) -> bool:
    if call.tensor is None:
        return True
    read = _read(tree, call)
    if any(_is_dimension(tree, size, _is_kernel) for size in read):
        return True
    named = any(size.attr == "kernel_size" for size in read)
    return named and not counts_whole_kernel(tree, *_std_and_owner(call))


def _read(tree: Tree, call: InitCall) -> list[ast.Attribute]:
    """What the std for the weight of a layer reads of the weight and of the layer, where that may be known."""
    std, tensor = (call.given or {}).get("std"), call.tensor
    if std is None or not isinstance(tensor, ast.Attribute) or tensor.attr != "weight":
        return []
    if not may_be_known(tree, tensor.value):
        return []
    held = {ast.dump(tensor), ast.dump(tensor.value)}
    read = (part for part in sources(tree, std) if isinstance(part, ast.Attribute))
    return [part for part in read if ast.dump(stripped(part.value)) in held]


def _std_and_owner(call: InitCall) -> tuple[ast.expr, ast.expr]:
    """The std of an init that reads something of the layer, and the layer."""
    assert call.given is not None
    assert isinstance(call.tensor, ast.Attribute)
    return call.given["std"], call.tensor.value


def _is_dimension(tree: Tree, sizes: ast.Attribute, counts: Callable[[int], bool]) -> bool:
    """Whether an attribute gives a dimension that counts, or one that is not written out."""
    found = dimension(tree, sizes)
    return sizes.attr in ("size", "shape") and (found is None or counts(found))


def _is_first(dimension: int) -> bool:
    return dimension <= 0


def _is_kernel(dimension: int) -> bool:
    return dimension not in (0, 1)


def _is_functional(tree: Tree, tensor: ast.expr) -> bool:
    """Whether a tensor is given to a functional layer as its weight."""
    given = (call.args[1] for call in tree.called(*_FUNCTIONAL) if len(call.args) > 1)
    return any(type(each) is type(tensor) and ast.dump(each) == ast.dump(tensor) for each in given)


def _may_have_groups(tree: Tree) -> bool:
    """Whether a convolution of the file may be given groups."""
    first = min(_CONVOLUTIONS.values())
    return "groups" in tree.keywords or any(len(call.args) > first for call in tree.called(*_CONVOLUTIONS))


def _looks_at_groups(tree: Tree, call: InitCall) -> bool:
    """Whether the function of an init reads the groups of the module that it writes to."""
    routine = tree.routine(call.node)
    if routine is None or not isinstance(call.tensor, ast.Attribute):
        return False
    owner = ast.dump(call.tensor.value)
    read = (each for each in tree.attributes.get("groups", ()) if ast.dump(each.value) == owner)
    return any(routine in tree.around(each) for each in read)


def _may_have_three(tree: Tree, std: ast.expr) -> bool:
    """Whether the square of a number may be 6 or 3 times something: only a sum, a gain or a number makes a three."""
    for part in sources(tree, std):
        match part:
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return True
            case ast.Call(func=function) if "calculate_gain" in tree.meanings(last_name(function)):
                return True
            case ast.Constant(value=int() | float() as value) if _holds_three(value):
                return True
    return False


def _holds_three(number: float) -> bool:
    """Whether three divides a number, or the denominator of the decimal that it is."""
    if not number or isinstance(number, bool) or math.isinf(number):
        return False
    from fractions import Fraction

    exact = Fraction(number if isinstance(number, int) else repr(number))
    return not (exact.numerator % 3 and exact.denominator % 3)


def may_be_misnamed(tree: Tree) -> bool:
    """Whether a name that says which fan it holds may be assigned the size that the other one counts."""
    named = ((FAN_NAME.fullmatch(name), values) for name, values in tree.values.items())
    return any(_may_hold_other(tree, match[1], value) for match, values in named if match for value in values)


def _may_hold_other(tree: Tree, fan: str, value: ast.expr) -> bool:
    parts = list(sources(tree, value))
    read = (part for part in parts if isinstance(part, ast.Attribute))
    items = (part for part in _chosen(value) if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name))
    return any(_is_other(tree, fan, part) for part in read) or any(_is_at(fan, part) for part in items)


def _is_other(tree: Tree, fan: str, node: ast.Attribute) -> bool:
    """Whether an attribute is a size that the other fan counts, or all sizes of a weight in which one is not chosen."""
    if node.attr in _SIZES[fan]:
        return True
    weight = stripped(node.value)
    if node.attr not in ("size", "shape") or not (isinstance(weight, ast.Attribute) and weight.attr == "weight"):
        return False
    return dimension(tree, node) in (None, _DIMENSION[fan])


def _chosen(value: ast.expr) -> Iterator[ast.expr]:
    """A value, and what stands behind the last `or` of it."""
    yield value
    if isinstance(value, ast.BoolOp):
        yield value.values[-1]


def _is_at(fan: str, item: ast.Subscript) -> bool:
    return isinstance(item.slice, ast.Constant) and item.slice.value == _DIMENSION[fan]


def may_count_columns(tree: Tree) -> bool:
    """Whether a parameter of an object's own may be given a scale by its second dimension."""
    return any(_may_count_columns(tree, call) and _is_own(tree, call.tensor) for call in init_calls(tree))


def _may_count_columns(tree: Tree, call: InitCall) -> bool:
    given = call.given
    if given is None:
        return True
    match call.draw:
        case Draw.KAIMING_NORMAL | Draw.KAIMING_UNIFORM:
            mode = given.get("mode")
            return not (isinstance(mode, ast.Constant) and mode.value == "fan_out")
        case Draw.NORMAL | Draw.TRUNC_NORMAL | Draw.UNIFORM:
            scale = given.get({Draw.UNIFORM: "to" if call.method else "b"}.get(call.draw, "std"))
            return scale is not None and may_have_root(tree, scale)
        case _:
            return False


def may_be_stacked(tree: Tree) -> bool:
    """Whether an initialiser with a fan may be given a parameter of an object's own, and one be a stack of matrices."""
    if not any(_may_be_stack(tree, call) for call in tree.called(*PARAMETERS)):
        return False
    fans = (call for call in init_calls(tree) if not call.method and INITIALIZERS[call.name].uses_fan)
    return any(_is_own(tree, call.tensor) for call in fans)


def _may_be_stack(tree: Tree, made: ast.Call) -> bool:
    """Whether a parameter may have three dimensions or more, none of them written as 1, or any number of them."""
    return any(_may_be_deep(_sizes(part)) for part in sources(tree, made))


def _sizes(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Call(args=sizes) | ast.Tuple(elts=sizes) | ast.List(elts=sizes):
            return sizes
        case _:
            return []


def _may_be_deep(sizes: list[ast.expr]) -> bool:
    if any(isinstance(size, ast.Starred) for size in sizes):
        return True
    return len(sizes) > 2 and not any(number(size) == 1 for size in sizes)


def _is_own(tree: Tree, tensor: ast.expr | None) -> bool:
    """Whether what is written may be a parameter that is made for an attribute of the object itself."""
    if tensor is None:
        return True
    return isinstance(tensor, ast.Attribute) and tree.is_own(tensor) and any(_made(tree, tensor.attr))


def _made(tree: Tree, attribute: str) -> Iterator[ast.Call]:
    """The calls that make a parameter in the values of an attribute."""
    parts = (part for value in tree.stored(attribute) for part in sources(tree, value))
    calls = (part for part in parts if isinstance(part, ast.Call))
    return (call for call in calls if not tree.meanings(last_name(call.func)).isdisjoint(PARAMETERS))
