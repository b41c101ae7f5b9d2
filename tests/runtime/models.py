"""Models of the tests of the runtime checker's doors."""

from __future__ import annotations

import time
from typing import Any

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


def greedy() -> nn.Module:
    held = torch.ones(200_000_000)
    time.sleep(60)
    return nn.ParameterList([nn.Parameter(held)])
