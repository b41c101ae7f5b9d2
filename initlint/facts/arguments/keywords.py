"""Keywords that initialisers do not have: what other libraries, or another initialiser, call the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.reading import text
from initlint.facts.scales.gains import CALCULATE_GAIN, GAIN_PARAMETERS
from initlint.facts.sites.rewrite import renamed, spelled, with_commas, with_keywords
from initlint.theory.gains import NONLINEARITIES

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite

_LOW = ("low", "lower", "min", "minval", "min_val", "lo")
_HIGH = ("high", "upper", "max", "maxval", "max_val", "hi")
_STD = ("stddev", "std_dev", "stdev", "stdv", "sigma", "scale")
_MEAN = ("mu", "loc")
_SLOPE = ("negative_slope", "slope", "leak", "alpha")
_VALUE = ("value", "v", "constant", "fill_value", "val")
_KAIMING = {"a": _SLOPE, "mode": ("fan", "fan_mode"), "nonlinearity": ("activation", "non_linearity", "nonlin")}

_SYNONYMS: Mapping[Draw, Mapping[str, tuple[str, ...]]] = {
    Draw.UNIFORM: {"a": _LOW, "b": _HIGH, "from": (*_LOW, "a"), "to": (*_HIGH, "b")},
    Draw.NORMAL: {"mean": _MEAN, "std": _STD},
    Draw.TRUNC_NORMAL: {"mean": _MEAN, "std": _STD, "a": _LOW, "b": _HIGH},
    Draw.CONSTANT: {"val": _VALUE, "value": _VALUE},
    Draw.DIRAC: {"groups": ("group",)},
    Draw.SPARSE: {"std": _STD},
    Draw.KAIMING_NORMAL: _KAIMING,
    Draw.KAIMING_UNIFORM: _KAIMING,
}
_TRANSLATED = {(True, "gain"): "nonlinearity", (False, "nonlinearity"): "gain"}
"""Keywords that say the same in other words, by whether the initialiser takes a slope: `calculate_gain` translates."""

_SIMILAR = 0.8
"""How similar a misspelled keyword is, as `difflib` measures it."""


def meant_keyword(site: InitSite, keyword: str) -> str | None:
    """The parameter of an initialiser that an unknown keyword can only mean; None where none is free or near."""
    free = [name for name in site.initializer.parameters if site.slots is not None and name not in site.slots]
    translated = _TRANSLATED.get((site.initializer.uses_slope, keyword))
    if translated in free:
        return translated
    synonyms = _SYNONYMS.get(site.initializer.draw, {})
    named = [name for name in free if keyword.lower() in synonyms.get(name, ())]
    similar = get_close_matches(keyword, [name for name in free if len(name) > 1], 1, _SIMILAR)
    return next(iter(named or similar), None)


def repaired(site: InitSite) -> cst.Call | None:
    """The call with every surplus argument renamed, translated or dropped; None where one has no certain meaning."""
    drop: list[cst.Arg] = []
    names: dict[cst.Arg, str] = {}
    for argument in site.surplus:
        keyword = argument.keyword.value if argument.keyword is not None else ""
        if _says_nothing(site, keyword, argument):
            drop.append(argument)
            continue
        name = meant_keyword(site, keyword)
        if name is None or name in names.values():
            return None
        names[argument] = name
    values = _translated(site, names)
    if not site.surplus or values is None:
        return None
    call = with_keywords(renamed(site.node, names), values, tuple(drop))
    return _by_position(call) if "from" in names.values() else call


def _says_nothing(site: InitSite, keyword: str, argument: cst.Arg) -> bool:
    """A generator for what draws nothing, and the constant that a function already has in its name."""
    if keyword == "generator":
        return not site.initializer.random
    constant = {"zeros_": 0, "ones_": 1, "zero_": 0}.get(site.name)
    return constant is not None and site.file.values.number(argument.value, site.call.env) == constant


def _translated(site: InitSite, names: Mapping[cst.Arg, str]) -> dict[str, str] | None:
    """The code for keywords that another one is translated to; None where one is not settled."""
    values: dict[str, str] = {}
    for argument, name in names.items():
        keyword = argument.keyword.value if argument.keyword is not None else ""
        if _TRANSLATED.get((site.initializer.uses_slope, keyword)) != name:
            continue
        found = _nonlinearity_of(site, argument.value) if name == "nonlinearity" else _gain_of(site, argument.value)
        if found is None:
            return None
        values |= found
    return values


def _nonlinearity_of(site: InitSite, gain: cst.BaseExpression) -> dict[str, str] | None:
    """`nonlinearity` and `a` of `calculate_gain(nonlinearity, slope)`, or of a name of a nonlinearity."""
    if _accepted(site, gain):
        return {"nonlinearity": text.code(gain)}
    if not isinstance(gain, cst.Call) or site.file.names.qualified(gain.func, site.call.env) != CALCULATE_GAIN:
        return None
    slots = text.argument_slots(gain, GAIN_PARAMETERS) or {}
    if not _accepted(site, slots["nonlinearity"].value if "nonlinearity" in slots else None):
        return None
    slope = slots.get("param")
    if slope is not None and site.slots is not None and "a" in site.slots:
        return None
    values = {"nonlinearity": text.code(slots["nonlinearity"].value)}
    return values if slope is None else {"a": text.code(slope.value), **values}


def _gain_of(site: InitSite, nonlinearity: cst.BaseExpression) -> dict[str, str] | None:
    """`gain=calculate_gain(nonlinearity)`."""
    function = spelled(CALCULATE_GAIN, site.file.names, site.call.env)
    if function is None or not _accepted(site, nonlinearity):
        return None
    return {"gain": f"{function}({text.code(nonlinearity)})"}


def _accepted(site: InitSite, node: cst.BaseExpression | None) -> bool:
    """Whether an expression is one of torch's names of nonlinearities."""
    name = site.file.values.string(node, site.call.env) if node is not None else None
    return name in NONLINEARITIES


def _by_position(call: cst.Call) -> cst.Call | None:
    """The bounds of `Tensor.uniform_` as positions: `from` is no keyword that Python can spell."""
    order = {"from": 0, "to": 1}
    bounds = [each for each in call.args if each.keyword is not None and each.keyword.value in order]
    rest = [each for each in call.args if each not in bounds]
    if any(each.keyword is None for each in rest):
        return None
    bounds.sort(key=lambda each: order[each.keyword.value] if each.keyword is not None else 0)
    first = [each.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT) for each in bounds]
    return call.with_changes(args=with_commas([*first, *rest], call))
