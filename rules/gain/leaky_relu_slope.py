"""INI101."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.api.words import CONTEXT, LEAKY
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.numbers import may_be_number, number
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.gains import DEFAULT_SLOPE, leaky_relu_gain

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.networks.activations import Slope
    from initlint.facts.premises.tree import Tree
    from initlint.facts.sites.sites import InitSite

SMALLEST = 0.2
"""Below this slope the gain is off by less than 2 % a layer."""


def _may_hold(tree: Tree) -> bool:
    """Whether a leaky rectifier may have a slope from which on it matters, and a gain be left at the default one."""
    leaky = ((name, call) for name in LEAKY for call in tree.calls.get(name, ()))
    if not any(_may_be_steep(tree, call, first=name == "LeakyReLU") for name, call in leaky):
        return False
    kaiming = (call for call in init_calls(tree) if call.draw in (Draw.KAIMING_NORMAL, Draw.KAIMING_UNIFORM))
    return any(map(_may_have_default_slope, kaiming)) or any(tree.called("calculate_gain"))


def _may_be_steep(tree: Tree, call: ast.Call, *, first: bool) -> bool:
    given = [each.value for each in call.keywords if each.arg == "negative_slope"]
    given += call.args[:1] if first else call.args[1:2]
    literals = (number(each) for each in given)
    return any(
        literal >= SMALLEST if literal is not None else may_be_number(tree, each, defaults=True)
        for literal, each in zip(literals, given, strict=True)
    )


def _may_have_default_slope(call: InitCall) -> bool:
    given = call.given
    if given is None:
        return True
    word = given.get("nonlinearity")
    return "a" not in given and not (isinstance(word, ast.Constant) and word.value != "leaky_relu")


@rule(
    "INI101",
    "leaky-relu-slope",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("LeakyReLU", "leaky_relu"),
    context=CONTEXT | {"forward"},
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """Kaiming gain left at its default slope although the activation has another slope."""
    from initlint.facts.scales.gains import CALCULATE_GAIN, GAIN_PARAMETERS, gains_passed_as_slope

    for site in file.sites:
        if site.initializer.name.startswith("kaiming_") and _default_slope(site):
            slope = _slope_behind(file, site)
            if slope is not None:
                yield _alarm(site.node, slope, 0.0, f"a={slope.written(site.call.env)}")
    passed_as_slope = {passed.call for passed in gains_passed_as_slope(file)}
    for call in file.calls_of(CALCULATE_GAIN):
        arguments = text.argument_slots(call.node, GAIN_PARAMETERS)
        if arguments is None or set(arguments) != {"nonlinearity"} or call.node in passed_as_slope:
            continue
        if file.values.string(arguments["nonlinearity"].value, call.env) == "leaky_relu":
            slope = file.slope_at(call.block)
            if slope is not None and slope.value >= SMALLEST:
                keyword = "param=" if arguments["nonlinearity"].keyword is not None else ""
                yield _alarm(call.node, slope, DEFAULT_SLOPE, keyword + slope.written(call.env))


def _default_slope(site: InitSite) -> bool:
    default = site.absent("nonlinearity") or site.string("nonlinearity") == "leaky_relu"
    return site.absent("a") and default


def _slope_behind(file: File, site: InitSite) -> Slope | None:
    from initlint.facts.meaning.modules import self_attribute

    target = site.target
    if target is None or (target.dims is not None and max(target.dims, default=0) < 2):
        return None
    if target.layers is not None and not all(layer.spatial or layer.kind == "linear" for layer in target.layers):
        return None
    own = self_attribute(target.owner, site.function) if target.owner is not None and site.function else None
    if own is not None and site.class_ is not None and file.activations.used_in({site.class_}):
        slope = file.slope_behind(site.class_, own)
    else:
        slope = file.slope_at(site.call.block)
    return slope if slope is not None and slope.value >= SMALLEST else None


def _alarm(node: cst.Call, slope: Slope, used: float, argument: str) -> Alarm:
    found, needed = leaky_relu_gain(used), leaky_relu_gain(slope.value)
    excess, depth = found / needed, len(slope.uses)
    message = (
        f"gain {found:.4f} for the default slope {used:g}, but the activation has slope {slope.value:g} and needs "
        f"{needed:.4f}: std is {excess - 1:.1%} too large per layer"
    )
    if depth > 1:
        message += f", {excess**depth - 1:.1%} over {depth} activations"
    fix = Proposal(f"pass the slope: {argument}", Safety.UNSAFE, (Change.after(node.args[-1], f", {argument}"),))
    return Alarm(node, message, (fix,), ((slope.uses[0].node, "the activation is here"),))
