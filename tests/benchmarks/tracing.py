"""What tracing costs: CPU time of building models plainly, under an empty dispatch mode, and under the trace.

python tests/benchmarks/tracing.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.runtime.trace import trace


class Empty(TorchDispatchMode):
    """The least that watching operations costs."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def convolutions(width: int, depth: int) -> nn.Module:
    blocks = (
        nn.Sequential(nn.Conv2d(width, width, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU()) for _ in range(depth)
    )
    return nn.Sequential(nn.Conv2d(3, width, 7), *blocks, nn.Linear(width, 1000))


def initialised(width: int, depth: int) -> nn.Module:
    model = convolutions(width, depth)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


def transformer(width: int, depth: int) -> nn.Module:
    layers = (nn.TransformerEncoderLayer(width, 4, 4 * width) for _ in range(depth))
    return nn.Sequential(nn.Embedding(8000, width), *layers)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "20 convolutions of 16 channels": lambda: convolutions(16, 20),
    "20 convolutions of 256 channels": lambda: convolutions(256, 20),
    "20 convolutions of 256 channels, initialised": lambda: initialised(256, 20),
    "12 transformer layers of 64": lambda: transformer(64, 12),
    "12 transformer layers of 512": lambda: transformer(512, 12),
    "4 LSTMs of 512": lambda: nn.ModuleList([nn.LSTM(512, 512, 2) for _ in range(4)]),
}


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def least(actions: list[Callable[[], object]], rounds: int) -> list[float]:
    """The least CPU time of each, all in turn in every round."""
    return [min(times) for times in zip(*([seconds(each) for each in actions] for _ in range(rounds)), strict=True)]


def under(mode: TorchDispatchMode, build: Callable[[], nn.Module]) -> nn.Module:
    with mode:
        return build()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    ratios = []
    print(f"{'model':46} {'plain':>9} {'watched':>9} {'traced':>9}")
    for name, build in MODELS.items():
        build()
        actions = [build, lambda build=build: under(Empty(), build), lambda build=build: trace(build)]
        plain, watched, traced = least(actions, rounds)
        ratios.append(traced / plain)
        print(f"{name:46} {plain * 1e3:6.1f} ms {watched / plain:7.2f} × {traced / plain:7.2f} ×")
    print(f"median {statistics.median(ratios):.2f} ×, worst {max(ratios):.2f} ×")


if __name__ == "__main__":
    main()
