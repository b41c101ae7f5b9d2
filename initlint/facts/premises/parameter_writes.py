"""Writes to parameters as `ast` has them: enough to say that none is assigned a tensor, and none written in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from initlint.facts.api.in_place import IN_PLACE, SWITCHES, TRANSPOSED, VIEWS
from initlint.facts.api.tensors import FUNCTIONS, KEEPING, METHODS, SLOTS
from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS
from initlint.facts.premises.parameters import assigned_parameters, is_own, looped_parameters, reparametrises
from initlint.facts.premises.tree import Tree, arguments, assigned, last_name

_FUNCTIONS = frozenset(name.rpartition(".")[2] for name in FUNCTIONS)
_INITS = frozenset({*INITIALIZERS, *DEPRECATED})


def may_be_assigned(tree: Tree) -> bool:
    """Whether a tensor may be assigned where a constructor has registered a parameter, or to the slot of a layer."""
    registered = _registered(tree)
    names = tree.attributes if registered is None else registered | SLOTS
    stores = (each for name in names for each in tree.attributes.get(name, ()) if isinstance(each.ctx, ast.Store))
    values = ((each, value) for each in stores for target, value in assigned(tree.parents[each]) if target is each)
    return any(_may_refuse(tree, each, registered) and _may_be_tensor(tree, value) for each, value in values)


def _registered(tree: Tree) -> frozenset[str] | None:
    """The attributes that are registered for parameters; None where a name is not written out."""
    found = set(assigned_parameters(tree))
    for call in tree.calls.get("register_parameter", ()):
        for name in (*call.args[:1], *(each.value for each in call.keywords if each.arg in ("name", None))):
            if not isinstance(name, ast.Constant):
                return None
            found.add(str(name.value))
    return frozenset(found)


def _may_refuse(tree: Tree, target: ast.Attribute, registered: frozenset[str] | None) -> bool:
    """Whether an attribute is one that the constructor around it may have registered, or of another object."""
    found = tree.method(target)
    if found is not None and found[1] is tree.routine(target) and is_own(tree, target):
        return found[1].name == "__init__" and (registered is None or target.attr in registered)
    return target.attr in SLOTS and not reparametrises(tree)


def _may_be_tensor(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a tensor that is no parameter, as far as its spelling tells."""
    pending, seen = [node], {node}
    while pending:
        parts = _parts(tree, pending.pop())
        if parts is None:
            return True
        pending += [part for part in parts if part not in seen]
        seen.update(parts)
    return False


def _parts(tree: Tree, node: ast.expr) -> list[ast.expr] | None:
    """What an expression is a tensor of if it is one; None where it may be one by itself."""
    match node:
        case ast.Name(id=name):
            return tree.values.get(name, [])
        case ast.BinOp(left=left, right=right):
            return None if _is_slot(left) or _is_slot(right) else [left, right]
        case (
            ast.UnaryOp(op=ast.USub(), operand=inner)
            | ast.Attribute(value=inner, attr="data" | "T")
            | ast.Subscript(value=inner)
        ):
            return None if _is_slot(inner) else [inner]
        case ast.Call(func=function):
            return _called(tree, node, function)
        case _:
            return []


def _called(tree: Tree, call: ast.Call, function: ast.expr) -> list[ast.expr] | None:
    meanings = tree.meanings(last_name(function))
    if not meanings.isdisjoint(_FUNCTIONS) or _is_functional(tree, function):
        return None
    handed_on = not meanings.isdisjoint(_INITS) or any(name.endswith("_") for name in meanings)
    given = arguments(call) if handed_on else []
    match function:
        case ast.Attribute(value=inner, attr=name) if name in METHODS and _is_slot(inner):
            return None
        case ast.Attribute(value=inner, attr=name) if name in METHODS or name in KEEPING or name.endswith("_"):
            return [inner, *given]
        case _:
            return given


def _is_functional(tree: Tree, function: ast.expr) -> bool:
    """Whether something called may be of `torch.nn.functional`."""
    match function:
        case ast.Attribute(value=holder):
            return "functional" in tree.meanings(last_name(holder))
        case ast.Name(id=name):
            modules = (target.rpartition(".")[0] for bound, target in tree.imported if bound == name)
            held = (value for value in tree.values.get(name, ()) if isinstance(value, ast.Name | ast.Attribute))
            return any(module.endswith("functional") for module in modules) or any(True for _ in held)
        case _:
            return False


def _is_slot(node: ast.expr) -> bool:
    """`layer.weight`, `layer.bias`."""
    return isinstance(node, ast.Attribute) and node.attr in SLOTS


def may_be_written_in_place(tree: Tree) -> bool:
    """Whether what a constructor runs may write a leaf in place: a parameter of its own, of a layer, of a loop."""
    return any(_is_written(tree, leaf) and _may_run(tree, leaf) for leaf in _leaves(tree))


def _leaves(tree: Tree) -> Iterator[ast.expr]:
    """What may be a trained parameter, by its name."""
    made = assigned_parameters(tree)
    for name in made | SLOTS:
        for node in tree.attributes.get(name, ()):
            if name in (made if is_own(tree, node) else SLOTS):
                yield node
    yield from (node for name in looped_parameters(tree) for node in tree.names[name])


def _is_written(tree: Tree, leaf: ast.expr) -> bool:
    """Whether something is done to a tensor in place, or to a view of it."""
    inner: ast.AST = leaf
    while True:
        around = tree.parents[inner]
        match around:
            case ast.Subscript(value=value) if value is inner:
                if isinstance(around.ctx, ast.Store):
                    return True
                inner = around
            case ast.Attribute(attr=name) if name in TRANSPOSED:
                inner = around
            case ast.Attribute(attr=name):
                call = tree.parents[around]
                called = isinstance(call, ast.Call) and call.func is around
                if not called or name not in VIEWS:
                    return called and name in IN_PLACE
                inner = call
            case _:
                return isinstance(around, ast.AugAssign) and around.target is inner


def _may_run(tree: Tree, node: ast.expr) -> bool:
    """Whether a constructor may run a place, with gradients recorded, in a class that nowhere switches them."""
    found = tree.method(node)
    if found is None:
        return False
    switches = (each for name in SWITCHES for each in (*tree.names.get(name, ()), *tree.attributes.get(name, ())))
    if any(found[0] in tree.around(each) for each in switches):
        return False
    return _is_run(tree, found[1].name)


def _is_run(tree: Tree, method: str) -> bool:
    """Whether a constructor, or a method that one calls on its own object, may call a method of this name."""
    seen: set[str] = set()
    pending = {method}
    while pending:
        name = pending.pop()
        if name == "__init__":
            return True
        seen.add(name)
        calls = (each for each in tree.attributes.get(name, ()) if _is_on_itself(tree, each))
        pending |= {routine.name for call in calls for routine in tree.routines_around(call)} - seen
    return False


def _is_on_itself(tree: Tree, node: ast.Attribute) -> bool:
    """`self.method`, `super().method`."""
    match node.value:
        case ast.Call(func=ast.Name(id="super")):
            return True
        case _:
            return tree.is_own(node)
