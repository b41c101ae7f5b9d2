"""INI801."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LayerKind
from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.norms import may_be_drawn
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite
    from initlint.facts.sites.targets import Target


@rule(
    "INI801",
    "norm-gamma-not-one",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple((init, "Norm") for init in ("normal_", "uniform_", "init.normal", "init.uniform", "init import")),
    context=("Parameter",),
    premise=may_be_drawn,
)
def check(file: File) -> Iterator[Alarm]:
    """The scale of a normalisation drawn with mean 0: it starts at 1, and half of the channels change their sign."""
    from initlint.facts.execution.afterwards import written_after

    for site in file.sites:
        target = site.target
        if target is None or not _scales_norm(file, target) or not _is_centred(site) or written_after(site):
            continue
        yield Alarm(site.node, _message(site, target), tuple(_fixes(file, site, target)))


def _scales_norm(file: File, target: Target) -> bool:
    """Whether a target is the weight of a torch normalisation, and not one that a class of the file makes itself."""
    from initlint.facts.meaning.guards import ClassNameGuard
    from initlint.facts.reading.inside import named

    kinds = {layer.kind for layer in target.layers or ()}
    if target.attribute != "weight" or kinds != {LayerKind.NORM}:
        return False
    words = target.guard.words if isinstance(target.guard, ClassNameGuard) else ()
    classes = (class_ for class_ in file.classes if any(word in class_.name for word in words))
    return not any(named(class_.node, "Parameter") for class_ in classes)


def _is_centred(site: InitSite) -> bool:
    """Whether a site draws with mean 0 and some spread, as far as it is written out."""
    from initlint.facts.scales.truncation import opposite

    match site.initializer.draw:
        case Draw.NORMAL | Draw.TRUNC_NORMAL:
            return (site.absent("mean") or site.number("mean") == 0) and site.number("std") != 0
        case Draw.UNIFORM:
            return opposite(site, *site.initializer.parameters[:2])
        case _:
            return False


def _message(site: InitSite, target: Target) -> str:
    begin = f"{target.text} scales what is normalised and starts at 1; {site.spelled} draws it with mean 0"
    std = _std(site)
    if std is None:
        return f"{begin}: half of the channels change their sign"
    # The mean of |x| is std * sqrt(2 / pi) for N(0, std²), and half of the bound, std * sqrt(3), for a uniform law.
    size = std * (math.sqrt(3) / 2 if site.initializer.draw is Draw.UNIFORM else math.sqrt(2 / math.pi))
    return (
        f"{begin} and std {std:.3g}: half of the channels change their sign, and the mean size of the factor is "
        f"{size:.2g} instead of 1"
    )


def _std(site: InitSite) -> float | None:
    from initlint.facts.scales.drawn import drawn

    law = drawn(site)
    moments = law.moments() if law is not None else None
    return moments.std if moments is not None else None


_SMALL = 0.25
"""A std up to which hardly a channel changes its sign when the mean is 1, which is four std away from 0."""


def _fixes(file: File, site: InitSite, target: Target) -> Iterator[Proposal]:
    """A mean of 1 where a std is given that is small beside it, ones for any other law."""
    from initlint.facts.sites.rewrite import spelled, with_keywords, with_values

    std = _std(site)
    if site.slots is not None and "std" in site.slots and (std is None or std <= _SMALL):
        mean = site.slots.get("mean")
        call = with_keywords(site.node, {"mean": "1.0"}) if mean is None else with_values(site.node, {mean: "1.0"})
        yield Proposal("draw with mean 1", Safety.UNSAFE, (Change(site.node, call),))
        return
    ones = spelled("torch.nn.init.ones_", file.names, site.call.env)
    if ones is not None and site.call.discarded:
        yield Proposal("start at 1", Safety.UNSAFE, (Change(site.node, f"{ones}({target.text})"),))
