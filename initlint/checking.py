"""What any of several processes does with a file of a run: it reads and checks it, or draws its sketch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.cache import digest
from initlint.engine import Options, Result, check_bytes, unreadable
from initlint.source import NOTEBOOK, Source, SourceError, read_bytes

if TYPE_CHECKING:
    from initlint.neighbours import Neighbours
    from initlint.rule import Rule


@dataclass(frozen=True, slots=True)
class Work:
    """A file to check: its path, the number of what its rules are told, and that of its project, if any."""

    path: Path
    told: int
    project: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A result, the digest of the content that it is of, and whether it depends on what other files say."""

    result: Result
    content: bytes | None = None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Checks files. To a process that is no copy of this one, rules travel by code, and each project once."""

    told: Sequence[tuple[tuple[Rule, ...], Options]]
    projects: Sequence[Neighbours]

    def __call__(self, work: Work) -> Checked:
        """Check one file."""
        rules, options = self.told[work.told]
        elsewhere = self.projects[work.project].seen_from(str(work.path)) if work.project is not None else None
        try:
            data = read_bytes(work.path)
        except SourceError as error:
            return Checked(unreadable(error))
        result = check_bytes(work.path, data, rules, replace(options, elsewhere=elsewhere))
        return Checked(result, content_digest(work.path, data), elsewhere is not None and elsewhere.asked)

    def __reduce__(self) -> tuple[Callable[..., Check], tuple[object, ...]]:
        """Travel as codes and projects."""
        told = [(frozenset(rule.code for rule in rules), options) for rules, options in self.told]
        return _arrived, (told, self.projects)


def sketched(path: Path) -> tuple[bytes, bytes] | None:
    """The digest of a file's content and its sketch as it is encoded; None for a file that cannot be read."""
    from initlint.neighbours import encoded

    try:
        data = read_bytes(path)
        notebook = path.suffix == NOTEBOOK
        text = Source.from_bytes(path, data).text if notebook else data.decode("utf-8", "replace")
    except SourceError:
        return None
    return content_digest(path, data), encoded(text)


def content_digest(path: Path, data: bytes) -> bytes:
    """The digest of a file's content, of what is read as a notebook another than of the same bytes read as Python."""
    return digest(data) if path.suffix != NOTEBOOK else digest(data, NOTEBOOK.encode())


def _arrived(told: Sequence[tuple[frozenset[str], Options]], projects: Sequence[Neighbours]) -> Check:
    from initlint.catalogue import rules

    return Check(
        [(tuple(rule for rule in rules() if rule.code in codes), options) for codes, options in told], projects
    )
