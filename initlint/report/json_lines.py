"""One JSON object per line: every finding and diagnostic as it comes, with its kind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from initlint.report.records import Summary, diagnostic_record, finding_record

if TYPE_CHECKING:
    from initlint.engine import Result


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write a line per finding and diagnostic, and a last one with the summary."""
    for result in summary.count(results):
        for finding in result.findings:
            _write(stream, {"kind": "finding", **finding_record(finding)})
        for diagnostic in result.diagnostics:
            _write(stream, {"kind": "diagnostic", **diagnostic_record(diagnostic)})
    _write(stream, {"kind": "summary", **summary.record()})


def _write(stream: TextIO, record: dict[str, object]) -> None:
    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
