"""INI509."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.modules import ADDING
from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.module_inits import module_inits
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.early import EarlyInit
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Assignment, Tree


_VISITING = frozenset({"apply", "modules", "named_modules"})
_ADDING = ADDING | {"register_module", "register_parameter", "update", "setattr", "__setattr__"}


def _may_hold(tree: Tree) -> bool:
    """Whether an init may pick modules, and a constructor add something in or behind a call that goes through all."""
    if not any(each.attribute == "weight" and each.may_pass(tree) for each in module_inits(tree)):
        return False
    visiting = _VISITING | tree.callers(_VISITING)
    stores = [each for each in tree.assignments if _stores(each)]
    adders = {routine.name for each in stores for routine in tree.routines_around(each)} - {"__init__"}
    adding = _ADDING | adders | tree.callers(_ADDING | adders)
    additions = [*stores, *tree.called(*adding)]
    for constructor in (each for each in tree.routines if each.name == "__init__"):
        begins = [tree.start(call, constructor) for call in tree.called(*visiting)]
        first = min((begin for begin in begins if begin is not None), default=None)
        if first is not None and any(first <= (tree.position(each, constructor) or (0, 0)) for each in additions):
            return True
    return False


def _stores(assignment: Assignment) -> bool:
    """Whether something else than a constant goes into an attribute or a container."""
    targets = assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]
    plain = all(isinstance(target, ast.Name) for target in targets)
    return not plain and assignment.value is not None and not isinstance(assignment.value, ast.Constant)


@rule(
    "INI509",
    "init-before-layers",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=((".apply(", ".weight", "__init__"), ("modules()", ".weight", "__init__")),
    context=CONTEXT | {"Module"},
    across=True,
    project=True,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """An init of all modules in a constructor, before layers are added that it would initialise as well."""
    from initlint.facts.execution.early import early_inits

    for found in early_inits(file):
        related = ((found.late[0].node, "it is added here"), (found.site.node, "the init is here"))
        yield Alarm(found.call.node, _message(found), tuple(_fixes(found)), related)


def _message(found: EarlyInit) -> str:
    first, more = found.late[0], len(found.late) - 1
    assert first.layer is not None
    layer = first.layer.layer
    others = f" and {more} more" if more else ""
    return (
        f"{text.code(found.call.node)} comes before self.{first.spelled} ({layer.name}){others}: {found.site.spelled} "
        f"does not reach {'them' if more else 'it'}; the default stays, {layer.default_law}"
    )


def _fixes(found: EarlyInit) -> Iterator[Proposal]:
    if found.last is not None:
        moved = Change.line_after(found.last, text.code(found.call.node))
        yield Proposal("initialise last", Safety.UNSAFE, (Change(found.call.statement, ""), moved))
