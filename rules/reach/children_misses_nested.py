"""INI510."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT, says_init
from initlint.facts.premises.module_inits import ModuleInit, module_inits
from initlint.facts.premises.tree import arguments, is_same, last_name
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.shallow import ShallowLoop
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree


def _may_hold(tree: Tree) -> bool:
    """Whether a loop over children may initialise those of some type."""
    calls = (call for name in ("children", "named_children") for call in tree.calls.get(name, ()))
    loops = (loop for call in calls if isinstance(loop := tree.parents[call], ast.For | ast.AsyncFor))
    return any(init.picks_by_type(tree) and init.may_pass(tree) for loop in loops for init in _initialising(tree, loop))


def _initialising(tree: Tree, loop: ast.For | ast.AsyncFor) -> Iterator[ModuleInit]:
    """The inits of a child in a loop, and the calls that are given one and say that they initialise."""
    child = loop.target.elts[-1] if isinstance(loop.target, ast.Tuple) else loop.target
    known = {init.node: init for init in module_inits(tree) if is_same(init.owner, child)}
    for call in (each for each in ast.walk(loop) if isinstance(each, ast.Call)):
        if call in known:
            yield known[call]
        elif says_init(last_name(call.func)) and any(is_same(each, child) for each in arguments(call)):
            yield ModuleInit(call, child, "weight")


@rule(
    "INI510",
    "children-misses-nested",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("children():",),
    context=CONTEXT | {"Module"},
    project=True,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A loop over `children()` that initialises layers of a type and misses those that lie deeper."""
    from initlint.facts.execution.shallow import shallow_loops

    for found in shallow_loops(file):
        related = ((found.missed[0].node, "this layer is not among them"), (found.init, "the init is here"))
        yield Alarm(found.iterable, _message(found), tuple(_fixes(found)), related)


def _message(found: ShallowLoop) -> str:
    first, more = found.missed[0], len(found.missed) - 1
    assert first.layer is not None
    layer = first.layer.layer
    others = f" and {more} more" if more else ""
    return (
        f"{text.last_name(found.iterable.func)}() stops at the modules that {found.model} holds itself: "
        f"{text.last_name(found.init.func)} does not reach {found.class_.name}.{first.spelled} ({layer.name}){others}; "
        f"the default stays, {layer.default_law}"
    )


def _fixes(found: ShallowLoop) -> Iterator[Proposal]:
    import libcst as cst

    name = found.iterable.func.attr if isinstance(found.iterable.func, cst.Attribute) else None
    if name is not None and name.value == "children" and found.all_missed:
        yield Proposal("go through all modules", Safety.UNSAFE, (Change(name, "modules"),))
