"""Findings over a tree of packages, against labels that readers wrote, and against an earlier run.

The first-level folders of the tree are the packages, called `NAME-VERSION`. A label speaks of one statement; a finding
meets it where the label's line lies within the lines of the finding or at most `TOLERANCE` lines away from them, unless
the finding stands exactly on the line of another label.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from initlint.config import Settings
    from initlint.rule import Rule

TOLERANCE = 2
"""Lines between a label and a finding that still speak of the same statement."""

CHECKOUT = Path(__file__).resolve().parents[1]
"""The folder above the package: a git checkout where this project is developed."""

DOES_NOT_PARSE = "INI001"

LABEL_COLUMNS = ("package", "version", "path", "line", "pattern", "codes", "verdict", "class", "why")


class CorpusError(ValueError):
    """The tree, the labels or the run to compare with cannot be used; says which and why."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file of a package; `path` is relative to the package's folder, with forward slashes."""

    package: str
    version: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.package}-{self.version}/{self.path}:{self.line}"

    @property
    def file(self) -> tuple[str, str, str]:
        """Package, version and path."""
        return self.package, self.version, self.path


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A finding; it reaches from the line of its place to `end_line`."""

    place: Place
    end_line: int
    column: int
    code: str
    message: str

    @property
    def key(self) -> tuple[Place, int, str]:
        """What two runs agree on when only the wording changed."""
        return self.place, self.column, self.code


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """A file that was not judged: it does not parse (INI001), or the tool failed (any other code)."""

    place: Place
    code: str
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A first-level folder and the number of Python files in it."""

    name: str
    version: str
    files: int


@dataclass(frozen=True, slots=True)
class Report:
    """One run over a tree, sorted; `codes` are the rules that ran."""

    codes: tuple[str, ...]
    packages: tuple[Package, ...]
    hits: tuple[Hit, ...]
    troubles: tuple[Trouble, ...]

    @property
    def files(self) -> int:
        """The number of files in all packages."""
        return sum(package.files for package in self.packages)

    @property
    def unparsed(self) -> tuple[Trouble, ...]:
        """Files that do not parse or cannot be decoded: nothing that a rule could help."""
        return tuple(trouble for trouble in self.troubles if trouble.code == DOES_NOT_PARSE)

    @property
    def internal_errors(self) -> tuple[Trouble, ...]:
        """Crashes of rules and of the engine."""
        return tuple(trouble for trouble in self.troubles if trouble.code != DOES_NOT_PARSE)


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader said of a site: `bug` should be met by one of `codes`, `legit` by none, `unclear` says nothing."""

    place: Place
    pattern: str
    codes: tuple[str, ...]
    verdict: str
    kind: str
    why: str

    def met_by(self, hit: Hit, tolerance: int = TOLERANCE) -> bool:
        """Whether a finding speaks of this site, with a code of this label."""
        near = hit.place.line - tolerance <= self.place.line <= hit.end_line + tolerance
        return near and hit.code in self.codes and hit.place.file == self.place.file


@dataclass(frozen=True, slots=True)
class Judgement:
    """Labels held against a run: each is met or not; `unjudged` has no rule that ran, `absent` no package."""

    met: tuple[Label, ...]
    unmet: tuple[Label, ...]
    unjudged: tuple[Label, ...]
    absent: tuple[Label, ...]
    alarms: tuple[tuple[Label, Hit], ...]
    unlabelled: tuple[Hit, ...]

    def recall(self, keys: Callable[[Label], Iterable[str]]) -> list[tuple[str, int, int]]:
        """Key, bugs found and all bugs, for every key of a bug, sorted by key."""
        found: dict[str, int] = defaultdict(int)
        total: dict[str, int] = defaultdict(int)
        for labels, step in ((self.met, 1), (self.unmet, 0)):
            for label in labels:
                if label.verdict == "bug":
                    for key in keys(label):
                        total[key] += 1
                        found[key] += step
        return [(key, found[key], total[key]) for key in sorted(total)]


@dataclass(frozen=True, slots=True)
class Difference:
    """Findings of a new run that an old one lacks, the reverse, and those that only say it in other words."""

    added: tuple[Hit, ...]
    removed: tuple[Hit, ...]
    reworded: tuple[tuple[Hit, Hit], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.reworded)


def run(directory: Path, settings: Settings, jobs: int = 1) -> Report:
    """Check every package folder of a directory. Raises CorpusError where there is none."""
    from initlint import batch

    folders = _folders(directory)
    counts = dict.fromkeys(folders, 0)
    hits: list[Hit] = []
    troubles: list[Trouble] = []

    def package(path: Path) -> Path:
        return directory / path.relative_to(directory).parts[0]

    for result in batch.check_paths(folders, settings, run=batch.Run(jobs, project_of=package)):
        folder = package(result.path)
        counts[folder] += 1
        for finding in result.findings:
            region = finding.region
            place = _place(folder, finding.path, region.line)
            hits.append(Hit(place, region.end_line, region.column, finding.code, finding.message))
        for diagnostic in result.diagnostics:
            place = _place(folder, diagnostic.path, diagnostic.line)
            troubles.append(Trouble(place, diagnostic.code, diagnostic.message))
    packages = (Package(*_name_and_version(folder), count) for folder, count in counts.items())
    codes = tuple(sorted(rule.code for rule in _rules(settings)))
    return Report(codes, tuple(sorted(packages)), tuple(sorted(hits)), tuple(sorted(troubles)))


def compare(old: Report, new: Report) -> Difference:
    """What a new run finds otherwise, in the packages that both saw; rules that only the old one ran do not count."""
    shared = _versions(old) & _versions(new)
    dropped = set(old.codes) - set(new.codes)
    kept = (hit for hit in old.hits if hit.code not in dropped)
    before = _by_key(hit for hit in kept if (hit.place.package, hit.place.version) in shared)
    after = _by_key(hit for hit in new.hits if (hit.place.package, hit.place.version) in shared)
    both = sorted(before.keys() & after.keys())
    return Difference(
        added=tuple(hit for key in sorted(after.keys() - before.keys()) for hit in after[key]),
        removed=tuple(hit for key in sorted(before.keys() - after.keys()) for hit in before[key]),
        reworded=tuple(
            (old_hit, new_hit)
            for key in both
            for old_hit, new_hit in zip(before[key], after[key], strict=False)
            if old_hit.message != new_hit.message
        ),
    )


def judge(report: Report, labels: Sequence[Label]) -> Judgement:
    """Hold labels against a run."""
    present = _versions(report)
    by_file: dict[tuple[str, str, str], list[Hit]] = defaultdict(list)
    for hit in report.hits:
        by_file[hit.place.file].append(hit)
    exact = {hit for label in labels for hit in by_file[label.place.file] if label.met_by(hit, tolerance=0)}
    met: list[Label] = []
    unmet: list[Label] = []
    unjudged: list[Label] = []
    absent: list[Label] = []
    alarms: list[tuple[Label, Hit]] = []
    labelled: set[Hit] = set()
    for label in labels:
        hits = by_file[label.place.file]
        meeting = [hit for hit in hits if label.met_by(hit, tolerance=0 if hit in exact else TOLERANCE)]
        labelled.update(meeting)
        if (label.place.package, label.place.version) not in present:
            absent.append(label)
        elif not set(label.codes) & set(report.codes):
            unjudged.append(label)
        else:
            (met if meeting else unmet).append(label)
        if label.verdict == "legit":
            alarms += [(label, hit) for hit in meeting]
    unlabelled = tuple(hit for hit in report.hits if hit not in labelled)
    return Judgement(tuple(met), tuple(unmet), tuple(unjudged), tuple(absent), tuple(alarms), unlabelled)


def read_labels(path: Path) -> tuple[Label, ...]:
    """Read tab-separated labels with the header `LABEL_COLUMNS`, sorted by place. Raises CorpusError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"cannot read the labels {path}: {error}") from error
    reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(reader.fieldnames or ()) != LABEL_COLUMNS:
        raise CorpusError(f"{path}: the columns must be {', '.join(LABEL_COLUMNS)}")
    labels = []
    for row in reader:
        where = f"{path}:{reader.line_num}"
        if None in row or None in row.values():
            raise CorpusError(f"{where}: a label has {len(LABEL_COLUMNS)} columns")
        if row["verdict"] not in ("bug", "legit", "unclear"):
            raise CorpusError(f"{where}: unknown verdict {row['verdict']!r}; it is bug, legit or unclear")
        if not row["line"].isdigit():
            raise CorpusError(f"{where}: {row['line']!r} is no line number")
        place = Place(row["package"], row["version"], row["path"], int(row["line"]))
        labels.append(
            Label(place, row["pattern"], tuple(row["codes"].split()), row["verdict"], row["class"], row["why"])
        )
    return tuple(sorted(labels, key=lambda label: (label.place, label.codes, label.pattern)))


def to_json(report: Report) -> bytes:
    """A run as indented JSON."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def from_json(data: bytes) -> Report:
    """The run that `to_json` wrote. Raises CorpusError for anything else."""
    import msgspec

    try:
        return msgspec.json.decode(data, type=Report)
    except msgspec.DecodeError as error:
        raise CorpusError(f"not a report of 'initlint corpus --json': {error}") from error


def run_revision(
    revision: str, directory: Path, settings: Settings, jobs: int = 1, checkout: Path = CHECKOUT
) -> Report:
    """Check a tree with another git revision of a checkout of this project, by the same interpreter.

    The package and its rules are laid out in a temporary folder as an installation would. Raises CorpusError where
    this is no git checkout, the revision is unknown, or its run gives no report.
    """
    archive = subprocess.run(
        ["git", "-C", str(checkout), "archive", "--format=tar", revision, "--", "initlint", "rules"],
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        reason = archive.stderr.decode(errors="replace").strip()
        raise CorpusError(f"{revision!r} is neither a file nor a revision of {checkout}: {reason}")
    with tempfile.TemporaryDirectory(prefix="initlint-") as folder:
        root = Path(folder)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(root, filter="data")
        (root / "rules").rename(root / "initlint" / "rules")
        written = root / "report.json"
        command = [sys.executable, "-m", "initlint", "corpus", str(directory.absolute()), "--json", str(written)]
        command += [*_options(settings), "--jobs", str(jobs)]
        # `python -m` looks into its working folder first, which may be another checkout of this project.
        done = subprocess.run(command, capture_output=True, check=False, env=_environment(root), cwd=root)
        if not written.is_file():
            raise CorpusError(f"revision {revision} gave no report: {done.stderr.decode(errors='replace').strip()}")
        return from_json(written.read_bytes())


def main(
    directory: Path,
    labels: Path | None,
    against: str | None,
    json_out: Path | None,
    settings: Settings,
    jobs: int,
) -> int:
    """Run, print, and write the report. 0 fine; 1 alarms on `legit` sites or differences; 2 no or no full judgement."""
    from initlint.report import corpus as renderer

    try:
        known = None if labels is None else read_labels(labels)
        old = None if against is None else _earlier(against, directory, settings, jobs)
        report = run(directory, settings, jobs)
        if json_out is not None:
            json_out.write_bytes(to_json(report))
    except (CorpusError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    judgement = None if known is None else judge(report, known)
    difference = None if old is None else compare(old, report)
    renderer.render(report, judgement, difference)
    if report.internal_errors:
        return 2
    return int(bool(difference) or bool(judgement and judgement.alarms))


def _earlier(against: str, directory: Path, settings: Settings, jobs: int) -> Report:
    file = Path(against)
    return from_json(file.read_bytes()) if file.is_file() else run_revision(against, directory, settings, jobs)


def _rules(settings: Settings) -> tuple[Rule, ...]:
    return catalogue.select(settings.select, settings.extend_select, settings.ignore, settings.preview)


def _folders(directory: Path) -> list[Path]:
    if not directory.is_dir():
        raise CorpusError(f"{directory} is not a directory")
    folders = sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise CorpusError(f"{directory} holds no package folders")
    return folders


def _name_and_version(folder: Path) -> tuple[str, str]:
    name, dash, version = folder.name.rpartition("-")
    return (name, version) if dash else (folder.name, "")


def _place(folder: Path, path: Path, line: int) -> Place:
    return Place(*_name_and_version(folder), path.relative_to(folder).as_posix(), line)


def _versions(report: Report) -> set[tuple[str, str]]:
    return {(package.name, package.version) for package in report.packages}


def _by_key(hits: Iterable[Hit]) -> dict[tuple[Place, int, str], list[Hit]]:
    grouped: dict[tuple[Place, int, str], list[Hit]] = defaultdict(list)
    for hit in hits:
        grouped[hit.key].append(hit)
    return grouped


def _options(settings: Settings) -> Iterator[str]:
    """The command-line options that give another process these settings."""
    yield from ("--isolated",) if settings.source is None else ("--config", str(settings.source))
    lists = (
        ("--select", settings.select),
        ("--extend-select", settings.extend_select),
        ("--ignore", settings.ignore),
        ("--exclude", settings.exclude),
        ("--extend-exclude", settings.extend_exclude),
    )
    for option, words in lists:
        if words:
            yield from (option, ",".join(words))
    if settings.preview:
        yield "--preview"


def _environment(first: Path) -> dict[str, str]:
    paths = [str(first), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
