"""What records cost: entries per second of one pass, beside a pass for every statistic over the tensor.

python tests/benchmarks/records.py [--entries 8388608] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from initlint.runtime.measure.record import record


def naive(values: Tensor) -> list[Tensor]:
    """Every statistic of a record but the bins by itself, as a test of a weight is written by hand."""
    return [
        values.mean(),
        values.std(),
        values.square().mean(),
        values.min(),
        values.max(),
        values.abs().max(),
        (values == 0).sum(),
        (~torch.isfinite(values)).sum(),
    ]


MEASURED: dict[str, Callable[[Tensor], object]] = {
    "naive, in double precision": lambda values: naive(values.double()),
    "naive, as the tensor is": naive,
    "record without bins": lambda values: record(values, 0.0, 0.02, bins=False),
    "record without bins, centred": lambda values: record(values, 0.01, 0.02, bins=False),
    "record": lambda values: record(values, 0.0, 0.02),
}


def rate(measure: Callable[[Tensor], object], values: Tensor) -> float:
    """Millions of entries per second of CPU time."""
    start = time.process_time()
    measure(values)
    return values.numel() / (time.process_time() - start) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1 << 23)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    values = torch.randn(arguments.entries) * 0.02
    for measure in MEASURED.values():
        measure(values)
    rounds = [[rate(measure, values) for measure in MEASURED.values()] for _ in range(arguments.rounds)]
    for number, name in enumerate(MEASURED):
        rates = statistics.median(each[number] for each in rounds)
        ratios = [statistics.median(each[number] / each[base] for each in rounds) for base in (0, 1)]
        print(f"{name:30} {rates:8.1f} M/s {ratios[0]:8.1f} × {ratios[1]:8.1f} ×")


if __name__ == "__main__":
    main()
