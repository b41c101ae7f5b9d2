"""How far a run is, on a terminal, once it has lasted for a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from initlint.batch import Watch

if TYPE_CHECKING:
    from rich.progress import Progress

    from initlint.pool import Death

_DELAY, _PAUSE = 1.0, 0.1
"""Seconds before a bar is shown, and between two looks of it."""


class Bar(Watch):
    """A bar on a terminal, elsewhere nothing; it is taken away before anything is printed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._bar: Progress | None = None
        self._what, self._files = "", 0
        self._shown = time.monotonic() + _DELAY - _PAUSE

    def begins(self, what: str, files: int) -> None:
        """A stage of the run begins."""
        self.hide()
        self._what, self._files = what, files

    def done(self, files: int) -> None:
        """Draw the bar, if it is time to."""
        if not self._terminal or time.monotonic() < self._shown + _PAUSE:
            return
        bar = self._bar or self._made()
        bar.update(bar.task_ids[0], completed=files, refresh=True)
        self._shown = time.monotonic()

    def died(self, death: Death) -> None:
        """Say it on a line of its own."""
        self.hide()
        files = "1 file is" if death.items == 1 else f"{death.items} files are"
        print(f"initlint: a process {death.reason}; its {files} done again", file=self._stream)

    def hide(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _made(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        self._bar = Progress(*columns, console=Console(file=self._stream), transient=True, auto_refresh=False)
        self._bar.add_task(self._what, total=self._files)
        self._bar.start()
        return self._bar
