"""Workflow commands of GitHub Actions, which show findings as annotations of the changed lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from initlint.finding import Severity
from initlint.report.records import Summary, diagnostic_record, finding_record, in_file
from initlint.report.repository import named

if TYPE_CHECKING:
    from initlint.engine import Result

_LEVELS = {Severity.ERROR.value: "error", Severity.WARNING.value: "warning", Severity.NOTE.value: "notice"}


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write a command per finding and diagnostic as results come, and the summary."""
    for result in map(in_file, summary.count(results)):
        for found in map(finding_record, result.findings):
            # GitHub refuses columns of an annotation that spans several lines.
            columns = {"col": found["column"], "endColumn": found["end_column"]}
            properties: dict[str, object] = {"file": named(found["path"]), "line": found["line"]}
            properties["endLine"] = found["end_line"]
            if found["line"] == found["end_line"]:
                properties |= columns
            title = f"{found['code']} {found['name']}"
            stream.write(_command(_LEVELS[found["severity"]], properties | {"title": title}, found["message"]))
        for failed in map(diagnostic_record, result.diagnostics):
            title = f"{failed['code']} {failed['name']}"
            properties = {"file": named(failed["path"]), "line": failed["line"], "title": title}
            stream.write(_command("error", properties, failed["message"]))
    stream.write(summary.sentence + "\n")


def _command(level: str, properties: dict[str, object], message: str) -> str:
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {shown}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
