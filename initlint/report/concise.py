"""One line per finding and per unsafe fix that was applied, then the summary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from initlint.report.records import Summary, finding_record, one_line

if TYPE_CHECKING:
    from initlint.engine import Result


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write one line per finding as results come, and the summary."""
    for result in summary.count(results):
        stream.writelines(one_line(finding_record(finding)) + "\n" for finding in result.findings)
    stream.writelines(line + "\n" for line in (*summary.unsafe_lines, summary.sentence))
