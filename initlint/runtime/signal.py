"""Signal: what the first forward and backward pass make of a random input, layer by layer.

Explosion, vanishing and collapse are seen from about a factor of ten; smaller errors are the business of the laws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn

ERROR_FACTOR = 1e6
"""How far second moments may drift from those of the first layer, either way, before training is hopeless."""

WARNING_FACTOR = 1e4

COLLAPSED = 0.999
"""Cosine of the outputs of two independent inputs from which they count as one."""

SHORTEST = 4
"""Layers, without the last one, over which a signal can be said to drift: of fewer, one may be special on purpose."""

COMPARABLE = 16
"""Numbers that two outputs must have for their cosine to mean anything."""


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
        return max((layer.verdict for layer in self.layers), key=_gravity, default=Verdict.FINE)


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
    norm: bool
    forward: float
    cosine: float | None
    backward: float | None = None


def _run(model: nn.Module, given: Sequence[Tensor], seed: int) -> list[_Call]:
    calls: list[_Call] = []
    hooks = [
        module.register_forward_hook(_watcher(name, calls))
        for name, module in model.named_modules()
        if _is_norm(module) or (not any(module.children()) and any(True for _ in module.parameters(recurse=False)))
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


def _is_norm(module: nn.Module) -> bool:
    """Whether a module normalises, by the name of its class: hand-written ones are called so as well."""
    inner = (parameter for child in module.children() for parameter in child.parameters())
    return "norm" in type(module).__name__.lower() and next(inner, None) is None


def _watcher(name: str, calls: list[_Call]) -> Any:
    def watch(module: nn.Module, _: Any, output: Any) -> None:
        found = next(_tensors(output), None)
        if found is None or not found.is_floating_point() or not found.numel():
            return
        values = found.detach().float()
        call = _Call(name, type(module).__name__, _is_norm(module), float(values.square().mean()), _cosine(values))
        calls.append(call)
        if found.requires_grad:
            samples = found.shape[0] if found.dim() else 1

            def arrive(gradient: Tensor) -> None:
                call.backward = float(gradient.detach().float().square().sum()) / samples

            found.register_hook(arrive)

    return watch


def _judged(calls: Sequence[_Call], zeros: bool) -> Iterator[Layer]:
    """What is not finite is judged everywhere, the scale where nothing normalises it again, collapse over the whole."""
    verdicts = [Verdict.FINE] * len(calls)
    begin = max((place for place, call in enumerate(calls) if call.norm and _renewed(call)), default=0)
    verdicts[begin:] = _drifts(calls[begin:], zeros)
    for place in range(_first_alike(calls), len(calls)):
        if verdicts[place] is Verdict.FINE:
            verdicts[place] = Verdict.EXPLAINED if zeros else Verdict.COLLAPSED
    for call, verdict in zip(calls, verdicts, strict=True):
        broken = not math.isfinite(call.forward) or (call.backward is not None and not math.isfinite(call.backward))
        shown = Verdict.BROKEN if broken else verdict
        yield Layer(call.name, call.kind, call.forward, call.backward, call.cosine, shown)


def _renewed(call: _Call) -> bool:
    """Whether a normalisation gives a signal of its own scale: one that is too small for its epsilon stays small."""
    return call.forward > 1 / WARNING_FACTOR


def _drifts(calls: Sequence[_Call], zeros: bool) -> list[Verdict]:
    """Each layer against the first one whose output is not zero, forward, and against the last but one, backward.

    A signal that recovers on its way is the business of a branch, and fine: so no layer is judged worse than those that
    follow on the way to the end it runs to. The last layer alone may be of any scale: heads start small on purpose, and
    so does the gradient behind them.
    """
    inner = calls[:-1]
    reference = next((call.forward for call in inner if call.forward), 0.0)
    deep = len(inner) >= SHORTEST
    forward = [_drift(call.forward, reference, zeros, deep) for call in inner]
    reference = next((call.backward for call in reversed(inner) if call.backward), 0.0)
    backward = [_drift(call.backward, reference, zeros, deep) for call in inner]
    lasting = [*accumulate(reversed(forward), _milder)][::-1]
    worst = [max(pair, key=_gravity) for pair in zip(lasting, accumulate(backward, _milder), strict=True)]
    return [*worst, Verdict.FINE][: len(calls)]


def _first_alike(calls: Sequence[_Call]) -> int:
    """Where all outputs of two inputs are alike: behind the last one unless that is half the model."""
    known = [place for place, call in enumerate(calls) if call.cosine is not None and call.forward > 0]
    alike = [place for place in known if (calls[place].cosine or 0.0) > COLLAPSED]
    if len(known) < 2 or not set(known[len(known) // 2 :]) <= set(alike):
        return len(calls)
    return next(place for place in known if all(other in alike for other in known if other >= place))


_gravity = list(Verdict).index


def _milder(one: Verdict, other: Verdict) -> Verdict:
    return min(one, other, key=_gravity)


def _drift(value: float | None, reference: float, zeros: bool, deep: bool) -> Verdict:
    if value is None:
        return Verdict.FINE
    if not math.isfinite(value):
        return Verdict.BROKEN
    if value == 0 or reference == 0:
        return Verdict.EXPLAINED if zeros else Verdict.LOST
    ratio = max(value / reference, reference / value) if deep else 1.0
    if ratio > ERROR_FACTOR:
        return Verdict.LOST
    return Verdict.DRIFTS if ratio > WARNING_FACTOR else Verdict.FINE


def _cosine(values: Tensor) -> float | None:
    """The cosine of the first two samples; None for fewer, for few numbers, or where one of them is zero."""
    if values.dim() < 2 or values.shape[0] < 2 or values[0].numel() < COMPARABLE:
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
