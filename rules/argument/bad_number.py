"""INI408."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import REFUSED_SLOPES, Draw
from initlint.facts.api.words import INIT_MODULE_USES
from initlint.facts.premises.arguments import may_be_refused
from initlint.facts.reading import text
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Env
    from initlint.facts.sites.sites import InitSite

_BOUNDS = {Draw.UNIFORM: (0, (0.0, 1.0)), Draw.TRUNC_NORMAL: (2, (-2.0, 2.0))}
"""Which of the parameters is the lower bound, with the upper one behind it, and the defaults of both."""

_SCALES = {
    Draw.NORMAL: "std",
    Draw.SPARSE: "std",
    Draw.XAVIER_NORMAL: "gain",
    Draw.XAVIER_UNIFORM: "gain",
}
"""The parameter that must not be negative."""


@rule(
    "INI408",
    "bad-number",
    Kind.ERROR,
    Default.ON,
    triggers=(*INIT_MODULE_USES, "normal_", "uniform_", "calculate_gain"),
    premise=may_be_refused,
)
def check(file: File) -> Iterator[Alarm]:
    """A number that the initialiser refuses: it raises."""
    from initlint.facts.scales.gains import CALCULATE_GAIN, GAIN_PARAMETERS

    for site in file.sites:
        message = _bounds(site) or _scale(site) or _zero(site) or _site_slope(site)
        if message is not None and not site.tolerated:
            yield Alarm(site.node, message)
    for call in file.calls_of(CALCULATE_GAIN):
        slots = text.argument_slots(call.node, GAIN_PARAMETERS) or {}
        leaky = "param" in slots and file.values.string(slots["nonlinearity"].value, call.env) == "leaky_relu"
        message = _slope(file, slots["param"].value, call.env) if leaky else None
        if message is not None and not file.tolerated(call):
            yield Alarm(call.node, message)


def _bounds(site: InitSite) -> str | None:
    """A lower bound above the upper one; where the upper one is left out, another rule says what is meant."""
    if site.initializer.draw not in _BOUNDS:
        return None
    at, defaults = _BOUNDS[site.initializer.draw]
    lower, upper = site.initializer.parameters[at : at + 2]
    if site.name == "uniform_" and site.absent(upper):
        return None
    low, high = (
        default if site.absent(name) else site.written_number(name)
        for name, default in zip((lower, upper), defaults, strict=True)
    )
    if low is None or high is None or low <= high:
        return None
    message = f"the lower bound {low:g} is above the upper one {high:g}: RuntimeError"
    if site.name == "uniform_" and low == 1 and high > 0:
        message += f"; as mean and std they are numbers for normal_, and swapped U({high:g}, 1) is another law"
    return message


def _scale(site: InitSite) -> str | None:
    parameter = _SCALES.get(site.initializer.draw)
    number = site.written_number(parameter) if parameter is not None else None
    return f"{parameter} {number:g} is negative: RuntimeError" if number is not None and number < 0 else None


def _zero(site: InitSite) -> str | None:
    if site.name == "trunc_normal_" and site.written_number("std") == 0:
        return "trunc_normal_ divides by std, and std is 0: ZeroDivisionError"
    if site.name == "dirac_" and site.written_number("groups") == 0:
        return "dirac_ divides by groups, and groups is 0: ZeroDivisionError"
    return None


def _site_slope(site: InitSite) -> str | None:
    from initlint.facts.arguments.misplaced import kind_of

    given, word = site.given("a"), site.string("a")
    if given is None or not site.reads_slope or (word is not None and kind_of(word) is not None):
        return None
    return _slope(site.file, given, site.call.env)


def _slope(file: File, given: cst.BaseExpression, env: Env) -> str | None:
    """A slope that is a bool, a string, a tensor or one of numpy's short floats."""
    import libcst as cst

    literal = file.values.literal(given, env)
    if literal is not None and isinstance(literal.value, bool | str):
        return f"the slope {literal.value!r} is a {type(literal.value).__name__} and no number: ValueError"
    origin, at = file.values.origin(given, env)
    name = file.names.qualified(origin.func, at) if isinstance(origin, cst.Call) else None
    return f"the slope is a {name} and torch takes a float or an int: ValueError" if name in REFUSED_SLOPES else None
