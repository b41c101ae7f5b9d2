"""The child process that user code runs in: a clean environment, a limit of time, a limit of memory, one answer.

That is hygiene, not a sandbox: the code can do whatever the user can do.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from initlint.runtime.progress import Progress, noted, silent

if TYPE_CHECKING:
    import psutil

POLL = 0.05
"""Seconds between two looks at the memory of the child."""

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "WANDB_MODE": "disabled",
    "DISABLE_TELEMETRY": "1",
}
"""Variables by which hubs and loggers stay off the network."""

_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_KEY|PRIVATE", re.IGNORECASE)


class End(StrEnum):
    """How a child ended."""

    ANSWERED = "answered"
    TIME = "took too long"
    MEMORY = "took too much memory"
    KILLED = "gave no answer"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended, with its answer where it gave one; `peak` is the most memory seen, in bytes."""

    end: End
    answer: Any
    detail: str
    seconds: float
    peak: int


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The variables of the child: those of this process without secrets, and hubs offline."""
    return {name: value for name, value in base.items() if not _SECRET.search(name)} | OFFLINE


def run(
    module: str,
    request: object,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    cwd: Path | None = None,
    progress: Progress = silent,
) -> Ending:
    """Run `python -m module` with a request, and wait for its answer; what it prints goes to stderr.

    The child reads the request as JSON from stdin, writes its answer as JSON to the file that `argv[1]` names, and may
    note its progress in the one that `argv[2]` names. `timeout` in seconds of wall time, `memory` in bytes of resident
    memory of the child and its children.
    """
    with tempfile.TemporaryDirectory(prefix="initlint-") as folder:
        place = Path(folder) / "answer.json"
        notes = Path(folder) / "progress.json"
        command = [sys.executable, "-m", module, str(place), str(notes)]
        start = time.monotonic()
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=sys.stderr.fileno(), env=_environment(), cwd=cwd
        ) as process:
            try:
                _hand_over(process, request)
                end, peak = _watch(process, start, timeout, memory, lambda: progress(*noted(notes)))
            except BaseException:
                _kill(process)
                raise
        seconds = time.monotonic() - start
        if end is None:
            answer = json.loads(place.read_bytes()) if place.is_file() else None
            if answer is not None:
                return Ending(End.ANSWERED, answer, "", seconds, peak)
            return Ending(End.KILLED, None, _status(process.returncode), seconds, peak)
        limit = f"{timeout:g} s" if end is End.TIME else f"{(memory or 0) / 2**20:,.0f} MiB"
        return Ending(end, None, f"the limit is {limit}", seconds, peak)


def _environment() -> dict[str, str]:
    found = environment(os.environ)
    # The child finds this package where the parent found it, whatever its working folder is.
    paths = [str(Path(__file__).resolve().parents[2]), found.get("PYTHONPATH", "")]
    return found | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _hand_over(process: subprocess.Popen[bytes], request: object) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass


def _watch(
    process: subprocess.Popen[bytes],
    start: float,
    timeout: float | None,
    memory: int | None,
    look: Callable[[], None],
) -> tuple[End | None, int]:
    """Wait for the child, and kill it where it passes a limit; how it ended, None if by itself, and its peak."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident(process.pid))
        look()
        end = None
        if memory is not None and peak > memory:
            end = End.MEMORY
        elif timeout is not None and time.monotonic() - start > timeout:
            end = End.TIME
        if end is not None:
            _kill(process)
            return end, peak
        time.sleep(POLL)
    return None, peak


def _family(pid: int) -> Sequence[psutil.Process]:
    import psutil

    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(pid: int) -> int:
    import psutil

    total = 0
    for each in _family(pid):
        try:
            total += each.memory_info().rss
        except psutil.Error:
            continue
    return total


def _kill(process: subprocess.Popen[bytes]) -> None:
    import psutil

    for each in reversed(_family(process.pid)):
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()


def _status(code: int) -> str:
    if code >= 0:
        return f"it ended with status {code}"
    names = {each.value: each.name for each in signal.Signals}
    why = ", as systems do that run out of memory" if names.get(-code) == "SIGKILL" else ""
    return f"it was killed by {names.get(-code, f'signal {-code}')}{why}"
