"""Gains of nonlinearities, as `torch.nn.init.calculate_gain` defines them."""

from __future__ import annotations

import math
from types import MappingProxyType

NONLINEARITIES = (
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
)
"""The names that `calculate_gain` accepts, case-sensitive (torch 2.13)."""

DEFAULT_SLOPE = 0.01
"""The negative slope of `calculate_gain('leaky_relu')` and of `torch.nn.LeakyReLU()`.

`kaiming_*` has another default: `a=0`.
"""

_GAINS = dict.fromkeys(NONLINEARITIES, 1.0) | {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}

_ALIASES = {
    "lrelu": "leaky_relu",
    "leaky": "leaky_relu",
    "leakyrectifier": "leaky_relu",
    "rectifier": "relu",
    "rectify": "relu",
    "identity": "linear",
    "logistic": "sigmoid",
    "fc": "linear",
    "conv": "conv2d",
    "convtranspose": "conv_transpose2d",
    "deconv": "conv_transpose2d",
    "deconv1d": "conv_transpose1d",
    "deconv2d": "conv_transpose2d",
    "deconv3d": "conv_transpose3d",
}

NEAREST_GAIN = MappingProxyType(
    {
        "celu": "relu",
        "elu": "relu",
        "gelu": "relu",
        "glu": "sigmoid",
        "hardsigmoid": "sigmoid",
        "hardswish": "relu",
        "hardtanh": "tanh",
        "logsigmoid": "relu",
        "mish": "relu",
        "prelu": "leaky_relu",
        "quickgelu": "relu",
        "relu6": "relu",
        "rrelu": "leaky_relu",
        "silu": "relu",
        "softmax": "linear",
        "softplus": "relu",
        "softsign": "tanh",
        "swish": "relu",
    }
)
"""Activations that have no gain in torch, in the spelling of `plain`, and the accepted name whose shape is nearest."""


def calculate_gain(nonlinearity: str, slope: float | None = None) -> float:
    """The factor on the standard deviation for a nonlinearity; `slope` is read for `leaky_relu` only, default 0.01.

    Raises ValueError for a name that torch does not accept and for a slope that is no float or int.
    """
    if nonlinearity == "leaky_relu":
        return leaky_relu_gain(DEFAULT_SLOPE if slope is None else slope)
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def leaky_relu_gain(slope: float) -> float:
    """sqrt(2 / (1 + slope²)): He et al. 2015, "Delving Deep into Rectifiers", equation 15.

    Raises ValueError for a slope that torch refuses: booleans and whatever is no float or int.
    """
    if isinstance(slope, bool) or not isinstance(slope, int | float):
        raise ValueError(f"negative_slope {slope} not a valid number")
    return math.sqrt(2.0 / (1 + slope**2))


def gain_error(slope_used: float, slope_meant: float, layers: int = 1) -> float:
    """The factor on the signal's standard deviation after some layers: 1.0198 for slope 0 where 0.2 was meant."""
    return (leaky_relu_gain(slope_used) / leaky_relu_gain(slope_meant)) ** layers


def plain(name: str) -> str:
    """A name without case, separators and module path: `nn.LeakyReLU` and `leaky-relu` are `leakyrelu`."""
    last = name.strip().rpartition(".")[2]
    return "".join(letter for letter in last.casefold() if letter.isalnum())


def canonical(name: str) -> str | None:
    """The accepted name that another spelling can only mean: `leaky_relu` for `LeakyReLU`, `lrelu`, `leaky-relu`."""
    if name in _GAINS:
        return name
    return _SPELLINGS.get(plain(name))


def nearest(name: str) -> str | None:
    """For an activation without a gain in torch, the accepted name to take instead: `relu` for `gelu`."""
    return NEAREST_GAIN.get(plain(name))


_SPELLINGS = {plain(name): name for name in NONLINEARITIES} | _ALIASES
