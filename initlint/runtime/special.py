"""Judges weights that are wrong for the kind of layer that holds them, whatever flows through it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from initlint.runtime.evidence import Parameter, Traced
from initlint.runtime.layers import NORMS
from initlint.runtime.verdicts import Verdict
from initlint.theory.laws import LawKind

_GATES = {nn.LSTM: 4, nn.GRU: 3, nn.LSTMCell: 4, nn.GRUCell: 3}


def judge(traced: Traced) -> Iterator[Verdict]:
    """Verdicts about parameters that the user's code initialised."""
    for prefix, module in traced.model.named_modules():
        for name, tensor in module.named_parameters(recurse=False):
            path = f"{prefix}.{name}" if prefix else name
            parameter = traced.get(path)
            if parameter is None or parameter.lazy or parameter.default or not tensor.dim():
                continue
            if isinstance(module, NORMS) and name == "weight":
                yield from _norm_weight(parameter)
            elif isinstance(module, nn.modules.conv._ConvNd) and name == "weight":
                yield from _dirac(parameter, module.groups)
            yield from _packed(parameter, module, name)
            if tensor.dim() > 1:
                yield from _constant_weight(parameter)
        yield from _forget_biases(traced, prefix, module)


def _norm_weight(parameter: Parameter) -> Iterator[Verdict]:
    """A gain around 0: the signal is multiplied by noise."""
    moments = parameter.moments
    if moments is None or not moments.std or abs(moments.mean) > 0.1 * moments.std:
        return
    code = "INI307" if parameter.law.law.kind is LawKind.UNIFORM else "INI801"
    message = f"{parameter.name} multiplies a normalised signal; it is {parameter.law}, around 0 and not around 1"
    yield Verdict(code, parameter.site, message, parameter.name)


def _constant_weight(parameter: Parameter) -> Iterator[Verdict]:
    """Units that start equal and stay so."""
    value = parameter.law.value
    if value and not parameter.pieces and parameter.write is not None and min(parameter.shape[:2]) > 1:
        message = f"every element of {parameter.name} {parameter.shape} is {value:g}: its units stay equal"
        yield Verdict("INI804", parameter.site, message, parameter.name)


def _dirac(parameter: Parameter, groups: int) -> Iterator[Verdict]:
    """`dirac_` without the groups of the convolution."""
    write = parameter.write
    if write is not None and write.call == "dirac_" and groups > 1 and write.arguments["groups"] == 1:
        kept = min(parameter.shape[0], parameter.shape[1])
        message = f"dirac_ of {parameter.name} without groups={groups} hands on {kept} of {parameter.shape[0]} channels"
        yield Verdict("INI303", parameter.site, message, parameter.name)


def _packed(parameter: Parameter, module: nn.Module, name: str) -> Iterator[Verdict]:
    """One initialiser over the stacked matrices of all gates, or of query, key and value."""
    write = parameter.write
    packed = _GATES.get(type(module)) if name.startswith("weight_") else None
    if isinstance(module, nn.MultiheadAttention) and name == "in_proj_weight":
        packed = 3
    if packed is None or write is None or not write.whole:
        return
    if write.call == "eye_":
        message = f"eye_ of {parameter.name} {parameter.shape} fills the first of {packed} gates and zeroes the others"
        yield Verdict("INI209", parameter.site, message, parameter.name)
    elif write.call.startswith(("orthogonal", "xavier")):
        message = f"{write.call} treats the {packed} matrices in {parameter.name} {parameter.shape} as one"
        yield Verdict("INI212", parameter.site, message, parameter.name)


def _forget_biases(traced: Traced, prefix: str, module: nn.Module) -> Iterator[Verdict]:
    """The forget gate of both biases of an LSTM set: they are added."""
    if not isinstance(module, nn.LSTM | nn.LSTMCell):
        return
    size = module.hidden_size
    for name, _ in module.named_parameters(recurse=False):
        if not name.startswith("bias_ih"):
            continue
        both = [traced[f"{prefix}.{each}" if prefix else each] for each in (name, name.replace("_ih", "_hh"))]
        values = [_forget_value(each, size) for each in both]
        if values[0] and values[1]:
            message = f"the forget gate gets {values[0]:g} in {both[0].name} and {values[1]:g} in {both[1].name}"
            site = both[1].pieces[-1].write.site if both[1].pieces and both[1].pieces[-1].write else both[1].site
            yield Verdict("INI805", site, f"{message}: they are added", both[1].name)


def _forget_value(parameter: Parameter, size: int) -> float | None:
    for piece in parameter.pieces:
        if piece.view.offset == size and piece.view.shape == (size,):
            return piece.law.value
    return None
