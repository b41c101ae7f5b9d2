"""Parameters as `ast` has them: attributes that are made as one, loops over those of a module, reparametrisation."""

from __future__ import annotations

import ast

from initlint.facts.api.reparametrisations import TRACES
from initlint.facts.premises.tree import Tree, assigned, is_static

_ITERATORS = ("parameters", "named_parameters")


def made_parameters(tree: Tree) -> frozenset[str]:
    """The attributes that are assigned a parameter where it is made."""
    pairs = (pair for call in tree.called("Parameter") for pair in assigned(tree.parents[call]) if pair[1] is call)
    return frozenset(target.attr for target, _ in pairs if isinstance(target, ast.Attribute))


def looped_parameters(tree: Tree) -> frozenset[str]:
    """The names that loops over the parameters of a module bind."""
    calls = (call for name in _ITERATORS for call in tree.calls.get(name, ()))
    loops = ((call, tree.parents[call]) for call in calls)
    targets = (loop.target for call, loop in loops if isinstance(loop, _LOOPS) and loop.iter is call)
    return frozenset(each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


def is_own(tree: Tree, node: ast.Attribute) -> bool:
    """Whether an attribute is `self.x` in a method that has an object of its class."""
    found = tree.method(node)
    return found is not None and tree.is_own(node) and not is_static(found[1])


def reparametrises(tree: Tree) -> bool:
    """Whether a file says a word of reparametrisation."""
    return any(trace in word for word in tree.words for trace in TRACES)
