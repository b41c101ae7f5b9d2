"""Tests that pick modules, as `ast` has them: enough to say that none of them is always true, or never."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from initlint.facts.api.layers import BASES, LAYERS, WEIGHTLESS
from initlint.facts.api.modules import ITERATORS
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.tree import Routine, Tree, last_name
from initlint.facts.premises.values import origins

_CLASSES = frozenset({*LAYERS, *BASES, *WEIGHTLESS, "Module", "Parameter"})
_TESTS = (ast.If, ast.While, ast.IfExp, ast.BoolOp, ast.UnaryOp, ast.comprehension, ast.Assert)
_DISPLAYS = (ast.Tuple, ast.List, ast.Set)
_ASKING = ("isinstance", "issubclass")
_NAMING = frozenset({"__name__", "_get_name", "lower", "repr", "str"})
"""What a class name is read by."""


def may_be_always_true(tree: Tree) -> bool:
    """Whether a class or a string is an operand of `or`, a string not as the value that is left by default."""
    choices = (choice for choice in tree.choices if isinstance(choice.op, ast.Or))
    return any(_has_true_operand(tree, choice) for choice in choices)


def _has_true_operand(tree: Tree, choice: ast.BoolOp) -> bool:
    tested = isinstance(tree.parents[choice], _TESTS)
    operands = list(_operands(choice))
    asks = any(map(_asks_for_class, operands))
    return any(
        (tested or operand is not operands[-1]) if _word(operand) else asks and _is_class(tree, operand)
        for operand in operands
    )


def _operands(choice: ast.BoolOp) -> Iterator[ast.expr]:
    """The operands of `a or b or c`, however it is put in parentheses."""
    for operand in choice.values:
        if isinstance(operand, ast.BoolOp) and isinstance(operand.op, ast.Or):
            yield from _operands(operand)
        else:
            yield operand


def _asks_for_class(operand: ast.expr) -> bool:
    called = operand.func if isinstance(operand, ast.Call) else None
    return isinstance(operand, ast.Compare) or (isinstance(called, ast.Name) and called.id in _ASKING)


def may_be_never_true(tree: Tree) -> bool:
    """Whether a test may compare a module with a class, a class with a string and the like."""
    pairs = (pair for compare in tree.comparisons if len(compare.ops) == 1 for pair in _sides(tree, compare))
    return any(_may_differ(tree, subject, values) for subject, values in pairs) or any(
        _asks_in_vain(tree, *call.args) for call in tree.called("isinstance") if len(call.args) == 2
    )


def _sides(tree: Tree, compare: ast.Compare) -> Iterator[tuple[ast.expr, Sequence[ast.expr]]]:
    """What a comparison may test and what for."""
    left, right = compare.left, compare.comparators[0]
    yield left, (right,)
    yield right, (left,)
    yield from ((left, shown.elts) for shown in origins(tree, right) if isinstance(shown, _DISPLAYS))


def _may_differ(tree: Tree, subject: ast.expr, values: Sequence[ast.expr]) -> bool:
    """Whether what is tested and all that it is tested for may be of kinds that are never equal."""
    if not values:
        return False
    if all(_is_class(tree, each) for each in values):
        return _may_be_class_name(tree, subject) or _may_be_module(tree, subject)
    if not all(_names_class(tree, each) for each in values):
        return False
    dotted = all("." in _word(each) for each in values)
    return (
        _may_be_type(tree, subject) or (dotted and _may_be_class_name(tree, subject)) or _may_be_module(tree, subject)
    )


def _asks_in_vain(tree: Tree, subject: ast.expr, classes: ast.expr) -> bool:
    """Whether `isinstance` may be given a class to test, or what is no tuple of classes."""
    if _may_be_type(tree, subject):
        return True
    for shown in origins(tree, classes):
        elements = shown.elts if isinstance(shown, _DISPLAYS) else [shown]
        listed = isinstance(shown, ast.List | ast.Set)
        if any(_names_class(tree, each) or (listed and _is_class(tree, each)) for each in elements):
            return True
    return False


def _is_class(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a class of torch or of the file."""
    return _may_name_class(tree, last_name(node))


def _names_class(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression is a string that may be the name of a class of torch or of the file."""
    word = _word(node)
    return word.startswith(("nn.", "torch.nn.")) or _may_name_class(tree, word.rpartition(".")[2])


def _may_name_class(tree: Tree, name: str) -> bool:
    meanings = tree.meanings(name)
    return not meanings.isdisjoint(_CLASSES) or any(each.name in meanings for each in tree.classes)


def _word(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _may_be_type(tree: Tree, node: ast.expr) -> bool:
    """`type(m)`, `m.__class__`, or a name for it."""
    for origin in origins(tree, node):
        named = last_name(origin.func) if isinstance(origin, ast.Call) else last_name(origin)
        if named in ("type", "__class__"):
            return True
    return False


def _may_be_class_name(tree: Tree, node: ast.expr) -> bool:
    """`type(m).__name__`, `str(type(m))`, `m._get_name()`, or a name for it."""
    for origin in origins(tree, node):
        named = last_name(origin.func) if isinstance(origin, ast.Call) else last_name(origin)
        if named in _NAMING:
            return True
    return False


def _may_be_module(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a module and no class: in a loop, where `apply` gives it, or where it is drawn."""
    if isinstance(node, ast.Name):
        if _is_looped(tree, node.id):
            return True
        holders = (each for each in tree.routines_around(node) if node.id in _parameters(each))
        if any(_may_be_given_modules(tree, each) for each in holders):
            return True
    spelled = ast.dump(node)
    tensors = (call.tensor for call in init_calls(tree))
    owners = (tensor.value if isinstance(tensor, ast.Attribute) else tensor for tensor in tensors)
    return any(owner is None or ast.dump(owner) == spelled for owner in owners)


def _is_looped(tree: Tree, name: str) -> bool:
    """Whether a name is the variable of a loop over modules somewhere."""
    stores = (each for each in tree.names.get(name, ()) if isinstance(each.ctx, ast.Store))
    return any(_iterates(tree, each) for each in stores)


def _iterates(tree: Tree, variable: ast.expr) -> bool:
    around = tree.parents[variable]
    while isinstance(around, ast.Tuple | ast.List):
        around = tree.parents[around]
    match around:
        case ast.For(iter=over) | ast.AsyncFor(iter=over) | ast.comprehension(iter=over):
            return isinstance(over, ast.Call) and last_name(over.func) in ITERATORS
        case _:
            return False


def _parameters(routine: Routine) -> set[str]:
    arguments = routine.args
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _may_be_given_modules(tree: Tree, routine: Routine) -> bool:
    """Whether a function may be applied to a model, or called with the variable of a loop."""
    for name in tree.spellings(routine.name):
        owned = (each for each in tree.attributes.get(name, ()) if isinstance(each.value, ast.Name))
        for node in (*tree.names.get(name, ()), *owned):
            around = tree.parents[node]
            if not isinstance(around, ast.Call):
                continue
            if around.func is not node:
                if not tree.meanings(last_name(around.func)).isdisjoint(("apply", "partial")):
                    return True
            elif any(isinstance(each, ast.Name) and _is_looped(tree, each.id) for each in around.args):
                return True
    return False
