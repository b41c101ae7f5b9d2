"""Signal: what the first forward and backward pass make of a random input, layer by layer.

Explosion, vanishing and collapse are seen from about a factor of ten; smaller errors are the business of the laws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn

ERROR_FACTOR = 1e6
"""How far second moments may drift from those of the first layer, either way, before training is hopeless."""

WARNING_FACTOR = 1e4

COLLAPSED = 0.999
"""Cosine of the outputs of two independent inputs from which they count as one."""


class Verdict(StrEnum):
    """What is wrong with the signal of a layer; `EXPLAINED` is a zero that a zero-initialised weight accounts for."""

    FINE = "fine"
    EXPLAINED = "zero by a zero-initialised weight"
    DRIFTS = "drifts"
    LOST = "explodes or vanishes"
    COLLAPSED = "two inputs give the same output"
    BROKEN = "is not finite"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one call of a layer did.

    `forward` is the mean square of its output, `backward` the sum of squares of the gradient there per sample (None
    where none arrived), `cosine` that of the outputs of the first two samples (None for a batch of one).
    """

    name: str
    kind: str
    forward: float
    backward: float | None
    cosine: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Signal:
    """The layers in the order in which they ran; `training` says that the model ran as in training."""

    layers: tuple[Layer, ...]
    training: bool

    @property
    def worst(self) -> Verdict:
        """The gravest verdict."""
        order = list(Verdict)
        return max((layer.verdict for layer in self.layers), key=order.index, default=Verdict.FINE)


class InputError(ValueError):
    """The text describes no input; says how one is written."""


def inputs(text: str, device: torch.device, seed: int = 0) -> tuple[Tensor, ...]:
    """Random inputs of `2x3x224x224`, `2x128:int64<1000`, several separated by commas. Raises InputError.

    Floating-point inputs are standard normal; integers are uniform below the bound, 2 unless it is given.
    """
    generator = torch.Generator().manual_seed(seed)
    return tuple(_input(part.strip(), generator).to(device) for part in text.split(","))


def probe(model: nn.Module, given: Sequence[Tensor], *, zeros: bool = False, seed: int = 0) -> Signal:
    """Run a model forward and backward once and watch its layers; the model is as before afterwards.

    `zeros` says that some weight is zero by its initialisation, so that zero signals behind or before it are meant.
    Whatever the model raises goes through, after a second try in evaluation mode.
    """
    training = True
    with _restored(model):
        try:
            calls = _run(model.train(), given, seed)
        except (RuntimeError, ValueError):
            training = False
            calls = _run(model.eval(), given, seed)
    return Signal(tuple(_judged(calls, zeros)), training)


@dataclass(slots=True)
class _Call:
    name: str
    kind: str
    forward: float
    cosine: float | None
    backward: float | None = None


def _run(model: nn.Module, given: Sequence[Tensor], seed: int) -> list[_Call]:
    calls: list[_Call] = []
    hooks = [
        module.register_forward_hook(_watcher(name, calls))
        for name, module in model.named_modules()
        if not any(module.children()) and any(True for _ in module.parameters(recurse=False))
    ]
    try:
        with torch.random.fork_rng(), torch.enable_grad():
            torch.manual_seed(seed)
            outputs = [each for each in _tensors(model(*given)) if each.requires_grad]
            if outputs:
                # A random direction for each sample: the mean of the outputs would cancel.
                loss = torch.stack([(each * torch.randn_like(each)).sum() for each in outputs]).sum()
                torch.autograd.backward(loss)
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _watcher(name: str, calls: list[_Call]) -> Any:
    def watch(module: nn.Module, _: Any, output: Any) -> None:
        found = next(_tensors(output), None)
        if found is None or not found.is_floating_point() or not found.numel():
            return
        values = found.detach().float()
        call = _Call(name, type(module).__name__, float(values.square().mean()), _cosine(values))
        calls.append(call)
        if found.requires_grad:
            samples = found.shape[0] if found.dim() else 1

            def arrive(gradient: Tensor) -> None:
                call.backward = float(gradient.detach().float().square().sum()) / samples

            found.register_hook(arrive)

    return watch


def _judged(calls: Sequence[_Call], zeros: bool) -> Iterator[Layer]:
    """Each layer against the first one whose output is not zero, forward, and against the last but one, backward.

    The last layer alone may be of any scale: heads start small on purpose, and so does the gradient behind them.
    """
    inner = calls[:-1]
    forward = next((call.forward for call in inner if call.forward), 0.0)
    backward = next((call.backward for call in reversed(inner) if call.backward), 0.0)
    for call in calls:
        last = call is calls[-1]
        first = Verdict.FINE if last and math.isfinite(call.forward) else _drift(call.forward, forward, zeros)
        second = Verdict.FINE if last else _drift(call.backward, backward, zeros)
        verdict = max(first, second, key=list(Verdict).index)
        alike = call.cosine is not None and call.cosine > COLLAPSED and call.forward > 0
        if alike and verdict is Verdict.FINE:
            verdict = Verdict.EXPLAINED if zeros else Verdict.COLLAPSED
        yield Layer(call.name, call.kind, call.forward, call.backward, call.cosine, verdict)


def _drift(value: float | None, reference: float, zeros: bool) -> Verdict:
    if value is None:
        return Verdict.FINE
    if not math.isfinite(value):
        return Verdict.BROKEN
    if value == 0 or reference == 0:
        return Verdict.EXPLAINED if zeros else Verdict.LOST
    ratio = max(value / reference, reference / value)
    if ratio > ERROR_FACTOR:
        return Verdict.LOST
    return Verdict.DRIFTS if ratio > WARNING_FACTOR else Verdict.FINE


def _cosine(values: Tensor) -> float | None:
    """The cosine of the first two samples; None for fewer, or where one of them is zero."""
    if values.dim() < 2 or values.shape[0] < 2:
        return None
    first, second = values[0].flatten().double(), values[1].flatten().double()
    norm = float(first.norm() * second.norm())
    return float(first @ second) / norm if norm > 0 and math.isfinite(norm) else None


def _tensors(output: Any) -> Iterator[Tensor]:
    """The tensors of an output, through tuples, lists, dictionaries and dataclasses like those of Hugging Face."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict):
        for each in output.values():
            yield from _tensors(each)
    elif isinstance(output, tuple | list):
        for each in output:
            yield from _tensors(each)


@contextmanager
def _restored(model: nn.Module) -> Iterator[None]:
    """Put buffers, gradients and the mode of every module back afterwards."""
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]
    try:
        for parameter, _ in gradients:
            parameter.grad = None
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, gradient in gradients:
            parameter.grad = gradient
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


def _input(text: str, generator: torch.Generator) -> Tensor:
    shape_text, _, kind = text.partition(":")
    kind, _, bound = kind.partition("<")
    dtype = getattr(torch, kind or "float32", None)
    try:
        shape = [int(size) for size in shape_text.split("x")]
        limit = int(bound) if bound else 2
    except ValueError:
        shape, limit = [], 0
    if not shape or min(shape) < 1 or limit < 1 or not isinstance(dtype, torch.dtype):
        raise InputError(f"{text!r} is no input: write 2x3x224x224, or 2x128:int64<1000 for indices below 1000")
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(dtype)
    return torch.randint(limit, shape, generator=generator).to(dtype)
