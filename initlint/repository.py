"""The repository around a folder."""

from __future__ import annotations

import os

MARK = ".git"


def root(folder: str) -> str | None:
    """The nearest folder at or above an absolute one that git calls a repository; None outside of one."""
    while not os.path.exists(os.path.join(folder, MARK)):
        if folder == (folder := os.path.dirname(folder)):
            return None
    return folder
