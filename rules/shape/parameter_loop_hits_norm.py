"""INI307."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.parameter_loops import may_draw_parameters
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.parameters import Parameter
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree
    from initlint.facts.sites.sites import InitSite
    from initlint.theory.scale import Scale

_TRIGGERS = ("uniform_", "normal_", "init.uniform", "init.normal")
_ANY_SHAPE = (Draw.NORMAL, Draw.UNIFORM, Draw.TRUNC_NORMAL)


def _may_hold(tree: Tree) -> bool:
    """Whether an init that takes any shape may be given the variable of a loop over parameters."""
    return may_draw_parameters(tree, _ANY_SHAPE)


@rule(
    "INI307",
    "parameter-loop-hits-norm",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=tuple((f"parameters(){end}", init) for end in ":]" for init in _TRIGGERS),
    context=CONTEXT,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A random initialiser for every parameter of a model that holds normalisations: their scales are re-drawn."""
    from initlint.facts.execution.loops import parameter_loop

    for site in file.sites:
        loop = parameter_loop(site) if site.initializer.draw in _ANY_SHAPE else None
        if loop is None or loop.by_dimension:
            continue
        norms = [each for each in loop.reached if each.scales_norm and not loop.chooses(each)]
        if norms and any(each.layer is not norms[0].layer for each in loop.reached) and not loop.restores_norms:
            related = ((norms[0].node, "the normalisation is here"),)
            yield Alarm(site.node, _message(site, norms), tuple(_fixes(site)), related)


def _message(site: InitSite, norms: list[Parameter]) -> str:
    first, more = norms[0], len(norms) - 1
    others = f" and {more} more" if more else ""
    return f"{site.spelled} re-draws {first.name}{others}: the scale of a normalisation starts at 1{_moments(site)}"


def _moments(site: InitSite) -> str:
    """What the law leaves in place of the 1."""
    from initlint.theory.scale import Scale

    first, second = (_argument(site, name) for name in site.initializer.parameters[:2])
    if first is None or second is None:
        return ""
    mean, std = first, second
    if site.initializer.draw is Draw.UNIFORM:
        mean, std = (first + second) / 2, (second - first) / Scale.of(12).sqrt()
    return f", and is left with mean {_written(mean)} and std {_written(std)}"


def _argument(site: InitSite, name: str) -> Scale | None:
    from initlint.theory.scale import Scale

    default = {"from": 0.0, "to": 1.0, "a": 0.0, "b": 1.0, "mean": 0.0, "std": 1.0}[name]
    return Scale.of(default) if site.absent(name) else site.scale(name)


def _written(scale: Scale) -> str:
    return str(scale) if scale.number is None else f"{scale.number:.3g}"


def _fixes(site: InitSite) -> Iterator[Proposal]:
    if site.stands_alone and site.target is not None:
        test, call = f"if {site.target.text}.dim() > 1:", f"    {text.code(site.node)}"
        changes = (Change(site.node, test), Change.line_after(site.call.statement, call))
        yield Proposal("draw only matrices; biases and scales keep their defaults", Safety.DISPLAY, changes)
