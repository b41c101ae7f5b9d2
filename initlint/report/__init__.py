"""Reporters: one module per output format, chosen by name."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO, cast

from initlint.spelling import did_you_mean

if TYPE_CHECKING:
    from initlint.engine import Result
    from initlint.report.records import Summary

FORMATS = ("text", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "statistics")


class OutputError(ValueError):
    """An output is none: an unknown format, or a file that cannot be written."""


@dataclass(frozen=True, slots=True)
class Output:
    """A format, and the file that it is written to; None for stdout."""

    format: str
    path: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Output:
        """Read `sarif` or `sarif:out.sarif`. Raises OutputError for an unknown format."""
        name, colon, path = text.partition(":")
        if name not in FORMATS:
            known = f"; known are {', '.join(FORMATS)}"
            raise OutputError(f"unknown output format {name!r}{did_you_mean(name, FORMATS) or known}")
        if colon and not path:
            raise OutputError(f"{text!r} names no file behind the colon")
        return cls(name, Path(path) if path else None)

    def __str__(self) -> str:
        return self.format if self.path is None else f"{self.format}:{self.path}"


class Reporter(Protocol):
    """Writes results to a stream in the order in which they come."""

    def __call__(self, results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
        """Write the results, counting them, and the summary."""


def reporter(name: str) -> Reporter:
    """The reporter of an output format, one of `FORMATS`; only its module is imported."""
    return cast("Reporter", import_module(f"initlint.report.{name.replace('-', '_')}").report)


def write(
    outputs: Sequence[Output], results: Iterable[Result], summary: Summary, stream: TextIO | None = None
) -> Summary:
    """Report results in all formats and give the summary. One output gets them as they come, several at the end.

    What goes to no file goes to the stream, by default to stdout.

    Raises OutputError where a file cannot be written.
    """
    if len(outputs) > 1:
        results = tuple(results)
    counted = summary
    for output in outputs:
        # With one output the summary is still being counted into while results come.
        counted = replace(summary) if len(outputs) > 1 else summary
        if output.path is None:
            reporter(output.format)(results, stream or sys.stdout, counted)
            continue
        try:
            with output.path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                reporter(output.format)(results, file, counted)
        except OSError as error:
            raise OutputError(f"cannot write {output.path}: {error.strerror}") from error
    return counted
