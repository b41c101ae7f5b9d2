"""Prints a run over a corpus: tables of findings and of labels, and lists to read."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from initlint import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from initlint.corpus import Difference, Hit, Judgement, Label, Report, Trouble

WIDTH = 120
"""Columns of the tables, the same through a pipe and in a terminal; lists are never wrapped."""


def render(
    report: Report, judgement: Judgement | None, difference: Difference | None, console: Console | None = None
) -> None:
    """Print a run, and where they are given its judgement by labels and its difference to an earlier run."""
    out = console or Console(width=WIDTH, highlight=False)
    out.print(findings_table(report))
    _line(out, _summary(report))
    _list(out, "Files that do not parse", map(_trouble, report.unparsed))
    _list(out, "Internal errors", map(_trouble, report.internal_errors))
    if judgement is not None:
        _render_judgement(out, judgement)
    if difference is not None:
        _render_difference(out, difference)


def findings_table(report: Report) -> Table:
    """Findings per rule, and in which packages."""
    table = _table(("rule", "findings", "files", "packages"))
    names = {rule.code: rule.name for rule in catalogue.rules()} | catalogue.ENGINE_CODES
    by_code: dict[str, list[Hit]] = defaultdict(list)
    for hit in report.hits:
        by_code[hit.code].append(hit)
    for code in sorted({*report.codes, *by_code}):
        hits = by_code[code]
        packages = Counter(hit.place.package for hit in hits)
        files = {hit.place.file for hit in hits}
        spread = ", ".join(f"{name} {count}" for name, count in sorted(packages.items()))
        table.add_row(f"{code} {names.get(code, '')}".strip(), str(len(hits)), str(len(files)), spread)
    return table


def recall_table(key: str, rows: Sequence[tuple[str, int, int]]) -> Table:
    """Bugs found of all bugs, per key."""
    table = _table((key, "found", "bugs", "recall"))
    for word, found, total in rows:
        table.add_row(word, str(found), str(total), f"{found / total:.0%}")
    return table


def _render_judgement(out: Console, judgement: Judgement) -> None:
    rows = judgement.recall(lambda label: label.codes)
    if rows:
        _titled(out, "Recall on bug labels per code", recall_table("code", rows))
        rows = judgement.recall(lambda label: (label.pattern,))
        _titled(out, "Recall on bug labels per pattern", recall_table("pattern", rows))
    _line(out, "\nLabels")
    counts = [
        ("bug labels found", _with_verdict(judgement.met, "bug")),
        ("bug labels missed", _with_verdict(judgement.unmet, "bug")),
        ("legit labels with an alarm", _with_verdict(judgement.met, "legit")),
        ("legit labels that stay silent", _with_verdict(judgement.unmet, "legit")),
        ("unclear labels reported", _with_verdict(judgement.met, "unclear")),
        ("labels for which no rule ran", list(judgement.unjudged)),
        ("labels of packages that are not here", list(judgement.absent)),
    ]
    for text, labels in counts:
        _line(out, f"{len(labels):6} {text}")
    _list(out, "Missed bugs", (f"{label.place} {_label(label)}" for label in _with_verdict(judgement.unmet, "bug")))
    _list(out, "Alarms on legit sites", (f"{_hit(hit)} [{_label(label)}]" for label, hit in judgement.alarms))
    _list(out, "Unlabelled findings", map(_hit, judgement.unlabelled))


def _render_difference(out: Console, difference: Difference) -> None:
    if not difference:
        _line(out, "\nNo difference to the earlier run.")
    _list(out, "Added", (f"+ {_hit(hit)}" for hit in difference.added))
    _list(out, "Removed", (f"- {_hit(hit)}" for hit in difference.removed))
    _list(out, "Reworded", (f"- {_hit(old)}\n+ {_hit(new)}" for old, new in difference.reworded))


def _summary(report: Report) -> str:
    return (
        f"{len(report.hits)} findings in {report.files} files of {len(report.packages)} packages; "
        f"{len(report.unparsed)} files do not parse; {len(report.internal_errors)} internal errors"
    )


def _list(out: Console, title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        _line(out, f"\n{title} ({len(found)})")
        for line in found:
            _line(out, line)


def _line(out: Console, text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)


def _titled(out: Console, title: str, table: Table) -> None:
    _line(out, f"\n{title}")
    out.print(table)


def _table(columns: tuple[str, ...]) -> Table:
    table = Table()
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number in (0, 3) else "right", overflow="fold")
    return table


def _with_verdict(labels: Iterable[Label], verdict: str) -> list[Label]:
    return [label for label in labels if label.verdict == verdict]


def _hit(hit: Hit) -> str:
    return f"{hit.place} {hit.code} {hit.message}"


def _label(label: Label) -> str:
    return f"{' '.join(label.codes)} {label.pattern}: {label.why}"


def _trouble(trouble: Trouble) -> str:
    return f"{trouble.place} {trouble.code} {trouble.message}"
