"""How often the tests of the numbers reject what follows its law, and how often they see what does not.

python tests/runtime/calibration.py

prints the table of the README beside this file. P-values are monotone in their statistics on either side, so the
statistic at which one reaches a level is found once, and rejections are counted without computing a p-value for each
sample. Minutes; the tests take the short way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from initlint.runtime.measure import pvalues
from initlint.runtime.measure.examine import LEVEL, Examination, examine, pooled, rejected
from initlint.runtime.measure.nulls import Null, null_of
from initlint.theory import laws
from initlint.theory.laws import Law

LAWS: Mapping[str, Law] = {
    "normal": laws.normal(),
    "uniform": laws.uniform(-1.0, 1.0),
    "truncated normal": laws.truncated_normal(),
}
TESTS = ("mean", "variance", "extreme", "shape")
LEVELS = (1e-3, 1e-4, 1e-5, 1e-6)

ROWS: Mapping[int, int] = {16: 20_000_000, 64: 10_000_000, 256: 3_000_000}
"""Samples of each size on the long way."""

SHAPES: Mapping[int, int] = {16: 10_000_000, 64: 4_000_000, 256: 1_000_000}
"""The same for the shape, whose entries have to be sorted."""

_BLOCK = 1 << 18


def null(name: str) -> Null:
    """The null of a law of `LAWS`."""
    found = null_of(LAWS[name])
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Rejections:
    """Observed rejections of one test by level, among so many samples that follow the law."""

    test: str
    samples: int
    observed: Mapping[float, int]

    def excess(self, level: float) -> float:
        """Observed over expected rejections."""
        return self.observed[level] / (level * self.samples)

    def error(self, level: float) -> float:
        """One standard error of the excess."""
        return 1 / math.sqrt(level * self.samples)


def rejections(name: str, count: int, rows: int, *, seed: int = 0) -> list[Rejections]:
    """Rejections by mean, variance and extreme of samples of `count` entries."""
    law = null(name)
    limits = {test: {level: critical(law, test, count, level) for level in LEVELS} for test in TESTS[:3]}
    found = {test: dict.fromkeys(LEVELS, 0) for test in limits}
    done = 0
    for entries in samples(name, count, rows, seed):
        done += len(entries)
        statistics = {
            "mean": entries.mean(1),
            "variance": np.einsum("ij,ij->i", entries, entries) / count,
            "extreme": np.maximum(entries.max(1), -entries.min(1)),
        }
        for test, values in statistics.items():
            for level, (low, high) in limits[test].items():
                found[test][level] += int(((values < low) | (values > high)).sum())
    return [Rejections(test, done, counts) for test, counts in found.items()]


def shape_rejections(count: int, rows: int, *, seed: int = 0) -> Rejections:
    """Rejections by the shape: of values of the distribution function, which are uniform whatever the law."""
    limits = {level: _bisect(pvalues.anderson_darling, level, 0.5, 100.0) for level in LEVELS}
    found = dict.fromkeys(LEVELS, 0)
    generator = np.random.default_rng([seed, count])
    weights = (2 * np.arange(count) + 1) / count
    height, done = max(1, _BLOCK // count), 0
    while done < rows:
        levels = generator.random((height, count))
        levels.sort(1)
        np.clip(levels, 1e-16, 1 - 1e-16, out=levels)
        logarithms = np.log(levels) + np.log1p(-levels[:, ::-1])
        statistic = -count - logarithms @ weights
        for level, limit in limits.items():
            found[level] += int((statistic > limit).sum())
        done += height
    return Rejections("shape", done, found)


def samples(name: str, count: int, rows: int, seed: int) -> Iterator[np.ndarray]:
    """At least so many samples in blocks, standardised; doubles, for single precision blurs the bound of a law."""
    generator = np.random.default_rng([seed, count, sorted(LAWS).index(name)])
    height, std = max(1, _BLOCK // count), null(name).std
    for _ in range(math.ceil(rows / height)):
        match name:
            case "uniform":
                drawn = generator.uniform(-1.0, 1.0, (height, count))
            case _:
                drawn = generator.standard_normal((height, count))
        while name == "truncated normal" and len(outside := np.flatnonzero(np.abs(drawn) > 2)):
            drawn.ravel()[outside] = generator.standard_normal(len(outside))
        drawn /= std
        yield drawn


def p_value(law: Null, test: str, count: int, statistic: float) -> float:
    """The p-value of a statistic in standard deviations of the law."""
    function = {"mean": pvalues.mean, "variance": pvalues.variance, "extreme": pvalues.extreme}[test]
    return function(law, count, statistic)


def critical(law: Null, test: str, count: int, level: float) -> tuple[float, float]:
    """Below and above which values of a statistic its p-value is under a level."""

    def p(statistic: float) -> float:
        return p_value(law, test, count, statistic)

    if test == "mean":
        high = _bisect(p, level, 0.0, 20.0)
        return -high, high
    centre = 1.0 if test == "variance" else _median(law, count)
    return _bisect(p, level, centre, 0.0), _bisect(p, level, centre, 40.0)


def _median(law: Null, count: int) -> float:
    """The median of the largest deviation of a sample."""
    return _bisect(lambda at: (1 - law.outside(at * law.std)) ** count, 0.5, 40.0, 0.0)


def _bisect(function: Callable[[float], float], level: float, above: float, below: float) -> float:
    """Where a monotone function passes a level: it is above it on one side, and not on the other."""
    for _ in range(200):
        middle = (above + below) / 2
        if function(middle) > level:
            above = middle
        else:
            below = middle
    return below


def healthy(generator: torch.Generator, tensors: int = 40) -> Iterator[tuple[str, torch.Tensor, Law]]:
    """The parameters of a model that is as it says: tensors of 16 to 4,096 entries, in pairs of siblings."""
    for number in range(tensors):
        pair = number // 2
        size = 2 ** (4 + pair % 9)
        tensor = torch.empty(size)
        match (pair + pair // 9) % 3:
            case 0:
                yield (
                    f"layers.{number}.normal{size}",
                    nn.init.normal_(tensor, 0.0, 0.02, generator),
                    laws.normal(0, 0.02),
                )
            case 1:
                law = laws.uniform(-0.1, 0.1)
                yield f"layers.{number}.uniform{size}", nn.init.uniform_(tensor, -0.1, 0.1, generator), law
            case _:
                law = laws.truncated_normal(0.0, 1.0, -2.0, 2.0)
                yield f"layers.{number}.cut{size}", nn.init.trunc_normal_(tensor, 0.0, 1.0, generator=generator), law


def run_of(generator: torch.Generator) -> list[Examination]:
    """All examinations of one run over a healthy model, those of siblings too."""
    found = [examine(name, tensor, law) for name, tensor, law in healthy(generator)]
    groups: dict[str, list[Examination]] = {}
    for each in found:
        groups.setdefault(each.name.rpartition(".")[2], []).append(each)
    for name, members in groups.items():
        law = null_of(members[0].law)
        together = pooled(name, members, law, torch.float32) if law is not None else None
        found += [together] if together is not None else []
    return found


def alarms(models: int, levels: tuple[float, ...], *, seed: int = 0) -> dict[float, float]:
    """The share of healthy models with any finding about their numbers, by the level of a run."""
    generator = torch.Generator().manual_seed(seed)
    found = dict.fromkeys(levels, 0)
    for _ in range(models):
        tests = run_of(generator)
        for level in levels:
            found[level] += bool(rejected(tests, level))
    return {level: count / models for level, count in found.items()}


def power(error: float, count: int, runs: int, *, among: int = 1000, seed: int = 0) -> float:
    """The share of tensors that are seen of those whose std is off by `error`, among so many tests of a run."""
    generator = torch.Generator().manual_seed(seed)
    law = laws.normal(0.0, 0.02)
    seen = 0
    for _ in range(runs):
        tensor = torch.randn(count, generator=generator) * (0.02 * (1 + error))
        seen += examine("weight", tensor, law).worst <= LEVEL / among
    return seen / runs


def main() -> None:
    """Print the table."""
    print("| test | law | entries | samples | " + " | ".join(f"p < {level:.0e}" for level in LEVELS) + " |")
    print("| --- " * (4 + len(LEVELS)) + "|")
    for count, rows in ROWS.items():
        for name in LAWS:
            for found in rejections(name, count, rows):
                print(line(found, name, count), flush=True)
        print(line(shape_rejections(count, SHAPES[count]), "any", count), flush=True)
    for level, share in alarms(2000, (0.1, 0.05, 0.01)).items():
        print(f"models with any alarm at level {level}: {share:.4f}")
    print(f"power for std 2 % off, 100,000 entries: {power(0.02, 100_000, 2000):.4f}")


def line(found: Rejections, name: str, count: int) -> str:
    """A row of the table."""
    cells = (f"{found.excess(level):.2f} ± {found.error(level):.2f}" for level in LEVELS)
    return f"| {found.test} | {name} | {count} | {found.samples:,} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
