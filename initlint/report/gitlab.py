"""The code quality report of GitLab: a JSON array of issues."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from initlint.finding import Severity
from initlint.lines import rows
from initlint.report.fingerprints import Fingerprints
from initlint.report.records import Summary, diagnostic_record, finding_record, in_file
from initlint.report.repository import named

if TYPE_CHECKING:
    from initlint.engine import Result

_SEVERITIES = {Severity.ERROR.value: "major", Severity.WARNING.value: "minor", Severity.NOTE.value: "info"}


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write the array once the last result has come."""
    fingerprints = Fingerprints()
    issues: list[dict[str, Any]] = []
    for result in map(in_file, summary.count(results)):
        lines = rows(result.source.text) if result.source and result.findings else []
        for found in map(finding_record, result.findings):
            issues.append(
                {
                    "check_name": found["code"],
                    "description": f"{found['code']} {found['name']}: {found['message']}",
                    "fingerprint": fingerprints.of(found, lines),
                    "severity": _SEVERITIES[found["severity"]],
                    "location": _location(found["path"], found["line"], found["end_line"]),
                }
            )
        for failed in map(diagnostic_record, result.diagnostics):
            issues.append(
                {
                    "check_name": failed["code"],
                    "description": f"{failed['code']} {failed['name']}: {failed['message']}",
                    "fingerprint": f"{failed['code']}:{named(failed['path'])}:{failed['line']}",
                    "severity": "blocker",
                    "location": _location(failed["path"], failed["line"], failed["line"]),
                }
            )
    json.dump(issues, stream, ensure_ascii=False, indent=2)
    stream.write("\n")


def _location(path: str, line: int, end_line: int) -> dict[str, Any]:
    return {"path": named(path), "lines": {"begin": line, "end": end_line}}
