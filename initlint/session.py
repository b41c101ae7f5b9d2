"""One run over files: what configuration and options amount to, then checking, fixing and reporting."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, Unpack

from initlint import batch, config, engine
from initlint.baseline import Baseline, Review
from initlint.cache import Cache, remove
from initlint.config import Overrides, Settings
from initlint.engine import Result
from initlint.finding import Diagnostic, Finding, Safety
from initlint.progress import Bar
from initlint.report import Output, write
from initlint.report.records import Summary, count, diagnostic_record, one_line, printable
from initlint.source import PathError, Source, SourceError, write_atomically
from initlint.table import shown

if TYPE_CHECKING:
    from initlint.fixing import Fixed

Offer = Callable[[str, tuple[Finding, ...]], tuple[Finding, ...]]
"""What may be applied, as fixes of findings, of what was found in a text."""


STDIN = Path("-")
"""The path that stands for standard input."""


@dataclass(frozen=True, slots=True)
class Stdin:
    """What stands on standard input, and the path that it is checked and reported as."""

    path: Path
    data: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """Files and folders, the settings and options that they are checked with, and how they are run over.

    `stdin` is the one file of a session that reads standard input. Where `changed` is not None, only the files are
    checked whose real paths it holds. `review` keeps what a baseline holds out of the results.
    """

    paths: tuple[Path, ...]
    settings: Settings
    options: engine.Options
    run: batch.Run
    changed: frozenset[str] | None = None
    review: Review | None = None
    stdin: Stdin | None = None

    @classmethod
    def start(
        cls,
        paths: tuple[Path, ...],
        *,
        config: Path | None,
        isolated: bool,
        jobs: int | None,
        islands: bool = True,
        suppressions: bool = True,
        project: bool = True,
        stdin_filename: Path | None = None,
        use_baseline: bool = False,
        changed: str | None = None,
        cache: bool = False,
        **overrides: Unpack[Overrides],
    ) -> Session:
        """Lay the command line over the configuration.

        Raises ConfigError, UnknownRule, PathError, BaselineError and GitError.
        """
        stdin = _stdin(paths, stdin_filename)
        if stdin is not None and changed is not None:
            raise PathError("--changed asks git about files; the path - is none")
        if changed is not None:
            paths, changed = _paths_and_base(paths, changed)
        paths = (stdin.path,) if stdin else paths or (Path(),)
        settings = settings_for(paths, config, isolated).with_overrides(**overrides)
        options = engine.Options(islands=islands, suppressions=suppressions, project=project)
        review = Review(Baseline.read(settings.baseline)) if use_baseline and settings.baseline else None
        only = None if changed is None else _changed(paths, changed)
        kept = Cache(settings.cache_folder) if cache else None
        run = batch.Run(jobs or available_cores(), kept, Bar(sys.stderr))
        return cls(paths, settings, options, run, only, review, stdin)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The formats that results are written in."""
        return self.settings.output_format or (Output("text"),)

    def check(self, summary: Summary | None = None) -> Iterator[Result]:
        """Check all files; where there are findings, the result has its source, whatever `jobs` is."""
        try:
            for result in self._results():
                left = self._reviewed(result)
                if summary is not None and self.review is not None:
                    summary.in_baseline = self.review.held
                if left.findings or left.diagnostics:
                    self.run.watch.hide()
                yield _with_source(left) if left.findings or left.suppressed else left
        finally:
            self.run.watch.hide()

    def _results(self) -> Iterator[Result]:
        """The results before a baseline is applied, of standard input or of files."""
        if self.stdin is None:
            found = False
            for result in batch.check_paths(self.paths, self.settings, self.options, self.run, only=self._is_meant):
                found = True
                yield result
            if not found and self.changed is None:
                paths = ", ".join(map(shown, self.paths))
                print(f"Warning: there is no Python file or notebook to check in {paths}", file=sys.stderr)
            return
        path = self.stdin.path
        excluded = self.settings.excludes(path, folder=False) or self.settings.excludes_by_default(path)
        if not (self.settings.force_exclude and excluded):
            options = self.options.configured(self.settings, path)
            yield engine.check_bytes(path, self.stdin.data, self.settings.rules_for(path), options)

    def _is_meant(self, path: Path) -> bool:
        return self.changed is None or os.path.realpath(path) in self.changed

    def _reviewed(self, result: Result) -> Result:
        """A result without what the baseline holds; a file that could not be checked in full is not judged."""
        if self.review is None:
            return result
        if not result.diagnostics:
            ran = {rule.code for rule in self.settings.rules_for(result.path)}
            unused = engine.UNUSED_SUPPRESSION
            ran |= {unused} if self.options.configured(self.settings, result.path).unused else set()
            self.review.judge(result.path, result.findings, frozenset(ran))
        return replace(result, findings=self.review.left(result.path, result.findings))

    def settle(self, prune: bool) -> None:
        """Say on stderr which entries of the baseline are stale, or take them out. Raises BaselineError."""
        if self.review is None:
            return
        self.review.judge_missing()
        if prune and self.review.stale:
            self.review.pruned.write()
            entries = count(len(self.review.stale), "stale entry", "stale entries")
            print(f"Pruned {shown(self.review.baseline.file)}: {entries}.", file=sys.stderr)
        elif not prune:
            sys.stderr.writelines(f"{printable(line)}\n" for line in self.review.lines)

    def write_baseline(self, file: Path) -> int:
        """Check all files and write what is found as a baseline; the exit code. Raises BaselineError."""
        summary = Summary()
        findings = [finding for result in summary.count(_announced(self.check())) for finding in result.findings]
        Baseline.of(file, findings).write()
        files = count(summary.files_with_findings, "file")
        print(f"Wrote {shown(file)}: {count(summary.findings, 'finding')} in {files}.")
        return 2 if summary.diagnostics else 0

    def fix(self, unsafe: bool, summary: Summary) -> Iterator[Result]:
        """Check all files, write those that fixes change, and give what remains; the fixes are counted.

        What stands on standard input goes to standard output, changed or not.
        """
        if self.stdin is not None:
            yield from self._fix_stdin(self.stdin, unsafe, summary)
            return
        for result, fixed in self.fixed(unsafe, summary):
            written = _written(result, fixed)
            if fixed is not None and fixed.changed and written is result:
                summary.count_fixed(fixed.applied)
            yield written

    def add_ignores(self, reason: str, summary: Summary) -> Iterator[Result]:
        """Check all files, write comments that suppress what is found, and give what remains; they are counted."""
        from initlint.add_ignore import with_comments

        if self.stdin is not None:
            raise PathError("--add-ignore writes files; the path - is none")
        for before in self.check(summary):
            if before.source is None or not before.findings:
                yield before
                continue
            result, fixed = self._fixed(
                before, before.source, False, lambda text, found: with_comments(text, found, reason)
            )
            written = _written(result, fixed)
            if fixed is not None and fixed.changed and written is result:
                summary.commented += len(before.findings) - len(result.findings)
                summary.files_commented += 1
            yield written

    def _fix_stdin(self, stdin: Stdin, unsafe: bool, summary: Summary) -> Iterator[Result]:
        data = stdin.data
        for result, fixed in self.fixed(unsafe, summary):
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

    def fixed(self, unsafe: bool, summary: Summary | None = None) -> Iterator[tuple[Result, Fixed | None]]:
        """What remains in each file once its fixes are applied, and the fixes themselves; nothing is written."""
        safeties = {Safety.SAFE, Safety.UNSAFE} if unsafe else {Safety.SAFE}
        for result in self.check(summary):
            offered = {fix.safety for finding in result.findings if (fix := finding.applicable)}
            if result.source is None or safeties.isdisjoint(offered):
                yield result, None
            else:
                yield self._fixed(result, result.source, unsafe)

    def _fixed(
        self, result: Result, source: Source, unsafe: bool, offer: Offer = lambda text, findings: findings
    ) -> tuple[Result, Fixed | None]:
        """What is left of a file, and the fixes that `offer` makes of the findings that no baseline holds."""
        from initlint.fixing import NoConvergence, fix_source

        rules = self.settings.rules_for(result.path)
        options = result.again() if result.again else self.options.configured(self.settings, result.path)
        last = result
        held: frozenset[str] | None = None

        def check(text: Source) -> tuple[Finding, ...]:
            nonlocal last, held
            last = engine.check_source(text, rules, options)
            if held is None:
                held = self.review.baseline.held(result.path, last.findings) if self.review else frozenset()
            return offer(text.text, tuple(finding for finding in last.findings if finding.code not in held))

        try:
            fixed = fix_source(source, check, unsafe)
        except NoConvergence as error:
            return _failed(result, engine.RULE_CRASHED, str(error).removeprefix(f"{result.path}: ")), None
        diagnostics = last.diagnostics + fixed.diagnostics
        remaining = self.review.baseline.left(result.path, last.findings) if self.review else last.findings
        after = source.edited(fixed.text)
        return engine.in_cells(Result(result.path, remaining, diagnostics, last.suppressed, after)), fixed

    def report_fixes(self, unsafe: bool) -> int:
        """Fix, and write what remains to the outputs; beside fixed text on stdout, reports go to stderr."""
        summary = Summary()
        stream = sys.stdout if self.stdin is None else sys.stderr
        return self.report(self.fix(unsafe, summary), summary, stream)

    def report(self, results: Iterable[Result], summary: Summary, stream: TextIO | None = None) -> int:
        """Write results to the outputs, by default to stdout, diagnostics also to stderr; the exit code.

        Raises OutputError.
        """
        failing = 0

        def watched() -> Iterator[Result]:
            nonlocal failing
            for result in _announced(results):
                failing += sum(self.settings.fails(finding.severity) for finding in result.findings)
                yield result

        counted = write(self.outputs, watched(), summary, stream)
        return 2 if counted.diagnostics else min(failing, 1)


def _paths_and_base(paths: tuple[Path, ...], word: str) -> tuple[tuple[Path, ...], str]:
    """What a word behind `--changed` is, in the way of git: a commit, or else a path."""
    from initlint.changed import HEAD, is_commit

    if word == HEAD or not Path(word).exists() or is_commit(_shared_folder(paths or (Path(),)), word):
        return paths, word
    return (Path(word), *paths), HEAD


def _changed(paths: Iterable[Path], base: str) -> frozenset[str]:
    """The files that git says changed in the repository of the folder that all paths share."""
    from initlint.changed import changed_files

    return changed_files(_shared_folder(paths), base)


def _shared_folder(paths: Iterable[Path]) -> Path:
    shared = Path(_shared(paths))
    return shared if shared.is_dir() else shared.parent


def _written(result: Result, fixed: Fixed | None) -> Result:
    """The result of a file whose new text is written; a diagnostic more where that fails."""
    if fixed is None or not fixed.changed:
        return result
    try:
        write_atomically(result.path, fixed.data)
    except SourceError as error:
        return _failed(result, engine.DOES_NOT_PARSE, error.message)
    return result


def _shared(paths: Iterable[Path]) -> str:
    """The folder, or the one path, that all paths share."""
    return os.path.commonpath([os.path.abspath(path) for path in paths])


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
    return config.load(Path(_shared(paths)))


def clean(file: Path | None = None, isolated: bool = False) -> str:
    """Remove the cache of the configuration that holds in the current folder, and say so.

    Raises ConfigError and CacheError.
    """
    folder = settings_for((Path(),), file, isolated).cache_folder
    shown = os.path.relpath(folder)
    return f"Removed {shown}." if remove(folder) else f"Nothing to remove: there is no {shown}."


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
