"""INI107."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import MODULE_HELPERS, Draw
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.numbers import evaluated, may_be_number
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.laws import xavier_std

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree
    from initlint.facts.scales.shared_scale import SharedScale
    from initlint.facts.sites.sites import InitSite

_SMALLEST, _LARGEST = 0.01, 0.05
"""Gains of 0.01 and less are how a head is made to start near zero; 0.02 is the usual std and no usual gain."""

_LARGEST_SHARED = 0.1

_XAVIER = (Draw.XAVIER_NORMAL, Draw.XAVIER_UNIFORM)
_READING = (Draw.NORMAL, Draw.TRUNC_NORMAL, Draw.ORTHOGONAL, *_XAVIER)
_HELPERS = tuple(name for name, parameters in MODULE_HELPERS.items() if not {"std", "gain"}.isdisjoint(parameters))


def _may_hold(tree: Tree) -> bool:
    """Whether a gain may be a small number, or a name that is a std elsewhere in the file."""
    calls = [call for call in init_calls(tree) if call.draw in _READING]
    if any(call.given is None for call in calls) or any(tree.called(*_HELPERS)):
        return True
    shared = _named(calls, "gain") & _named(calls, "std")
    return bool(shared) or any(_may_be_small(tree, call) for call in calls if call.draw in _XAVIER)


def _named(calls: list[InitCall], parameter: str) -> set[str]:
    """The names that are given for a parameter."""
    given = (call.given[parameter] for call in calls if call.given is not None and parameter in call.given)
    return {each.id for each in given if isinstance(each, ast.Name)}


def _may_be_small(tree: Tree, call: InitCall) -> bool:
    given = (call.given or {}).get("gain")
    if given is None:
        return False
    gain = evaluated(tree, given)
    return may_be_number(tree, given) if gain is None else _SMALLEST < gain <= _LARGEST


@rule(
    "INI107",
    "std-passed-as-gain",
    Kind.SUSPICIOUS,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=("xavier_", "orthogonal_(", "init.orthogonal"),
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A standard deviation where an initialiser reads a gain, which it multiplies by a scale of its own."""
    from initlint.facts.scales.shared_scale import shared_scales

    shared = [scale for scale in shared_scales(file) if 0 < scale.value <= _LARGEST_SHARED]
    for scale in shared:
        related = [(call.node, "here it is a std") for call in scale.stds]
        related += [(call.node, "here it is a gain as well") for call in scale.gains[1:]]
        yield Alarm(scale.gains[0].node, _shared_message(scale), (), tuple(related))
    reported = {call for scale in shared for call in scale.gains}
    for site in file.sites:
        gain = site.number("gain") if site.name.startswith("xavier_") else None
        if gain is not None and _SMALLEST < gain <= _LARGEST and site.call not in reported and site.on_matrix:
            yield Alarm(site.node, _message(site, gain), tuple(_alternatives(file, site)))


def _shared_message(scale: SharedScale) -> str:
    return (
        f"{scale.name} = {scale.value:g} is a gain here and a std in another branch: as a gain it leaves std "
        f"{scale.value:g} × sqrt(2 / (fan_in + fan_out)) with xavier_*; such a small gain is meant as std"
    )


def _message(site: InitSite, gain: float) -> str:
    from initlint.facts.scales.fans import literal_fans

    fans = literal_fans(site.target.calls) if site.target is not None and site.target.calls else None
    left = f"{gain:g} × sqrt(2 / (fan_in + fan_out))" if fans is None else f"{xavier_std(*fans, gain):.2g}"
    return f"{site.spelled} multiplies its gain: gain {gain:g} leaves std {left}; such a small gain is meant as std"


def _alternatives(file: File, site: InitSite) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled, with_keywords

    assert site.slots is not None
    normal = spelled("torch.nn.init.normal_", file.names, site.call.env)
    if normal is not None and site.tensor is not None:
        code = f"{normal}({text.code(site.tensor)}, std={text.code(site.slots['gain'].value)})"
        yield Proposal("draw with this std", Safety.DISPLAY, (Change(site.node, code),))
    bare = with_keywords(site.node, {}, (site.slots["gain"],))
    yield Proposal("drop the gain", Safety.DISPLAY, (Change(site.node, bare),))
