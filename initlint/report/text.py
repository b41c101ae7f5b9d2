"""The format for people: message, source frame, related places, and what each fix would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from initlint.finding import Finding, Region, Safety, Severity
from initlint.lines import rows
from initlint.report.frame import change, frame
from initlint.report.records import Summary, place, printable

if TYPE_CHECKING:
    from initlint.engine import Result
    from initlint.source import Source

CONTEXT_LINES = 1
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_RELATED = "bright_blue"
_LABELS = {Safety.SAFE: "safe fix", Safety.UNSAFE: "unsafe fix", Safety.DISPLAY: "alternative"}
_HINTS = {Safety.SAFE: "", Safety.UNSAFE: " [apply with --unsafe-fixes]", Safety.DISPLAY: " [shown only]"}


class _Console(Console):
    """Leaves it to the caller what becomes of a broken pipe; rich would exit with the code of findings."""

    def on_broken_pipe(self) -> None:
        """Called while a BrokenPipeError is handled."""
        raise


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write findings as results come, and the summary. Apart from colour, what is written depends on nothing else."""
    console = _Console(file=stream, highlight=False, markup=False, emoji=False)
    for result in summary.count(results):
        lines = _Lines(result.source)
        for finding in result.findings:
            for row in _paragraph(finding, lines):
                row.rstrip()
                console.print(row, soft_wrap=True)
            console.print(soft_wrap=True)
    for line in summary.unsafe_lines:
        console.print(Text(line), soft_wrap=True)
    console.print(Text(summary.sentence, "bold"), soft_wrap=True)


class _Lines:
    """The lines that regions count in: those of the file, or of the cells of a notebook; none where it is not known."""

    def __init__(self, source: Source | None) -> None:
        self._source = source
        self._known: dict[int, list[str]] = {}

    def of(self, region: Region) -> list[str]:
        if self._source is None:
            return []
        if region.cell not in self._known:
            self._known[region.cell] = rows(self._source.text_of(region))
        return self._known[region.cell]


def _paragraph(finding: Finding, lines: _Lines) -> Iterator[Text]:
    style = _STYLES[finding.severity]
    yield Text.assemble(
        (place(finding, finding.region), "bold"),
        ": ",
        (finding.code, style),
        f" {finding.name} ",
        (finding.severity.value, style),
    )
    yield from (Text(f"  {printable(line)}") for line in finding.message.splitlines())
    yield from frame(lines.of(finding.region), finding.region, style, CONTEXT_LINES)
    for related in finding.related:
        yield Text.assemble("  ", (place(finding, related.region), "bold"), f": {printable(related.message)}")
        yield from frame(lines.of(related.region), related.region, _RELATED)
    for fix in finding.fixes:
        yield Text.assemble(
            "  ", (_LABELS[fix.safety], "bold"), f": {printable(fix.title)}", (_HINTS[fix.safety], "dim")
        )
        for cell in sorted({edit.region.cell for edit in fix.edits}):
            edits = tuple(edit for edit in fix.edits if edit.region.cell == cell)
            yield from change(lines.of(edits[0].region), edits)
