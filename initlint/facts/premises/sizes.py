"""Sizes of modules and tensors, and how a std counts them, as `ast` has it.

Enough to say that a fan_out that is written out in the usual way counts groups and whole kernels:
`n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels`, then perhaps `n //= m.groups`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from initlint.facts.api.layers import LAYERS
from initlint.facts.premises.given_modules import tests
from initlint.facts.premises.numbers import number
from initlint.facts.premises.tree import Leaving, Tree
from initlint.facts.premises.values import sources

_DEEP = tuple(layer.name for layer in LAYERS.values() if layer.spatial == 3)
_PICKING = ast.Tuple | ast.List | ast.Dict | ast.Subscript | ast.NamedExpr


def stripped(tensor: ast.expr) -> ast.expr:
    """A tensor without what leaves its sizes as they are: `.data`, `.detach()`."""
    while True:
        match tensor:
            case ast.Attribute(value=inner, attr="data") | ast.Call(func=ast.Attribute(value=inner), args=[]):
                tensor = inner
            case _:
                return tensor


def dimension(tree: Tree, sizes: ast.Attribute) -> int | None:
    """The dimension that is read from `x.size` or `x.shape`; None where it is not written out."""
    node: ast.expr = sizes
    around = tree.parents.get(node)
    if isinstance(around, ast.Call) and around.func is node:
        if around.args:
            return _integer(around.args[0])
        node, around = around, tree.parents.get(around)
    return _integer(around.slice) if isinstance(around, ast.Subscript) and around.value is node else None


def _integer(node: ast.expr) -> int | None:
    found = number(node)
    return found if isinstance(found, int) else None


def divides_by_groups(tree: Tree, call: ast.Call, std: ast.expr, owner: ast.expr) -> bool:
    """Whether the groups of a module are in a std once, on every way to the init or on one of two that meet before it.

    Where the ways meet, the std is none that can be read.
    """
    parts = list(sources(tree, std))
    read = [part for part in parts if _is_size(part, "groups", owner)]
    if len(read) != 1 or any(_is_size(part, "in_channels", owner) for part in parts):
        return False
    around = list(_up_to_statement(tree, read[0]))
    if any(isinstance(each, _PICKING) or _is_power(each) for each in around):
        return False
    match around[-1]:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AugAssign(target=ast.Name() as target):
            return _reaches(tree, around[-1], target, call, std)
        case statement:
            return statement in tree.around(call)


def _up_to_statement(tree: Tree, node: ast.AST) -> Iterator[ast.AST]:
    """What an expression stands in, up to the statement."""
    for each in tree.around(node):
        yield each
        if isinstance(each, ast.stmt):
            return


def _is_size(node: ast.AST, name: str, owner: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and ast.dump(stripped(node.value)) == ast.dump(owner)


def _is_power(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)


def _reaches(tree: Tree, statement: ast.AST, target: ast.Name, call: ast.Call, std: ast.expr) -> bool:
    """Whether a std has a name in it that is not given another value behind the statement that assigns it."""
    parts = list(ast.walk(std))
    named = any(isinstance(part, ast.Name) and part.id == target.id for part in parts)
    if not named or any(isinstance(part, _PICKING) for part in parts):
        return False
    routine = tree.routine(target)
    stores = (each for each in tree.names[target.id] if isinstance(each.ctx, ast.Store) and each is not target)
    plain = (each for each in stores if not isinstance(tree.parents[each], ast.AugAssign))
    again = any(_place(each) > _place(target) and tree.routine(each) is routine for each in plain)
    return not again and tree.routine(call) is routine and _precedes(tree, statement, call)


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _precedes(tree: Tree, statement: ast.AST, node: ast.AST) -> bool:
    """Whether a statement, or a test that it stands under, comes before a node among the same statements."""
    around = {node, *tree.around(node)}
    for outer in tree.around(statement):
        if outer in around:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(outer, name, ())
                if isinstance(block, list) and statement in block:
                    return any(each in around for each in block[block.index(statement) :])
            return False
        if not isinstance(outer, ast.If) or any(isinstance(each, Leaving) for each in ast.walk(outer)):
            return False
        statement = outer
    return False


def counts_whole_kernel(tree: Tree, std: ast.expr, owner: ast.expr) -> bool:
    """Whether all that a std reads of the kernel of a module are products of its two sides."""
    if _may_be_deep(tree, owner):
        return False
    read = [part for part in sources(tree, std) if _is_size(part, "kernel_size", owner)]
    return bool(read) and all(_sides(tree, each, owner) == [0, 1] for each in read)


def _may_be_deep(tree: Tree, owner: ast.expr) -> bool:
    """Whether a module may be a convolution with three dimensions, or one of a type that the file chooses."""
    words = (*tree.words, *(target for _, target in tree.imported))
    parts = (word for word in tree.strings if "3" in word)
    if any("3d" in word for word in words) or any(part in name for part in parts for name in _DEEP):
        return True
    classes = [each for each in tests(tree).get(ast.dump(owner), ()) if each is not None]
    names = {part.id for each in classes for part in ast.walk(each) if isinstance(part, ast.Name)}
    calls = (call for name in names for call in tree.calls.get(name, ()))
    return any(keyword.arg == "kernel_size" for call in calls for keyword in call.keywords)


def _sides(tree: Tree, kernel: ast.AST, owner: ast.expr) -> list[object]:
    """The sides of a kernel that are written out in the product that a read of it stands in, in order."""
    product = tree.parents[kernel]
    while isinstance(around := tree.parents[product], ast.BinOp) and isinstance(around.op, ast.Mult):
        product = around
    found: list[object] = []
    pending: list[ast.AST] = [product]
    while pending:
        match pending.pop():
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                pending += (left, right)
            case ast.Subscript(value=value, slice=ast.Constant(value=side)) if _is_size(value, "kernel_size", owner):
                found.append(side)
    return sorted(found, key=str)
