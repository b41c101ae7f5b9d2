"""Fit: which initialisation a tensor can come from when nothing says so, a checkpoint say.

The answer is a confidence set: every law that the numbers do not reject. Several initialisers are one law on a square
matrix, and small tensors cannot tell neighbours apart, so the set has several members more often than not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from initlint.runtime.measure import pvalues, structure
from initlint.runtime.measure.examine import EXACT, LEVEL, TOLERANCES, Tolerance
from initlint.runtime.measure.nulls import Array, Null, null_of
from initlint.runtime.measure.record import Record, record
from initlint.theory import laws
from initlint.theory.fans import fan_in_and_fan_out
from initlint.theory.gains import calculate_gain
from initlint.theory.laws import EYE, Law, kaiming_bound, kaiming_std, xavier_bound, xavier_std

STDS = (0.001, 0.005, 0.006, 0.01, 0.02, 0.05, 0.1, 1.0)
"""Fixed standard deviations in use, those of GPT-2, BERT and DeepSeek among them."""

BOUNDS = (0.05, 0.08, 0.1, 1.0)
"""Fixed bounds of uniform laws in use."""

_GAINS: Mapping[str, float] = {
    "linear": 1.0,
    "relu": calculate_gain("relu"),
    "leaky_relu, a=0.01": calculate_gain("leaky_relu", 0.01),
    "leaky_relu, a=0.1": calculate_gain("leaky_relu", 0.1),
    "leaky_relu, a=0.2": calculate_gain("leaky_relu", 0.2),
    "tanh": calculate_gain("tanh"),
    "selu": calculate_gain("selu"),
}
_XAVIER_GAINS = ("linear", "relu", "tanh")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A law that a tensor may follow, with every initialiser that gives it for this shape, and the smallest p-value."""

    law: Law
    names: tuple[str, ...]
    worst: float

    def __str__(self) -> str:
        return " = ".join(self.names)


def fit(tensor: Tensor, beside: tuple[int, ...] | None = None, level: float = LEVEL) -> tuple[Candidate, ...]:
    """The laws that a tensor does not reject, the best first; empty where it rejects all that are known.

    `beside` is the shape of the weight that a bias stands beside. `level` bounds the chance that the truth is left out.
    Raises ValueError for a tensor that is not floating point or holds no entries.
    """
    values = tensor.detach()
    if not values.is_floating_point() or not values.numel():
        raise ValueError("a tensor of floating-point numbers is needed")
    fixed = _structure(values)
    if fixed is not None:
        return (fixed,)
    found = record(values, bins=False)
    if found.broken:
        return ()
    ordered = _sample(values)
    tolerance = TOLERANCES.get(values.dtype, TOLERANCES[torch.float32])
    names: dict[Law, list[str]] = {}
    for name, law in _candidates(tuple(values.shape), beside):
        same = Law(law.kind, tuple(float(f"{parameter:.12g}") for parameter in law.parameters))
        names.setdefault(same, []).append(name)
    kept = [
        Candidate(law, tuple(dict.fromkeys(alike)), worst)
        for law, alike in names.items()
        if (null := null_of(law)) is not None and (worst := _worst(found, ordered, null, tolerance, level)) > level
    ]
    return tuple(sorted(kept, key=lambda each: (-each.worst, each.names)))


def _structure(values: Tensor) -> Candidate | None:
    """A law that fixes every entry, or the relations between them."""
    first = float(values.reshape(-1)[0])
    fixed: list[tuple[str, Law]] = [("zeros_" if first == 0 else f"constant_({first:g})", laws.constant(first))]
    if values.dim() == 2:
        fixed.append(("eye_", EYE))
    if values.dim() in (3, 4, 5):
        fixed += [(f"dirac_(groups={n})" if n > 1 else "dirac_", laws.dirac(n)) for n in (1, 2, values.shape[0])]
    for name, law in fixed:
        if structure.mismatch(values, law) is None:
            return Candidate(law, (name,), 1.0)
    if values.dim() < 2:
        return None
    gain = float(values.double().square().sum().sqrt()) / math.sqrt(min(values.shape[0], values[0].numel()))
    if min(values.shape[0], values[0].numel()) > 1 and structure.mismatch(values, laws.orthogonal(gain)) is None:
        return Candidate(laws.orthogonal(gain), (f"orthogonal_(gain={gain:.4g})",), 1.0)
    if values.dim() == 2 and (sparsity := _sparsity(values)) is not None:
        drawn = values[values != 0]
        std = float(drawn.double().square().mean().sqrt())
        return Candidate(laws.sparse(sparsity, std), (f"sparse_({sparsity:.3g}, std≈{std:.2g})",), 1.0)
    return None


def _sparsity(values: Tensor) -> float | None:
    """The share of zeros where every column has the same number of them, and at least one."""
    zeros = (values == 0).sum(0)
    low, high = int(zeros.min()), int(zeros.max())
    return low / values.shape[0] if 0 < low == high < values.shape[0] else None


def _sample(values: Tensor) -> Array:
    """Entries for the test of the shape: all of a small tensor, evenly spaced ones of a large one, in order."""
    flat = values.reshape(-1)
    step = max(1, flat.numel() // EXACT)
    return np.sort(flat[::step].double().cpu().numpy())


def _worst(found: Record, ordered: Array, null: Null, tolerance: Tolerance, level: float) -> float:
    """The smallest p-value of a candidate of mean 0; the tests stop at the first that rejects."""
    count, std = found.finite, null.std
    worst = pvalues.mean(null, count, (found.mean - null.mean) / std, tolerance.mean)
    square = found.mean_square - 2 * null.mean * found.mean + null.mean**2
    if worst > level:
        worst = min(worst, pvalues.variance(null, count, square / std**2, tolerance.std))
    if worst > level:
        extreme = max(found.high - null.mean, null.mean - found.low) / std
        worst = min(worst, pvalues.extreme(null, count, extreme, tolerance.extreme))
    if worst > level:
        spread = float(np.clip(math.sqrt(square) / std, 1 - tolerance.std, 1 + tolerance.std))
        levels = null.cdf((ordered - null.mean) / spread + null.mean)
        worst = min(worst, pvalues.anderson_darling(pvalues.anderson_darling_statistic(levels)))
    return worst


def _candidates(shape: tuple[int, ...], beside: tuple[int, ...] | None) -> Iterator[tuple[str, Law]]:
    """Name and law of every initialiser for a shape."""
    for std in STDS:
        yield f"normal_(std={std:g})", laws.normal(0.0, std)
        yield f"trunc_normal_(std={std:g})", _normal_within(std, 2.0 / std)
        for cut in (2, 3):
            yield f"trunc_normal_(std={std:g}) within ±{cut} std", _normal_within(std, cut)
    for bound in BOUNDS:
        yield f"uniform_(±{bound:g})", laws.uniform(-bound, bound)
    if len(shape) >= 2:
        yield from _by_fan(shape)
    elif beside is not None and len(beside) >= 2:
        bound = 1 / math.sqrt(fan_in_and_fan_out(beside)[0])
        yield "uniform_(±1/sqrt(fan_in)), torch's default", laws.uniform(-bound, bound)
    if len(shape) in (1, 2) and shape[0] % 4 == 0:
        bound = 1 / math.sqrt(shape[0] // 4)
        yield "uniform_(±1/sqrt(hidden_size)), torch's default of an LSTM", laws.uniform(-bound, bound)


def _by_fan(shape: tuple[int, ...]) -> Iterator[tuple[str, Law]]:
    fan_in, fan_out = fan_in_and_fan_out(shape)
    bound = 1 / math.sqrt(fan_in)
    yield "kaiming_uniform_(a=sqrt(5)), torch's default", laws.uniform(-bound, bound)
    for mode, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        for name, gain in _GAINS.items():
            bound, std = kaiming_bound(gain, fan), kaiming_std(gain, fan)
            yield f"kaiming_normal_({mode}, {name})", laws.normal(0.0, std)
            yield f"kaiming_uniform_({mode}, {name})", laws.uniform(-bound, bound)
    for name in _XAVIER_GAINS:
        gain = _GAINS[name]
        bound = xavier_bound(fan_in, fan_out, gain)
        label = "" if name == "linear" else f"gain of {name}"
        yield f"xavier_normal_({label})", laws.normal(0.0, xavier_std(fan_in, fan_out, gain))
        yield f"xavier_uniform_({label})", laws.uniform(-bound, bound)
    cut = laws.truncated_normal_moments(0.0, 1.0, -2.0, 2.0).std
    for name, variance in (("lecun", 1.0), ("he", 2.0)):
        yield f"{name}_normal of JAX, truncated and corrected", _normal_within(math.sqrt(variance / fan_in) / cut, 2)


def _normal_within(std: float, cut: float) -> Law:
    """N(0, std²) within so many standard deviations."""
    return laws.truncated_normal(0.0, std, -cut * std, cut * std) if cut < 8.5 else laws.normal(0.0, std)
