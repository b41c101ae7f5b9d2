"""What commands cost, and ratios of costs: both sides of a ratio run in processes of their own, in turn.

A busy machine slows both sides of a pair, so the ratio is the median of the ratios of the pairs. Needs a system with
`wait4`.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable

HEADER = """\
| measured | ratio | of all pairs | target | subject | floor | pairs |
| --- | --- | --- | --- | --- | --- | --- |"""

LAUNCH = """
import json, os, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
wall = time.perf_counter() - begin
cost = {"cpu": used.ru_utime + used.ru_stime, "wall": wall, "peak": used.ru_maxrss / 1024}
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), cost], file)
"""
"""Runs a command from a small process: the peak of a process counts from that of the one that it was forked from."""


@dataclass(frozen=True)
class Cost:
    """What a command took, its children included: CPU seconds, wall seconds, and MiB at the peak of the biggest."""

    cpu: float
    wall: float
    peak: float


Measure = Callable[[Cost], float]


def cpu(cost: Cost) -> float:
    """User and system time in seconds."""
    return cost.cpu


def wall(cost: Cost) -> float:
    """Seconds on the clock."""
    return cost.wall


def peak(cost: Cost) -> float:
    """MiB of memory."""
    return cost.peak


def run(command: Sequence[str], folder: Path | None = None) -> Cost:
    """Run a command in a folder. Raises CalledProcessError unless it ends as a linter does: 0, 1 or 2, no traceback."""
    with tempfile.TemporaryDirectory() as scratch:
        told = Path(scratch, "told")
        done = subprocess.run(
            [PYTHON, "-S", "-c", LAUNCH, str(told), *command],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=True,
        )
        code, cost = json.loads(told.read_text())
    if code not in (0, 1, 2) or b"Traceback" in done.stderr:
        raise subprocess.CalledProcessError(code, command, stderr=done.stderr)
    return Cost(**cost)


@dataclass(frozen=True)
class Comparison:
    """A subject and the floor beneath it, both as command lines, run in a folder.

    The ratio should not exceed `target`, or with `at_least` not fall below it; `limit` is what the subject itself may
    take. The pairs that are asked for are multiplied by `pairs`, and at least one is run. `warm` begins with one pair
    that only fills the caches of the file system.
    """

    name: str
    subject: Sequence[str]
    floor: Sequence[str]
    target: float | None = None
    measure: Measure = cpu
    at_least: bool = False
    limit: float | None = None
    pairs: float = 1
    warm: bool = True
    folder: Path | None = None

    def row(self, pairs: int) -> str:
        """Measure, and give a row of the table."""
        sides = (self.subject, self.floor)
        for command in sides if self.warm else ():
            run(command, self.folder)
        found: tuple[list[float], list[float]] = ([], [])
        for number in range(max(1, round(pairs * self.pairs))):
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                found[side].append(self.measure(run(sides[side], self.folder)))
        ratios = [subject / floor for subject, floor in zip(*found, strict=True)]
        goals = [f"{'≥' if self.at_least else '≤'} {self.target:.2f}"] if self.target is not None else []
        goals += [f"subject ≤ {self.limit:g}"] if self.limit is not None else []
        return table_row(self.name, ratios, ", ".join(goals), *map(statistics.median, found))


@dataclass(frozen=True)
class Growth:
    """Commands for sizes of the same work; the exponent is fitted to their CPU seconds, less those of `start`.

    Least squares on logarithms: the exponent of work that takes time in proportion to its size is 1.
    """

    name: str
    commands: Sequence[tuple[float, Sequence[str]]]
    start: Sequence[str]
    target: float
    pairs: float = 1

    def row(self, pairs: int) -> str:
        """Measure, and give a row of the table: subject and floor are the largest and the smallest size."""
        exponents: list[float] = []
        found: list[list[float]] = []
        run(self.start)
        for _ in range(max(1, round(pairs * self.pairs))):
            started = run(self.start).cpu
            found.append([run(command).cpu - started for _, command in self.commands])
            exponents.append(exponent([size for size, _ in self.commands], found[-1]))
        seconds = [statistics.median(each) for each in zip(*found, strict=True)]
        return table_row(self.name, exponents, f"≤ {self.target:.2f}", seconds[-1], seconds[0])


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent of a power law through sizes and costs."""
    return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, costs)]).slope


def table_row(name: str, ratios: Sequence[float], target: str, subject: float, floor: float) -> str:
    """A row below `HEADER`."""
    low, high = min(ratios), max(ratios)
    return (
        f"| {name} | {statistics.median(ratios):.2f} | {low:.2f} to {high:.2f} | {target} | {subject:.2f} | "
        f"{floor:.2f} | {len(ratios)} |"
    )
