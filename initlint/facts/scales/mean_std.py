"""Mean and standard deviation of a normal law that are given to `uniform_`, which takes them for bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import Draw
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Function

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Scope
    from initlint.facts.sites.sites import InitSite

LARGEST = 0.1
"""A standard deviation up to this is one of the usual ones; a wider interval may be meant."""

_NORMAL = re.compile(r"normal(?!i[sz])", re.IGNORECASE)
_LAWS = (Draw.UNIFORM, Draw.NORMAL)


@dataclass(frozen=True, slots=True, eq=False)
class MeanStd:
    """A `uniform_` site whose bounds are 0 and a small standard deviation, and what says that these are meant.

    `named` is the function around it whose name says normal, `sibling` a site beside it whose arguments are 1 and a
    small standard deviation: the scale of a normalisation.
    """

    site: InitSite
    std: float
    named: Function | None
    sibling: InitSite | None


def mean_std_in_uniform(file: File) -> Iterator[MeanStd]:
    """The `uniform_` sites on weights of linear and convolutional layers that are given a mean of 0 and a std."""
    for site in file.sites:
        std = _second_of(site, 0.0) if site.initializer.draw is Draw.UNIFORM else None
        if std is None or not site.on_matrix or _says_uniform(site):
            continue
        named, sibling = _named_normal(site.call.block.scope), _sibling(file, site)
        if named is not None or sibling is not None:
            yield MeanStd(site, std, named, sibling)


def _second_of(site: InitSite, first: float) -> float | None:
    """The second number behind the tensor, where the first one is this and the second a small standard deviation."""
    low, high = site.initializer.parameters[:2]
    value = site.number(high, defaults=True)
    return value if site.number(low) == first and value is not None and 0 < value <= LARGEST else None


def _says_uniform(site: InitSite) -> bool:
    """Whether a test on the way to a site, or the function around it, says that a uniform law is meant."""
    named = site.function.name if site.function is not None else ""
    return any("uniform" in said.lower() for said in (named, *(text.code(guard.node) for guard in site.guards)))


def _named_normal(scope: Scope | None) -> Function | None:
    """The innermost function around a place whose name says normal; `normalize` says something else."""
    while scope is not None:
        if isinstance(scope, Function) and _NORMAL.search(scope.name):
            return scope
        scope = scope.outer
    return None


def _sibling(file: File, site: InitSite) -> InitSite | None:
    """A site of the same function whose arguments are 1 and a small standard deviation."""
    for other in file.sites:
        same = other.call.block.scope is site.call.block.scope
        if same and other.initializer.draw in _LAWS and _second_of(other, 1.0) is not None:
            return other
    return None
