"""INI407."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import INIT_MODULE_USES
from initlint.facts.premises.arguments import may_not_bind
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


_CONSTANTS = tuple(f"{tensor}.{method}(" for tensor in ("weight", "bias", ".data") for method in ("fill_", "zero_"))


@rule(
    "INI407",
    "bad-init-keyword",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=(*INIT_MODULE_USES, "normal_", "uniform_", *_CONSTANTS),
    premise=may_not_bind,
)
def check(file: File) -> Iterator[Alarm]:
    """Arguments that the initialiser does not take, or one that it needs and does not get: it raises."""
    for site in file.sites:
        message = _message(site) if site.slots is not None else None
        if message is not None and not site.tolerated:
            yield Alarm(site.node, f"{message}: TypeError", tuple(_fixes(site)))


def _message(site: InitSite) -> str | None:
    from initlint.facts.arguments.keywords import meant_keyword

    assert site.slots is not None
    for argument in site.surplus:
        if argument.keyword is None:
            return f"{site.spelled} takes {_count(site)} and {text.code(argument.value)} is one too many"
        keyword = argument.keyword.value
        meant = meant_keyword(site, keyword)
        return f"{site.spelled} has no parameter {keyword}" + (f"; {meant} is meant" if meant else "")
    if site.missing:
        return f"{site.spelled} needs {' and '.join(site.missing)}"
    if len(site.slots) < len(site.node.args):
        return f"{site.spelled} is given one argument twice"
    generator = site.literal("generator")
    if generator is not None and generator.value is not None:
        return f"{generator.value!r} fills the slot of the generator of {site.spelled}"
    return None


def _count(site: InitSite) -> str:
    names = ("tensor", *site.initializer.parameters)
    taken = [name for name in names if site.file.torch.accepts(site.initializer, name)]
    return f"({', '.join(taken)})" if taken else "no argument"


def _fixes(site: InitSite) -> Iterator[Proposal]:
    """One repaired call, where every surplus argument has one sensible meaning."""
    from initlint.facts.arguments.keywords import repaired

    call = repaired(site)
    if call is not None:
        yield Proposal("correct the arguments", Safety.SAFE, (Change(site.node, call),))
