"""Matrices that are the right operand of products, `x @ W`, so that they are (in, out), and scales that count them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.meaning.operands import operands
from initlint.facts.networks.uses import Operation, Use
from initlint.facts.reading import text
from initlint.facts.scales.fan_std import fan_mode
from initlint.theory.fans import Fan
from initlint.theory.scale import Scale, ScaleError, Symbol

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.construction import Made
    from initlint.facts.reading.scopes import Class
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class RightOperand:
    """A parameter of the class, (rows, columns), that is only ever multiplied from the left by something else."""

    name: str
    made: Made
    use: Use
    sizes: tuple[cst.BaseExpression, cst.BaseExpression]
    rows: Scale
    columns: Scale


def right_operand(site: InitSite) -> RightOperand | None:
    """The matrix that a site writes, where all products of its class have it on the right; None for a square one."""
    target, class_ = site.target, site.class_
    if target is None or class_ is None or target.made is None or not target.made.parameter:
        return None
    name, made = own_attribute(site), target.made
    if name is None or made.shape is None or made.env is None or len(made.shape) != 2:
        return None
    uses = [use for use in site.file.uses.of(class_, name) if use.operation is not Operation.SUM]
    if not uses or not all(_on_the_right(site.file, class_, use) for use in uses):
        return None
    rows, columns = (size_of(site.file, made, axis) for axis in (0, 1))
    origins = {text.code(site.file.values.origin(size, made.env)[0]) for size in made.shape}
    if rows == columns or len(origins) == 1 or not rows.sign or not columns.sign:
        return None
    return RightOperand(target.text, made, uses[0], (made.shape[0], made.shape[1]), rows, columns)


def own_attribute(site: InitSite) -> str | None:
    """`x` where a site writes the whole of `self.x`."""
    target = site.target
    match target.tensor if target is not None else None:
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
            own = site.file.modules.class_of_self(receiver, site.call.block)
            return name if own is not None and own is site.class_ else None
        case _:
            return None


def size_of(file: File, made: Made, axis: int) -> Scale:
    """One dimension of a tensor that the source makes: a number, or a symbol with the code of its expression."""
    assert made.shape is not None
    assert made.env is not None
    number = file.values.number(made.shape[axis], made.env)
    return Scale.symbol(Symbol(text.code(made.shape[axis]))) if number is None else Scale.of(number)


def counts_columns(site: InitSite) -> bool:
    """Whether the scale of a site is that of dimension 1: `kaiming_*` with fan_in, or c / sqrt(W.size(1))."""
    if site.initializer.uses_fan:
        return fan_mode(site) is Fan.FAN_IN
    scale = _scale(site)
    if scale is None or scale.sign <= 0:
        return False
    try:
        counted = scale.split()[1] ** -2
    except ScaleError:
        return False
    return any(counted == Scale.symbol(symbol) for symbol in _columns(site))


def columns_in(site: InitSite) -> Iterator[cst.BaseExpression]:
    """The places `W.size(1)`, `W.shape[1]` and `W.size()[1]` in the scale of a site."""
    target, given = site.target, site.given(_parameter(site))
    if target is not None and given is not None:
        for each in operands(given, site.call.env):
            scale = site.file.values.scale(each.node, site.call.env)
            if scale is not None and scale in [Scale.symbol(symbol) for symbol in _sizes(target.text)]:
                yield each.node


def _on_the_right(file: File, class_: Class, use: Use) -> bool:
    """`x @ W`, where x is no parameter of the class itself."""
    if use.equation is not None:
        own = use.equation.own
        return not use.path and len(own) == 2 and own[0] in use.equation.inputs and own[1] in use.equation.outputs
    if use.operation is not Operation.MATMUL or use.path or use.position != 1:
        return False
    return not any(_is_parameter(file, class_, each) for other in use.others for each in other)


def _is_parameter(file: File, class_: Class, node: cst.BaseExpression) -> bool:
    if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
        return False
    made = file.modules.made(class_, node.attr.value)
    return made is not None and made.parameter


def _parameter(site: InitSite) -> str:
    """The parameter of an initialiser that holds the scale."""
    return "std" if site.initializer.draw is not Draw.UNIFORM else site.initializer.parameters[1]


def _scale(site: InitSite) -> Scale | None:
    draws = (Draw.NORMAL, Draw.TRUNC_NORMAL, Draw.UNIFORM)
    return site.scale(_parameter(site)) if site.initializer.draw in draws else None


def _columns(site: InitSite) -> Iterator[Symbol]:
    """The symbols that stand for dimension 1 of what a site writes: its size, and the attribute that holds it."""
    target, class_ = site.target, site.class_
    if target is None:
        return
    yield from _sizes(target.text)
    if class_ is None or target.made is None or target.made.shape is None or len(target.made.shape) != 2:
        return
    columns = text.code(target.made.shape[1])
    receiver, _, attribute = columns.rpartition(".")
    yield Symbol(attribute, receiver)
    for name, writes in site.file.modules.writes(class_).items():
        values = {text.code(write.value) for write in writes if write.value is not None}
        if values == {columns} and isinstance(target.tensor, cst.Attribute):
            yield Symbol(name, text.code(target.tensor.value))


def _sizes(tensor: str) -> tuple[Symbol, Symbol]:
    return Symbol("size(1)", tensor), Symbol("size(-1)", tensor)
