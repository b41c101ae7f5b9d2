"""INI306."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import INITIALIZERS
from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.parameter_loops import may_draw_parameters
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.parameters import Parameter
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree
    from initlint.facts.sites.sites import InitSite

_DRAWS = frozenset(each.draw for each in INITIALIZERS.values() if each.needs_matrix)


def _may_hold(tree: Tree) -> bool:
    """Whether an initialiser that needs two dimensions may be given the variable of a loop over parameters."""
    return may_draw_parameters(tree, _DRAWS)


@rule(
    "INI306",
    "unguarded-parameter-loop",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=tuple((f"parameters(){end}", init) for end in ":]" for init in ("kaiming_", "xavier_", "orthogonal")),
    context=CONTEXT,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A fan or orthogonal initialiser for every parameter of a model that holds vectors: it raises at the first."""
    from initlint.facts.execution.loops import parameter_loop

    for site in file.sites:
        loop = parameter_loop(site) if site.initializer.needs_matrix and not site.tolerated else None
        if loop is None or loop.by_dimension:
            continue
        vector = next((each for each in loop.reached if _is_vector(each)), None)
        if vector is not None:
            yield Alarm(site.node, _message(site, vector), tuple(_fixes(site)), ((vector.node, "it is in here"),))


def _is_vector(found: Parameter) -> bool:
    from initlint.facts.execution.steps import Runs

    return found.dims < 2 and found.runs is not Runs.OPEN


def _message(site: InitSite, vector: Parameter) -> str:
    lacks = "fan" if site.initializer.uses_fan else "rows to make orthogonal"
    of = f" of {vector.layer.name}" if vector.layer is not None else ""
    return (
        f"{site.spelled} meets {vector.name}{of}, which has {vector.dims} dimension{'' if vector.dims else 's'} and so "
        f"no {lacks}: ValueError"
    )


def _fixes(site: InitSite) -> Iterator[Proposal]:
    if site.stands_alone and site.target is not None:
        test, call = f"if {site.target.text}.dim() > 1:", f"    {text.code(site.node)}"
        changes = (Change(site.node, test), Change.line_after(site.call.statement, call))
        yield Proposal("initialise only what has two dimensions or more", Safety.SAFE, changes)
