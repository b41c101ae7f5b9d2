"""Modules that an init may be given, as `ast` has them: enough to say that what it is given is none of torch's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from initlint.facts.api.layers import BASES, LAYERS
from initlint.facts.api.modules import ADDING
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.tree import Display, Loop, Tree, last_name
from initlint.facts.premises.values import reached, sources, values


def may_be_module(tree: Tree) -> bool:
    """Whether an init may be given a layer or a container of torch: one that a test picks, or that the file builds."""
    for call in init_calls(tree):
        tensor = call.given.get("tensor") if call.given is not None and not call.method else None
        if call.given is None or (tensor is not None and _may_be_module(tree, tensor)):
            return True
    return False


def _may_be_module(tree: Tree, node: ast.expr) -> bool:
    asked = tests(tree).get(ast.dump(node), ())
    if any(classes is None or _names_layers(tree, classes) for classes in asked):
        return True
    match node:
        case ast.Subscript(value=inner):
            return _may_be_module(tree, inner)
        case ast.Attribute():
            return tree.is_own(node) and _may_hold(tree, tree.stored(node.attr))
        case ast.Name() | ast.Call():
            return _may_hold(tree, [node])
        case _:
            return False


def may_be_known(tree: Tree, node: ast.expr) -> bool:
    """Whether a test in the file, or how it builds something, may say which layer an expression is."""
    if ast.dump(node) in tests(tree):
        return True
    return tree.is_own(node) if isinstance(node, ast.Attribute) else True


@lru_cache(maxsize=1)
def tests(tree: Tree) -> dict[str, list[ast.expr | None]]:
    """What the tests of a file may ask the class of, each with the classes, or None where they go by its name."""
    found: dict[str, list[ast.expr | None]] = {}
    for call in tree.called("isinstance", "issubclass"):
        if len(call.args) > 1:
            found.setdefault(ast.dump(call.args[0]), []).append(call.args[1])
    subjects = [call.args[0] for call in tree.calls.get("type", ()) if call.args]
    subjects += [node.value for name in ("__class__", "_get_name") for node in tree.attributes.get(name, ())]
    for subject in subjects:
        found.setdefault(ast.dump(subject), []).append(None)
    return found


def _names_layers(tree: Tree, classes: ast.expr) -> bool:
    named = (part for part in sources(tree, classes) if isinstance(part, ast.Name | ast.Attribute))
    return any(name in LAYERS or name in BASES for each in named for name in tree.meanings(last_name(each)))


def _may_hold(tree: Tree, given: list[ast.expr]) -> bool:
    """Whether one of some values may be built of the layers of torch, or hold some."""
    parts = [part for value in given for part in _reached(tree, value)]
    if any(isinstance(part, Display) for part in parts):
        calls = (call for name in ADDING for call in tree.calls.get(name, ()))
        parts += (part for call in calls if call.args for part in _reached(tree, call.args[-1]))
    return any(isinstance(part, ast.Call) and _may_build(tree, part) for part in parts)


def _reached(tree: Tree, node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a value, and those of what the names in it are given; a parameter is built of no module."""

    def step(part: ast.AST) -> Iterator[ast.AST]:
        if _is_parameter(tree, part):
            return
        yield from ast.iter_child_nodes(part)
        yield from (*values(tree, part), *_iterated(tree, part)) if isinstance(part, ast.Name) else ()

    return (part for part in reached(node, step) if not _is_parameter(tree, part))


def _is_parameter(tree: Tree, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and "Parameter" in tree.meanings(last_name(node.func))


def _iterated(tree: Tree, name: ast.Name) -> Iterator[ast.expr]:
    """What loops go through for the values of a name, and what is assigned to the attributes among it."""
    for each in tree.binders(name.id):
        if isinstance(each, Loop):
            held = (part for part in sources(tree, each.iter) if isinstance(part, ast.Attribute))
            yield each.iter
            yield from (value for part in held for value in tree.stored(part.attr))


def _may_build(tree: Tree, call: ast.Call) -> bool:
    """Whether a call is of a layer of torch, or of a function of the file."""
    meanings = tree.meanings(last_name(call.func))
    own = isinstance(call.func, ast.Name) and not meanings.isdisjoint(tree.functions)
    return own or not meanings.isdisjoint(LAYERS)
