"""How far a run is: the child notes it in a file, and the process of the user shows it. Free of torch."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and how much there is; 0 of 0 where that is not known."""

_INTERVAL = 0.1


def silent(doing: str, done: int, total: int) -> None:
    """Tell nobody."""


def noting(place: Path) -> Progress:
    """Note the progress in a file, a few times a second."""
    noted: tuple[str, float] = ("", 0.0)

    def note(doing: str, done: int, total: int) -> None:
        nonlocal noted
        now = time.monotonic()
        if doing != noted[0] or now - noted[1] > _INTERVAL:
            place.write_text(json.dumps([doing, done, total]), encoding="utf-8")
            noted = doing, now

    return note


def noted(place: Path) -> tuple[str, int, int]:
    """What a file says; that the child is starting where it is not there or being written."""
    try:
        doing, done, total = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "starting", 0, 0
    return doing, done, total


@contextmanager
def shown() -> Iterator[Progress]:
    """Show the progress as a bar on stderr, which is gone afterwards; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda doing, done, total: bar.update(task, description=doing, completed=done, total=total or None)
