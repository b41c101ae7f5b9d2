"""The table for people: parameters by law, the worst first, then findings, the signal and what was not tested."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from initlint.finding import Finding, Severity
from initlint.report.records import printable
from initlint.runtime.outcome import Outcome, Row, by_law

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_MEMBERS = 3
"""Parameters of a law that are named; the others are counted."""


def report(outcome: Outcome, stream: TextIO, *, verbose: bool = False) -> None:
    """Write the report; `verbose` names every parameter."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, width=_width(stream))
    seeds = ", ".join(map(str, outcome.seeds))
    console.print(Text(f"{outcome.target} on {outcome.device}, torch {outcome.torch}, seed {seeds}", "bold"))
    console.print(_table(outcome, verbose=verbose))
    for finding in outcome.findings:
        console.print(_finding(finding), soft_wrap=True)
    for line in _notes(outcome):
        console.print(line, soft_wrap=True)
    console.print(Text(sentence(outcome), "bold"), soft_wrap=True)


def sentence(outcome: Outcome) -> str:
    """The last line: how much was looked at, and what was found."""
    parameters, findings = len(outcome.parameters), len(outcome.findings)
    found = f"{findings} finding{'' if findings == 1 else 's'}" if findings else "no findings"
    return f"{parameters} parameters with {outcome.entries:,} entries: {found}."


def _width(stream: TextIO) -> int | None:
    return None if stream.isatty() else 160


def _table(outcome: Outcome, *, verbose: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("law", "parameters", "entries", "std / expected", "worst p", "sees", "written at"):
        table.add_column(column, overflow="fold")
    for law, rows in by_law(outcome.parameters):
        names = [row.name for row in rows]
        shown = names if verbose else names[:_MEMBERS]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        worst = min((row.worst for row in rows if row.worst is not None), default=None)
        sees = min((row.detectable for row in rows if row.detectable is not None), default=math.inf)
        places = [*dict.fromkeys(row.place for row in rows if row.place)]
        table.add_row(
            law,
            ", ".join(shown) + more,
            f"{sum(row.count for row in rows):,}",
            _ratios(rows),
            "" if worst is None else f"{worst:.1g}",
            f"{sees:.1%}" if math.isfinite(sees) else "",
            (places[0] if places else "") + (f" +{len(places) - 1}" if len(places) > 1 else ""),
        )
    return table


def _ratios(rows: list[Row]) -> str:
    ratios = [row.ratio for row in rows if row.ratio is not None]
    if not ratios:
        return ""
    low, high = min(ratios), max(ratios)
    return f"{low:.4g}" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g}"


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
        names = ", ".join(row.name for row in rows[:_MEMBERS])
        more = f" and {len(rows) - _MEMBERS} more" if len(rows) > _MEMBERS else ""
        yield f"numbers not tested, {reason}: {names}{more}"
    yield from (f"the trace is not complete: {error}" for error in outcome.errors)
    if outcome.signal:
        first, last = outcome.signal[0], outcome.signal[-1]
        yield f"signal: mean square {first.forward:.3g} at {first.name}, {last.forward:.3g} at {last.name}"
