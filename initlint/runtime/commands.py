"""What `verify`, `trace` and `compare` do in the process of the user: ask the child, report. Free of torch."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import msgspec

from initlint.engine import Result
from initlint.finding import Severity
from initlint.report.records import Summary
from initlint.runtime import child
from initlint.runtime.child import End
from initlint.runtime.outcome import Failure, Outcome, Row, decode
from initlint.runtime.progress import shown
from initlint.runtime.request import Request

WORKER = "initlint.runtime.worker"
FORMATS = ("text", "json", "junit", "sarif", "html")

FINDINGS, USAGE, BUILD, LIMIT = 1, 2, 3, 4
"""Exit codes beside 0."""

_KINDS = {"usage": USAGE, "build": BUILD, "limit": LIMIT, "internal": USAGE}
_LOCK_VERSION = 1
_SEVERITIES = (Severity.NOTE, Severity.WARNING, Severity.ERROR)


class RunFailed(Exception):
    """There is no outcome; the message says why, `code` is the exit code, `details` a traceback of the user's code."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.code = _KINDS[failure.kind]
        self.details = failure.details


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take: seconds, bytes of memory, and the folder that it runs in."""

    seconds: float | None = None
    memory: int | None = None
    cwd: Path | None = None


def run(request: Request, limits: Limits) -> Outcome:
    """Have the child build and judge, and show on a terminal how far it is. Raises RunFailed."""
    payload = msgspec.to_builtins(request)
    with shown() as progress:
        ending = child.run(
            WORKER, payload, timeout=limits.seconds, memory=limits.memory, cwd=limits.cwd, progress=progress
        )
    if ending.end is not End.ANSWERED:
        kind = "build" if ending.end is End.KILLED else "limit"
        raise RunFailed(Failure(kind, f"{request.target} {ending.end.value}: {ending.detail}"))
    answer = decode(ending.answer)
    if isinstance(answer, Failure):
        raise RunFailed(answer)
    return answer


def write(outcome: Outcome, output: str, *, verbose: bool = False) -> None:
    """Write an outcome in a format of `FORMATS`, to stdout or to the file behind a colon. Raises OSError."""
    name, _, path = output.partition(":")
    if not path:
        _render(name, outcome, sys.stdout, verbose=verbose)
        return
    with Path(path).open("w", encoding="utf-8", newline="\n") as stream:
        _render(name, outcome, stream, verbose=verbose)


def exit_code(outcome: Outcome, fail_on: str) -> int:
    """1 where a finding is at least so severe."""
    least = _SEVERITIES.index(Severity(fail_on))
    return FINDINGS if any(_SEVERITIES.index(each.severity) >= least for each in outcome.findings) else 0


def write_lock(outcome: Outcome, path: Path) -> None:
    """Write the law of every parameter, to be held against later. Raises OSError."""
    parameters = {row.name: {"shape": row.shape, "law": row.law} for row in outcome.parameters}
    document = {"version": _LOCK_VERSION, "target": outcome.target, "parameters": parameters}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_lock(path: Path) -> dict[str, Any]:
    """The laws of a lock file. Raises ValueError for anything else, OSError where it cannot be read."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("version") != _LOCK_VERSION:
        raise ValueError(f"{path} is no lock of this version; write it anew with --write-lock")
    found = document["parameters"]
    assert isinstance(found, dict)
    return found


def differences(one: Outcome, other: Outcome) -> list[str]:
    """What differs between the parameters of two models: names, shapes, laws."""
    first, second = ({row.name: row for row in outcome.parameters} for outcome in (one, other))
    found = [f"{name} is only in {one.target}" for name in first.keys() - second.keys()]
    found += [f"{name} is only in {other.target}" for name in second.keys() - first.keys()]
    for name in first.keys() & second.keys():
        found += _changes(first[name], second[name])
    return sorted(found)


def _changes(one: Row, other: Row) -> list[str]:
    changes = []
    for key in ("shape", "dtype", "law"):
        before, after = getattr(one, key), getattr(other, key)
        if before != after:
            where = f" ({one.place} and {other.place})" if key == "law" and one.place and other.place else ""
            changes.append(f"{one.name}: {key} {before} against {after}{where}")
    return changes


def _render(name: str, outcome: Outcome, stream: TextIO, *, verbose: bool) -> None:
    match name:
        case "sarif":
            import_module("initlint.report.sarif").report(_results(outcome), stream, Summary())
        case "text":
            import_module("initlint.runtime.report.text").report(outcome, stream, verbose=verbose)
        case _:
            import_module(f"initlint.runtime.report.{name}").report(outcome, stream)


def _results(outcome: Outcome) -> Sequence[Result]:
    """The findings by file, as a check of source gives them."""
    paths = dict.fromkeys(finding.path for finding in outcome.findings)
    return [Result(path, tuple(finding for finding in outcome.findings if finding.path == path)) for path in paths]
