"""Lists and dictionaries that objects hold, as `ast` has them: enough to say that a file keeps no module in one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from initlint.facts.reading.tree import Tree, assigned, last_name

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
        for target, value in assigned(assignment)
    )


def _is_read(tree: Tree, name: str) -> bool:
    """Whether some other function than a constructor reads an attribute of this name."""
    loads = (node for node in tree.attributes[name] if isinstance(node.ctx, ast.Load))
    routines = (tree.routine(node) for node in loads)
    return any(routine is None or routine.name != "__init__" for routine in routines)


def _may_be_filled(tree: Tree, value: ast.expr, target: ast.Attribute) -> bool:
    """Whether a container that is assigned to an attribute may have modules in it, or be given some."""
    local = value.id if isinstance(value, ast.Name) else ""
    made = _made_of(tree, local, target) if local else [value]
    return bool(made) and (any(_builds_several(tree, each) for each in made) or _grows(tree, target.attr, local))


def _made_of(tree: Tree, local: str, target: ast.Attribute) -> list[ast.expr]:
    """What a local name is made of in the function around a place."""
    here = tree.routine(target)
    values = (value for value in tree.values.get(local, ()) if _is_container(value))
    return [value for value in values if tree.routine(value) is here]


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


def _builds_several(tree: Tree, value: ast.expr) -> bool:
    """Whether a display has something in it that may be built, other than as its only element."""
    match value:
        case ast.List(elts=[only]) | ast.Tuple(elts=[only]):
            return isinstance(only, ast.Starred | ast.List | ast.Tuple | ast.Name) and _builds(tree, only)
        case _:
            return _builds(tree, value)


def _builds(tree: Tree, value: ast.expr) -> bool:
    """Whether a call in a value, or one that a name in it is assigned, is of a class or of a function of the file."""
    inside = list(ast.walk(value))
    names = {each.id for each in inside if isinstance(each, ast.Name)}
    values = (each for name in names for each in tree.values.get(name, ()))
    return any(_makes(tree, each) for each in (*inside, *values) if isinstance(each, ast.Call))


def _makes(tree: Tree, call: ast.Call) -> bool:
    """Whether a call may make a module: its name may stand for a class, or for a function of the file."""
    meanings = tree.meanings(last_name(call.func)) - {"OrderedDict"}
    functions = {routine.name for routine in tree.routines} if isinstance(call.func, ast.Name) else set()
    return any(name[:1].isupper() for name in meanings) or not functions.isdisjoint(meanings)


def _grows(tree: Tree, attribute: str, local: str) -> bool:
    """Whether something that may be a module is added to the attribute or to the local that it was made of."""
    held = (attribute, local)
    for call in (call for name in _GROWING for call in tree.calls.get(name, ())):
        holder = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        if last_name(holder) in held and call.args and _may_be_module(tree, call.args[-1]):
            return True
    return any(last_name(holder) in held and _may_be_module(tree, value) for holder, value in _put_in(tree))


def _put_in(tree: Tree) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What `x[key] = value` and `x += value` put in where."""
    for assignment in tree.assignments:
        match assignment:
            case ast.Assign(targets=[ast.Subscript(value=holder)], value=value):
                yield holder, value
            case ast.AugAssign(target=holder, value=value):
                yield holder, value


def _may_be_module(tree: Tree, value: ast.expr) -> bool:
    """Whether a value, or an element of it, may be a module as far as its spelling tells."""
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(_may_be_module(tree, each) for each in elements)
        case ast.Call(func=function) if last_name(function) not in _PLAIN:
            return True
        case ast.Name() | ast.Attribute() | ast.Starred():
            return True
        case _:
            return _builds(tree, value)
