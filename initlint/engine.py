"""One file → findings.

Bytes pass the gate, `ast` judges syntax and selects islands, LibCST parses those, the reader leaves facts, rules yield
alarms, alarms are placed in the original text, suppressions apply. Whatever is wrong with a file or a rule becomes a
diagnostic; nothing raises for bad input. LibCST is imported when the first file passes the gate.
"""

from __future__ import annotations

import ast
import gc
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.catalogue import severities
from initlint.depth import MAX_DEPTH, TooDeep
from initlint.finding import Diagnostic, Finding, Severity, Suppressed
from initlint.gate import Standing, gate, live, may_suppress
from initlint.lines import Lines
from initlint.rule import Rule
from initlint.source import NOTEBOOK, Source, SourceError, read_bytes

if TYPE_CHECKING:
    from initlint.config import Settings
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree
    from initlint.facts.project import Elsewhere
    from initlint.islands import Islands

DOES_NOT_PARSE = "INI001"
RULE_CRASHED = "INI002"
UNUSED_SUPPRESSION = "INI003"

_FRAMES_PER_LEVEL = 12
"""Python frames that reading and generating one level of nesting take at most."""


@dataclass(frozen=True, slots=True)
class Options:
    """How files are checked, rules apart.

    `islands`, with the premises of the rules, and `suppressions` can be turned off to compare; `unused` reports
    suppressions that were not needed; without `noqa` only our own comments suppress. With `project`, rules that ask for
    it learn what the other files of a run say: `elsewhere`, which is None for a file that is checked alone. `severity`
    holds rules, by any word that names them, whose findings have another severity than that of their class.
    """

    islands: bool = True
    suppressions: bool = True
    unused: bool = True
    noqa: bool = True
    project: bool = True
    init_modules: tuple[str, ...] = ()
    torch_version: str | None = None
    transformers_version: str | None = None
    severity: tuple[tuple[str, Severity], ...] = ()
    elsewhere: Elsewhere | None = None

    def configured(self, settings: Settings, path: Path) -> Options:
        """The options for a file under a configuration."""
        return replace(
            self,
            unused=self.unused and settings.reports(UNUSED_SUPPRESSION, path),
            init_modules=settings.init_modules,
            torch_version=settings.torch_version,
            transformers_version=settings.transformers_version,
            severity=settings.severity,
        )

    def graded(self, finding: Finding) -> Finding:
        """A finding with the severity that its code has here."""
        severity = severities(self.severity).get(finding.code) if self.severity else None
        return finding if severity is None else replace(finding, severity=severity)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run says of one file.

    `suppressed` are findings that comments silence. `source` is None where the file was not decoded, the gate stopped
    it, or another process or run checked it; `again` gives the options that the file has in its run, None for a file
    that was checked by itself.
    """

    path: Path
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    source: Source | None = field(default=None, compare=False)
    again: Callable[[], Options] | None = field(default=None, compare=False, repr=False)


def check_file(path: Path, rules: Sequence[Rule], options: Options) -> Result:
    """Check a file on disk."""
    try:
        return check_bytes(path, read_bytes(path), rules, options)
    except SourceError as error:
        return unreadable(error)


def check_bytes(path: Path, data: bytes, rules: Sequence[Rule], options: Options) -> Result:
    """Check the content of a file; findings in a notebook are about its cells.

    Whatever fails here fails for this file alone.
    """
    try:
        source = Source.from_bytes(path, data)
        code = data if source.json is None else source.text.encode(errors="surrogatepass")
        relevant = gate(rules)(code) or (options.unused and options.suppressions and may_suppress(code))
        return in_cells(check_source(source, rules, options)) if relevant else Result(path)
    except SourceError as error:
        # What is wrong with a notebook that has nothing to say for us is not our subject.
        return Result(path) if path.suffix == NOTEBOOK and not gate(rules)(data) else unreadable(error)
    except Exception as error:
        message = f"checking this file crashed: {_place(error)}; its findings are lost"
        return Result(path, diagnostics=(Diagnostic(path, RULE_CRASHED, message),))


def unreadable(error: SourceError) -> Result:
    """The result of a file that cannot be read or decoded."""
    diagnostic = Diagnostic(error.path, DOES_NOT_PARSE, error.message, error.line, error.column)
    return Result(error.path, diagnostics=(diagnostic,))


def in_cells(result: Result) -> Result:
    """A result about the program of a notebook as one about its cells; any other as it is."""
    if result.source is None or result.source.json is None:
        return result
    cells = result.source.cells
    suppressed = (replace(each, finding=cells.finding(each.finding)) for each in result.suppressed)
    return replace(
        result,
        findings=tuple(map(cells.finding, result.findings)),
        diagnostics=tuple(map(cells.diagnostic, result.diagnostics)),
        suppressed=tuple(suppressed),
    )


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the cyclic collector off: it would walk what grows again and again, and that holds no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@no_collection()
def check_source(source: Source, rules: Sequence[Rule], options: Options) -> Result:
    """Check decoded text; the gate has been passed or is not wanted."""
    try:
        tree = parse(source.text)
    except Unparsable as error:
        diagnostic = Diagnostic(source.path, DOES_NOT_PARSE, error.message, error.line, error.column)
        return Result(source.path, diagnostics=(diagnostic,), source=source)
    return check_tree(source, tree, rules, options)


@no_collection()
def check_tree(source: Source, tree: ast.Module, rules: Sequence[Rule], options: Options) -> Result:
    """Check text whose `ast` is known."""
    from initlint.facts.premises.tree import Tree
    from initlint.islands import islands, whole

    around = cache(lambda: Tree(tree))
    crashed: list[Diagnostic] = []
    standing = Standing(Lines(source.text))
    alive = live(rules, standing)
    if options.islands:
        alive = [each for each in alive if _may_speak(each.rule, around, source.path, crashed)]
    try:
        selected = islands(tree, standing, alive) if options.islands else whole(source.text)
        findings, diagnostics = _run(source, around, selected, [each.rule for each in alive], options)
    except TooDeep as error:
        diagnostic = Diagnostic(source.path, DOES_NOT_PARSE, f"{error}; it is not checked", error.line)
        return Result(source.path, diagnostics=(diagnostic,), source=source)
    suppressed: list[Suppressed] = []
    if options.suppressions:
        from initlint import suppress

        applied = suppress.apply(
            findings, source.text, rules, path=source.path, unused=options.unused, noqa=options.noqa
        )
        findings, suppressed = applied.kept, applied.suppressed
    graded = (replace(each, finding=options.graded(each.finding)) for each in suppressed)
    return Result(
        source.path,
        tuple(sorted(map(options.graded, findings), key=lambda finding: finding.order)),
        tuple(sorted((*crashed, *diagnostics), key=lambda each: each.order)),
        tuple(sorted(graded, key=lambda each: each.finding.order)),
        source,
    )


def _may_speak(rule: Rule, tree: Callable[[], Tree], path: Path, crashed: list[Diagnostic]) -> bool:
    """Whether the premise of a rule holds; one that crashes is a diagnostic."""
    try:
        return rule.premise is None or rule.premise(tree())
    except Exception as error:
        crashed.append(_crash(rule, path, error))
        return False


class Unparsable(Exception):
    """The text is no Python that this interpreter reads."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def parse(text: str) -> ast.Module:
    """The `ast` of a text; what the interpreter warns about is not our subject. Raises Unparsable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        message = f"does not parse: {error.msg}"
        raise Unparsable(message, error.lineno or 1, max((error.offset or 1) - 1, 0)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or type(error).__name__
        raise Unparsable(f"cannot be parsed: {reason}", 1, 0) from None


def _run(
    source: Source, tree: Callable[[], Tree], selected: Islands, rules: Sequence[Rule], options: Options
) -> tuple[list[Finding], list[Diagnostic]]:
    if not rules or not selected.text.strip():
        return [], []
    try:
        file = read_facts(selected, options, tree)
    except Exception as error:
        return [], [Diagnostic(source.path, DOES_NOT_PARSE, f"cannot be read: {_place(error)}")]
    return _alarms(source, selected, file, rules)


def read_facts(selected: Islands, options: Options, tree: Callable[[], Tree] | None = None) -> File:
    """The facts of the islands of a file; `tree` gives the whole of it. Raises libcst.ParserSyntaxError."""
    from initlint.facts.file import FactOptions, File
    from initlint.facts.reading.parts import parse_module

    _allow_recursion()
    module = parse_module(selected.text)
    known = FactOptions(
        options.init_modules, options.torch_version, options.transformers_version, options.elsewhere, tree
    )
    return File(module, known)


def _alarms(
    source: Source, selected: Islands, file: File, rules: Iterable[Rule]
) -> tuple[list[Finding], list[Diagnostic]]:
    """Run every rule; one that crashes costs its own findings only."""
    from initlint.placing import Placing

    findings: list[Finding] = []
    diagnostics: list[Diagnostic] = []
    placing = Placing(source, selected, file.record)
    for rule in rules:
        try:
            findings += [placing.finding(rule, alarm) for alarm in rule.check(file)]
        except Exception as error:
            diagnostics.append(_crash(rule, source.path, error))
    return list(dict.fromkeys(findings)), diagnostics


def _crash(rule: Rule, path: Path, error: Exception) -> Diagnostic:
    message = f"rule {rule.code} {rule.name} crashed: {_place(error)}; its findings in this file are lost"
    return Diagnostic(path, RULE_CRASHED, message)


def _place(error: Exception) -> str:
    """The error and where it came from, on one line."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    what = traceback.format_exception_only(error)[-1]
    return " ".join(f"{what.strip()}{where}".split())


@cache
def _allow_recursion() -> None:
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES_PER_LEVEL * MAX_DEPTH))
