"""Lists, tuples and dictionaries as `ast` has them: enough to say that none hides a module, and none repeats one."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from initlint.facts.api.layers import LAYERS
from initlint.facts.api.reparametrisations import WRAPPERS
from initlint.facts.premises.building import may_build
from initlint.facts.premises.numbers import number
from initlint.facts.premises.parameters import may_make_parameter
from initlint.facts.premises.tree import Display, Tree, last_name, receiver, root_name
from initlint.facts.premises.values import added, plain_values, reached

_MAKING = frozenset({"list", "tuple", "dict", "OrderedDict"})
_HANDING_ON = frozenset({"apply", "cuda", "eval", "requires_grad_", "to"})
"""Methods that return their object."""


@dataclass(slots=True)
class _Held:
    """What the methods of a class assign to an attribute of the object, and what they add to it."""

    made: list[ast.expr] = field(default_factory=list)
    added: list[ast.expr] = field(default_factory=list)


def may_hold_modules(tree: Tree) -> bool:
    """Whether a list, tuple or dictionary of modules may be an attribute of an object whose `forward` uses it."""
    return any(
        any(may_build(tree, value) for value in (*held.made, *held.added)) and _is_used(tree, name)
        for (_, name), held in _attributes(tree).items()
        if _is_unregistered(tree, held)
    )


def _is_unregistered(tree: Tree, held: _Held) -> bool:
    """Whether what is assigned is a plain container each time, and no list of one element to hide it in."""
    plain = [value for value in held.made if _may_be_container(tree, value)]
    if not plain or any(_is_settled(tree, value) for value in held.made if value not in plain):
        return False
    return bool(held.added) or not all(_hides(tree, value) for value in plain)


def _is_settled(tree: Tree, value: ast.expr) -> bool:
    """Whether a value stands in a method itself, of which its class has no other definition."""
    found, routine = tree.method(value), tree.routine(value)
    if found is None or routine is not found[1] or routine.decorator_list:
        return False
    others = (each for each in tree.routines if each.name == routine.name and each is not routine)
    return not any(found[0] in tree.around(each) for each in others)


def _attributes(tree: Tree) -> dict[tuple[ast.ClassDef, str], _Held]:
    """What is assigned and added to the attributes of objects, by class and name."""
    found: dict[tuple[ast.ClassDef, str], _Held] = {}
    for target, value in tree.pairs:
        key = _own(tree, target)
        if key is not None and not (isinstance(value, ast.Constant) and value.value is None):
            found.setdefault(key, _Held()).made.append(value)
    for holder, value in added(tree):
        key = _own(tree, holder)
        if key in found:
            found[key].added.append(value)
    return found


def _own(tree: Tree, node: ast.expr) -> tuple[ast.ClassDef, str] | None:
    """The class and the name of `self.x` in a method of a class with bases."""
    if not isinstance(node, ast.Attribute) or not tree.is_own(node):
        return None
    found = tree.method(node)
    return (found[0], node.attr) if found is not None and found[0].bases else None


def _is_used(tree: Tree, name: str) -> bool:
    """Whether `forward`, or a method that it may call, names an attribute of its object."""
    return any(
        isinstance(node.value, ast.Name) and node.value.id == (receiver(routine) or "self")
        for node in tree.attributes[name]
        for routine in tree.routines_around(node)
        if _runs_in_forward(tree, routine.name)
    )


def _runs_in_forward(tree: Tree, method: str) -> bool:
    """Whether a method is `forward`, or one of this name may be called by what may run in it."""
    seen: set[str] = set()
    pending = [method]
    while pending and "forward" not in pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            mentions = (node for node in tree.attributes.get(name, ()) if isinstance(node.value, ast.Name | ast.Call))
            pending += [routine.name for node in mentions for routine in tree.routines_around(node)]
    return "forward" in pending


def _may_be_container(tree: Tree, value: ast.expr) -> bool:
    """Whether a value may be a list, tuple or dictionary that is written out, names and sums looked through."""

    def step(each: ast.expr) -> list[ast.expr]:
        match each:
            case ast.Name():
                return plain_values(tree, each)
            case ast.BinOp(left=left, right=right):
                return [left, right]
            case _:
                return []

    return any(isinstance(each, Display) or _makes_container(tree, each) for each in reached(value, step))


def _makes_container(tree: Tree, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and not _MAKING.isdisjoint(tree.meanings(last_name(node.func)))


def _hides(tree: Tree, value: ast.expr) -> bool:
    """Whether a display has one element, which is none itself: so code keeps a module from being registered."""
    match value:
        case ast.List(elts=[only]) | ast.Tuple(elts=[only]):
            return not isinstance(only, ast.Starred) and not _may_be_container(tree, only)
        case _:
            return False


def may_repeat_modules(tree: Tree) -> bool:
    """Whether a list or tuple with something in it that may be a module or a parameter is repeated."""
    sides = ((each.left, each.right) for each in tree.products)
    repeated = (pair for left, right in sides for pair in ((left, right), (right, left)))
    return any(
        _holds_module(tree, display)
        for display, times in repeated
        if isinstance(display, ast.List | ast.Tuple) and (number(times) or 2) >= 2
    )


def _holds_module(tree: Tree, display: ast.List | ast.Tuple) -> bool:
    elements = (each.value if isinstance(each, ast.Starred) else each for each in display.elts)
    return any(isinstance(each, ast.Call) and _may_be_module(tree, each) for each in elements)


def _may_be_module(tree: Tree, call: ast.Call) -> bool:
    """Whether a call may build a module: a layer, a class or what a function of this file or another gives."""
    meanings = tree.meanings(last_name(call.func))
    if not meanings.isdisjoint(LAYERS.keys() | _HANDING_ON) or not _callees(tree, call.func).isdisjoint(WRAPPERS):
        return True
    if may_make_parameter(tree, call) or not meanings.isdisjoint(tree.definitions):
        return True
    targets = {target for name, target in tree.imported if name == root_name(call.func)}
    return root_name(call.func) in tree.roots and not (targets and all(map(_is_torch, targets)))


def _callees(tree: Tree, function: ast.expr, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The last parts of the names of what is called, both sides of a conditional among them."""
    if isinstance(function, ast.IfExp):
        return _callees(tree, function.body, seen) | _callees(tree, function.orelse, seen)
    found = tree.meanings(last_name(function)) - seen
    values = (value for name in found for value in tree.values.get(name, ()))
    choices = [each for each in values if isinstance(each, ast.IfExp)]
    return found.union(*(_callees(tree, each, seen | found) for each in choices))


def _is_torch(target: str) -> bool:
    return target == "torch" or target.startswith("torch.")
