"""The files that git says changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

HEAD = "HEAD"


class GitError(Exception):
    """git cannot say what changed; the message says why."""


def changed_files(folder: Path, base: str = HEAD) -> frozenset[str]:
    """The real paths of files, in the repository around a folder, that differ from a revision, staged or not.

    Untracked files are among them, ignored and deleted ones are not. Against any revision but HEAD, the commit that
    both have in common counts, so that what others changed meanwhile does not. Raises GitError.
    """
    root = _git(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    names = [*_untracked(root), *_differing(root, base)]
    return frozenset(os.path.realpath(os.path.join(root, name)) for name in names)


def is_commit(folder: Path, word: str) -> bool:
    """Whether git knows a word as a commit; False outside of a repository."""
    return _commit(folder, word) is not None


def _untracked(root: str) -> Iterator[str]:
    yield from _names(_git(Path(root), "ls-files", "-z", "--others", "--exclude-standard"))


def _differing(root: str, base: str) -> Iterator[str]:
    folder = Path(root)
    commit = _commit(folder, base)
    if commit is None and base == HEAD:
        # A repository without a commit: all that is staged is new.
        yield from _names(_git(folder, "ls-files", "-z"))
        return
    if commit is None:
        raise GitError(f"--changed: {base!r} is no commit that git knows, and no path")
    if base != HEAD:
        try:
            commit = _git(folder, "merge-base", commit, HEAD).strip()
        except GitError as error:
            message = f"--changed: {base} and HEAD have no commit in common; fetch more of the history"
            raise GitError(message) from error
    yield from _names(_git(folder, "diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", commit, "--"))


def _commit(folder: Path, revision: str) -> str | None:
    try:
        return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}").strip()
    except GitError:
        return None


def _names(output: str) -> Iterator[str]:
    return (name for name in output.split("\0") if name)


def _git(folder: Path, *words: str) -> str:
    """What git prints; names that are no text survive. Raises GitError."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)
    except OSError as error:
        raise GitError(f"--changed needs git, which cannot be run: {error.strerror}") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise GitError(f"--changed: {reason or 'git failed'} (in {folder})")
    return os.fsdecode(done.stdout)
