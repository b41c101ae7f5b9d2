"""Reporters: one module per output format, chosen by name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TextIO, cast

if TYPE_CHECKING:
    from initlint.engine import Result
    from initlint.report.records import Summary

FORMATS = ("text", "concise", "json")


class Reporter(Protocol):
    """Writes results to a stream in the order in which they come."""

    def __call__(self, results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
        """Write the results, counting them, and the summary."""


def reporter(name: str) -> Reporter:
    """The reporter of an output format, one of `FORMATS`; only its module is imported."""
    return cast("Reporter", import_module(f"initlint.report.{name}").report)
