"""Normalisations as `ast` has them: enough to say that no random init with mean 0 writes the scale of one."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from initlint.facts.api.layers import BASES, LAYERS, LayerKind, layers_containing
from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.carrying import carried, holds
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.tree import Leaving, Tree, is_same, last_name

_NORMS = frozenset(layer.name for layer in LAYERS.values() if layer.kind is LayerKind.NORM)
_TESTED = _NORMS | {base for base, names in BASES.items() if not _NORMS.isdisjoint(names)}
_CLASS_NAME = frozenset({"__name__", "_get_name", "type"})
"""How the name of a class is asked for."""

_BOUNDS = frozenset({"a", "b", "from", "to"})
_DENYING = (ast.NotEq, ast.IsNot, ast.NotIn)
_CHOOSING = (ast.BoolOp, ast.IfExp, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def may_be_drawn(tree: Tree) -> bool:
    """Whether a random init with mean 0 may write the weight of a normalisation."""
    calls = [call for call in init_calls(tree) if _may_be_centred(call)]
    if any(call.tensor is None for call in calls):
        return True
    weights = ((call.node, call.tensor) for call in calls)
    owners = [(node, each.value) for node, each in weights if isinstance(each, ast.Attribute) and each.attr == "weight"]
    norms = _Norms(tree)
    return bool(owners) and (norms.by_class_name or any(norms.may_be(owner, node) for node, owner in owners))


def _may_be_centred(call: InitCall) -> bool:
    match call.draw:
        case Draw.NORMAL | Draw.TRUNC_NORMAL:
            return not call.number("mean") and call.number("std") != 0
        case Draw.UNIFORM:
            return call.given is None or len(call.given.keys() & _BOUNDS) > 1
        case _:
            return False


@dataclass(frozen=True)
class _Norms:
    """Which modules of a file may be normalisations."""

    tree: Tree

    def may_be(self, owner: ast.expr, place: ast.Call) -> bool:
        """Whether a module may be one at a place: as it is built, or by the tests on the way."""
        if holds(owner, self.built, self.held):
            return True
        for branch, taken in self.tree.branches(place).items():
            classes = _asked(branch.test, owner) if taken else None
            if classes is not None:
                return any(last_name(each) in self.classes for each in classes)
        return self._may_be_tested_otherwise(place)

    @cached_property
    def built(self) -> Sequence[ast.Call]:
        """The calls that build one."""
        return tuple(self.tree.called(*_NORMS))

    @cached_property
    def held(self) -> frozenset[str]:
        """What may hold one that is built."""
        return carried(self.tree, self.built)

    @cached_property
    def classes(self) -> frozenset[str]:
        """The names of classes of them, and of collections of such classes."""
        spelled = self.tree.spellings(*_TESTED)
        return spelled | carried(self.tree, [node for name in spelled for node in self._mentions(name)])

    @cached_property
    def by_class_name(self) -> bool:
        """Whether a test of the name of a class may pick them only."""
        if not self.tree.words & _CLASS_NAME:
            return False
        picked = (
            layers_containing(word) for word, nodes in self.tree.strings.items() if any(map(self._is_word, nodes))
        )
        return any(found and all(layer.kind is LayerKind.NORM for layer in found) for found in picked)

    def _is_word(self, string: ast.Constant) -> bool:
        """Whether a test may ask for a string: `"Norm" in name`, `name.find("Norm")`, or for a name that it has."""
        match self.tree.parents[string]:
            case ast.Call(func=ast.Attribute(attr="find" | "startswith" | "endswith")):
                return True
            case around:
                return isinstance(around, ast.Compare | ast.Assign | ast.AnnAssign | ast.NamedExpr)

    def _mentions(self, name: str) -> Sequence[ast.Name | ast.Attribute]:
        return (*self.tree.names.get(name, ()), *self.tree.attributes.get(name, ()))

    def _may_be_tested_otherwise(self, place: ast.Call) -> bool:
        """Whether a test for them stands in the function around a place that is no plain `if` around it."""
        routine, around = self.tree.routine(place), set(self.tree.around(place))
        inside = (node for name in self.classes for node in self._mentions(name))
        return any(
            self._decides(node, around) for node in inside if routine is None or routine in self.tree.around(node)
        )

    def _decides(self, mention: ast.expr, around: set[ast.AST]) -> bool:
        """Whether what follows a test, or stands in one expression with it, may run for what it names only."""
        inner: ast.AST = mention
        for each in self.tree.around(mention):
            if isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not):
                return True
            if isinstance(each, ast.Compare) and isinstance(each.ops[0], _DENYING):
                return True
            if isinstance(each, _CHOOSING) and each in around:
                return True
            if isinstance(each, ast.If) and each.test is inner:
                others = (node for statement in each.orelse for node in ast.walk(statement))
                return any(isinstance(node, Leaving) for node in others)
            if isinstance(each, ast.stmt):
                return False
            inner = each
        return False


def _asked(test: ast.expr, owner: ast.expr) -> list[ast.expr] | None:
    """The classes of which a module is one where a test holds; None where it does not ask for that."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return next((each for value in values if (each := _asked(value, owner)) is not None), None)
        case ast.BoolOp(values=values):
            sides = [_asked(value, owner) for value in values]
            return [each for side in sides for each in side or ()] if None not in sides else None
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[tested, classes]) if is_same(tested, owner):
            return _listed(classes)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="type"), args=[tested]) | ast.Attribute(value=tested, attr="__class__"),
            ops=[ast.Eq() | ast.Is() | ast.In()],
            comparators=[classes],
        ) if is_same(tested, owner):
            return _listed(classes)
        case _:
            return None


def _listed(classes: ast.expr) -> list[ast.expr]:
    match classes:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return [each for part in parts for each in _listed(part)]
        case ast.BinOp(left=left, right=right):
            return [*_listed(left), *_listed(right)]
        case _:
            return [classes]
