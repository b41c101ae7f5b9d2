"""Variances in the place of a standard deviation: 2 / fan and 2 / (fan_in + fan_out) without the root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.reading import text
from initlint.facts.scales.fans import functional_weight, layer_shape, literal_fans
from initlint.theory.fans import Fan, classify
from initlint.theory.scale import Scale, Sum, Symbol

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite
    from initlint.facts.sites.targets import Target


@dataclass(frozen=True, slots=True)
class Variance:
    """A std that is a variance: whose initialisation it belongs to, and its value where the sizes are literals."""

    std: Scale
    name: str
    number: float | None


def variance_as_std(site: InitSite) -> Variance | None:
    """The variance that a normal law is given as std, where what 2 is divided by counts fans of the weight.

    1 / n is a convention of its own (low-rank factors, embeddings) and no subject here.
    """
    target = site.target
    if site.initializer.draw not in (Draw.NORMAL, Draw.TRUNC_NORMAL) or target is None:
        return None
    if not (site.absent("mean") or site.number("mean") == 0):
        return None
    std = site.scale("std")
    if std is None or std.sign <= 0 or std.number is not None:
        return None
    number, rest = std.split()
    if number.number != 2 or any(power != -1 for power in rest.factors.values()):
        return None
    n = rest**-1
    name = _of_layers(n, target) or _of_sizes(n, site, target)
    return Variance(std, name, _number(n, target)) if name is not None else None


def _of_layers(n: Scale, target: Target) -> str | None:
    """Whose variance 2 / n is, for the attributes and the weight of a linear or convolutional layer."""
    if target.attribute != "weight" or target.owner is None or not target.layers:
        return None
    owner = text.code(target.owner)
    shapes = [layer_shape(layer, owner) for layer in target.layers]
    names = {_counted([classify(term, shape).fan for term in _terms(n)]) if shape else None for shape in shapes}
    return names.pop() if len(names) == 1 else None


def _counted(fans: list[Fan]) -> str | None:
    return "He" if fans in ([Fan.FAN_IN], [Fan.FAN_OUT]) else "Glorot" if set(fans) == {*_BOTH} else None


_BOTH = (Fan.FAN_IN, Fan.FAN_OUT)


def _terms(n: Scale) -> list[Scale]:
    """The terms of a sum, whatever stands before it in a product."""
    sums = [factor for factor in n.factors if isinstance(factor, Sum)]
    if not sums:
        return [n]
    (first, *more) = sums
    outside = n / Scale(1, ((first, Fraction(1)),))
    return [outside * term for term in first.terms] if not more and len(first.terms) == 2 else []


def _of_sizes(n: Scale, site: InitSite, target: Target) -> str | None:
    """Whose variance 2 / n is, for the sizes that a matrix is made with, and fans that torch computed."""
    for one, other, laid_out in _sizes(site, target):
        if n == one + other:
            return "Glorot"
        if laid_out and n in (one, other):
            return "He"
    return None


def _sizes(site: InitSite, target: Target) -> Iterator[tuple[Scale, Scale, bool]]:
    """Both fans of a weight; of a matrix whose layout is open (False) only their sum is known."""
    tensor, values = target.text, site.file.values
    yield Scale.symbol(Symbol("fan_in", tensor)), Scale.symbol(Symbol("fan_out", tensor)), True
    for call in target.calls:
        sizes = [call.given(name) for name in ("in_features", "out_features")]
        read = [values.scale(size, call.env) for size in sizes if size is not None]
        if len(read) == 2 and call.env.scope is site.call.env.scope and read[0] and read[1]:
            yield read[0], read[1], True
    made, class_ = target.made, site.class_
    if made is not None and made.shape is not None and len(made.shape) == 2 and made.env is not None:
        laid_out = class_ is not None and functional_weight(site.file, class_, tensor)
        yield Scale.symbol(Symbol("size(1)", tensor)), Scale.symbol(Symbol("size(0)", tensor)), laid_out
        rows, columns = (values.scale(size, made.env) for size in made.shape)
        if made.env.scope is site.call.env.scope and rows is not None and columns is not None:
            yield columns, rows, laid_out


def _number(n: Scale, target: Target) -> float | None:
    """The value of 2 / n where the layer is built with literals and n counts one fan or both."""
    fans = literal_fans(target.calls)
    if fans is None or target.owner is None:
        return None
    (call,) = target.calls
    shape = layer_shape(call.layer, text.code(target.owner))
    sizes = dict(zip(_BOTH, fans, strict=True))
    found = [classify(term, shape).fan for term in _terms(n)] if shape is not None else []
    return 2 / sum(sizes[fan] for fan in found) if found and Fan.OTHER not in found else None
