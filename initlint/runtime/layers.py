"""What each layer needs of its weight, beside what it got: the fan that counts, the gain of what follows.

With the table of what torch itself gives its layers, by execution of torch 2.13.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from initlint.runtime.evidence import Parameter, Traced
from initlint.runtime.flow import Flow, Follower, Use, by_parameter
from initlint.theory import laws as theory
from initlint.theory.gains import calculate_gain
from initlint.theory.laws import Law

NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LayerNorm,
    *((nn.RMSNorm,) if hasattr(nn, "RMSNorm") else ()),
)
"""Layers whose weight multiplies what they have normalised."""


@dataclass(frozen=True, slots=True)
class Need:
    """A parameter in a product of the forward pass, with the gain of the activation that follows, if torch knows one.

    `neighbours` are the parameters before and behind that only an activation lies between.
    """

    parameter: Parameter
    use: Use
    gain: float | None
    neighbours: frozenset[str] = frozenset()

    @property
    def std(self) -> float | None:
        """The standard deviation that the parameter was given."""
        moments = self.parameter.moments
        return moments.std if moments else None

    @property
    def needed(self) -> float | None:
        """gain / sqrt(fan_in), which keeps the signal's second moment: He et al. 2015."""
        return None if self.gain is None or not self.use.fan_in else self.gain / math.sqrt(self.use.fan_in)

    @property
    def ratio(self) -> float | None:
        """The standard deviation given over the one needed."""
        return self.std / self.needed if self.std is not None and self.needed else None

    @property
    def ratio_backward(self) -> float | None:
        """The same with fan_out, which keeps the second moment of the gradient."""
        if self.std is None or self.gain is None or not self.use.fan_out:
            return None
        return self.std * math.sqrt(self.use.fan_out) / self.gain


def needs(traced: Traced, flow: Flow) -> Iterator[Need]:
    """What every parameter in a product needs; those in several products that differ are left out."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for use in flow.uses:
        for other in use.fed_by:
            neighbours[use.parameter].add(other)
            neighbours[other].add(use.parameter)
    for name, uses in by_parameter(flow.uses).items():
        first = uses[0]
        followers = set[Follower]().union(*(use.followers for use in uses))
        if name not in traced or any((use.fan_in, use.matrices) != (first.fan_in, first.matrices) for use in uses):
            continue
        first.followers = followers
        yield Need(traced[name], first, _gain(first.follower), frozenset(neighbours[name]))


def _gain(follower: Follower | None) -> float | None:
    if follower is None or follower.name not in ("relu", "leaky_relu", "tanh", "sigmoid", "selu", "product"):
        return None
    return calculate_gain("linear" if follower.name in ("product", "selu") else follower.name, follower.slope)


def default_law(layer: nn.Module, name: str) -> Law | None:
    """The law that torch gives a parameter of a layer of torch itself; None without a default or without elements.

    Source: each `reset_parameters` of torch 2.13, executed.
    """
    tensor = getattr(layer, name)
    if not tensor.numel():
        return None
    if isinstance(layer, nn.Bilinear):
        return _bound(1 / math.sqrt(layer.in1_features))
    if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
        attention_output = type(layer).__name__ == "NonDynamicallyQuantizableLinear" and name == "bias"
        return theory.constant(0.0) if attention_output else _bound(1 / math.sqrt(_fan_in(layer)))
    if isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        return theory.normal(0.0, 1.0)
    if isinstance(layer, NORMS):
        return theory.constant(1.0 if name == "weight" else 0.0)
    if isinstance(layer, nn.PReLU):
        return theory.constant(0.25)
    if isinstance(layer, nn.RNNBase | nn.RNNCellBase):
        return _bound(1 / math.sqrt(layer.hidden_size))
    if isinstance(layer, nn.MultiheadAttention):
        return _attention(name, tensor.shape)
    return None


def _attention(name: str, shape: Sequence[int]) -> Law:
    if name == "in_proj_bias":
        return theory.constant(0.0)
    receptive_field = math.prod(shape[2:])
    fans = shape[1] * receptive_field, shape[0] * receptive_field
    if name in ("bias_k", "bias_v"):
        return theory.normal(0.0, theory.xavier_std(*fans))
    return _bound(theory.xavier_bound(*fans))


def _fan_in(layer: nn.Module) -> int:
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    return math.prod(weight.shape[1:])


def _bound(bound: float) -> Law:
    return theory.uniform(-bound, bound)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A parameter of an untouched torch layer whose traced law is not the one of the table."""

    parameter: Parameter
    expected: Law


def default_mismatches(traced: Traced) -> Iterator[Mismatch]:
    """The parameters of torch's own layers that torch initialised otherwise than `default_law` says."""
    for prefix, layer in traced.model.named_modules():
        for name, tensor in layer.named_parameters(recurse=False):
            parameter = traced[f"{prefix}.{name}" if prefix else name]
            if parameter.lazy or not tensor.numel() or not (parameter.default or parameter.write is None):
                continue
            expected = default_law(layer, name)
            if expected is not None and not _same(parameter.law.law, expected):
                yield Mismatch(parameter, expected)


def _same(found: Law, expected: Law) -> bool:
    pairs = zip(found.parameters, expected.parameters, strict=False)
    return found.kind is expected.kind and all(math.isclose(one, other, rel_tol=1e-9) for one, other in pairs)
