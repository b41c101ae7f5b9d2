"""Bounds of uniform laws in the place of a std: `normal_(w, 0, sqrt(6 / (fan_in + fan_out)))`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.meaning.operands import operands
from initlint.facts.reading.inside import attributes, inside, named
from initlint.facts.scales.truncation import opposite
from initlint.theory.scale import Scale, Sum

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite

_HALF = Fraction(-1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class PassedBound:
    """A std sqrt(6 / n) or sqrt(3 / n): the bound of the law that it belongs to.

    `literal` is the 6 or 3, where it stands in the source once and nothing else is computed from it.
    """

    site: InitSite
    std: Scale
    law: str
    literal: cst.BaseNumber | None


def passed_bound(site: InitSite) -> PassedBound | None:
    """The bound that a site passes as std.

    Glorot's uniform bound is sqrt(6 / (fan_in + fan_out)), He's sqrt(6 / fan), LeCun's sqrt(3 / fan); n is a sum or a
    product of dimensions and nothing but n is under the root. Both bounds as mean and std are another mistake.
    """
    if opposite(site, "mean", "std"):
        return None
    std = site.scale("std") if site.initializer.draw in (Draw.NORMAL, Draw.TRUNC_NORMAL) else None
    if std is None or std.sign <= 0 or not std.symbols or any(power != _HALF for power in std.factors.values()):
        return None
    number = (std.split()[0] ** 2).rational
    summed = any(isinstance(factor, Sum) for factor in std.factors)
    match number, summed:
        case 6, _:
            law = "Glorot" if summed else "He"
        case 3, False:
            law = "LeCun"
        case _:
            return None
    literals = list(_literals(site, float(number)))
    return PassedBound(site, std, law, literals[0] if len(literals) == 1 else None)


def _literals(site: InitSite, number: float) -> Iterator[cst.BaseNumber]:
    given = site.given("std")
    for each in operands(given, site.call.env) if given is not None else ():
        node, alone = each.node, each.local is None or _used_once(site, each.local)
        if alone and isinstance(node, cst.Integer | cst.Float) and node.evaluated_value == number:
            yield node


def _used_once(site: InitSite, local: str) -> bool:
    """Whether a local is written once and read once in its function or module; keywords and attributes are none."""
    around = site.function.node.body if site.function is not None else site.file.record.node
    keywords = [each for each in inside(around, cst.Arg) if each.keyword is not None and each.keyword.value == local]
    return len(named(around, local)) - len(keywords) - len(attributes(around, local)) == 2
