"""Where a file is in its repository: what services that show findings beside the code want to know."""

from __future__ import annotations

import os
from functools import lru_cache

from initlint import repository


def relative(path: str) -> str | None:
    """The path of a file from the root of the repository, with forward slashes; None for a file outside.

    The root is the nearest folder with a `.git` at or above the current one, or else the current one.
    """
    absolute = os.path.abspath(path)
    root = _root(os.getcwd())
    if not absolute.startswith(os.path.join(root, "")):
        return None
    return os.path.relpath(absolute, root).replace(os.sep, "/")


def named(path: str) -> str:
    """The path of a file from the root of the repository; of one outside, the path itself."""
    return relative(path) or path.replace(os.sep, "/")


@lru_cache(maxsize=1)
def _root(folder: str) -> str:
    return repository.root(folder) or folder
