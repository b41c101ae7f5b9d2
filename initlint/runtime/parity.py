"""Whether a model that is built on the meta device and reset ends as one that is built directly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from initlint.runtime.evidence import Parameter, Status, Traced
from initlint.runtime.laws import TracedLaw
from initlint.runtime.trace import trace


@dataclass(frozen=True, slots=True)
class Difference:
    """A parameter or buffer whose law is another one, or that one of two models lacks."""

    name: str
    first: Parameter | None
    second: Parameter | None

    @property
    def said(self) -> tuple[str, str]:
        """The two laws, or what is the matter instead."""
        return _said(self.first), _said(self.second)


def rebuilt(
    factory: Callable[[], torch.nn.Module], device: torch.device | str = "cpu"
) -> Callable[[], torch.nn.Module]:
    """A factory that builds as sharded training does: on meta, then `to_empty`, then every `reset_parameters`."""

    def build() -> torch.nn.Module:
        with torch.device("meta"):
            model = factory()
        model.to_empty(device=device)
        for module in model.modules():
            reset: Any = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(reset):
                reset()
        return model

    return build


def reset_parity(
    factory: Callable[[], torch.nn.Module], direct: Traced, device: torch.device | str = "cpu"
) -> tuple[Difference, ...]:
    """What differs from the directly built model after meta, `to_empty` and resetting.

    Raises whatever the factory and the resets raise.
    """
    return tuple(differences(direct, trace(rebuilt(factory, device), seed=direct.seed)))


def differences(first: Traced, second: Traced) -> Iterator[Difference]:
    """The parameters and buffers whose laws differ in two models; laws that are unknown in both do not."""
    for each in first.parameters:
        other = second.get(each.name)
        if other is None or not _alike(each, other):
            yield Difference(each.name, each, other)
    for each in second.parameters:
        if each.name not in first:
            yield Difference(each.name, None, each)


def _alike(first: Parameter, second: Parameter) -> bool:
    gone = (Status.NEVER, Status.PARTLY)
    if (first.status in gone) is not (second.status in gone):
        return False
    if Status.UNKNOWN in (first.status, second.status) or first.lazy or second.lazy:
        return first.status is second.status
    if len(first.pieces) != len(second.pieces) or not _same(first.law, second.law):
        return False
    return all(_same(one.law, other.law) for one, other in zip(first.pieces, second.pieces, strict=True))


def _same(first: TracedLaw, second: TracedLaw) -> bool:
    if first.law.kind is not second.law.kind or first.written is not second.written:
        return False
    if [step.name for step in first.chain] != [step.name for step in second.chain]:
        return False
    pairs = zip(first.law.parameters, second.law.parameters, strict=True)
    return all(math.isclose(one, other, rel_tol=1e-6) for one, other in pairs)


def _said(parameter: Parameter | None) -> str:
    if parameter is None:
        return "missing"
    return parameter.status if parameter.status in (Status.NEVER, Status.PARTLY) else str(parameter.law)
