"""What the entries of a live tensor were drawn from: a law of `initlint.theory` and the operations that followed.

Scaling and shifting are absorbed by the law, so `randn(n) * 0.02` is normal(0, 0.02) and `uniform_(-1, 1).erfinv_()` is
a normal law; what no law absorbs stays in the chain, through which quantiles are pushed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch

from initlint.theory import laws as theory
from initlint.theory.laws import Law, LawKind, Moments

_NODES = 1 << 16
"""Quantiles that carry a law through its chain."""

_CHAIN = 24
"""Operations that a chain holds before its law counts as unknown."""

_CUT = 1e-9
"""The mass that clamping may cut off without leaving atoms at the bounds that anyone could see."""


_RANDOM = frozenset({LawKind.NORMAL, LawKind.UNIFORM, LawKind.TRUNCATED_NORMAL, LawKind.ORTHOGONAL, LawKind.SPARSE})


@dataclass(frozen=True, slots=True)
class Step:
    """An elementwise operation: an aten overload, and its arguments with a gap where the tensor stands."""

    function: Any
    position: int
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The name of the operation without its namespace and the mark of in-place ones: `mul`."""
        return str(self.function.overloadpacket.__name__).rstrip("_")

    def apply(self, values: torch.Tensor) -> torch.Tensor:
        """The operation on other values, which it may overwrite."""
        arguments = [each.apply(values.clone()) if isinstance(each, Branch) else each for each in self.arguments]
        arguments[self.position] = values
        result: torch.Tensor = self.function(*arguments, **dict(self.keywords))
        return result

    def number(self, keyword: str, index: int) -> float | None:
        """An argument that is a number."""
        value = self.arguments[index] if index < len(self.arguments) else dict(self.keywords).get(keyword)
        return float(value) if isinstance(value, int | float) else None

    def __str__(self) -> str:
        numbers = [
            *self.arguments[: self.position],
            *self.arguments[self.position + 1 :],
            *dict(self.keywords).values(),
        ]
        shown = (f"{each:.5g}" if isinstance(each, float) else str(each) for each in numbers)
        return f"{self.name}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Branch:
    """A second operand that is computed from the first: `x + log(-expm1(-x))`."""

    steps: tuple[Step, ...]

    def apply(self, values: torch.Tensor) -> torch.Tensor:
        """The operand for other values, which it may overwrite."""
        for step in self.steps:
            values = step.apply(values)
        return values

    def __str__(self) -> str:
        return " | ".join(map(str, self.steps))


@dataclass(slots=True, unsafe_hash=True)
class TracedLaw:
    """The law of a tensor's entries; not to be changed, but not frozen, which would triple the time to make one.

    `written` is false for memory that nothing wrote and for what was computed from it. `reason` says why a law is
    unknown. `draw` numbers the random draw: tensors of one draw are equal. `independent` is false where entries repeat
    each other.
    """

    law: Law
    chain: tuple[Step, ...] = ()
    written: bool = True
    reason: str = ""
    independent: bool = True
    draw: int | None = field(default=None, compare=False)

    @property
    def known(self) -> bool:
        """Whether it is settled what the entries are: drawn from a law, or given data."""
        return self.law.kind is not LawKind.UNKNOWN

    @property
    def random(self) -> bool:
        """Whether the entries were drawn at random, as far as is known."""
        return self.draw is not None or self.law.kind in _RANDOM

    @property
    def value(self) -> float | None:
        """The value of a constant."""
        return self.law.parameters[0] if self.law.kind is LawKind.CONSTANT and not self.chain else None

    def moments(self, shape: Sequence[int] = ()) -> Moments | None:
        """Mean and standard deviation of the entries; None where they are not known."""
        if not self.chain:
            try:
                return self.law.moments(shape)
            except ValueError:
                return None
        values = self.quantiles(_midpoints())
        if values is None or not bool(values.isfinite().all()):
            return None
        return Moments(float(values.mean()), float(values.std(correction=0)))

    def quantiles(self, probabilities: torch.Tensor) -> torch.Tensor | None:
        """The quantiles of the law pushed through the chain, sorted; None for a law without a distribution function.

        Exact where the chain is monotone; otherwise a sample of equal weights for equally spaced probabilities.
        """
        values = _quantiles(self.law, probabilities.to(torch.float64))
        if values is None:
            return None
        for step in self.chain:
            values = step.apply(values)
        return values.sort().values

    def branch_to(self, other: TracedLaw) -> Branch | None:
        """How other values of the same draw were computed from these; None where they were not."""
        same = self.draw is not None and self.draw == other.draw and self.law == other.law
        begun = len(self.chain)
        if not same or len(other.chain) <= begun or other.chain[:begun] != self.chain:
            return None
        return Branch(other.chain[begun:])

    def then(self, step: Step) -> TracedLaw:
        """The law after an elementwise operation."""
        if self.law.kind in (LawKind.UNKNOWN, LawKind.COPY):
            return self
        if self.value is not None:
            return replace(self, law=theory.constant(float(step.apply(torch.tensor(self.value, dtype=torch.float64)))))
        absorbed = None if self.chain else _absorbed(self.law, step)
        if absorbed is not None:
            return TracedLaw(absorbed, (), self.written, self.reason, self.independent, self.draw)
        if len(self.chain) >= _CHAIN:
            return unknown("a long chain of operations", written=self.written, draw=self.draw)
        return replace(self, chain=(*self.chain, step))

    def __str__(self) -> str:
        if not self.written:
            return "uninitialised"
        base = f"unknown: {self.reason}" if self.law.kind is LawKind.UNKNOWN and self.reason else str(self.law)
        return " | ".join((base, *map(str, self.chain)))


UNWRITTEN = TracedLaw(theory.UNKNOWN, written=False)
GIVEN = TracedLaw(theory.COPY)
"""Values that were not drawn under the trace: literals, files, numpy, what existed before."""


def unknown(reason: str, *, written: bool = True, draw: int | None = None) -> TracedLaw:
    """A law that the trace cannot tell."""
    return TracedLaw(theory.UNKNOWN, written=written, reason=reason, draw=draw)


@lru_cache(1024)
def constant(value: float) -> TracedLaw:
    """The same value everywhere."""
    return TracedLaw(theory.constant(value))


_ABSORBED: dict[tuple[Law, int, tuple[Any, ...]], Law | None] = {}


def _absorbed(law: Law, step: Step) -> Law | None:
    """As `_absorb`, which is asked once where the same numbers follow the same law."""
    if step.keywords or step.position:
        return _absorb(law, step)
    place = (law, id(step.function), step.arguments)
    if place not in _ABSORBED:
        _ABSORBED[place] = _absorb(law, step)
    return _ABSORBED[place]


def _absorb(law: Law, step: Step) -> Law | None:
    """The law after a step, where it is again one of theory's."""
    first = step.position == 0
    other = step.number("other", 1 if first else 0)
    match step.name:
        case "mul" if other is not None:
            return _affine(law, other, 0.0)
        case "div" if other and first and not step.keywords:
            return _affine(law, 1 / other, 0.0)
        case "neg":
            return _affine(law, -1.0, 0.0)
        case "add" if other is not None and not step.keywords:
            return _affine(law, 1.0, other)
        case "sub" if other is not None and not step.keywords:
            return _affine(law, 1.0, -other) if first else _affine(law, -1.0, other)
        case "rsub" if other is not None and not step.keywords:
            return _affine(law, -1.0, other)
        case "clamp" | "hardtanh":
            low, high = step.number("min", 1), step.number("max", 2)
            return _clamped(law, -math.inf if low is None else low, math.inf if high is None else high)
        case "clamp_min":
            return _clamped(law, step.number("min", 1) or 0.0, math.inf)
        case "clamp_max":
            return _clamped(law, -math.inf, step.number("max", 1) or 0.0)
        case "erfinv":
            return _erfinv(law)
    return None


def _affine(law: Law, scale: float, shift: float) -> Law | None:
    """The law of `scale * x + shift`."""
    if scale == 0:
        return theory.constant(shift)
    match law.kind, law.parameters:
        case LawKind.NORMAL, (mean, std):
            return theory.normal(scale * mean + shift, abs(scale) * std)
        case LawKind.UNIFORM, (a, b):
            return theory.uniform(*sorted((scale * a + shift, scale * b + shift)))
        case LawKind.TRUNCATED_NORMAL, (mean, std, a, b):
            low, high = sorted((scale * a + shift, scale * b + shift))
            return theory.truncated_normal(scale * mean + shift, abs(scale) * std, low, high)
        case LawKind.ORTHOGONAL, (gain,) if not shift:
            return theory.orthogonal(abs(scale) * gain)
        case LawKind.SPARSE, (sparsity, std) if not shift:
            return theory.sparse(sparsity, abs(scale) * std)
    return None


def _clamped(law: Law, low: float, high: float) -> Law | None:
    """The law between bounds, where they cut off next to nothing."""
    match law.kind, law.parameters:
        case LawKind.UNIFORM, (a, b) if max(0.0, low - a) + max(0.0, b - high) <= _CUT * (b - a):
            return law
        case LawKind.NORMAL, (mean, std) if 1 - theory.mass(mean, std, low, high) < _CUT:
            return theory.truncated_normal(mean, std, low, high)
        case LawKind.TRUNCATED_NORMAL, (mean, std, a, b):
            inner, outer = max(a, low), min(b, high)
            if inner < outer and theory.mass(mean, std, inner, outer) >= (1 - 1e-5) * theory.mass(mean, std, a, b):
                return theory.truncated_normal(mean, std, inner, outer)
    return None


def _erfinv(law: Law) -> Law | None:
    """The inverse error function of U(p, q): N(0, 1/2) between its values at p and q."""
    match law.kind, law.parameters:
        case LawKind.UNIFORM, (a, b) if -1 <= a < b <= 1:
            low, high = torch.special.erfinv(torch.tensor((a, b), dtype=torch.float64)).tolist()
            if math.isinf(low) and math.isinf(high):
                return theory.normal(0.0, math.sqrt(0.5))
            return theory.truncated_normal(0.0, math.sqrt(0.5), low, high)
    return None


def _quantiles(law: Law, probabilities: torch.Tensor) -> torch.Tensor | None:
    match law.kind, law.parameters:
        case LawKind.NORMAL, (mean, std):
            drawn: torch.Tensor = mean + std * torch.special.ndtri(probabilities)
            return drawn
        case LawKind.UNIFORM, (a, b):
            return a + (b - a) * probabilities
        case LawKind.TRUNCATED_NORMAL, (mean, std, a, b):
            bounds = torch.tensor(((a - mean) / std, (b - mean) / std), dtype=torch.float64)
            low, high = torch.special.ndtr(bounds).tolist()
            between: torch.Tensor = mean + std * torch.special.ndtri(low + (high - low) * probabilities)
            return between
        case LawKind.CONSTANT, (value,):
            return torch.full_like(probabilities, value)
    return None


def _midpoints() -> torch.Tensor:
    return (torch.arange(_NODES, dtype=torch.float64) + 0.5) / _NODES
