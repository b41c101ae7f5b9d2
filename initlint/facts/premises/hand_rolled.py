"""Scales that are computed by hand, as `ast` has them: enough to say that none counts the dimensions of a weight."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from functools import lru_cache

from initlint.facts.api.layers import LAYERS
from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.fan_out import counts_whole_kernel, divides_by_groups
from initlint.facts.premises.given_modules import may_be_known
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.numbers import may_have_root, sources
from initlint.facts.premises.sizes import dimension, stripped
from initlint.facts.premises.tree import Tree, last_name

_OUTPUTS = frozenset({"out_channels", "out_features", "numel", "nelement"})
_FUNCTIONAL = ("linear", "conv1d", "conv2d", "conv3d")
_LAWS = (Draw.NORMAL, Draw.TRUNC_NORMAL)
_CONVOLUTIONS = {layer.name: layer.parameters.index("groups") for layer in LAYERS.values() if layer.spatial}
"""The convolutions, with the place of their argument `groups`."""


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
