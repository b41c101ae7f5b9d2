"""INI405."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_be_misplaced
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.arguments.misplaced import Misplaced
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI405",
    "argument-in-wrong-slot",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=("kaiming_", "xavier_", "orthogonal_(", "init.orthogonal"),
    premise=may_be_misplaced,
)
def check(file: File) -> Iterator[Alarm]:
    """A mode, a nonlinearity or a slope in a slot that reads something else: it raises."""
    from initlint.facts.arguments.misplaced import misplaced

    for site in file.sites:
        found = misplaced(site)
        if not found or site.tolerated:
            continue
        first = next(each for each in found if each.error)
        fixes = _gain_fixes(file, site, first) if first.slot == "gain" else _fixes(site, found)
        yield Alarm(site.node, f"{'; '.join(map(_said, found))}: {first.error}", tuple(fixes))


def _said(found: Misplaced) -> str:
    said = f"{found.value!r} fills the slot of {found.slot}"
    if found.slot == "gain":
        return f"{said}, which takes a number" + ("; calculate_gain makes one of it" if found.belongs else "")
    if found.belongs == found.slot:
        return f"{said}, which knows {found.spelling!r}" if found.spelling else f"{said}, which has no such mode"
    return f"{said} and is a {_KINDS[found.belongs]}" if found.belongs else f"{said}, which has no such value"


_KINDS = {"a": "slope", "mode": "mode", "nonlinearity": "nonlinearity"}


def _fixes(site: InitSite, found: tuple[Misplaced, ...]) -> Iterator[Proposal]:
    """Give every argument to the slot that it belongs to, where each finds one of its own."""
    assert site.slots is not None
    moved = {each.slot: each for each in found}
    belongs = {name: moved[name].belongs if name in moved else name for name in site.slots}
    if None in belongs.values() or len(set(belongs.values())) < len(belongs):
        return
    changes: list[Change] = []
    by_keyword = False
    for name, argument in site.slots.items():
        slot, misplaced = str(belongs[name]), moved.get(name)
        by_keyword = by_keyword or slot != name
        if argument.keyword is not None and slot != name:
            changes.append(Change(argument.keyword, slot))
        elif argument.keyword is None and by_keyword:
            changes.append(Change.before(argument, f"{slot}="))
        if misplaced is not None and misplaced.spelling != misplaced.value and isinstance(misplaced.value, str):
            if misplaced.spelling is None or text.string_value(argument.value) is None:
                return
            changes.append(Change(argument.value, text.quoted_like(misplaced.spelling, argument.value)))
    written = ", ".join(f"{belongs[each.slot]}={each.spelling or each.value!r}" for each in found)
    yield Proposal(f"pass {written}", Safety.SAFE, tuple(changes))


def _gain_fixes(file: File, site: InitSite, found: Misplaced) -> Iterator[Proposal]:
    from initlint.facts.scales.gains import CALCULATE_GAIN
    from initlint.facts.sites.rewrite import spelled

    given: cst.BaseExpression | None = site.given("gain")
    function = spelled(CALCULATE_GAIN, file.names, site.call.env)
    if given is None or found.spelling is None or found.belongs is None or function is None:
        return
    literal = text.string_value(given) is not None
    if literal or found.spelling == found.value:
        name = text.quoted_like(found.spelling, given) if literal else text.code(given)
        yield Proposal("pass its gain", Safety.SAFE, (Change(given, f"{function}({name})"),))
