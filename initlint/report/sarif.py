"""SARIF 2.1.0, as code scanning takes it: all rules with their pages, findings with related places and fixes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

from initlint import __version__, catalogue, explain
from initlint.finding import Severity
from initlint.lines import rows
from initlint.report.fingerprints import Fingerprints
from initlint.report.records import (
    DiagnosticRecord,
    FindingRecord,
    FixRecord,
    Span,
    Summary,
    diagnostic_record,
    finding_record,
    in_file,
)
from initlint.report.repository import relative
from initlint.rule import Default, Kind, Rule

if TYPE_CHECKING:
    from initlint.engine import Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PROBLEMS = {Severity.ERROR.value: "error", Severity.WARNING.value: "warning", Severity.NOTE.value: "recommendation"}
"""Severities as code scanning names them; the levels of SARIF have our names."""
_PRECISIONS = {Kind.ERROR: "very-high", Kind.WRONG: "very-high", Kind.UNSTATED: "high", Kind.STYLE: "high"}
_ROOT = "%SRCROOT%"
_FINGERPRINT = "initlint/v1"


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write the log once the last result has come. Paths are relative to the root of the repository.

    Findings that comments suppress are in it, marked as such; they count nowhere else.
    """
    driver = _driver()
    index = {rule["id"]: number for number, rule in enumerate(driver["rules"])}
    fingerprints = Fingerprints()
    found: list[dict[str, Any]] = []
    notifications: list[dict[str, Any]] = []
    for result in map(in_file, summary.count(results)):
        reasons = {id(each.finding): each.reason for each in result.suppressed}
        every = (*result.findings, *(each.finding for each in result.suppressed))
        lines = rows(result.source.text) if result.source and every else []
        for finding in sorted(every, key=lambda finding: finding.order):
            record = finding_record(finding)
            found.append(_result(record, index, fingerprints.of(record, lines), reasons.get(id(finding))))
        notifications += map(_notification, map(diagnostic_record, result.diagnostics))
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the repository"}}},
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
        "results": found,
    }
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, stream, ensure_ascii=False, indent=2)
    stream.write("\n")


def _driver() -> dict[str, Any]:
    engine = [_engine_rule(code) for code in catalogue.ENGINE_CODES if code not in catalogue.FAILURES]
    failures = [{"id": code, "name": _pascal(catalogue.ENGINE_CODES[code])} for code in sorted(catalogue.FAILURES)]
    return {
        "name": "initlint",
        "semanticVersion": __version__,
        "rules": engine + [_rule(rule) for rule in catalogue.rules()],
        "notifications": failures,
    }


def _engine_rule(code: str) -> dict[str, Any]:
    """The descriptor of a finding of the engine itself."""
    record = explain.record(code)
    return _descriptor(record, "very-high", ["maintainability"])


def _rule(rule: Rule) -> dict[str, Any]:
    tags = dict.fromkeys(("correctness", "pytorch", rule.family, rule.kind.value))
    return _descriptor(explain.record(rule.code), _PRECISIONS.get(rule.kind, "medium"), [*tags])


def _descriptor(record: dict[str, str | None], precision: str, tags: list[str]) -> dict[str, Any]:
    code, name, summary, severity = (str(record[key]) for key in ("code", "name", "summary", "severity"))
    text = explain.page(code)
    return {
        "id": code,
        "name": _pascal(name),
        "shortDescription": {"text": f"{summary}."},
        "fullDescription": {"text": f"{code} {name}: {summary}."},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": severity, "enabled": record["default"] == Default.ON},
        "properties": {"precision": precision, "problem.severity": _PROBLEMS[severity], "tags": tags},
    }


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _notification(failed: DiagnosticRecord) -> dict[str, Any]:
    region = {"startLine": failed["line"], "startColumn": failed["column"]}
    return {
        "level": "error",
        "descriptor": {"id": failed["code"]},
        "message": {"text": f"{failed['code']} {failed['name']}: {failed['message']}"},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(failed["path"]), "region": region}}],
    }


def _result(record: FindingRecord, index: dict[str, int], fingerprint: str, reason: str | None) -> dict[str, Any]:
    """One result; it is suppressed where there is a reason, be it an empty one."""
    result: dict[str, Any] = {
        "ruleId": record["code"],
        "ruleIndex": index[record["code"]],
        "level": record["severity"],
        "message": {"text": record["message"]},
        "locations": [{"physicalLocation": _physical(record["path"], record)}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if reason is not None:
        result["suppressions"] = [{"kind": "inSource", **({"justification": reason} if reason else {})}]
    if record["related"]:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(record["path"], related),
                "message": {"text": related["message"]},
            }
            for number, related in enumerate(record["related"], 1)
        ]
    if record["fixes"]:
        result["fixes"] = [_fix(record["path"], fix) for fix in record["fixes"]]
    return result


def _fix(path: str, fix: FixRecord) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit), "insertedContent": {"text": edit["text"]}} for edit in fix["edits"]
    ]
    return {
        "description": {"text": f"{fix['title']} ({fix['safety']})"},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": replacements}],
    }


def _physical(path: str, span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span["line"],
        "startColumn": span["column"],
        "endLine": span["end_line"],
        "endColumn": span["end_column"],
    }


def _artifact(path: str) -> dict[str, str]:
    """A file of the repository is named relative to its root; any other by its absolute address."""
    place = relative(path)
    if place is None:
        return {"uri": Path(path).absolute().as_uri()}
    return {"uri": quote(os.fsencode(place)), "uriBaseId": _ROOT}
