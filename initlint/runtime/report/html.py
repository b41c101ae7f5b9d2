"""One self-contained page: findings, the signal by depth, and per law the numbers of its parameters."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TextIO

from jinja2 import Environment, StrictUndefined

from initlint.finding import Finding
from initlint.runtime.outcome import Group, Outcome, Row, by_law, patterns
from initlint.runtime.report import plots
from initlint.runtime.report.text import sentence

PLOTS = 24
"""Groups of parameters that get a plot; the others follow without one."""

_SIBLINGS = 12
"""Parameters that are drawn behind the worst one."""

_SAMPLE = 1 << 16
"""Entries from which quantiles are taken at most, as `measure.model` does."""

_AROUND = 2
"""Lines of source that are shown before and behind a finding."""

_REACH = 0.1
"""The deviation of a standard deviation that the small drawings of a table have room for."""


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of a file: their numbers, texts, and whether they are the ones meant."""

    place: str
    lines: list[tuple[int, str, bool]]


@dataclass(frozen=True, slots=True)
class Whisker:
    """An interval around the ratio of standard deviations, in per cent of the width of its drawing."""

    low: float
    high: float
    middle: float
    off: bool


@dataclass(frozen=True, slots=True)
class _Section:
    group: Group
    names: list[str]
    plot: str
    sources: list[Source]
    whiskers: list[Whisker | None]


def report(outcome: Outcome, stream: TextIO) -> None:
    """Write the page; it needs no network and no script."""
    template = (files("initlint.runtime.report") / "page.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    sections = [_section(outcome, group, number) for number, group in enumerate(by_law(outcome))]
    page = environment.from_string(template).render(
        outcome=outcome,
        sentence=sentence(outcome),
        tested=sum(row.worst is not None for row in outcome.parameters),
        worst=min((row.worst for row in outcome.parameters if row.worst is not None), default=None),
        findings=[(finding, _of_finding(finding)) for finding in outcome.findings],
        signal=plots.signal(outcome.signal) if outcome.signal else "",
        sections=sections,
        untested=_untested(outcome),
    )
    stream.write(page + "\n")


def _section(outcome: Outcome, group: Group, number: int) -> _Section:
    places = (place.rpartition(":") for place in group.places)
    sources = [_source(path, int(line), int(line), 0) for path, _, line in places if line.isdigit()]
    return _Section(
        group,
        patterns([row.name for row in group.rows]),
        _quantiles(outcome, group) if number < PLOTS else "",
        [source for source in sources if source.lines],
        [_whisker(row) for row in group.rows],
    )


def _quantiles(outcome: Outcome, group: Group) -> str:
    worst = group.worst
    pairs = outcome.quantiles.get(worst.name) if worst else None
    if worst is None or not pairs:
        return ""
    others = [outcome.quantiles.get(row.name) for row in group.rows if row is not worst]
    return plots.quantiles(pairs, [each for each in others if each][:_SIBLINGS], min(worst.count, _SAMPLE), worst.name)


def _whisker(row: Row) -> Whisker | None:
    if row.ratio is None or row.interval is None:
        return None
    low, high, middle = (min(max(50 + 50 * (each - 1) / _REACH, 0.0), 100.0) for each in (*row.interval, row.ratio))
    return Whisker(low, high, middle, not row.interval[0] <= 1 <= row.interval[1])


def _of_finding(finding: Finding) -> Source:
    return _source(str(finding.path), finding.region.line, finding.region.end_line, _AROUND)


def _source(path: str, first: int, last: int, around: int) -> Source:
    """Lines of a file, as far as it can be read."""
    numbers = range(max(1, first - around), last + around + 1)
    lines = [(number, linecache.getline(path, number).rstrip("\n"), first <= number <= last) for number in numbers]
    indent = min((len(text) - len(text.lstrip()) for _, text, _ in lines if text.strip()), default=0)
    known = [(number, text[indent:], meant) for number, text, meant in lines if text or meant]
    return Source(f"{path}:{first}", known if any(text for _, text, _ in known) else [])


def _untested(outcome: Outcome) -> Sequence[tuple[str, list[str]]]:
    """Why numbers were not tested, and of which parameters."""
    reasons: dict[str, list[str]] = {}
    for row in outcome.untested:
        reasons.setdefault(row.untested, []).append(row.name)
    return [(reason, patterns(names)) for reason, names in reasons.items()]
