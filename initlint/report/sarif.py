"""SARIF 2.1.0, as code scanning takes it: all rules with their pages, findings with related places and fixes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

from initlint import __version__, catalogue
from initlint.finding import Severity
from initlint.report.fingerprints import Fingerprints
from initlint.report.frame import split_lines
from initlint.report.records import FindingRecord, Span, Summary, diagnostic_record, finding_record, in_file
from initlint.rule import Kind, Rule

if TYPE_CHECKING:
    from initlint.engine import Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR.value: "error", Severity.WARNING.value: "warning", Severity.NOTE.value: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_PRECISIONS = {Kind.ERROR: "very-high", Kind.WRONG: "very-high", Kind.UNSTATED: "high", Kind.STYLE: "high"}
_ROOT = "%SRCROOT%"
_FINGERPRINT = "initlint/v1"


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write the log once the last result has come. Paths are relative to the current folder, the repository's root."""
    rules = {rule.code: index for index, rule in enumerate(catalogue.rules())}
    fingerprints = Fingerprints()
    found: list[dict[str, Any]] = []
    notifications: list[dict[str, Any]] = []
    for result in map(in_file, summary.count(results)):
        lines = split_lines(result.source.text) if result.source and result.findings else []
        for record in map(finding_record, result.findings):
            line = lines[record["line"] - 1] if record["line"] <= len(lines) else ""
            found.append(_result(record, rules, fingerprints.of(record, line)))
        for failed in map(diagnostic_record, result.diagnostics):
            region = {"startLine": failed["line"], "startColumn": failed["column"]}
            location = {"physicalLocation": {"artifactLocation": _artifact(failed["path"]), "region": region}}
            message = {"text": f"{failed['code']} {failed['name']}: {failed['message']}"}
            notifications.append({"level": "error", "message": message, "locations": [location]})
    run = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the repository"}}},
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
        "results": found,
    }
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, stream, ensure_ascii=False, indent=2)
    stream.write("\n")


def _driver() -> dict[str, Any]:
    return {
        "name": "initlint",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in catalogue.rules()],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    page = rule.page.read_text(encoding="utf-8") if rule.page.is_file() else f"{rule.summary}."
    severity = rule.kind.severity
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": f"{rule.code} {rule.name}: {rule.summary}."},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[severity.value]},
        "properties": {
            "precision": _PRECISIONS.get(rule.kind, "medium"),
            "problem.severity": _PROBLEMS[severity],
            "tags": ["correctness", "pytorch", rule.family, rule.kind.value],
        },
    }


def _result(record: FindingRecord, rules: dict[str, int], fingerprint: str) -> dict[str, Any]:
    index = {"ruleIndex": rules[record["code"]]} if record["code"] in rules else {}
    result: dict[str, Any] = {
        "ruleId": record["code"],
        **index,
        "level": _LEVELS[record["severity"]],
        "message": {"text": record["message"]},
        "locations": [{"physicalLocation": _physical(record["path"], record)}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
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
        result["fixes"] = [
            {
                "description": {"text": f"{fix['title']} ({fix['safety']})"},
                "artifactChanges": [
                    {
                        "artifactLocation": _artifact(record["path"]),
                        "replacements": [
                            {"deletedRegion": _region(edit), "insertedContent": {"text": edit["text"]}}
                            for edit in fix["edits"]
                        ],
                    }
                ],
            }
            for fix in record["fixes"]
        ]
    return result


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
    """A file below the current folder is named relative to it; any other by its absolute address."""
    relative = os.path.relpath(path)
    if relative.startswith(os.pardir + os.sep) or os.path.isabs(relative):
        return {"uri": Path(path).absolute().as_uri()}
    return {"uri": quote(Path(relative).as_posix()), "uriBaseId": _ROOT}
