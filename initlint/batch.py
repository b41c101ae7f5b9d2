"""Many files → results in the order of their paths: what the cache knows, and what one or several processes check."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from initlint.cache import digest
from initlint.checking import Check, Checked, Work, content_digest, sketched
from initlint.engine import RULE_CRASHED, Options, Result, no_collection
from initlint.finding import Diagnostic
from initlint.source import SourceError, discover, read_bytes

if TYPE_CHECKING:
    from initlint.cache import Cache, Results
    from initlint.config import Choice, Settings
    from initlint.neighbours import Neighbours
    from initlint.pool import Death
    from initlint.rule import Rule

Item = TypeVar("Item")
Value = TypeVar("Value")

_MANY, _MUCH = 64, 1 << 19
"""Files, or bytes of at least two, from which starting processes pays."""

_SILENT = b""
"""What a file says that cannot be read."""


class Watch:
    """Hears how far a run is; this one does nothing with it."""

    def begins(self, what: str, files: int) -> None:
        """A stage of the run begins, with so many files."""

    def done(self, files: int) -> None:
        """So many files of the stage are done; said now and then, whether or not there are more than before."""

    def died(self, death: Death) -> None:
        """A process died, and its files are done again."""

    def hide(self) -> None:
        """Something is about to be printed."""


@dataclass(frozen=True, slots=True)
class Run:
    """How files are checked together: in how many processes, with which cache, and who watches.

    The files for which `project_of` gives the same are one project.
    """

    jobs: int = 1
    cache: Cache | None = None
    watch: Watch = field(default_factory=Watch)
    project_of: Callable[[Path], object] = lambda path: None


def check_paths(
    paths: Sequence[Path],
    settings: Settings,
    options: Options | None = None,
    run: Run | None = None,
    only: Callable[[Path], bool] = lambda path: True,
) -> Iterator[Result]:
    """Check files and folders; results come in the order of the paths, whatever the run. Raises PathError.

    Files that `only` refuses are not checked, and are known to the project all the same.
    """
    with no_collection():
        files = discover(paths, settings)
        batch = _Batch(files, settings, options or Options(), run or Run())
        known = {number: batch.known(number) for number, path in enumerate(files) if only(path)}
    yield from batch.results(known)


class _Told:
    """What the rules of some files are told: which of them run, and the options. Rules are loaded when one runs."""

    def __init__(self, settings: Settings, choice: Choice, options: Options, cache: Cache | None) -> None:
        self.options = options
        self._rules = partial(settings.rules_of, choice)
        self.known: Results | None = cache.results(digest(repr((choice, options)).encode())) if cache else None

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that run."""
        return self._rules()

    @cached_property
    def asks(self) -> bool:
        """Whether some rule asks what other files say."""
        return self.options.project and any(rule.project for rule in self.rules)


class _Project:
    """Files of one project by number, the digest of what they say, and their neighbours, once somebody asked."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.view: bytes | None = None
        self.viewed = False
        self.neighbours: Neighbours | None = None


class _Batch:
    """One run over files. `contents` are their digests where there is a cache, None for what cannot be read."""

    def __init__(self, files: Sequence[Path], settings: Settings, options: Options, run: Run) -> None:
        self.files = files
        self.run = run
        told: dict[Choice, _Told] = {}
        projects: dict[object, _Project] = {}
        self.told: list[_Told] = []
        self.projects: list[_Project] = []
        for number, path in enumerate(files):
            choice = settings.choice(path)
            if choice not in told:
                told[choice] = _Told(settings, choice, options.configured(settings, path), run.cache)
            self.told.append(told[choice])
            project = projects.setdefault(run.project_of(path), _Project())
            project.numbers.append(number)
            self.projects.append(project)
        self.contents = [_content(path) if run.cache is not None else None for path in files]

    def results(self, known: Mapping[int, Result | None]) -> Iterator[Result]:
        """The results in order, where those that are not known are checked; what is new is kept at the end."""
        checked = self._check([number for number, result in known.items() if result is None])
        for result in known.values():
            yield result if result is not None else next(checked)
        if self.run.cache is not None:
            self.run.cache.save()

    def known(self, number: int) -> Result | None:
        """The result of a file as it was kept, whether or not it depends on what other files say."""
        content, known = self.contents[number], self.told[number].known
        if content is None or known is None:
            return None
        key: bytes | None = content
        if content not in known:
            key = self._key(number, content)
        if key is None or key not in known:
            return None
        found = known.findings(key, self.files[number])
        if found is None:
            return None
        if not any(found):
            return Result(self.files[number])
        return Result(self.files[number], found[0], suppressed=found[1], again=partial(self._options, number))

    def _key(self, number: int, content: bytes) -> bytes | None:
        """The key of a result that depends on what other files say; None where that is not known."""
        project = self.projects[number]
        if not project.viewed:
            project.view, project.viewed = self._view(project), True
        return digest(content, project.view, os.fsencode(self.files[number])) if project.view is not None else None

    def _view(self, project: _Project) -> bytes | None:
        """The digest of what the files of a project say."""
        assert self.run.cache is not None
        said = []
        for number in project.numbers:
            content = self.contents[number]
            sketch = self.run.cache.sketched(content) if content is not None else _SILENT
            if sketch is None:
                return None
            said.append(digest(os.fsencode(self.files[number]), sketch))
        return digest(*sorted(said))

    def _options(self, number: int) -> Options:
        """The options of a file in this run."""
        neighbours = self._neighbours(number)
        elsewhere = neighbours.seen_from(str(self.files[number])) if neighbours is not None else None
        return replace(self.told[number].options, elsewhere=elsewhere)

    def _neighbours(self, number: int) -> Neighbours | None:
        """What the files of the same project say; None where no rule asks, and for a file that is alone."""
        project = self.projects[number]
        if len(project.numbers) == 1 or not self.told[number].asks:
            return None
        if project.neighbours is None:
            from initlint.neighbours import Neighbours

            project.neighbours = Neighbours(partial(self._sketches, project))
        return project.neighbours

    def _sketches(self, project: _Project) -> list[tuple[str, bytes]]:
        """The sketches of the files of a project by path; what is new of them is kept."""
        cache = self.run.cache
        found: dict[int, bytes | None] = {}
        for number in project.numbers if cache is not None else ():
            content = self.contents[number]
            found[number] = cache.sketch(content) if cache is not None and content is not None else None
        missing = [number for number in project.numbers if found.get(number) is None]
        for at, drawn in self._each("Reading", sketched, [self.files[number] for number in missing]):
            if isinstance(drawn, Exception) or drawn is None:
                continue
            content, found[missing[at]] = drawn
            if cache is not None:
                self.contents[missing[at]] = content
                cache.keep_sketch(*drawn)
        project.viewed = False
        return [(str(self.files[number]), sketch) for number in project.numbers if (sketch := found.get(number))]

    def _check(self, numbers: Sequence[int]) -> Iterator[Result]:
        """Check files; results in their order."""
        told = list(dict.fromkeys(self.told[number] for number in numbers))
        neighbours = [self._neighbours(number) for number in numbers]
        projects = list(dict.fromkeys(each for each in neighbours if each is not None))
        told_at, project_at = ({each: at for at, each in enumerate(every)} for every in (told, projects))
        work = [
            Work(self.files[number], told_at[self.told[number]], project_at[near] if near is not None else None)
            for number, near in zip(numbers, neighbours, strict=True)
        ]
        check = Check([(each.rules, each.options) for each in told], projects)
        waiting: dict[int, Result] = {}
        position = 0
        for at, checked in self._each("Checking", check, work, projects):
            waiting[at] = self._kept(numbers[at], work[at], checked)
            while position in waiting:
                yield waiting.pop(position)
                position += 1

    def _kept(self, number: int, work: Work, checked: Checked | Exception) -> Result:
        """The result of a file that was checked; it is kept, unless something was wrong."""
        if isinstance(checked, Exception):
            message = f"the process that checked this file {checked}, twice; it is not checked"
            return Result(work.path, diagnostics=(Diagnostic(work.path, RULE_CRASHED, message),))
        result, known, content = checked.result, self.told[number].known, checked.content
        if known is not None and content is not None and not result.diagnostics:
            key = self._key(number, content) if checked.asked else content
            if key is not None:
                known.keep(key, (result.findings, result.suppressed))
        return replace(result, again=partial(self._options, number))

    def _each(
        self,
        what: str,
        function: Callable[[Item], Value],
        items: Sequence[Item],
        projects: Sequence[Neighbours] = (),
    ) -> Iterator[tuple[int, Value | Exception]]:
        """The numbers of items and their values as they come, from this process or from several."""
        watch, jobs = self.run.watch, self.run.jobs
        sizes = [_size(item) for item in items] if jobs > 1 and len(items) > 1 else []
        if len(sizes) < _MANY and sum(sizes) < _MUCH:
            watch.begins(what, len(items))
            for at, item in enumerate(items):
                yield at, function(item)
                watch.done(at + 1)
            return
        from initlint.pool import Pool

        for project in projects:
            _ = project.project  # Put together here, once, and not in every process.
        watch.begins(what, len(items))
        yield from Pool(function, items, sizes, jobs, watch.done, watch.died)


def _content(path: Path) -> bytes | None:
    try:
        return content_digest(path, read_bytes(path))
    except SourceError:
        return None


def _size(item: object) -> int:
    path = item.path if isinstance(item, Work) else item
    try:
        return os.stat(path).st_size  # type: ignore[arg-type]
    except (OSError, ValueError):
        return 0
