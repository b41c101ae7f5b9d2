"""Where the time of a check goes: the stages of the engine, one after the other, over the files of a folder."""

from __future__ import annotations

import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from initlint import catalogue, engine, suppress
from initlint.facts.file import FactOptions, File
from initlint.facts.premises.tree import Tree
from initlint.facts.reading.parts import parse_module
from initlint.finding import Finding
from initlint.gate import Standing, gate, live
from initlint.islands import islands
from initlint.lines import Lines
from initlint.placing import Placing
from initlint.rule import Rule
from initlint.source import Source

STAGES = (
    "read and decode",
    "gate",
    "ast",
    "triggers",
    "premises",
    "islands",
    "LibCST",
    "reader",
    "rules",
    "suppressions",
)


class Stopwatch:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - begin


def measure(folder: Path) -> dict[str, float]:
    """Seconds by stage for one pass over a folder; the rules include the facts that they ask for."""
    rules = catalogue.select()
    passes, watch = gate(rules), Stopwatch()
    for path in sorted(folder.rglob("*.py")):
        with watch("read and decode"):
            data = path.read_bytes()
            source = Source.from_bytes(path, data)
        with watch("gate"):
            passed = passes(data)
        if passed:
            _check(source, rules, watch)
            gc.collect()
    return watch.seconds


def table(folder: Path, passes: int) -> str:
    """A Markdown table of the shares, medians over several passes."""
    gc.disable()
    runs = [measure(folder) for _ in range(passes)]
    medians = {stage: statistics.median(run[stage] for run in runs) for stage in STAGES}
    total = sum(medians.values())
    rows = [f"| {stage} | {medians[stage] / total:.0%} |" for stage in STAGES]
    return "\n".join(["| stage | share |", "| --- | --- |", *rows])


def _check(source: Source, rules: tuple[Rule, ...], watch: Stopwatch) -> None:
    with watch("ast"):
        tree = engine.parse(source.text)
    with watch("triggers"):
        standing = Standing(Lines(source.text))
        alive = live(rules, standing)
    with watch("premises"):
        around = Tree(tree)
        alive = [each for each in alive if each.rule.premise is None or each.rule.premise(around)]
    with watch("islands"):
        selected = islands(tree, standing, alive)
    if not alive or not selected.text.strip():
        return
    with watch("LibCST"):
        module = parse_module(selected.text)
    with watch("reader"):
        file = File(module, FactOptions(tree=lambda: around))
    with watch("rules"):
        placing = Placing(source, selected, file.record)
        asked = [each.rule for each in alive]
        findings: list[Finding] = [placing.finding(rule, alarm) for rule in asked for alarm in rule.check(file)]
    with watch("suppressions"):
        suppress.apply(findings, source.text, rules, path=source.path)
