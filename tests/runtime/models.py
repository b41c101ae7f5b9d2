"""Models of the tests of the runtime checker's doors."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from typing import Any

import numpy as np
import torch
from torch import nn


def healthy(width: int = 64, std: float = 0.02) -> nn.Module:
    model = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
    nn.init.kaiming_normal_(model[0].weight, nonlinearity="relu")
    nn.init.zeros_(model[0].bias)
    nn.init.normal_(model[2].weight, std=std)
    nn.init.zeros_(model[2].bias)
    return model


class Wrong(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(64, 10)
        self.scale = nn.Parameter(torch.empty(64))
        nn.init.normal_(self.head.weight, 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x * self.scale)


def raising() -> nn.Module:
    raise RuntimeError("no weights today")


def no_module() -> Any:
    return 3


def hanging() -> nn.Module:
    time.sleep(60)
    return healthy()


def dying() -> nn.Module:
    os.kill(os.getpid(), signal.SIGKILL)
    return healthy()


def leaving() -> nn.Module:
    raise SystemExit(7)


def threaded() -> nn.Module:
    threading.Thread(target=time.sleep, args=(120,)).start()
    return healthy()


def careless() -> nn.Module:
    """Leaves global state behind."""
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    return nn.Linear(64, 64, dtype=torch.float32)


def greedy() -> nn.Module:
    held = torch.ones(200_000_000)
    time.sleep(60)
    return nn.ParameterList([nn.Parameter(held)])


def exploding() -> nn.Module:
    model = nn.Sequential(*(nn.Linear(64, 64) for _ in range(8)))
    for layer in model:
        nn.init.normal_(layer.weight, std=1e6)
    return model


class Deep(nn.Module):
    """Several laws, long names and a mistake that only the numbers show."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks_of_the_encoder = nn.ModuleList(
            nn.ModuleDict({"attention_projection": nn.Linear(64, 64), "norm": nn.LayerNorm(64)}) for _ in range(6)
        )
        self.head = nn.Linear(64, 1000)
        for block in self.blocks_of_the_encoder:
            nn.init.trunc_normal_(block["attention_projection"].weight, std=0.02)
        self.head.weight.data.numpy()[:] *= 1.1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks_of_the_encoder:
            x = x + block["attention_projection"](block["norm"](x))
        return self.head(x)
