"""One run over files: what configuration and options amount to, then checking, fixing and reporting."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import config, engine
from initlint.config import Settings
from initlint.engine import Result
from initlint.finding import Diagnostic, Finding, Safety
from initlint.report import Output, write
from initlint.report.records import Summary, diagnostic_record, one_line
from initlint.source import PathError, Source, SourceError, write_atomically

if TYPE_CHECKING:
    from initlint.fixing import Fixed


STDIN = Path("-")
"""The path that stands for standard input."""


@dataclass(frozen=True, slots=True)
class Stdin:
    """What stands on standard input, and the path that it is checked and reported as."""

    path: Path
    data: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """Files and folders, the settings and options that they are checked with, and the number of processes.

    `stdin` is the one file of a session that reads standard input.
    """

    paths: tuple[Path, ...]
    settings: Settings
    options: engine.Options
    jobs: int
    force_exclude: bool
    stdin: Stdin | None = None

    @classmethod
    def start(
        cls,
        paths: tuple[Path, ...],
        *,
        select: tuple[str, ...],
        extend_select: tuple[str, ...],
        ignore: tuple[str, ...],
        preview: bool,
        exclude: tuple[str, ...],
        force_exclude: bool,
        config: Path | None,
        isolated: bool,
        jobs: int | None,
        islands: bool = True,
        suppressions: bool = True,
        project: bool = True,
        stdin_filename: Path | None = None,
    ) -> Session:
        """Lay the command line over the configuration. Raises ConfigError, UnknownRule and PathError."""
        stdin = _stdin(paths, stdin_filename)
        paths = (stdin.path,) if stdin else paths or (Path(),)
        settings = settings_for(paths, config, isolated).with_overrides(
            select=select or None,
            extend_select=extend_select,
            ignore=ignore,
            preview=preview or None,
            exclude=exclude,
        )
        options = engine.Options(islands=islands, suppressions=suppressions, project=project)
        return cls(paths, settings, options, jobs or available_cores(), force_exclude, stdin)

    def check(self) -> Iterator[Result]:
        """Check all files; where there are findings, the result has its source, whatever `jobs` is."""
        if self.stdin is not None:
            yield from self._check_stdin(self.stdin)
            return
        for result in engine.check_paths(self.paths, self.settings, self.jobs, self.options, self.force_exclude):
            yield _with_source(result) if result.findings else result

    def fix(self, unsafe: bool, summary: Summary) -> Iterator[Result]:
        """Check all files, write those that fixes change, and give what remains; the fixes are counted.

        What stands on standard input goes to standard output, changed or not.
        """
        if self.stdin is not None:
            yield from self._fix_stdin(self.stdin, unsafe, summary)
            return
        for result, fixed in self.fixed(unsafe):
            if fixed is None or not fixed.changed:
                yield result
                continue
            try:
                write_atomically(result.path, fixed.data)
            except SourceError as error:
                yield _failed(result, engine.DOES_NOT_PARSE, error.message)
                continue
            summary.count_fixed(fixed.applied)
            yield result

    def _check_stdin(self, stdin: Stdin) -> Iterator[Result]:
        excluded = self.settings.excludes(stdin.path, folder=False) or self.settings.excludes_by_default(stdin.path)
        if not (self.force_exclude and excluded):
            options = self.options.configured(self.settings, stdin.path)
            yield engine.check_bytes(stdin.path, stdin.data, self.settings.rules_for(stdin.path), options)

    def _fix_stdin(self, stdin: Stdin, unsafe: bool, summary: Summary) -> Iterator[Result]:
        data = stdin.data
        for result, fixed in self.fixed(unsafe):
            if fixed is not None and fixed.changed:
                data = fixed.data
                summary.count_fixed(fixed.applied)
            yield result
        sys.stdout.buffer.write(data)

    def diff(self, unsafe: bool) -> int:
        """Print what `fix` would change, and to stderr how much that is; the exit code. Nothing is written."""
        from initlint.fixing import diff

        summary = Summary()
        for result, fixed in self.fixed(unsafe):
            _announce(result)
            summary.diagnostics += len(result.diagnostics)
            if fixed is not None and fixed.changed:
                summary.count_fixed(fixed.applied)
                _print_diff(diff(fixed))
        print(summary.prediction, file=sys.stderr)
        return 2 if summary.diagnostics else min(summary.files_fixed, 1)

    def fixed(self, unsafe: bool) -> Iterator[tuple[Result, Fixed | None]]:
        """What remains in each file once its fixes are applied, and the fixes themselves; nothing is written."""
        safeties = {Safety.SAFE, Safety.UNSAFE} if unsafe else {Safety.SAFE}
        for result in self.check():
            offered = {fix.safety for finding in result.findings if (fix := finding.applicable)}
            if result.source is None or safeties.isdisjoint(offered):
                yield result, None
            else:
                yield self._fixed(result, result.source, unsafe)

    def _fixed(self, result: Result, source: Source, unsafe: bool) -> tuple[Result, Fixed | None]:
        from initlint.fixing import NoConvergence, fix_source

        rules = self.settings.rules_for(result.path)
        options = result.options or self.options.configured(self.settings, result.path)
        last = result

        def check(text: Source) -> tuple[Finding, ...]:
            nonlocal last
            last = engine.check_source(text, rules, options)
            return last.findings

        try:
            fixed = fix_source(source, check, unsafe)
        except NoConvergence as error:
            return _failed(result, engine.RULE_CRASHED, str(error).removeprefix(f"{result.path}: ")), None
        diagnostics = last.diagnostics + fixed.diagnostics
        return engine.in_cells(Result(result.path, fixed.remaining, diagnostics, source.edited(fixed.text))), fixed

    def report(self, results: Iterable[Result], outputs: Sequence[Output], summary: Summary) -> int:
        """Write results to outputs, diagnostics also to stderr; the exit code. Raises OutputError."""
        return write(outputs, _announced(results), summary).exit_code

    def report_fixes(self, unsafe: bool, outputs: Sequence[Output]) -> int:
        """Fix, and write what remains to outputs; beside fixed text on stdout, reports go to stderr. The exit code."""
        summary = Summary()
        stream = sys.stdout if self.stdin is None else sys.stderr
        return write(outputs, _announced(self.fix(unsafe, summary)), summary, stream).exit_code


def _stdin(paths: Sequence[Path], name: Path | None) -> Stdin | None:
    """Read standard input where the paths ask for it. Raises PathError."""
    if STDIN not in paths:
        if name is not None:
            raise PathError("--stdin-filename names what stands on standard input; it needs the path -")
        return None
    if len(paths) > 1:
        raise PathError("the path - stands for standard input; it goes with no other path")
    return Stdin(name or STDIN, sys.stdin.buffer.read())


def settings_for(paths: Iterable[Path], file: Path | None = None, isolated: bool = False) -> Settings:
    """The settings of a file, or else of the nearest configuration at or above the folder that all paths share.

    Raises ConfigError.
    """
    if isolated:
        return Settings.default()
    if file is not None:
        return config.read(file)
    return config.load(Path(os.path.commonpath([os.path.abspath(path) for path in paths])))


def available_cores() -> int:
    """The processor cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def facts(file: Path, as_json: bool, settings: Settings) -> str:
    """What a file initialises, how, and with which scale, as a table or as JSON.

    Raises SourceError for a file that cannot be read or does not parse.
    """
    from initlint.report import facts as report

    source = Source.read(file)
    return report.render(source, engine.Options().configured(settings, file), as_json=as_json)


def _announced(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        _announce(result)
        yield result


def _announce(result: Result) -> None:
    for diagnostic in result.diagnostics:
        print(one_line(diagnostic_record(diagnostic)), file=sys.stderr)


def _failed(result: Result, code: str, message: str) -> Result:
    return replace(result, diagnostics=(*result.diagnostics, Diagnostic(result.path, code, message)))


def _print_diff(text: str) -> None:
    """Print a diff as it is; on a terminal with its colours."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        sys.stdout.write(text)
        return
    import click

    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in text.splitlines(keepends=True):
        click.secho(line, nl=False, fg=colours.get(line[0]), bold=line.startswith(("+++", "---")))


def _with_source(result: Result) -> Result:
    if result.source is not None:
        return result
    try:
        return replace(result, source=Source.read(result.path))
    except SourceError:
        return result
