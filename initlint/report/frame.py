"""Excerpts of the source: the marked place of a finding, and the lines that a fix would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from initlint.finding import Edit, Region
from initlint.lines import rows
from initlint.report.records import printable

TAB_WIDTH = 4
MARKED_LINES = 4
CHANGED_LINES = 12
_GUTTER = "bright_blue"


def frame(lines: Sequence[str], region: Region, style: str, context: int = 0) -> Iterator[Text]:
    """The lines of a region between `context` lines above and below, with carets under the region."""
    if not lines:
        return
    first = max(region.line - context, 1)
    last = min(region.end_line + context, len(lines))
    last_marked = min(region.end_line, region.line + MARKED_LINES - 1)
    width = len(str(len(lines)))
    yield _row(width, "", "|", "")
    for number in range(first, last + 1):
        if last_marked < number <= region.end_line:
            continue
        yield _row(width, str(number), "|", _visible(lines[number - 1]))
        if region.line <= number <= region.end_line and (marker := _marker(lines[number - 1], number, region)):
            yield _row(width, "", "|", marker, style)
        if number == last_marked < region.end_line:
            yield _row(width, "", "|", f"... {region.end_line - last_marked} more lines")


def change(lines: Sequence[str], edits: Sequence[Edit]) -> Iterator[Text]:
    """The lines that edits take away and those that they put in their place; the rest of a long change is counted."""
    if not lines:
        return
    rows = [row for group in _neighbours(edits) for row in _replaced(lines, group)]
    width = len(str(len(lines)))
    for number, sign, line in rows[:CHANGED_LINES]:
        yield _row(width, str(number), sign, _visible(line), "green" if sign == "+" else "red")
    if len(rows) > CHANGED_LINES:
        yield _row(width, "", "|", f"... {len(rows) - CHANGED_LINES} more changed lines")


def _row(width: int, number: str, separator: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"{number:>{width}} {separator}", _GUTTER), (f" {text}".rstrip(), style))


def _visible(line: str) -> str:
    return printable(line.expandtabs(TAB_WIDTH))


def _marker(line: str, number: int, region: Region) -> str:
    start = region.column if number == region.line else len(line) - len(line.lstrip())
    end = region.end_column if number == region.end_line else len(line.rstrip())
    if start >= end and number != region.line:
        return ""
    before = cell_len(_visible(line[:start]))
    return " " * before + "^" * max(cell_len(_visible(line[:end])) - before, 1)


def _neighbours(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """The edits in groups that share no line."""
    group: list[Edit] = []
    for edit in sorted(edits):
        if group and edit.region.line > group[-1].region.end_line:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _replaced(lines: Sequence[str], edits: Sequence[Edit]) -> Iterator[tuple[int, str, str]]:
    """Line number, sign and text of every line that differs once the edits of one group are made."""
    first = edits[0].region.line
    before = list(lines[first - 1 : edits[-1].region.end_line])
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line) + 1)
    text = "\n".join(before)
    for edit in reversed(edits):
        start = starts[edit.region.line - first] + edit.region.column
        end = starts[edit.region.end_line - first] + edit.region.end_column
        text = text[:start] + edit.text + text[end:]
    after = rows(text)
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    while before and after and before[0] == after[0]:
        del before[0], after[0]
        first += 1
    yield from ((first + index, "-", line) for index, line in enumerate(before))
    yield from ((first + index, "+", line) for index, line in enumerate(after))
