"""One JSON object with all findings and diagnostics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from initlint.report.records import DiagnosticRecord, FindingRecord, Summary, diagnostic_record, finding_record

if TYPE_CHECKING:
    from initlint.engine import Result

VERSION = 1
"""Version of the object's schema; a key that is added keeps it, one that changes its meaning does not."""


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write `version`, `findings`, `diagnostics` and `summary` once the last result has come."""
    findings: list[FindingRecord] = []
    diagnostics: list[DiagnosticRecord] = []
    for result in summary.count(results):
        findings += map(finding_record, result.findings)
        diagnostics += map(diagnostic_record, result.diagnostics)
    document = {"version": VERSION, "findings": findings, "diagnostics": diagnostics, "summary": summary.record()}
    json.dump(document, stream, ensure_ascii=False, indent=2)
    stream.write("\n")
