"""What expressions build, as `ast` has them: enough to say that there is no module and no parameter in one.

Whatever is imported from elsewhere, and whatever the file defines, may be a module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from initlint.facts.api.layers import ALWAYS_TRAINED, LAYERS
from initlint.facts.premises.tree import Tree, last_name, root_name

_LIBRARIES = frozenset({"torch", "numpy", "math", "collections", "functools", "itertools", "copy", "typing"})
"""Packages of which nothing is a module with parameters but what `torch.nn` has."""

_TRAINED = frozenset(
    {
        *(layer.name for layer in LAYERS.values() if layer.kind in ALWAYS_TRAINED or layer.weight_dims),
        *("Parameter", "UninitializedParameter"),
    }
)
"""Names of what trains by itself; a container does so by what it is given."""

_GROWING = frozenset({"append", "extend", "insert", "add_module"})


def may_build(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a module or a parameter, or hold one."""
    return any(isinstance(each, ast.Call) and _makes(tree, each) for each in _parts(tree, node))


def may_build_default(tree: Tree) -> bool:
    """Whether the default of a parameter may be a module."""
    defaults = (default for each in tree.routines for default in (*each.args.defaults, *each.args.kw_defaults))
    return any(default is not None and may_build(tree, default) for default in defaults)


def _parts(tree: Tree, node: ast.expr) -> Iterator[ast.expr]:
    """An expression with what it is made of, names looked through."""
    seen: set[ast.expr] = set()
    pending = [node]
    while pending:
        each = pending.pop()
        if each not in seen:
            seen.add(each)
            yield each
            pending += looked_up(tree, each) if isinstance(each, ast.Name) else _elements(each)


def _elements(node: ast.expr) -> Sequence[ast.expr]:
    """The parts of an expression that it passes on."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.Dict(values=elements):
            return elements
        case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value) | ast.DictComp(value=value):
            return [value]
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return [one, other]
        case ast.BoolOp(values=values):
            return values
        case ast.Starred(value=value) | ast.NamedExpr(value=value) | ast.Subscript(value=value):
            return [value]
        case ast.Call(func=function):
            holder = [function.value] if isinstance(function, ast.Attribute) else []
            return [*holder, *arguments(node)]
        case _:
            return []


def may_make_parameter(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression may be a parameter, or hold one."""
    makers = tree.spellings("Parameter", "UninitializedParameter")
    return any(isinstance(each, ast.Call) and last_name(each.func) in makers for each in _parts(tree, node))


def values_of(tree: Tree, name: ast.Name) -> list[ast.expr]:
    """What a name may be assigned where it is used, and what `+=` and the like give it."""
    return [*_in_force(tree, name, tree.values), *_in_force(tree, name, _augmented(tree))]


def looked_up(tree: Tree, name: ast.Name) -> list[ast.expr]:
    """What a name may be assigned where it is used, what it may be looped over, and what may be added to it."""
    return [*_in_force(tree, name, tree.values), *_in_force(tree, name, _given(tree))]


def _in_force(tree: Tree, name: ast.Name, known: Mapping[str, Sequence[ast.expr]]) -> list[ast.expr]:
    found = known.get(name.id, ())
    scopes = {None, *tree.routines_around(name)} if found else {None}
    return [each for each in found if tree.routine(each) in scopes]


@lru_cache(maxsize=1)
def _augmented(tree: Tree) -> dict[str, list[ast.expr]]:
    return _by_name((each.target, each.value) for each in tree.assignments if isinstance(each, ast.AugAssign))


@lru_cache(maxsize=1)
def _given(tree: Tree) -> dict[str, list[ast.expr]]:
    return _by_name((*((each.target, each.iter) for each in tree.loops), *added(tree)))


def _by_name(pairs: Iterable[tuple[ast.expr, ast.expr]]) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for target, value in pairs:
        if isinstance(target, ast.Name):
            found.setdefault(target.id, []).append(value)
    return found


@lru_cache(maxsize=1)
def added(tree: Tree) -> tuple[tuple[ast.expr, ast.expr], ...]:
    """What `x.append(value)` and the like, `x[key] = value` and `x += value` put in where."""
    calls = (call for name in _GROWING for call in tree.calls.get(name, ()))
    holders = ((call.func.value, call) for call in calls if isinstance(call.func, ast.Attribute))
    targets = ((each, value) for target, value in tree.pairs for each in bound(target))
    return (
        *((holder, value) for holder, call in holders for value in arguments(call)),
        *((each.target, each.value) for each in tree.assignments if isinstance(each, ast.AugAssign)),
        *((target.value, value) for target, value in targets if isinstance(target, ast.Subscript)),
    )


def arguments(call: ast.Call) -> list[ast.expr]:
    """What a call is given, by position and by name."""
    return [*call.args, *(each.value for each in call.keywords)]


def bound(target: ast.expr) -> list[ast.expr]:
    """A target, or those in a tuple of them."""
    if isinstance(target, ast.Tuple | ast.List):
        return [each for element in target.elts for each in bound(element)]
    return [target]


def may_lead_elsewhere(tree: Tree, node: ast.expr) -> bool:
    """Whether a name or attribute may be of another file of the project."""
    return root_name(node) in _foreign(tree)


@lru_cache(maxsize=1)
def _foreign(tree: Tree) -> frozenset[str]:
    """What imports bind to something outside of the libraries, and names that are assigned something of it."""
    found = {name for name, target in tree.imported if target.partition(".")[0] not in _LIBRARIES}
    return tree.bound_to(found)


def _makes(tree: Tree, call: ast.Call) -> bool:
    """Whether a call may make a module or a parameter: its name may be one of a class, or of a function of the file."""
    name = last_name(call.func)
    if isinstance(call.func, ast.Name):
        return name in _makers(tree)
    return name in _TRAINED or may_lead_elsewhere(tree, call.func)


@lru_cache(maxsize=1)
def _makers(tree: Tree) -> frozenset[str]:
    """Names of layers, of what the file defines, classes without bases apart, and of what it imports from elsewhere."""
    own = (each.name for each in (*(one for one in tree.classes if one.bases), *tree.routines))
    return tree.spellings(*_TRAINED, *own) | _foreign(tree)
