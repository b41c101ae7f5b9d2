"""INI403."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_be_one_sided
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.laws import uniform

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.scales.mean_std import MeanStd
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI403",
    "mean-std-passed-to-uniform",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("uniform_", "init.uniform", "init import", "init as"),
    premise=may_be_one_sided,
)
def check(file: File) -> Iterator[Alarm]:
    """Mean and standard deviation of a normal law passed to `uniform_`, which takes them for bounds."""
    from initlint.facts.scales.mean_std import mean_std_in_uniform

    for found in mean_std_in_uniform(file):
        moments = uniform(0.0, found.std).moments()
        assert moments is not None
        message = (
            f"uniform_ takes bounds: U(0, {found.std:g}) has mean {moments.mean:.3g}, std {moments.std:.2g} and no "
            f"negative weight; N(0, {found.std:g}) is meant, as {_reason(found)}"
        )
        related = ((found.sibling.node, "mean 1 and this std"),) if found.sibling is not None else ()
        yield Alarm(found.site.node, message, tuple(_fixes(file, found.site)), related)


def _reason(found: MeanStd) -> str:
    if found.named is not None:
        return f"the name {found.named.name} says"
    assert found.sibling is not None
    values = (found.sibling.given(name) for name in found.sibling.initializer.parameters[:2])
    return f"the ({', '.join(text.code(value) for value in values if value is not None)}) beside it says"


def _fixes(file: File, site: InitSite) -> Iterator[Proposal]:
    """Call `normal_` with the same numbers; the bounds may be keywords."""
    from initlint.facts.sites.rewrite import calling

    assert site.slots is not None
    function = calling(site.node, "normal_", file.names, site.call.env)
    if function is None:
        return
    changes: list[tuple[cst.CSTNode, str]] = [function]
    for bound, moment in zip(site.initializer.parameters[:2], ("mean", "std"), strict=True):
        keyword = site.slots[bound].keyword
        if keyword is not None:
            changes.append((keyword, moment))
    yield Proposal("draw from the normal law", Safety.UNSAFE, tuple(Change(*change) for change in changes))
