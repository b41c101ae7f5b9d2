"""Parameters as `ast` has them: what is made as one, loops over those of a module, what stands for one by its name."""

from __future__ import annotations

import ast
from functools import lru_cache

from initlint.facts.api.reparametrisations import TRACES
from initlint.facts.api.tensors import PARAMETER_ITERATORS, PARAMETERS, SLOTS
from initlint.facts.api.torch_init import DEPRECATED
from initlint.facts.premises.tree import Loop, Tree, assigned, is_static, last_name
from initlint.facts.premises.values import loops

_MAKING = PARAMETERS | DEPRECATED.keys()
"""What gives a parameter, the old names of init functions among them, which return what they are given."""


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
        case ast.Attribute(attr=name) if name in SLOTS:
            return True
        case ast.Attribute(value=ast.Name(), attr=name):
            return is_made_parameter(tree, name)
        case ast.Name(id=name) as found:
            return name in looped_parameters(tree) or may_make_parameter(tree, found)
        case ast.Call() as found:
            return may_make_parameter(tree, found)
        case _:
            return False


def is_made_parameter(tree: Tree, attribute: str) -> bool:
    """Whether an assignment to an attribute of this name may make it a parameter."""
    return any(may_make_parameter(tree, value) for value in tree.stored(attribute))


def may_make_parameter(tree: Tree, value: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a value may be a new parameter; init functions, most of them with an underscore, return theirs."""
    match value:
        case ast.Call(func=function):
            return any(name in _MAKING or name.endswith("_") for name in tree.meanings(last_name(function)))
        case ast.IfExp(body=one, orelse=other):
            return may_make_parameter(tree, one, seen) or may_make_parameter(tree, other, seen)
        case ast.NamedExpr(value=inner):
            return may_make_parameter(tree, inner, seen)
        case ast.Name(id=name) if name not in seen:
            return any(may_make_parameter(tree, each, seen | {name}) for each in tree.values.get(name, ()))
        case _:
            return False


def assigned_parameters(tree: Tree) -> frozenset[str]:
    """The attributes that are assigned a parameter where it is made."""
    pairs = (pair for call in tree.called("Parameter") for pair in assigned(tree.parents[call]) if pair[1] is call)
    return frozenset(target.attr for target, _ in pairs if isinstance(target, ast.Attribute))


@lru_cache(maxsize=1)
def looped_parameters(tree: Tree) -> frozenset[str]:
    """The names that loops and comprehensions over the parameters of a module bind."""
    return frozenset(name for name, found in loops(tree).items() if any(map(_is_over_parameters, found)))


def _is_over_parameters(loop: Loop) -> bool:
    return isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) in PARAMETER_ITERATORS


def is_own(tree: Tree, node: ast.Attribute) -> bool:
    """Whether an attribute is `self.x` in a method that has an object of its class."""
    found = tree.method(node)
    return found is not None and tree.is_own(node) and not is_static(found[1])


def reparametrises(tree: Tree) -> bool:
    """Whether a file says a word of reparametrisation."""
    return any(trace in word for word in tree.words for trace in TRACES)
