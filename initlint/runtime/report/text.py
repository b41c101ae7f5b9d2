"""The table for people: parameters by law, the worst first, then findings, the signal and what was not tested."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from initlint.finding import Finding, Severity
from initlint.report.records import printable
from initlint.runtime.outcome import Group as Parameters
from initlint.runtime.outcome import Outcome, Row, by_law, patterns

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_MEMBERS = 3
"""Patterns of names that are shown of a law; the others are counted."""

_WIDE = 110
"""Columns from which on names and places have columns of their own."""


def report(outcome: Outcome, stream: TextIO, *, verbose: bool = False) -> None:
    """Write the report; `verbose` names every parameter."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, width=_width(stream))
    seeds = ", ".join(map(str, outcome.seeds))
    title = Text(f"{outcome.target} on {outcome.device}, torch {outcome.torch}, seed {seeds}", "bold")
    console.print(title, soft_wrap=True)
    console.print()
    console.print(_table(outcome, wide=console.width >= _WIDE, verbose=verbose))
    console.print()
    for finding in outcome.findings:
        console.print(_finding(finding), soft_wrap=not stream.isatty())
    if outcome.findings:
        console.print()
    for line in _notes(outcome):
        console.print(line, style="dim", soft_wrap=not stream.isatty())
    console.print(Text(sentence(outcome), "bold red" if outcome.findings else "bold green"), soft_wrap=True)


def sentence(outcome: Outcome) -> str:
    """The last line: how much was looked at, and what was found."""
    parameters, findings = len(outcome.parameters), len(outcome.findings)
    found = f"{findings} finding{'' if findings == 1 else 's'}" if findings else "no findings"
    return f"{parameters} parameters with {outcome.entries:,} entries: {found}."


def _width(stream: TextIO) -> int | None:
    return None if stream.isatty() else 160


def _table(outcome: Outcome, *, wide: bool, verbose: bool) -> Table:
    """A row per law; in a narrow terminal the names and the place stand below the law."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("law", overflow="fold")
    if wide:
        table.add_column("parameters", overflow="fold")
    for column in ("entries", "std / expected", "worst p", *(("sees",) if wide else ())):
        table.add_column(column, justify="right", no_wrap=True)
    if wide:
        table.add_column("written at", overflow="fold")
    for group in by_law(outcome):
        law = Text(group.law, next((style for each, style in _STYLES.items() if each in _severities(group)), ""))
        names, places = _names(group.rows, verbose=verbose), group.places
        place = (places[0] if places else "") + (f" +{len(places) - 1}" if len(places) > 1 else "")
        numbers = (_short(group.entries), _ratios(group.rows), _p(group.p, outcome.level))
        if wide:
            table.add_row(law, names, *numbers, _sees(group.rows), place)
        else:
            below = (Padding(Text(each, "dim"), (0, 0, 0, 2)) for each in (names, place) if each)
            table.add_row(Group(law, *below), *numbers)
    return table


def _names(rows: list[Row], *, verbose: bool) -> str:
    names = [row.name for row in rows]
    shown = names if verbose else patterns(names)
    more = "" if verbose or len(shown) <= _MEMBERS else f" and {len(shown) - _MEMBERS} more"
    return ", ".join(shown if verbose else shown[:_MEMBERS]) + more


def _short(count: int) -> str:
    """A number of entries in four characters or so."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 10 * factor or (count >= factor and letter != "k"):
            return f"{count / factor:.3g} {letter}"
    return f"{count:,}"


def _p(worst: float | None, level: float) -> Text:
    return Text("" if worst is None else f"{worst:.1g}", "bold red" if worst is not None and worst < level else "")


def _severities(group: Parameters) -> set[Severity]:
    return {finding.severity for finding in group.findings}


def _sees(rows: list[Row]) -> str:
    """The smallest error of the standard deviation that the largest of the parameters shows."""
    sees = min((row.detectable for row in rows if row.detectable is not None), default=math.inf)
    return f"{sees:.1%}" if sees < 1 else ""


def _ratios(rows: list[Row]) -> str:
    ratios = [row.ratio for row in rows if row.ratio is not None]
    if not ratios:
        return ""
    low, high = min(ratios), max(ratios)
    return f"{low:.3f}" if f"{low:.3f}" == f"{high:.3f}" else f"{low:.3f} to {high:.3f}"


def _finding(finding: Finding) -> Text:
    place = f"{finding.path}:{finding.region.line}:{finding.region.column + 1}"
    style = _STYLES[finding.severity]
    return Text.assemble(
        (printable(place), "bold"), ": ", (finding.code, style), f" {finding.name} ", (finding.severity.value, style),
        f"\n  {printable(finding.message)}",
    )  # fmt: skip


def _notes(outcome: Outcome) -> Iterator[str]:
    reasons: dict[str, list[Row]] = {}
    for row in outcome.untested:
        reasons.setdefault(row.untested, []).append(row)
    for reason, rows in reasons.items():
        shown = patterns([row.name for row in rows])
        more = f" and {len(shown) - _MEMBERS} more" if len(shown) > _MEMBERS else ""
        yield f"numbers not fully tested, {reason}: {', '.join(shown[:_MEMBERS])}{more}"
    yield from (f"the trace is not complete: {error}" for error in outcome.errors)
    if outcome.signal:
        ends = (outcome.signal[0], outcome.signal[-1])
        yield "signal: mean square " + ", ".join(f"{_said(layer.forward)} at {layer.name}" for layer in ends)


def _said(number: float | None) -> str:
    return "not finite" if number is None else f"{number:.3g}"
