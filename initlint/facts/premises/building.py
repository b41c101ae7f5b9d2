"""What expressions build, as `ast` has them: enough to say that there is no module and no parameter in one.

Whatever is imported from elsewhere, and whatever the file defines, may be a module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from initlint.facts.api.layers import ALWAYS_TRAINED, LAYERS
from initlint.facts.api.tensors import PARAMETERS
from initlint.facts.premises.tree import Tree, arguments, defaults, last_name, root_name
from initlint.facts.premises.values import items, plain_values, reached

_LIBRARIES = frozenset({"torch", "numpy", "math", "collections", "functools", "itertools", "copy", "typing"})
"""Packages of which nothing is a module with parameters but what `torch.nn` has."""

_TRAINED = frozenset(
    {
        *(layer.name for layer in LAYERS.values() if layer.kind in ALWAYS_TRAINED or layer.weight_dims),
        *PARAMETERS,
    }
)
"""Names of what trains by itself; a container does so by what it is given."""


def may_build(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a module or a parameter, or hold one."""
    return any(isinstance(each, ast.Call) and _makes(tree, each) for each in _parts(tree, node))


def may_build_default(tree: Tree) -> bool:
    """Whether the default of a parameter may be a module."""
    return any(may_build(tree, default) for each in tree.routines for _, default in defaults(each))


def _parts(tree: Tree, node: ast.expr) -> Iterator[ast.expr]:
    """An expression with what it is made of, names looked through."""
    return reached(node, lambda each: _held(tree, each) if isinstance(each, ast.Name) else _elements(each))


def _held(tree: Tree, name: ast.Name) -> list[ast.expr]:
    return [*plain_values(tree, name), *items(tree, name)]


def _elements(node: ast.expr) -> Sequence[ast.expr]:
    """The parts of an expression that it passes on."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.Dict(values=elements):
            return elements
        case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value) | ast.DictComp(value=value):
            return [value]
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return [one, other]
        case ast.BoolOp(values=values):
            return values
        case ast.Starred(value=value) | ast.NamedExpr(value=value) | ast.Subscript(value=value):
            return [value]
        case ast.Call(func=function):
            holder = [function.value] if isinstance(function, ast.Attribute) else []
            return [*holder, *arguments(node)]
        case _:
            return []


def may_hold_parameter(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a new parameter, or hold one."""
    makers = tree.spellings(*PARAMETERS)
    return any(isinstance(each, ast.Call) and last_name(each.func) in makers for each in _parts(tree, node))


def may_lead_elsewhere(tree: Tree, node: ast.expr) -> bool:
    """Whether a name or attribute may be of another file of the project."""
    return root_name(node) in _foreign(tree)


@lru_cache(maxsize=1)
def _foreign(tree: Tree) -> frozenset[str]:
    """What imports bind to something outside of the libraries, and names that are assigned something of it."""
    found = {name for name, target in tree.imported if target.partition(".")[0] not in _LIBRARIES}
    return tree.bound_to(found)


def _makes(tree: Tree, call: ast.Call) -> bool:
    """Whether a call may make a module or a parameter: its name may be one of a class, or of a function of the file."""
    name = last_name(call.func)
    if isinstance(call.func, ast.Name):
        return name in _makers(tree)
    return name in _TRAINED or may_lead_elsewhere(tree, call.func)


@lru_cache(maxsize=1)
def _makers(tree: Tree) -> frozenset[str]:
    """Names of layers, of what the file defines, classes without bases apart, and of what it imports from elsewhere."""
    classes = (each.name for each in tree.classes if each.bases)
    return tree.spellings(*_TRAINED, *classes, *tree.functions) | _foreign(tree)
