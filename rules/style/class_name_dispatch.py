"""INI904."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.guards import ClassNameGuard
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI904",
    "class-name-dispatch",
    Kind.STYLE,
    Default.OFF,
    fix=Safety.DISPLAY,
    triggers=("__name__", "__class__", "_get_name(", "type("),
)
def check(file: File) -> Iterator[Alarm]:
    """An init that picks layers by the name of their class instead of by their type."""
    from initlint.facts.meaning.guards import ClassNameGuard

    tests: dict[object, tuple[ClassNameGuard, InitSite]] = {}
    for site in file.sites:
        for guard in site.guards:
            if isinstance(guard, ClassNameGuard) and not guard.negated and guard.layers:
                tests.setdefault(guard.node, (guard, site))
    for guard, site in tests.values():
        yield Alarm(guard.node, _message(guard), tuple(_fixes(file, guard, site)))


def _message(guard: ClassNameGuard) -> str:
    words = " or ".join(repr(word) for word in guard.words)
    names = _names(guard)
    listed = ", ".join(names) if len(names) < 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
    if guard.exact:
        return f"this tells layers by the name of their class: {words} is {listed}, and no class derived from it"
    return f"this tells layers by the name of their class: {words} stands in {listed}, and in names of other classes"


def _names(guard: ClassNameGuard) -> list[str]:
    """The torch layers that pass; lazy ones are instances of the others."""
    return [layer.name for layer in guard.layers if not layer.name.startswith("Lazy")]


def _fixes(file: File, guard: ClassNameGuard, site: InitSite) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    spellings = [spelled(f"torch.nn.{name}", file.names, site.call.env) for name in _names(guard)]
    known = [spelling for spelling in spellings if spelling is not None]
    if guard.subject is None or not known or len(known) != len(spellings):
        return
    types = known[0] if len(known) == 1 else f"({', '.join(known)})"
    yield Proposal("ask for the type", Safety.DISPLAY, (Change(guard.node, f"isinstance({guard.subject}, {types})"),))
