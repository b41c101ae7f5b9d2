"""Lists and dictionaries that objects hold, as `ast` has them: enough to say that a file keeps no module in one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from initlint.facts.reading.tree import Tree, last_name

_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.DictComp)
_MAKING = frozenset({"list", "tuple", "dict", "OrderedDict"})
_PLAIN = frozenset({*_MAKING, "int", "float", "str", "len", "range", "sum", "max", "min", "set"})
_GROWING = frozenset({"append", "extend", "insert"})


def may_hold_modules(tree: Tree) -> bool:
    """Whether an attribute that code outside of constructors reads may be a list, tuple or dictionary of modules."""
    return any(
        isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and _is_container(value)
        and _is_read(tree, target.attr)
        and _may_be_filled(tree, value, target)
        for assignment in tree.assignments
        for target, value in _pairs(assignment)
    )


def _pairs(assignment: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match assignment:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value


def _is_read(tree: Tree, name: str) -> bool:
    """Whether some other function than a constructor reads an attribute of this name."""
    loads = (node for node in tree.attributes[name] if isinstance(node.ctx, ast.Load))
    routines = (tree.routine(node) for node in loads)
    return any(routine is None or routine.name != "__init__" for routine in routines)


def _may_be_filled(tree: Tree, value: ast.expr, target: ast.Attribute) -> bool:
    """Whether a container that is assigned to an attribute may have modules in it, or be given some."""
    local = value.id if isinstance(value, ast.Name) else ""
    made = _made_of(tree, local, target) if local else [value]
    return bool(made) and (any(map(_builds_several, made)) or _grows(tree, target.attr, local))


def _made_of(tree: Tree, local: str, target: ast.Attribute) -> list[ast.expr]:
    """What a local name is made of in the function around a place."""
    here = tree.routine(target)
    return [value for value in _locals(tree).get(local, ()) if tree.routine(value) is here]


@lru_cache(maxsize=1)
def _locals(tree: Tree) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for name, value in (pair for assignment in tree.assignments for pair in _pairs(assignment)):
        if isinstance(name, ast.Name) and _is_container(value):
            found.setdefault(name.id, []).append(value)
    return found


def _is_container(value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.Tuple() | ast.Dict() | ast.Name():
            return True
        case ast.BinOp(left=left, right=right):
            return _is_container(left) or _is_container(right)
        case ast.Call(func=function):
            return last_name(function) in _MAKING
        case _:
            return isinstance(value, _COMPREHENSIONS)


def _builds_several(value: ast.expr) -> bool:
    """Whether a display has something in it that may be built, other than as its only element."""
    match value:
        case ast.List(elts=[only]) | ast.Tuple(elts=[only]):
            return isinstance(only, ast.Starred | ast.List | ast.Tuple | ast.Name) and _builds(only)
        case _:
            return _builds(value)


def _builds(value: ast.expr) -> bool:
    called = (last_name(each.func) for each in ast.walk(value) if isinstance(each, ast.Call))
    return any(name[:1].isupper() and name != "OrderedDict" for name in called)


def _grows(tree: Tree, attribute: str, local: str) -> bool:
    """Whether something that may be a module is added to the attribute or to the local that it was made of."""
    held = (attribute, local)
    for call in (call for name in _GROWING for call in tree.calls.get(name, ())):
        holder = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        if last_name(holder) in held and call.args and _may_be_module(call.args[-1]):
            return True
    return any(last_name(holder) in held and _may_be_module(value) for holder, value in _put_in(tree))


def _put_in(tree: Tree) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What `x[key] = value` and `x += value` put in where."""
    for assignment in tree.assignments:
        match assignment:
            case ast.Assign(targets=[ast.Subscript(value=holder)], value=value):
                yield holder, value
            case ast.AugAssign(target=holder, value=value):
                yield holder, value


def _may_be_module(value: ast.expr) -> bool:
    """Whether a value, or an element of it, may be a module as far as its spelling tells."""
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(map(_may_be_module, elements))
        case ast.Call(func=function) if last_name(function) not in _PLAIN:
            return True
        case ast.Name() | ast.Attribute() | ast.Starred():
            return True
        case _:
            return _builds(value)
