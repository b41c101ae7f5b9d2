"""INI804."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LayerKind
from initlint.facts.api.torch_init import Draw
from initlint.facts.reading import text
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite
    from initlint.facts.sites.targets import Target

_SAYS_CONSTANT = re.compile(r"zero|const|ones|identity|average|bilinear", re.IGNORECASE)
"""Words of functions that are there to fill weights with one value."""


@rule(
    "INI804",
    "constant-hidden-weight",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    triggers=tuple(
        (init, layer)
        for init in ("constant_", "zeros_", "ones_", "fill_", "zero_(", "init.constant", "init import", "init as")
        for layer in ("Linear", "Conv")
    ),
    context=("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
)
def check(file: File) -> Iterator[Alarm]:
    """One value for the weights of all linear layers or convolutions that a function meets: their units stay equal."""
    for site in file.sites:
        target = site.target
        if target is None or _constant(site) is None or not _of_every_layer(site, target):
            continue
        met = _layers_met(file, site, target)
        if len(met) > 1:
            related = tuple((call, "this layer is met") for call in dict.fromkeys(met))
            yield Alarm(site.node, _message(site, target), (), related)


def _constant(site: InitSite) -> float | None:
    """The number that a site writes; None for anything but a literal, such as 1 / n, which averages n inputs."""
    if site.initializer.draw is not Draw.CONSTANT:
        return None
    named = {"ones_": 1.0, "zeros_": 0.0, "zero_": 0.0}.get(site.name)
    return named if named is not None else site.number(site.initializer.parameters[0])


def _of_every_layer(site: InitSite, target: Target) -> bool:
    """Whether a site writes the weight of every layer of some types, under no other test than that of the type."""
    from initlint.facts.execution.afterwards import written_after
    from initlint.facts.execution.served import meets_every_module
    from initlint.facts.meaning.guards import ClassNameGuard, Presence, TypeGuard

    if target.attribute != "weight" or target.guard is None or target.owner is None or not target.layers:
        return False
    if any(layer.kind not in (LayerKind.LINEAR, LayerKind.CONV) for layer in target.layers):
        return False
    owner = text.code(target.owner)
    if not meets_every_module(site.file, site.call.env.lookup(owner)):
        return False
    for guard in site.guards:
        match guard:
            case TypeGuard(subject=subject) | ClassNameGuard(subject=subject) if subject == owner:
                continue
            case Presence(subject=subject) if subject.startswith(f"{owner}."):
                continue
            case _:
                return False
    function = site.function
    return function is not None and not _SAYS_CONSTANT.search(function.name) and not written_after(site)


def _layers_met(file: File, site: InitSite, target: Target) -> list[cst.Call]:
    """The layers of those types that the function meets, as far as the file says; one in a loop counts twice."""
    from initlint.facts.execution.served import served
    from initlint.facts.reading.scopes import Branch

    models = served(file, site.call.block.scope)
    found: list[cst.Call] = []
    for call, layer in file.layer_calls:
        if layer.layer in (target.layers or ()) and file.class_around(call.block) in models:
            repeated = any(block.branch is Branch.LOOP for block in call.block.path())
            found += [layer.node] * (1 + repeated)
    return found


def _message(site: InitSite, target: Target) -> str:
    layers = " or ".join(layer.name for layer in target.layers or ()) if len(target.layers or ()) < 4 else "such layer"
    value = _constant(site)
    if value == 0:
        return (
            f"every {layers} gets weights 0: behind the first of them nothing but the biases arrives, and no gradient "
            f"reaches the layers in front of the last"
        )
    return f"every {layers} gets weights {value:g}: the units of a layer get the same gradient and never differ"
