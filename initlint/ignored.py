"""The .gitignore files of a tree: what git would not track is passed over."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint import repository

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FILE = ".gitignore"


@dataclass(frozen=True, slots=True)
class Ignored:
    """The patterns that hold in a folder, each with the folder that they are relative to, outermost first.

    Paths are absolute and real. They come from the .gitignore files between the root of the repository and the folder,
    and from .git/info/exclude; outside of a repository from those that a walk meets.
    """

    levels: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    @classmethod
    def above(cls, folder: str) -> Ignored:
        """The patterns that hold for a folder itself: those of the folders above it in its repository."""
        ignored = cls()
        above: list[str] = []
        root = repository.root(folder) or folder
        while folder != root:
            folder = os.path.dirname(folder)
            above.append(folder)
        for each in reversed(above):
            ignored = ignored.entering(each, _Present(each))
        return ignored

    def entering(self, folder: str, names: Container[str]) -> Ignored:
        """The patterns that hold inside a folder, in which some names are listed."""
        levels = self.levels
        if repository.MARK in names:
            levels = tuple(_levels(folder, os.path.join(folder, repository.MARK, "info", "exclude")))
        if _FILE in names:
            levels = (*levels, *_levels(folder, os.path.join(folder, _FILE)))
        return self if levels == self.levels else Ignored(levels)

    def ignores(self, path: str, folder: bool) -> bool:
        """Whether a path is ignored: the innermost file with a pattern that matches decides, by its last one."""
        for base, patterns in reversed(self.levels):
            relative = path[len(base) :].replace(os.sep, "/").lstrip("/") + ("/" if folder else "")
            included = patterns.check_file(relative).include
            if included is not None:
                return included
        return False


@dataclass(frozen=True, slots=True)
class _Present:
    """The names in a folder, asked for one by one."""

    folder: str

    def __contains__(self, name: object) -> bool:
        return os.path.exists(os.path.join(self.folder, str(name)))


def _levels(folder: str, file: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    """The patterns of a file; git passes over a file that it cannot read and a line that is no pattern."""
    from pathspec import GitIgnoreSpec

    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return
    if lines and lines[0].startswith("\ufeff"):
        lines[0] = lines[0][1:]
    try:
        yield folder, GitIgnoreSpec.from_lines(lines)
    except ValueError:
        yield folder, GitIgnoreSpec.from_lines(filter(_is_pattern, lines))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines((line,))
    except ValueError:
        return False
    return True
