"""What initlint costs beside what cannot be saved, as ratios of CPU time: `python tests/benchmarks/bench.py FOLDER`.

Both sides of a ratio run in processes of their own, alternately, so that a busy machine slows both. The ratio is the
median of the ratios of the pairs. Needs a system with `resource`, and flake8.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable

PARSE = """
import sys
from pathlib import Path
if sys.argv[1] == "off":
    import gc
    gc.disable()
import libcst
for line in Path(sys.argv[2]).read_text().splitlines():
    libcst.parse_module(Path(line).read_bytes())
"""
"""Parses the files that a list names, with the cyclic collector on or off."""

FLAKE8 = """
import importlib.metadata as metadata
import sys
if sys.argv.pop(1) == "without":
    every = metadata.distributions
    metadata.distributions = lambda **query: (each for each in every(**query) if each.name != "initlint")
from flake8.main.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""flake8, in which the entry point of initlint is there or hidden; nothing else of the environment differs."""


@dataclass(frozen=True)
class Comparison:
    """A subject and the floor beneath it, both as command lines, and the ratio that should not be exceeded."""

    name: str
    subject: Sequence[str]
    floor: Sequence[str]
    target: float | None = None
    pairs: int = 1


@dataclass(frozen=True)
class Outcome:
    """CPU seconds of the pairs that were measured."""

    comparison: Comparison
    subject: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Subject by floor, in ascending order."""
        return sorted(subject / floor for subject, floor in zip(self.subject, self.floor, strict=True))

    def row(self) -> str:
        """A row of the table."""
        ratio, low, high = statistics.median(self.ratios), self.ratios[0], self.ratios[-1]
        target = f"{self.comparison.target:.2f}" if self.comparison.target is not None else ""
        seconds = f"{statistics.median(self.subject):.2f} | {statistics.median(self.floor):.2f}"
        pairs = len(self.ratios)
        return f"| {self.comparison.name} | {ratio:.2f} | {low:.2f} to {high:.2f} | {target} | {seconds} | {pairs} |"


def cpu_seconds(command: Sequence[str]) -> float:
    """User and system time of a command and its children. Raises CalledProcessError unless it ends with 0 or 1."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(comparison: Comparison, pairs: int) -> Outcome:
    """Run both sides in turn, after one pair that only warms the caches of the file system."""
    sides = (comparison.subject, comparison.floor)
    for command in sides:
        cpu_seconds(command)
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs * comparison.pairs):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            seconds[side].append(cpu_seconds(sides[side]))
    return Outcome(comparison, tuple(seconds[0]), tuple(seconds[1]))


def gated(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a folder that pass the gate of the default rules, and those that do not."""
    from initlint import catalogue
    from initlint.gate import gate

    passes = gate(catalogue.select())
    passing: list[Path] = []
    stopped: list[Path] = []
    for path in sorted(folder.rglob("*.py")):
        (passing if passes(path.read_bytes()) else stopped).append(path)
    return passing, stopped


def without_site(paths: Sequence[Path]) -> list[Path]:
    """Of files that pass the gate, those without an init site."""
    from initlint.engine import Options, read_facts
    from initlint.islands import whole
    from initlint.source import Source

    return [path for path in paths if not read_facts(whole(Source.read(path).text), Options()).sites]


def comparisons(folder: Path, scratch: Path) -> Iterator[Comparison]:
    """What is measured over a folder of sources."""
    passing, stopped = gated(folder)
    siteless = [*stopped, *without_site(passing)]
    listed = scratch / "passing"
    listed.write_text("".join(f"{path}\n" for path in passing))
    check = [PYTHON, "-m", "initlint", "check", "--isolated", "--no-cache", "--jobs", "1", "--output-format", "concise"]
    check.append(str(folder))
    for collector, target in (("on", 0.6), ("off", None)):
        name = f"`initlint check` / `libcst.parse_module`, collector {collector}"
        yield Comparison(name, check, [PYTHON, "-c", PARSE, collector, str(listed)], target)
    flake8 = [PYTHON, "-c", FLAKE8]
    for kind, paths in (("stopped by the gate", stopped), ("without an init site", siteless)):
        options = ["--isolated", "-j1", *map(str, paths)]
        sides = [*flake8, "with", *options], [*flake8, "without", *options]
        yield Comparison(f"flake8 with the plugin / without, {len(paths)} files {kind}", *sides, 1.05)
    started = [PYTHON, "-m", "initlint", "--version"], [PYTHON, "-c", "import click"]
    yield Comparison("`initlint --version` / `python -c 'import click'`", *started, 1.5, pairs=4)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of sources, such as an unpacked wheel of timm")
    parser.add_argument("--pairs", type=int, default=7, help="how often each pair runs (default: 7)")
    parser.add_argument("--stages", action="store_true", help="print where the time of a check goes instead")
    options = parser.parse_args()
    if options.stages:
        from stages import table

        print(table(options.folder, options.pairs))
        return
    print("| measured | ratio | of all pairs | target | CPU s | floor, CPU s | pairs |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        for comparison in comparisons(options.folder.resolve(), Path(scratch)):
            print(measure(comparison, options.pairs).row(), flush=True)


if __name__ == "__main__":
    main()
