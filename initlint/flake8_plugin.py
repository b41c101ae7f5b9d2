"""The flake8 plugin: a thin adapter that takes flake8's tree and lines and gives findings as violations."""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from initlint import __version__

if TYPE_CHECKING:
    from initlint.baseline import Baseline
    from initlint.config import Settings
    from initlint.finding import Finding

Violation = tuple[int, int, str, type["Plugin"]]


class Plugin:
    """What flake8 makes for every file. flake8 alone applies `noqa`, its selection and its per-file-ignores.

    Our own suppression comments hold here as everywhere.

    Codes that are off or in preview are emitted only where `[tool.initlint]` enables them, or where flake8's select or
    extend-select names the full code: flake8 would otherwise show all `INI` codes.
    """

    name: ClassVar[str] = "initlint"
    version: ClassVar[str] = __version__
    _selected: ClassVar[tuple[str, ...]] = ()

    def __init__(self, tree: ast.Module, filename: str, lines: Sequence[str]) -> None:
        self._tree = tree
        self._path = Path(filename)
        self._lines = lines

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Remember the full codes that flake8 selects. Raises flake8's ExecutionError for a wrong configuration."""
        from initlint import catalogue

        words = {*(options.select or ()), *(options.extend_select or ())}
        cls._selected = tuple(rule.code for rule in catalogue.rules() if rule.code in words)
        _settings(os.getcwd(), cls._selected)

    def run(self) -> Iterator[Violation]:
        """The findings of the file: line, column from 0, code and message on one line. Raises ExecutionError."""
        from initlint.gate import gate

        settings = _settings(os.path.dirname(os.path.abspath(self._path)), self._selected)
        if settings.excludes(self._path, folder=False) or settings.excludes_by_default(self._path):
            return
        text = "".join(self._lines)
        if gate(settings.rules_for(self._path))(text.encode("utf-8", "surrogatepass")):
            yield from self._violations(text, settings)

    def _violations(self, text: str, settings: Settings) -> Iterator[Violation]:
        from initlint.engine import Options, check_tree
        from initlint.source import Source

        options = Options(noqa=False, unused=False).configured(settings, self._path)
        result = check_tree(Source(self._path, text), self._tree, settings.rules_for(self._path), options)
        held = _held(settings.baseline, self._path, result.findings, text) if settings.baseline else frozenset()
        for finding in (each for each in result.findings if each.code not in held):
            yield finding.region.line, finding.region.column, _message(finding.code, finding.message), type(self)
        for diagnostic in result.diagnostics:
            yield diagnostic.line, diagnostic.column, _message(diagnostic.code, diagnostic.message), type(self)


def _held(file: Path, path: Path, findings: Sequence[Finding], text: str) -> frozenset[str]:
    """The codes that a baseline holds; it counts what no `noqa` suppresses, which flake8 takes out by itself later."""
    from initlint.suppress import apply

    return _baseline(file).held(path, apply(findings, text, (), path=path, unused=False).kept)


@lru_cache(maxsize=16)
def _baseline(file: Path) -> Baseline:
    """A baseline, read once. Raises flake8's ExecutionError."""
    from initlint.baseline import Baseline, BaselineError

    try:
        return Baseline.read(file)
    except BaselineError as error:
        from flake8.exceptions import ExecutionError

        raise ExecutionError(f"initlint: {error}") from error


@lru_cache(maxsize=1024)
def _settings(folder: str, selected: tuple[str, ...]) -> Settings:
    """The settings for the files of a folder. Raises flake8's ExecutionError, which it prints as one line."""
    from initlint import config

    try:
        return config.load(Path(folder)).with_overrides(extend_select=selected)
    except config.ConfigError as error:
        from flake8.exceptions import ExecutionError

        raise ExecutionError(f"initlint: {error}") from error


def _message(code: str, message: str) -> str:
    return f"{code} {' '.join(message.split())}"
