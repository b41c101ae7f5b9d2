"""What runs over many files cost: `python tests/benchmarks/runs.py {cache,processes,memory} FOLDER`.

Both sides of a ratio run in processes of their own, in turn; the ratio is the median of the ratios of the pairs. Needs
a system with `wait4`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import PYTHON, gated

HASH = """
import hashlib, os, sys
for folder, folders, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith((".py", ".pyi")):
            with open(os.path.join(folder, name), "rb") as file:
                hashlib.sha256(file.read()).digest()
"""
"""Reads and hashes the Python files below a folder."""

PARSE = """
import sys
from pathlib import Path
import libcst
libcst.parse_module(Path(sys.argv[1]).read_bytes())
"""
"""Parses one file."""


@dataclass(frozen=True)
class Cost:
    """What a command took: CPU seconds, wall seconds, and MiB of memory at its peak; children apart, but for CPU."""

    cpu: float
    wall: float
    peak: float


def cost(command: Sequence[str], folder: Path) -> Cost:
    """Run a command in a folder. Raises CalledProcessError unless it ends as a check does: 0, 1 or 2."""
    before = os.times()
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 2):
        raise subprocess.CalledProcessError(process.returncode, command)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(cpu, wall, used.ru_maxrss / 1024)


def compared(
    name: str, subject: Sequence[str], floor: Sequence[str], of: Callable[[Cost], float], pairs: int, folder: Path
) -> str:
    """A row of a table: the ratio, its range, and both sides."""
    sides: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            sides[side].append(of(cost((subject, floor)[side], folder)))
    ratios = sorted(one / other for one, other in zip(*sides, strict=True))
    medians = " | ".join(f"{statistics.median(side):.2f}" for side in sides)
    return f"| {name} | {statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} | {medians} | {pairs} |"


def main() -> None:
    """Measure and print a row of a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("cache", "processes", "memory"))
    parser.add_argument("folder", type=Path, help="a folder of sources")
    parser.add_argument("--pairs", type=int, default=5, help="how often each pair runs (default: 5)")
    parser.add_argument("--scratch", type=Path, help="where the cache is; a new folder unless it is given")
    options = parser.parse_args()
    folder = options.folder.resolve()
    check = [PYTHON, "-m", "initlint", "check", "--isolated", "--output-format", "concise", str(folder)]
    with tempfile.TemporaryDirectory() as made:
        scratch = options.scratch or Path(made)
        match options.kind:
            case "cache":
                cost([*check, "--jobs", str(os.cpu_count())], scratch)
                sides = [*check, "--jobs", "1"], [PYTHON, "-c", HASH, str(folder)]
                row = compared(
                    "warm cache / reading and hashing, CPU s", *sides, lambda c: c.cpu, options.pairs, scratch
                )
            case "processes":
                cold = [*check, "--no-cache", "--jobs"]
                sides = [*cold, "1"], [*cold, "2"]
                row = compared("1 process / 2, wall s", *sides, lambda c: c.wall, options.pairs, scratch)
            case _:
                largest = max(gated(folder)[0], key=lambda path: path.stat().st_size)
                sides = [*check, "--no-cache", "--jobs", "1"], [PYTHON, "-c", PARSE, str(largest)]
                name = f"peak over the folder / `libcst.parse_module` of {largest.name}, MiB"
                row = compared(name, *sides, lambda c: c.peak, options.pairs, scratch)
    print("| measured | ratio | of all pairs | subject | floor | pairs |\n| --- | --- | --- | --- | --- | --- |")
    print(row)


if __name__ == "__main__":
    main()
