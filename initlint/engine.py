"""One file → findings; many files → a process pool.

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
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import notebook
from initlint.catalogue import severities
from initlint.finding import Diagnostic, Finding, Severity, Suppressed
from initlint.gate import gate, live, may_suppress
from initlint.rule import Rule
from initlint.source import Source, SourceError, read_bytes

if TYPE_CHECKING:
    from initlint.config import Settings
    from initlint.facts.file import File
    from initlint.facts.project import Elsewhere, Project, Sketch
    from initlint.facts.reading.tree import Tree
    from initlint.islands import Islands

DOES_NOT_PARSE = "INI001"
RULE_CRASHED = "INI002"
UNUSED_SUPPRESSION = "INI003"

_FRAMES_PER_LEVEL = 12
"""Python frames that reading and generating one level of nesting take at most."""

_POOL_FROM = 64
"""Files from which starting processes pays."""

_CHUNK = 24


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

    `suppressed` are findings that comments silence. `source` is None where the file was not decoded or the gate stopped
    it; `options` are those of the run, None for a file that was checked by itself.
    """

    path: Path
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    source: Source | None = field(default=None, compare=False)
    options: Options | None = field(default=None, compare=False)


def check_file(path: Path, rules: Sequence[Rule], options: Options) -> Result:
    """Check a file on disk."""
    try:
        data = read_bytes(path)
    except SourceError as error:
        return _unreadable(error)
    return check_bytes(path, data, rules, options)


def check_bytes(path: Path, data: bytes, rules: Sequence[Rule], options: Options) -> Result:
    """Check the bytes of a file; findings in a notebook are about its cells."""
    try:
        source = Source.from_bytes(path, data)
    except SourceError as error:
        # What is wrong with a notebook that has nothing to say for us is not our subject.
        return Result(path) if path.suffix == notebook.SUFFIX and not gate(rules)(data) else _unreadable(error)
    if source.json is not None:
        data = source.text.encode(errors="surrogatepass")
    if not gate(rules)(data) and not (options.unused and options.suppressions and may_suppress(data)):
        return Result(path)
    return in_cells(check_source(source, rules, options))


def _unreadable(error: SourceError) -> Result:
    diagnostic = Diagnostic(error.path, DOES_NOT_PARSE, error.message, error.line, error.column)
    return Result(error.path, diagnostics=(diagnostic,))


def in_cells(result: Result) -> Result:
    """A result about the program of a notebook as one about its cells; any other as it is."""
    if result.source is None or result.source.json is None:
        return result
    cells = notebook.Cells(result.source.text)
    suppressed = (replace(each, finding=cells.finding(each.finding)) for each in result.suppressed)
    return replace(
        result,
        findings=tuple(map(cells.finding, result.findings)),
        diagnostics=tuple(map(cells.diagnostic, result.diagnostics)),
        suppressed=tuple(suppressed),
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the cyclic collector off: it would walk the growing trees again and again, and they hold no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def check_source(source: Source, rules: Sequence[Rule], options: Options) -> Result:
    """Check decoded text; the gate has been passed or is not wanted."""
    with _no_collection():
        try:
            tree = parse(source.text)
        except Unparsable as error:
            diagnostic = Diagnostic(source.path, DOES_NOT_PARSE, error.message, error.line, error.column)
            return Result(source.path, diagnostics=(diagnostic,), source=source)
        return check_tree(source, tree, rules, options)


def check_tree(source: Source, tree: ast.Module, rules: Sequence[Rule], options: Options) -> Result:
    """Check text whose `ast` is known."""
    from initlint.facts.reading.tree import Tree
    from initlint.islands import TooDeep, islands, stretches, whole

    around = cache(lambda: Tree(tree))
    crashed: list[Diagnostic] = []
    alive = live(rules, source.text, stretches(source.text, tree))
    if options.islands:
        alive = [each for each in alive if _may_speak(each.rule, around, source.path, crashed)]
    try:
        selected = islands(source.text, tree, alive) if options.islands else whole(source.text)
        with _no_collection():
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


def check_paths(
    paths: Sequence[Path],
    settings: Settings,
    jobs: int = 1,
    options: Options | None = None,
    project_of: Callable[[Path], object] = lambda path: None,
    only: Callable[[Path], bool] = lambda path: True,
) -> Iterator[Result]:
    """Check files and folders; results come in the order of the paths, whatever `jobs` is.

    The files for which `project_of` gives the same are one project. Files that `only` refuses are not checked, and are
    known to the project all the same.
    """
    from initlint.source import discover

    base = options or Options()
    work = [
        _Work(path, settings.rules_for(path), base.configured(settings, path)) for path in discover(paths, settings)
    ]
    chosen = {each.path for each in work if only(each.path)}
    if base.project and chosen:
        work = _in_projects(work, project_of, jobs if len(work) >= _POOL_FROM else 1)
    work = [each for each in work if each.path in chosen]
    parallel = jobs if len(work) >= _POOL_FROM else 1
    results = _in_processes(work, parallel) if parallel > 1 else map(_check, work)
    for each, result in zip(work, results, strict=True):
        yield replace(result, options=each.options)


@dataclass(frozen=True, slots=True)
class _Work:
    path: Path
    rules: tuple[Rule, ...]
    options: Options


def _check(work: _Work) -> Result:
    return check_file(work.path, work.rules, work.options)


def _in_projects(work: Sequence[_Work], project_of: Callable[[Path], object], jobs: int) -> list[_Work]:
    """The same work, each file with what the others of its project say; a file that is alone there learns nothing."""
    from initlint.facts.project import Project

    groups: dict[object, list[_Work]] = {}
    for each in work:
        groups.setdefault(project_of(each.path), []).append(each)
    asked = [group for group in groups.values() if len(group) > 1 and any(r.project for w in group for r in w.rules)]
    paths = [each.path for group in asked for each in group]
    sketches = iter(zip(paths, _sketches(paths, jobs), strict=True))
    projects = {}
    for group in asked:
        project = Project((str(path), sketch) for path, sketch in islice(sketches, len(group)))
        projects.update(dict.fromkeys((each.path for each in group), project))
    return [
        replace(each, options=replace(each.options, elsewhere=projects[each.path].elsewhere(str(each.path))))
        if each.path in projects
        else each
        for each in work
    ]


def _sketches(paths: Sequence[Path], jobs: int) -> Iterator[Sketch]:
    if jobs == 1:
        yield from map(_sketch, paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_sketch, paths, chunksize=_CHUNK)


def _sketch(path: Path) -> Sketch:
    """The sketch of a file; what is wrong with a file is said when it is checked."""
    from initlint.facts.project import Sketch

    try:
        if path.suffix == notebook.SUFFIX:
            return Sketch.of(Source.read(path).text)
        return Sketch.of(read_bytes(path).decode("utf-8", "replace"))
    except SourceError:
        return Sketch()


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
    import libcst as cst

    from initlint.facts.file import FactOptions, File

    _allow_recursion()
    module = cst.parse_module(selected.text)
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
    from initlint.islands import MAX_DEPTH

    sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES_PER_LEVEL * MAX_DEPTH))


def _in_processes(work: Sequence[_Work], jobs: int) -> Iterator[Result]:
    """Rules travel by code, and each distinct set of rules once; so does each project."""
    from concurrent.futures import ProcessPoolExecutor

    sets = list(dict.fromkeys(each.rules for each in work))
    codes = [frozenset(rule.code for rule in rules) for rules in sets]
    projects = list(dict.fromkeys(map(_project, work)))
    numbers = [sets.index(each.rules) for each in work]
    at = [projects.index(_project(each)) for each in work]
    with ProcessPoolExecutor(jobs, initializer=_receive, initargs=(codes, projects)) as pool:
        paths, options = [each.path for each in work], [replace(each.options, elsewhere=None) for each in work]
        yield from pool.map(_check_numbered, paths, numbers, at, options, chunksize=_CHUNK)


def _project(work: _Work) -> Project | None:
    return work.options.elsewhere.project if work.options.elsewhere is not None else None


_rule_sets: list[tuple[Rule, ...]] = []
_projects: list[Project | None] = []


def _receive(codes: Sequence[frozenset[str]], projects: Sequence[Project | None]) -> None:
    from initlint.catalogue import rules

    _rule_sets[:] = [tuple(rule for rule in rules() if rule.code in each) for each in codes]
    _projects[:] = projects


def _check_numbered(path: Path, number: int, at: int, options: Options) -> Result:
    project = _projects[at]
    elsewhere = project.elsewhere(str(path)) if project is not None else None
    result = check_file(path, _rule_sets[number], replace(options, elsewhere=elsewhere))
    return replace(result, source=None)
