"""Inits of the weight or bias of a module, and what the tests on the way to them ask of it, as `ast` has them.

Rules that say which modules come by an init are silent where a test on the way is about something else: whether it
holds is not known. Enough is read here to say that; where a spelling leaves something open, everything may pass.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from initlint.facts.api.layers import BASES, LAYERS, layers_containing, layers_named
from initlint.facts.api.tensors import SLOTS
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.tree import Routine, Tree, is_same, is_static, last_name, receiver
from initlint.facts.premises.values import followed

LayerNames = frozenset[str]
Asked = tuple[ast.expr, bool]
"""A part of a test that is neither `and` nor `not`, and whether it holds where the init is."""

_STEPS = 4
_ALL: LayerNames = frozenset(LAYERS)


@dataclass(frozen=True, slots=True)
class ModuleInit:
    """A call that may write the `weight` or `bias` of a module, which is spelled `owner` there."""

    node: ast.Call
    owner: ast.expr
    attribute: str

    def asked(self, tree: Tree) -> list[Asked]:
        """The parts of the tests on the way to it within its function."""
        return list(_asked(tree, self.node))

    def may_pass(self, tree: Tree) -> bool:
        """Whether each test on the way mentions the module, or a name that may be assigned something of it."""
        return all(any(is_same(each, self.owner) for each in followed(tree, part)) for part, _ in self.asked(tree))

    def is_tried(self, tree: Tree) -> bool:
        """Whether it stands in a `try` of its function that catches something."""
        inner: ast.AST = self.node
        for around in tree.around(self.node):
            if isinstance(around, Routine | ast.ClassDef):
                return False
            if isinstance(around, ast.Try) and around.handlers and (inner in around.body or inner in around.orelse):
                return True
            inner = around
        return False

    def scope(self, tree: Tree) -> ast.AST:
        """The function that it stands in, or the module."""
        return tree.routine(self.node) or tree.module

    def picks_by_type(self, tree: Tree) -> bool:
        """Whether the type of the module, or the name of its class, may be asked for where the init stands."""
        asked = (call.args[0] for call in tree.called("isinstance", "issubclass") if call.args)
        return any(is_same(each, self.owner) for each in asked) or any(class_names(tree, self))

    def passing(self, tree: Tree) -> LayerNames:
        """The layers that may pass the tests on the way."""
        found = _ALL
        for part, holds in self.asked(tree):
            found &= _passing(tree, part, self.owner) if holds else _ALL
        return found

    def is_of_object(self, tree: Tree) -> bool:
        """Whether the module is the object whose method the call stands in."""
        found = tree.method(self.node)
        if found is None or not isinstance(self.owner, ast.Name) or receiver(found[1]) != self.owner.id:
            return False
        return not is_static(found[1])


@lru_cache(maxsize=1)
def module_inits(tree: Tree) -> tuple[ModuleInit, ...]:
    """The calls of a file that may write the weight or bias of a module."""
    written = ((call.node, tensor) for call in init_calls(tree) for tensor in call.written)
    return tuple(
        ModuleInit(node, tensor.value, tensor.attr)
        for node, tensor in written
        if isinstance(tensor, ast.Attribute) and tensor.attr in SLOTS
    )


def mentions(node: ast.AST, expression: ast.expr) -> bool:
    """Whether an expression stands in a node."""
    return any(is_same(each, expression) for each in ast.walk(node))


def words(tree: Tree, *nodes: ast.AST) -> set[str]:
    """The strings in some nodes, and in what is assigned to the names there."""
    constants = (each for node in nodes for each in followed(tree, node) if isinstance(each, ast.Constant))
    return {each.value for each in constants if isinstance(each.value, str)}


def class_names(tree: Tree, init: ModuleInit) -> Iterator[ast.expr]:
    """What may be the class of the module of an init, or its name, where the init stands: `type(m)`, `m.__class__`."""
    around = {None, *tree.routines_around(init.node)}
    attributes = (*tree.attributes.get("__class__", ()), *tree.attributes.get("_get_name", ()))
    asked: list[tuple[ast.expr, ast.expr]] = [(each, each.value) for each in attributes]
    asked += [(each, each.args[0]) for each in tree.calls.get("type", ()) if len(each.args) == 1]
    return (each for each, module in asked if is_same(module, init.owner) and tree.routine(each) in around)


def _asked(tree: Tree, node: ast.AST) -> Iterator[Asked]:
    inner = node
    for around in tree.around(node):
        if isinstance(around, Routine | ast.ClassDef):
            return
        if isinstance(around, ast.If) and inner is not around.test:
            yield from _parts(around.test, inner in around.body)
        inner = around


def _parts(test: ast.expr, holds: bool) -> Iterator[Asked]:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from _parts(inner, not holds)
        case ast.BoolOp(op=operator, values=values) if isinstance(operator, ast.And) is holds:
            yield from (part for value in values for part in _parts(value, holds))
        case _:
            yield test, holds


def _passing(tree: Tree, part: ast.expr, owner: ast.expr) -> LayerNames:
    """The layers that may pass a test that holds."""
    match part:
        case ast.BoolOp(values=values):
            found = [_passing(tree, value, owner) for value in values]
            return frozenset.union(*found) if isinstance(part.op, ast.Or) else _ALL
        case ast.Call(func=function, args=[module, classes]) if is_same(module, owner):
            asks = not tree.meanings(last_name(function)).isdisjoint({"isinstance", "issubclass"})
            return _layers(tree, classes) if asks else _ALL
        case ast.Call(func=ast.Attribute(attr="startswith" | "endswith")):
            return _named(tree, part)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _compared(tree, left, operator, right, owner)
        case _:
            return _ALL


def _compared(tree: Tree, left: ast.expr, operator: ast.cmpop, right: ast.expr, owner: ast.expr) -> LayerNames:
    searched = isinstance(left, ast.Call) and last_name(left.func) == "find"
    if searched != isinstance(operator, ast.NotEq | ast.Gt | ast.GtE):
        return _ALL
    match left:
        case ast.Call(func=ast.Name(id="type"), args=[module]) | ast.Attribute(value=module, attr="__class__") if (
            is_same(module, owner) and isinstance(operator, ast.Eq | ast.Is | ast.In)
        ):
            return _layers(tree, right)
        case _ if isinstance(operator, ast.Eq | ast.In) or searched:
            return _named(tree, left, right)
        case _:
            return _ALL


def _named(tree: Tree, *nodes: ast.expr) -> LayerNames:
    """The layers whose names hold a word that stands in a test of a class name; all where none does."""
    found = words(tree, *nodes)
    return frozenset(layer.name for word in found for layer in layers_containing(word)) if found else _ALL


def _layers(tree: Tree, classes: ast.expr, steps: int = _STEPS) -> LayerNames:
    """The layers among classes that a test names; classes of a project let no layer pass."""
    match classes:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return frozenset[str]().union(*(_layers(tree, each, steps) for each in elements))
        case ast.BinOp(left=left, right=right):
            return _layers(tree, left, steps) | _layers(tree, right, steps)
        case ast.Name() | ast.Attribute() if steps > 0:
            names = tree.meanings(last_name(classes))
            held = (value for name in names for value in tree.values.get(name, ()) if not last_name(value))
            inner = frozenset[str]().union(*(_layers(tree, each, steps - 1) for each in held))
            return _ALL if "Module" in names else inner | {layer for name in names for layer in _of_class(name)}
        case _:
            return _ALL if steps == 0 else frozenset()


def _of_class(name: str) -> Iterator[str]:
    if name in LAYERS or name in BASES:
        yield from (layer.name for layer in layers_named(f"torch.nn.{name}"))
