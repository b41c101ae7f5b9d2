"""Inits of what modules hold, as `ast` has them: of a layer, of everything in one, by functions that are given one.

Enough to say that no init meets what else is done to a module. Functions of other files may initialise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from initlint.facts.api.modules import ITERATORS
from initlint.facts.api.reparametrisations import REPARAMETRISATIONS
from initlint.facts.api.tensors import SLOTS
from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.building import may_build, may_lead_elsewhere
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.parameters import looped_parameters
from initlint.facts.premises.tree import Tree, arguments, last_name, receiver
from initlint.facts.premises.values import loops_of, plain_values, reached

_CONSTANTS = frozenset({Draw.CONSTANT, Draw.EYE, Draw.DIRAC})
_WRAPS = frozenset(name.rpartition(".")[2] for name in REPARAMETRISATIONS)
_LOADING = frozenset({"load_state_dict", "from_pretrained"})
_LOADED = frozenset({"pretrained", "weights"})


def may_lose_init(tree: Tree) -> bool:
    """Whether a layer may be reparametrised, and what an object or a function holds be initialised.

    A function that the file only applies may reparametrise as well.
    """
    if tree.words.isdisjoint(tree.spellings(*_WRAPS)):
        applied = (each for call in tree.calls.get("apply", ()) for one in arguments(call) for each in ast.walk(one))
        if not any(isinstance(each, ast.Name | ast.Attribute) and may_lead_elsewhere(tree, each) for each in applied):
            return False
    owners = (owner for _, owner in _owners(tree, "weight"))
    return any(_is_held(tree, each) and not _is_self(tree, each) for each in owners) or _inits_all(tree)


def may_overwrite(tree: Tree) -> bool:
    """Whether a layer of an object may be set to a constant, and all modules or parameters be initialised."""
    constant = any(
        call.draw in _CONSTANTS and _is_own(tree, owner)
        for attribute in SLOTS
        for call, owner in _owners(tree, attribute)
    )
    return constant and (_inits_all(tree) or _inits_parameters(tree))


def may_wipe(tree: Tree) -> bool:
    """Whether a model may be given loaded weights, and one be initialised as a whole."""
    loads = any(isinstance(call.func, ast.Attribute) for name in _LOADING for call in tree.calls.get(name, ()))
    ready = any(target.startswith("torchvision") for _, target in tree.imported) or any(tree.called("create_model"))
    return (loads or (ready and not _LOADED.isdisjoint(tree.keywords))) and _inits_all(tree, given=True)


def _owners(tree: Tree, attribute: str) -> Iterator[tuple[InitCall, ast.expr]]:
    """The inits that write this attribute of something, each with what that is."""
    for call in init_calls(tree):
        for tensor in call.written:
            if isinstance(tensor, ast.Attribute) and tensor.attr == attribute:
                yield call, tensor.value


def _is_followed(tree: Tree, node: ast.AST) -> bool:
    """Whether code is run to see what it does to modules: a `forward` is not, unless another method calls it."""
    routine, found = tree.routine(node), tree.method(node)
    if routine is None or routine.name != "forward" or found is None or found[1] is not routine:
        return True
    around = (tree.routine(call) for call in tree.calls.get("forward", ()))
    return any(each is not None and each.name != "forward" for each in around)


def _inits_all(tree: Tree, *, given: bool = False) -> bool:
    """Whether everything in a module may be initialised: in a loop, by `apply`, by a function that gets it.

    What a function is `given` as an argument counts only if that is asked for.
    """
    looped = {each.id for loop in tree.loops if _is_inside(loop.iter) for each in _names(loop.target)}
    for attribute in SLOTS:
        for _, owner in _owners(tree, attribute):
            if isinstance(owner, ast.Name) and owner.id in looped:
                return True
    return any(_applies(tree, call, given=given) for call in tree.calls.get("apply", ())) or any(
        any(given or _is_held(tree, each) for each in call.args) for call in _initialising_calls(tree)
    )


def _is_inside(iterable: ast.expr) -> bool:
    return any(isinstance(each, ast.Call) and last_name(each.func) in ITERATORS for each in ast.walk(iterable))


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Name))


def _inits_parameters(tree: Tree) -> bool:
    """Whether the variable of a loop over parameters may be initialised."""
    written = (tensor for call in init_calls(tree) for tensor in call.written)
    return any(isinstance(tensor, ast.Name) and tensor.id in looped_parameters(tree) for tensor in written)


def _applies(tree: Tree, call: ast.Call, *, given: bool) -> bool:
    """`module.apply(function)` of a function that may initialise."""
    if not isinstance(call.func, ast.Attribute) or not (given or _is_held(tree, call.func.value)):
        return False
    functions = arguments(call)
    return len(functions) == 1 and any(_initialises(tree, each) for each in ast.walk(functions[0]))


def _initialising_calls(tree: Tree) -> Iterator[ast.Call]:
    """The calls of functions that may initialise what they are given."""
    for calls in tree.calls.values():
        for call in calls:
            nodes = ast.walk(call.func) if isinstance(call.func, ast.Call) else (call.func,)
            if call.args and any(_initialises(tree, each) for each in nodes) and _is_followed(tree, call):
                yield call


def _initialises(tree: Tree, function: ast.AST) -> bool:
    """Whether a name or attribute may be a function, or method of one's own, that initialises modules."""
    match function:
        case ast.Name(id=name):
            own = not tree.meanings(name).isdisjoint(_initialisers(tree))
        case ast.Attribute(attr=name):
            own = name in _initialisers(tree) and tree.is_own(function)
        case _:
            return False
    return own or may_lead_elsewhere(tree, function)


@lru_cache(maxsize=1)
def _initialisers(tree: Tree) -> frozenset[str]:
    """The functions that may write a weight or bias, and those that name one of them."""
    writing = (call.node for attribute in SLOTS for call, _ in _owners(tree, attribute))
    found: set[str] = set()
    pending = [routine.name for node in writing for routine in tree.routines_around(node)]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            for each in tree.spellings(name):
                uses = (*tree.names.get(each, ()), *tree.attributes.get(each, ()))
                pending += [routine.name for use in uses for routine in tree.routines_around(use)]
    return frozenset(found)


def _is_own(tree: Tree, owner: ast.expr) -> bool:
    """`self.fc` and `self.fc[0]`."""
    while isinstance(owner, ast.Subscript):
        owner = owner.value
    return isinstance(owner, ast.Attribute) and tree.is_own(owner)


def _is_self(tree: Tree, node: ast.expr) -> bool:
    routine = tree.routine(node)
    return isinstance(node, ast.Name) and routine is not None and receiver(routine) == node.id


def _is_held(tree: Tree, module: ast.expr) -> bool:
    """Whether an expression may be an object, what it holds, or what was built in the same function."""

    def step(node: ast.expr) -> list[ast.expr]:
        match node:
            case ast.Subscript(value=inner):
                return [inner]
            case ast.Name():
                looped = (each for loop in loops_of(tree, node) for each in ast.walk(loop.iter))
                return [*plain_values(tree, node), *(each for each in looped if isinstance(each, ast.expr))]
            case _:
                return []

    return any(_is_known(tree, node) for node in reached(module, step))


def _is_known(tree: Tree, node: ast.expr) -> bool:
    """Whether an expression is an object, an attribute of one, or a name for what a call builds."""
    match node:
        case ast.Attribute():
            return tree.is_own(node)
        case ast.Name():
            made = (each for each in plain_values(tree, node) if isinstance(each, ast.Call))
            return _is_self(tree, node) or any(may_build(tree, each) for each in made)
        case _:
            return False
