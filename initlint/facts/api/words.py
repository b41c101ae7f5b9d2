"""The words that facts are read from; code without any of them, and what only such code names, can be left unparsed."""

from __future__ import annotations

import re

from initlint.facts.api.layers import BASES, LAYERS
from initlint.facts.api.modules import ITERATORS
from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS, METHODS

ACTIVATIONS = frozenset(
    {
        "relu", "relu_", "ReLU", "ReLU6", "relu6", "leaky_relu", "leaky_relu_", "LeakyReLU", "lrelu", "PReLU", "prelu",
        "RReLU", "rrelu", "ELU", "elu", "GELU", "gelu", "SiLU", "silu", "swish", "Swish", "SELU", "selu", "CELU",
        "Mish", "mish", "Tanh", "tanh", "Sigmoid", "sigmoid", "Hardswish", "hardswish", "Softplus", "softplus",
    }
)  # fmt: skip
"""Names under which activations are used: module types, functions, strings of a configuration."""

LEAKY = frozenset({"LeakyReLU", "leaky_relu", "leaky_relu_", "lrelu"})
"""Names of rectifiers with a slope."""

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

MODULE_CLASSES = frozenset({"Module", "super", "forward"})
"""Words of the classes of a file that are modules; the context of rules that ask which those are."""

GIVING = ITERATORS | {"apply"}
"""How functions are given modules; the context of rules that ask what a function is called with."""

PRODUCTS = frozenset(
    {
        *("@", "mm", "bmm", "spmm", "smm", "addmm", "baddbmm", "matmul", "einsum", "contract", "linear"),
        *("_grouped_mm", "grouped_mm", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))),
    }
)
"""How parameters are multiplied in functional code; the context of rules that ask for their uses."""

PACKED = ("LSTM", "GRU", "MultiheadAttention", "chunk")
"""Words without one of which a file stacks no gates or projections in one weight."""

FAN_NAME = re.compile(r"_?fan_?(in|out)_?")
"""Names of locals that say which fan they hold."""

LOADING = frozenset(
    {"load_state_dict", "_load_from_state_dict", "from_pretrained", "load_checkpoint", "load_pretrained"}
)
"""Functions and methods that take values from a checkpoint."""

_INIT_WORDS = ("init", "reset", "xavier", "kaiming", "normal", "uniform", "load", "copy")

_ROOTS = (
    "sqrt", "pow", "**0.5", "** 0.5", "**.5", "** .5", "**-0.5", "** -0.5", "**-.5", "** -.5", "(1/2)", "(1 / 2)",
)  # fmt: skip


def rooted(*words: str, beside: tuple[str, ...] = ()) -> tuple[tuple[str, ...], ...]:
    """Triggers for a scale that is written out by hand: one of the words, a root in the file, and what is beside it."""
    return tuple((word, *beside, root) for word in words for root in _ROOTS)


INIT_MODULE_USES: tuple[str | tuple[str, ...], ...] = (
    "nn.init.",
    "torch.init.",
    "init import",
    "init as",
    ("init.", "import init"),
    ("init.", ", init"),
)
"""Triggers for a use of `torch.nn.init`: `nn.init.f_(w)`, or `init.f_(w)` behind `from torch.nn import init`."""


def says_init(name: str) -> bool:
    """Whether the name of a function says that it may write first values."""
    return name != "__init__" and any(word in name.lower() for word in _INIT_WORDS)
