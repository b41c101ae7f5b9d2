"""Layers that a file builds without a weight or bias, as `ast` has them: enough to say that no init meets one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from initlint.facts.api.layers import LAYERS, Layer, LayerKind
from initlint.facts.api.reparametrisations import WRAPPERS
from initlint.facts.premises.module_inits import LayerNames, ModuleInit, mentions, module_inits
from initlint.facts.premises.tree import Assignment, Tree, arguments, assigned, hides_arguments, is_same, last_name

_RECURRENT: LayerNames = frozenset(name for name, layer in LAYERS.items() if layer.kind is LayerKind.RECURRENT)
_REGISTERING = frozenset({"add_module", "register_module", "setattr"})

_Calls = frozenset[ast.Call]


def may_lack_tensors(tree: Tree) -> bool:
    """Whether an init may meet a layer without the weight or bias that it writes, or its test ask another module."""
    return any(_may_lack(tree, init) or _may_be_misdirected(tree, init) for init in module_inits(tree))


def _may_lack(tree: Tree, init: ModuleInit) -> bool:
    if init.is_of_object(tree) or init.is_tried(tree) or not init.may_pass(tree):
        return False
    passing = init.passing(tree)
    tensor = ast.Attribute(init.owner, init.attribute, ast.Load())
    if any(mentions(part, tensor) for part, _ in init.asked(tree)):
        passing &= _RECURRENT  # Their `bias` is a bool, which no test for None sees.
    built = _layers_of(tree, init.owner)
    return any(layer.name in passing and _lacks(tree, layer, init.attribute, call) for layer, call in built)


def _may_be_misdirected(tree: Tree, init: ModuleInit) -> bool:
    """Whether `hasattr` asks the holder of a module for what is written in the module."""
    return isinstance(init.owner, ast.Attribute) and any(
        tree.routine(call) is tree.routine(init.node) and is_same(module, init.owner.value)
        for call in tree.called("hasattr")
        for module, name in ([call.args] if len(call.args) == 2 else ())
        if not isinstance(name, ast.Constant) or name.value == init.attribute
    )


def _lacks(tree: Tree, layer: Layer, attribute: str, call: ast.Call) -> bool:
    """Whether a call may build a layer without a tensor."""
    if layer.dims(attribute) is None:
        return True
    if hides_arguments(call):
        return False  # Nothing is said of a call whose arguments are not spelled.
    given = dict(zip(layer.parameters, call.args, strict=False))
    given |= {each.arg: each.value for each in call.keywords if each.arg is not None}
    flags = layer.flags(attribute).items()
    return any(_may_be_false(tree, given[flag]) if flag in given else not default for flag, default in flags)


def _may_be_false(tree: Tree, node: ast.expr, steps: int = 4) -> bool:
    """Whether an expression may be a constant that is false; a parameter is none."""
    match node:
        case ast.Constant(value=value):
            return not value
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _may_be_false(tree, inner, steps)
        case ast.Name(id=name):
            return steps == 0 or any(_may_be_false(tree, each, steps - 1) for each in tree.values.get(name, ()))
        case _:
            return False


def _layers_of(tree: Tree, owner: ast.expr) -> Iterator[tuple[Layer, ast.Call]]:
    """The layers that a module may be, each with a call that builds it; containers are none.

    Of an attribute those are what the file makes of attributes of its name, where that is all spelled.
    """
    calls = _layer_calls(tree)
    built = _held(tree, owner.attr, frozenset()) if isinstance(owner, ast.Attribute) else None
    for call in calls if built is None else built & calls.keys():
        yield from ((layer, call) for layer in calls[call] if layer.kind is not LayerKind.CONTAINER)


@lru_cache(maxsize=1)
def _layer_calls(tree: Tree) -> dict[ast.Call, list[Layer]]:
    """The calls that may build a layer, with the layers that their names may stand for."""
    names = tree.spellings(*LAYERS) & tree.calls.keys()
    layers = {name: [LAYERS[each] for each in tree.meanings(name) if each in LAYERS] for name in names}
    return {call: found for name, found in layers.items() for call in tree.calls[name]}


def _held(tree: Tree, attribute: str, seen: frozenset[str]) -> _Calls | None:
    """The calls by which an attribute may be built; None where anything may be put there."""
    if f".{attribute}" in seen:
        return frozenset()
    values = [value for each in tree.stores(attribute) for _, value in assigned(each)]
    for string in tree.strings.get(attribute, ()):
        around = tree.parents[string]
        around = tree.parents[around] if isinstance(around, ast.keyword) else around
        if isinstance(around, Assignment):
            return None
        if isinstance(around, ast.Call) and last_name(around.func) in _REGISTERING:
            values += arguments(around)
    return _union(tree, values, seen | {f".{attribute}"})


def _union(tree: Tree, values: Iterable[ast.AST], seen: frozenset[str]) -> _Calls | None:
    found: set[ast.Call] = set()
    for value in values:
        built = _made(tree, value, seen)
        if built is None:
            return None
        found |= built
    return frozenset(found)


def _made(tree: Tree, value: ast.AST, seen: frozenset[str]) -> _Calls | None:
    """The calls by which a value may be built."""
    match value:
        case ast.Call():
            return _called(tree, value, seen)
        case ast.Subscript():
            return None
        case ast.Attribute(attr=name):
            return _held(tree, name, seen)
        case ast.Name(id=name):
            return _bound(tree, name, seen)
        case _:
            return _union(tree, ast.iter_child_nodes(value), seen)


def _called(tree: Tree, call: ast.Call, seen: frozenset[str]) -> _Calls | None:
    """The call itself; what a wrapper is given or a method is called on; None for a function of the file."""
    meanings = tree.meanings(last_name(call.func))
    if not meanings.isdisjoint(tree.functions):
        return None
    chosen = any(isinstance(value, ast.IfExp) for name in meanings for value in tree.values.get(name, ()))
    given = arguments(call)[:1]
    inner = given if chosen or not meanings.isdisjoint(WRAPPERS) else []
    inner += [call.func.value] if isinstance(call.func, ast.Attribute) else []
    found = _union(tree, inner, seen)
    return found | {call} if found is not None else None


def _bound(tree: Tree, name: str, seen: frozenset[str]) -> _Calls | None:
    """The calls by which a local may be built; None where a loop binds it."""
    if name in seen:
        return frozenset()
    if not all(isinstance(each, Assignment) for each in tree.binders(name)):
        return None
    return _union(tree, tree.values.get(name, ()), seen | {name})
