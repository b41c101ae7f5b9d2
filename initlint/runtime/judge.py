"""Turns the evidence of a trace and of a forward pass into findings."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from initlint import catalogue
from initlint.finding import Finding, Region, Related, Severity
from initlint.runtime import arguments, products, special
from initlint.runtime.callers import Site
from initlint.runtime.evidence import Event, EventKind, Role, Status, Traced
from initlint.runtime.layers import Need
from initlint.runtime.parity import Difference
from initlint.runtime.verdicts import Verdict

PREVIEW = frozenset({"INI201", "INI211", "INI212", "INI804", "INI806", "INR201"})
"""Codes that are judged only where preview is asked for, whatever their static rules do: a live model is more certain
about copies of layers, and no more certain about intentions.
"""

GENERAL = frozenset({"INR201", "INR202"})
"""Codes that say no more than that a scale is off: what explains it speaks instead."""


def judge(
    traced: Traced,
    needs: Iterable[Need] = (),
    differences: Iterable[Difference] = (),
    *,
    preview: bool = False,
) -> tuple[Finding, ...]:
    """All findings about a traced model, sorted.

    With `needs` of a forward pass also those about fans and gains, with `differences` of `parity.reset_parity` those
    about resetting.

    One place and mistake is one finding, however many parameters it concerns.
    """
    verdicts = [*_of_parameters(traced), *_of_events(traced), *special.judge(traced)]
    for each in traced.of_role(Role.PARAMETER):
        verdicts += arguments.judge(each)
    verdicts += products.judge([*needs])
    verdicts += _of_differences(differences)
    explained = {each.subject for each in verdicts if each.code not in GENERAL}
    verdicts = [each for each in verdicts if each.code not in GENERAL or each.subject not in explained]
    shown = [each for each in verdicts if preview or each.code not in PREVIEW]
    return findings_of(shown, traced)


def findings_of(verdicts: Iterable[Verdict], traced: Traced) -> tuple[Finding, ...]:
    """Verdicts placed in source, sorted; those of one code at one call are one finding."""
    found = (_finding(group, traced) for group in _together(verdicts))
    return tuple(sorted(found, key=lambda finding: finding.order))


def _of_parameters(traced: Traced) -> Iterator[Verdict]:
    """Parameters that hold what their memory held before."""
    for each in traced.of_role(Role.PARAMETER):
        shape = tuple(each.shape)
        if each.status is Status.NEVER and each.born is not None and each.born.emptied:
            message = f"{each.name} {shape} got memory on this device and no values since: the init on meta is lost"
            yield Verdict("INI711", each.born, message, each.name)
        elif each.status is Status.NEVER:
            message = f"{each.name} {shape} is never initialised: it holds whatever its memory held before"
            yield Verdict("INI601", each.born, message, each.name)
        elif each.status is Status.PARTLY and each.coverage is not None:
            left = round((1 - each.coverage) * each.tensor.numel())
            message = f"{left} of the {each.tensor.numel()} elements of {each.name} {shape} are never initialised"
            yield Verdict("INR101", each.site, message, each.name)


_MESSAGES = {
    EventKind.LOST_COPY: (
        "INI702",
        "{0} writes a copy ({1}) of {subject}, which nothing reads: the parameter keeps {law}",
    ),
    EventKind.LOST_REPARAMETRISED: (
        "INI701",
        "what {0} writes is lost: the weight is computed anew from {subject}, which {2} made of it before",
    ),
    EventKind.LOST_HELPER: ("INI412", "{0} was given the tensor {subject}: it is for modules and does nothing"),
    EventKind.SHARED_MODULE: ("INI512", "all {0} modules of {subject} are one: they share every parameter"),
    EventKind.IDENTICAL_COPIES: (
        "INI513",
        "the {1} modules of {0} start equal: {2} random parameters, with {3} elements each time, are copies",
    ),
    EventKind.IDENTICAL_DRAWS: ("INI515", "drawn apart, yet the same numbers: {detail}"),
    EventKind.UNREGISTERED_MODULE: (
        "INI602",
        "{subject} holds {0} {1} in a plain container: no parameters(), state_dict() or to() reaches them",
    ),
    EventKind.UNREGISTERED_TENSOR: ("INI604", "{subject} is no parameter and no buffer, although {detail}"),
    EventKind.CONVERTED_PARAMETER: ("INI603", "{subject} is a plain tensor: {0} came after nn.Parameter"),
    EventKind.PADDING_ROW: (
        "INI802",
        "row {0} of {subject} is the padding row and random: it gets no gradient and stays so",
    ),
    EventKind.OTHER_DTYPE: ("INI806", "{subject} is {0}, the parameters beside it are not"),
}


def _of_events(traced: Traced) -> Iterator[Verdict]:
    for event in traced.events:
        if event.kind is EventKind.OVERWRITTEN:
            yield _overwritten(event)
            continue
        code, message = _MESSAGES[event.kind]
        law = str(traced[event.subject].law) if event.subject in traced else ""
        words = [*event.detail.split(" "), "", "", ""]
        text = message.format(*words, subject=event.subject, law=law, detail=event.detail)
        yield Verdict(code, event.site, text, event.subject, event.related)


def _overwritten(event: Event) -> Verdict:
    message = f"{event.subject} is written here and then overwritten: {event.detail}"
    return Verdict("INI703", event.site, message, event.subject, event.related)


def _of_differences(differences: Iterable[Difference]) -> Iterator[Verdict]:
    """Parameters that building on meta and resetting leaves otherwise; those that are buffers too."""
    for each in differences:
        parameter = each.first or each.second
        assert parameter is not None
        first, second = each.said
        message = f"{each.name} is {first} when built directly, {second} after meta, to_empty and reset_parameters"
        yield Verdict("INR301", parameter.site, message, each.name)


def _together(verdicts: Iterable[Verdict]) -> Iterator[list[Verdict]]:
    groups: dict[tuple[str, Site | str], list[Verdict]] = {}
    for each in verdicts:
        groups.setdefault((each.code, each.site or each.subject), []).append(each)
    yield from groups.values()


def _finding(group: list[Verdict], traced: Traced) -> Finding:
    first = group[0]
    names = [*dict.fromkeys(each.subject for each in group)]
    message = first.message
    if len(names) > 1:
        message += f" (and {len(names) - 1} more, {names[1]}{' …' if len(names) > 2 else ''})"
    path, region = _place(first.site, traced)
    related = tuple(Related(site.region, text) for site, text in first.related if site.path == path)
    name, severity = _rule(first.code)
    return Finding(path, region, first.code, name, severity, message, (), related)


def _place(site: Site | None, traced: Traced) -> tuple[Path, Region]:
    """The call, or the class of the model where no call is known."""
    if site is not None:
        return site.path, site.region
    try:
        lines, start = inspect.getsourcelines(type(traced.model))
        return Path(inspect.getfile(type(traced.model))), Region(start, 0, start, len(lines[0].rstrip()))
    except (OSError, TypeError):
        return Path("<unknown>"), Region(1, 0, 1, 0)


def _rule(code: str) -> tuple[str, Severity]:
    """Name and severity; a catalogue that lacks the static rule leaves the code alone."""
    try:
        rule = catalogue.find(code)
    except catalogue.UnknownRule:
        return code.lower(), Severity.ERROR
    return rule.name, rule.kind.severity
