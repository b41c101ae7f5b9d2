"""INI104."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_have_slope
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.gains import leaky_relu_gain

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_SLOPE = math.sqrt(5)
"""The slope with which `nn.Linear` draws U(±1 / sqrt(fan_in)), by way of `kaiming_uniform_`."""


@rule(
    "INI104", "scaled-slope", Kind.WRONG, Default.ON, fix=Safety.UNSAFE, triggers=("kaiming_",), premise=may_have_slope
)
def check(file: File) -> Iterator[Alarm]:
    """A scale multiplied into the slope, where more of it makes the weights smaller."""
    for site in file.sites:
        given = site.given("a") if site.reads_slope else None
        factors = _factors(file, site, given) if given is not None else None
        if given is None or factors is None:
            continue
        slope, scales = factors
        yield Alarm(site.node, _message(file, site, scales), tuple(_fixes(file, site, slope, scales)))


def _factors(
    file: File, site: InitSite, given: cst.BaseExpression
) -> tuple[cst.BaseExpression, list[cst.BaseExpression]] | None:
    """sqrt(5) and the other factors of a slope, where one of them is no literal."""
    from initlint.facts.sites.rewrite import factors

    origin, env = file.values.origin(given, site.call.env)
    numbers = {factor: file.values.number(factor, env) for factor in factors(origin)}
    slopes = [factor for factor, number in numbers.items() if number is not None and math.isclose(number, _SLOPE)]
    scales = [factor for factor in numbers if factor not in slopes]
    if len(slopes) != 1 or not any(_is_open(factor, numbers[factor]) for factor in scales):
        return None
    return slopes[0], scales


def _is_open(factor: cst.BaseExpression, number: float | None) -> bool:
    """Whether a factor has a value of its own: it is a name, or not known."""
    import libcst as cst

    return number is None or isinstance(factor, cst.Name | cst.Attribute)


def _message(file: File, site: InitSite, scales: list[cst.BaseExpression]) -> str:
    written = " * ".join(text.code(scale) for scale in scales)
    message = f"{written} scales the slope, of which torch takes sqrt(2 / (1 + a²)): more of it makes weights smaller"
    values = [file.values.number(scale, site.call.env, defaults=True) for scale in scales]
    scale = math.prod(value for value in values if value is not None)
    if None in values or scale in (0, 1):
        scale = 2.0
    drawn = leaky_relu_gain(_SLOPE * scale) / leaky_relu_gain(_SLOPE)
    return f"{message}; with {written} = {scale:g} std is × {drawn:.3g}, not × {scale:g}"


def _fixes(
    file: File, site: InitSite, slope: cst.BaseExpression, scales: list[cst.BaseExpression]
) -> Iterator[Proposal]:
    """Draw with slope sqrt(5), then multiply; only where the product stands in a call that is a statement."""
    from initlint.facts.sites.rewrite import factors, spelled

    given, target, line = site.given("a"), site.target, file.record.statements.get(site.call.statement)
    if given is None or target is None or line is None or not site.call.discarded or slope not in factors(given):
        return
    scale = " * ".join(text.code(each) for each in scales)
    no_grad = spelled("torch.no_grad", file.names, site.call.env)
    if file.in_no_grad(site.call.block):
        scaling = f"{target.text}.mul_({scale})"
    elif no_grad is not None:
        scaling = f"with {no_grad}():\n{file.record.node.default_indent}{target.text}.mul_({scale})"
    else:
        scaling = f"{target.text}.data.mul_({scale})"
    changes = (Change(given, text.code(slope)), Change.line_after(site.call.statement, scaling))
    yield Proposal("scale the weights, not the slope", Safety.UNSAFE, changes)
