"""INI413."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_be_meaningless
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI413",
    "number-silently-accepted",
    Kind.WRONG,
    Default.ON,
    triggers=("trunc_normal_", "sparse_(", "init.sparse", "init import", "init as"),
    premise=may_be_meaningless,
)
def check(file: File) -> Iterator[Alarm]:
    """A number that means nothing to the initialiser, and that it takes without a word."""
    for site in file.sites:
        message = _message(site) if site.is_torch else None
        if message is not None:
            yield Alarm(site.node, message)


def _message(site: InitSite) -> str | None:
    std, sparsity = site.written_number("std"), site.written_number("sparsity")
    if site.name == "trunc_normal_" and std is not None and std < 0:
        return f"std {std:g} is negative: trunc_normal_ draws with {-std:g}, where normal_ raises"
    if site.name == "sparse_" and sparsity is not None and sparsity > 1:
        return f"sparsity is the share of zeros, from 0 to 1: {sparsity:g} sets every weight to zero"
    return None
