"""Tensors that are no parameters, as `ast` has them: enough to say that an expression is none."""

from __future__ import annotations

import ast

from initlint.facts.api.tensors import FUNCTIONS, KEEPING, METHODS, SLOTS
from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS
from initlint.facts.premises.tree import Tree, last_name

_FUNCTIONS = frozenset(name.rpartition(".")[2] for name in FUNCTIONS)
_INITS = frozenset({*INITIALIZERS, *DEPRECATED})


def may_be_tensor(tree: Tree, node: ast.expr) -> bool:
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
    given = [*call.args, *(each.value for each in call.keywords)] if handed_on else []
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
