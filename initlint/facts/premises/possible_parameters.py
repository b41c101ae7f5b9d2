"""What may be a parameter, as `ast` has it: enough to say that a tensor method writes none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from initlint.facts.api.torch_init import DEPRECATED
from initlint.facts.premises.tree import Tree, last_name

_MAKING = frozenset({"Parameter", "UninitializedParameter", *DEPRECATED})
"""What gives a parameter, the old names of init functions among them, which return what they are given."""

_LOOPS = (ast.For, ast.comprehension)


def bare_tensor(node: ast.expr) -> ast.expr:
    """The tensor behind `.data` and `.detach()`."""
    while True:
        match node:
            case ast.Attribute(value=inner, attr="data"):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner, attr="detach" | "detach_")):
                node = inner
            case _:
                return node


def may_be_parameter(tree: Tree, node: ast.expr) -> bool:
    """Whether a tensor may be a weight, a bias, what is made a parameter, or the variable of a loop over those."""
    match bare_tensor(node):
        case ast.Attribute(attr="weight" | "bias"):
            return True
        case ast.Attribute(value=ast.Name(), attr=name):
            return is_made_parameter(tree, name)
        case ast.Name(id=name) as found:
            return name in loop_variables(tree) or may_make_parameter(tree, found)
        case ast.Call() as found:
            return may_make_parameter(tree, found)
        case _:
            return False


def is_made_parameter(tree: Tree, attribute: str) -> bool:
    """Whether an assignment to an attribute of this name may make it a parameter."""
    stores = (tree.parents[each] for each in tree.attributes[attribute] if isinstance(each.ctx, ast.Store))
    values = (getattr(each, "value", None) for each in stores)
    return any(isinstance(value, ast.expr) and may_make_parameter(tree, value) for value in values)


def may_make_parameter(tree: Tree, value: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a value may be a new parameter; init functions, most of them with an underscore, return theirs."""
    match value:
        case ast.Call(func=function):
            names = tree.meanings(last_name(function))
            return any(name in _MAKING or name.endswith("_") for name in names)
        case ast.IfExp(body=body):
            return may_make_parameter(tree, body, seen)
        case ast.Name(id=name) if name not in seen:
            values = tree.values.get(name, ())
            return any(may_make_parameter(tree, each, seen | {name}) for each in values)
        case _:
            return False


@lru_cache(maxsize=1)
def loop_variables(tree: Tree) -> frozenset[str]:
    """The names of parameters in loops over `parameters()` and `named_parameters()`, comprehensions included."""
    return frozenset(_loop_variables(tree))


def _loop_variables(tree: Tree) -> Iterator[str]:
    for named in (False, True):
        for call in tree.calls.get("named_parameters" if named else "parameters", ()):
            loop = tree.parents[call]
            if not isinstance(loop, _LOOPS) or loop.iter is not call:
                continue
            match loop.target:
                case ast.Name(id=name) if not named:
                    yield name
                case ast.Tuple(elts=[_, ast.Name(id=name)]) | ast.List(elts=[_, ast.Name(id=name)]) if named:
                    yield name
