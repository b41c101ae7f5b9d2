"""The words that facts are read from; code without any of them, and what only such code names, can be left unparsed."""

from __future__ import annotations

from initlint.facts.layers import BASES, LAYERS
from initlint.facts.torch_init import DEPRECATED, INITIALIZERS, METHODS

ACTIVATIONS = frozenset(
    {
        "relu", "relu_", "ReLU", "ReLU6", "relu6", "leaky_relu", "leaky_relu_", "LeakyReLU", "lrelu", "PReLU", "prelu",
        "RReLU", "rrelu", "ELU", "elu", "GELU", "gelu", "SiLU", "silu", "swish", "Swish", "SELU", "selu", "CELU",
        "Mish", "mish", "Tanh", "tanh", "Sigmoid", "sigmoid", "Hardswish", "hardswish", "Softplus", "softplus",
    }
)  # fmt: skip
"""Names under which activations are used: module types, functions, strings of a configuration."""

REPARAMETRISING = frozenset({"weight_norm", "spectral_norm", "orthogonal", "prune", "parametrizations"})

CONTEXT = frozenset(
    {
        *LAYERS,
        *BASES,
        *INITIALIZERS,
        *DEPRECATED,
        *METHODS,
        *ACTIVATIONS,
        *REPARAMETRISING,
        *("calculate_gain", "apply", "Parameter", "init", "weight", "bias", "parameters", "named_parameters"),
        *("modules", "children", "named_modules", "fan_in", "fan_out", "register_parameter"),
    }
)
