"""What initlint costs beside what cannot be saved, and beside other tools: `python tests/benchmarks/bench.py TIMM`.

Needs a system with `wait4`, and flake8. Other tools are installed, each in an environment of its own, where a row asks
for them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import peers
import samples
from measuring import HEADER, PYTHON, Comparison, Growth, peak, run, wall

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
hidden = sys.argv.pop(1)
every = metadata.distributions
metadata.distributions = lambda **query: (each for each in every(**query) if each.name != hidden)
from flake8.main.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""flake8, in which the entry point of one package is hidden; nothing else of the environment differs."""

HASH = """
import hashlib, os, sys
for folder, folders, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith((".py", ".pyi")):
            with open(os.path.join(folder, name), "rb") as file:
                hashlib.sha256(file.read()).digest()
"""
"""Reads and hashes the Python files below a folder."""

SMALL = """\
import torch.nn as nn

linear = nn.Linear(3, 4)
nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')
"""

MEGABYTE = 1_100_000
SHARE = 0.18
"""Of the characters of a sparse file, those of models."""


@dataclass(frozen=True)
class Inputs:
    """The folders that are measured, and one for what is made."""

    timm: Path
    scratch: Path
    transformers: Path | None = None
    corpus: Path | None = None

    @cached_property
    def gated(self) -> tuple[list[Path], list[Path]]:
        """The files of timm that pass the gate of the default rules, and those that do not."""
        from initlint import catalogue
        from initlint.gate import gate

        passes = gate(catalogue.select())
        passing: list[Path] = []
        stopped: list[Path] = []
        for path in sorted(self.timm.rglob("*.py")):
            (passing if passes(path.read_bytes()) else stopped).append(path)
        return passing, stopped

    def listed(self, paths: Sequence[Path]) -> str:
        """A file that lists paths."""
        place = self.scratch / f"{paths[0].parent.name}_{len(paths)}.txt"
        place.write_text("".join(f"{path}\n" for path in paths))
        return str(place)

    def written(self, name: str, text: str) -> Path:
        """A file in a folder of its own."""
        place = self.scratch / name / "sample.py"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place


Rows = Iterator[Comparison | Growth]


def check(*paths: Path, jobs: int = 1, cache: bool = False) -> list[str]:
    """A check as a command line."""
    words = [PYTHON, "-m", "initlint", "check", "--isolated", "--output-format", "concise", "--jobs", str(jobs)]
    return [*words, *([] if cache else ["--no-cache"]), *map(str, paths)]


def parsing(inputs: Inputs) -> Rows:
    """timm beside LibCST."""
    files = inputs.listed(inputs.gated[0])
    for collector, target in (("on", 0.6), ("off", None)):
        name = f"`initlint check` / `libcst.parse_module`, collector {collector}"
        yield Comparison(name, check(inputs.timm), [PYTHON, "-c", PARSE, collector, files], target)


def torchfix(inputs: Inputs) -> Rows:
    """timm beside TorchFix, by its own command."""
    command = [str(peers.environment("torchfix", inputs.scratch) / "torchfix"), "--jobs", "1", str(inputs.timm)]
    name = "TorchFix / `initlint check`, timm"
    yield Comparison(name, command, check(inputs.timm), 30, at_least=True, pairs=0.3, warm=False)


def mlinter(inputs: Inputs) -> Rows:
    """300 files of transformers beside mlinter; it leaves out files that say that they are generated."""
    if inputs.transformers is None:
        return
    command = [str(peers.environment("mlinter", inputs.scratch) / "mlinter"), "--no-cache", "--no-progress"]
    for marked, words in ((True, "as they are"), (False, "none marked as generated")):
        folder = samples.modelling(inputs.transformers, inputs.scratch / f"transformers_{marked}", marked=marked)
        name = f"`initlint check` / mlinter, 300 `modeling_*.py`, {words}"
        yield Comparison(name, check(folder), command, 0.7, folder=folder, pairs=0.5)


def flake8(inputs: Inputs) -> Rows:
    """flake8 with the plugin beside flake8 without, and TorchFix likewise."""
    passing, stopped = inputs.gated
    siteless = [*stopped, *without_site(passing)]
    kinds: list[tuple[str, Sequence[Path], float]] = [
        ("all of timm", [inputs.timm], 1.3),
        (f"{len(stopped)} files stopped by the gate", stopped, 1.05),
        (f"{len(siteless)} files without an init site", siteless, 1.05),
    ]
    for kind, paths, target in kinds:
        sides = [[PYTHON, "-c", FLAKE8, name, "--isolated", "-j1", *map(str, paths)] for name in ("", "initlint")]
        yield Comparison(f"flake8 with the plugin / without, {kind}", sides[0], sides[1], target)
    python = str(peers.environment("torchfix", inputs.scratch) / "python")
    sides = [[python, "-c", FLAKE8, name, "--isolated", "-j1", str(inputs.timm)] for name in ("", "TorchFix")]
    yield Comparison("flake8 with TorchFix / without, all of timm", sides[0], sides[1], pairs=0.3, warm=False)


def ruff(inputs: Inputs) -> Rows:
    """timm beside ruff, for scale."""
    command = [str(peers.environment("ruff", inputs.scratch) / "ruff"), "check", "--isolated", "--no-cache"]
    yield Comparison("`initlint check` / `ruff check`, timm", check(inputs.timm), [*command, str(inputs.timm)])


def cache(inputs: Inputs) -> Rows:
    """A check that finds all results in the cache, beside reading and hashing the same files."""
    if inputs.corpus is not None:
        run(check(inputs.corpus, jobs=os.cpu_count() or 1, cache=True), inputs.scratch)
        hashing = [PYTHON, "-c", HASH, str(inputs.corpus)]
        name = f"warm cache / reading and hashing, {inputs.corpus.name}"
        yield Comparison(name, check(inputs.corpus, cache=True), hashing, 1.5, folder=inputs.scratch)


def processes(inputs: Inputs) -> Rows:
    """One process beside two."""
    if inputs.corpus is not None:
        name = f"1 process / 2, {inputs.corpus.name}, wall s"
        sides = check(inputs.corpus), check(inputs.corpus, jobs=2)
        yield Comparison(name, *sides, 1.8, wall, at_least=True, pairs=0.3, warm=False)


def size(inputs: Inputs) -> Rows:
    """What a check costs beyond that of one copy, of 1, 2, 4 … copies more: files of a folder, lines of a file."""
    folders = {
        number: samples.copies(inputs.timm, number, inputs.scratch / f"copies_{number}") for number in (1, 2, 3, 5, 9)
    }
    commands = {number: check(folder) for number, folder in folders.items()}
    files = [(number - 1, commands[number]) for number in (2, 3, 5, 9)]
    yield Growth("exponent of 1, 2, 4, 8 times as many files", files, commands[1], 1.05, pairs=0.5)
    lines = [(each, check(inputs.written(f"lines_{each}", samples.models(each + 1)))) for each in (1, 2, 4, 8, 16)]
    start = check(inputs.written("lines_0", samples.models(1)))
    yield Growth("exponent of 1, 2, 4, 8, 16 times as many lines", lines, start, 1.05, pairs=0.5)


def memory(inputs: Inputs) -> Rows:
    """Peaks of memory, and files of a megabyte."""
    largest = max(inputs.gated[0], key=lambda path: path.stat().st_size)
    name = f"peak over timm / `libcst.parse_module` of {largest.name}, MiB"
    yield Comparison(name, check(inputs.timm), _parse(inputs, largest), 1.1, peak, pairs=0.3, warm=False)
    sparse = inputs.written("sparse", samples.sparse(MEGABYTE, SHARE))
    dense = inputs.written("dense", samples.dense(MEGABYTE))
    for kind, path, target, limits in (
        (f"1.1 MB, models are {SHARE:.0%}", sparse, None, (3.0, 150.0)),
        ("1.1 MB of models", dense, 1.3, (None, None)),
    ):
        sides = check(path), _parse(inputs, path)
        yield Comparison(f"{kind} / `libcst.parse_module`, CPU s", *sides, target, limit=limits[0], pairs=0.5)
        yield Comparison(
            f"{kind} / `libcst.parse_module`, MiB", *sides, target, peak, limit=limits[1], pairs=0.3, warm=False
        )


def start(inputs: Inputs) -> Rows:
    """What it costs to begin."""
    begun = [PYTHON, "-m", "initlint", "--version"], [PYTHON, "-c", "import click"]
    yield Comparison("`initlint --version` / `python -c 'import click'`", *begun, 1.5, pairs=4)
    small = inputs.written("small", SMALL)
    yield Comparison("`initlint check` of four lines / `libcst.parse_module`", check(small), _parse(inputs, small))


ROWS: dict[str, Callable[[Inputs], Rows]] = {
    each.__name__: each for each in (parsing, torchfix, mlinter, flake8, ruff, cache, processes, size, memory, start)
}


def without_site(paths: Sequence[Path]) -> list[Path]:
    """Of files that pass the gate, those without an init site."""
    from initlint.engine import Options, read_facts
    from initlint.islands import whole
    from initlint.source import Source

    return [path for path in paths if not read_facts(whole(Source.read(path).text), Options()).sites]


def _parse(inputs: Inputs, path: Path) -> list[str]:
    return [PYTHON, "-c", PARSE, "on", inputs.listed([path])]


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("timm", type=Path, help="a folder of sources, such as that of timm in its wheel")
    parser.add_argument("rows", nargs="*", help=f"what to measure (default: all of {', '.join(ROWS)})")
    parser.add_argument("--transformers", type=Path, help="the folder of that name of transformers' wheel")
    parser.add_argument("--corpus", type=Path, help="a folder of many packages, for the rows cache and processes")
    parser.add_argument("--scratch", type=Path, help="where environments and samples are kept (default: nowhere)")
    parser.add_argument("--pairs", type=int, default=7, help="how often each pair runs, long ones less (default: 7)")
    parser.add_argument("--stages", action="store_true", help="print where the time of a check goes instead")
    options = parser.parse_args()
    if options.stages:
        from stages import table

        print(table(options.timm, options.pairs))
        return
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(ROWS)}")
    with tempfile.TemporaryDirectory() as made:
        scratch = (options.scratch or Path(made)).resolve()
        scratch.mkdir(parents=True, exist_ok=True)
        folders = [each.resolve() if each else None for each in (options.transformers, options.corpus)]
        inputs = Inputs(options.timm.resolve(), scratch, *folders)
        print(HEADER, flush=True)
        for name in options.rows or ROWS:
            comparisons = [*ROWS[name](inputs)]
            if not comparisons:
                print(f"{name}: left out, its folder is not given", file=sys.stderr)
            for comparison in comparisons:
                print(comparison.row(options.pairs), flush=True)


if __name__ == "__main__":
    main()
