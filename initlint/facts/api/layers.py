"""The layer table: what matters here of the `torch.nn` module types, as data (torch 2.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class LayerKind(StrEnum):
    """What a layer does, as coarsely as initialisation needs it."""

    LINEAR = "linear"
    CONV = "conv"
    NORM = "norm"
    EMBEDDING = "embedding"
    RECURRENT = "recurrent"
    ATTENTION = "attention"
    ACTIVATION = "activation"
    CONTAINER = "container"
    COMPOSITE = "composite"


@dataclass(frozen=True, slots=True)
class Layer:
    """A `torch.nn` module type.

    `weight_dims` and `bias_dims` are numbers of dimensions, None where the type has no such attribute (or where it is
    no tensor: `LSTM.bias` is a bool). `weight_flag` and `bias_flag` name the constructor argument without which the
    attribute is None, `*_default` is its default. `default_init` says what the constructor draws.
    """

    name: str
    kind: LayerKind
    parameters: tuple[str, ...] = ()
    weight_dims: int | None = None
    bias_dims: int | None = None
    transposed: bool = False
    weight_flag: str | None = None
    bias_flag: str | None = None
    flag_default: bool = True
    default_init: str = ""

    @property
    def qualified(self) -> str:
        """`torch.nn.Conv2d`."""
        return f"torch.nn.{self.name}"

    @property
    def default_law(self) -> str:
        """What the constructor draws, without the definition of the fan."""
        return self.default_init.partition(", fan_in =")[0].partition(", size(1) =")[0]

    @property
    def spatial(self) -> int:
        """Number of kernel dimensions; 0 for everything that is no convolution."""
        return self.weight_dims - 2 if self.kind is LayerKind.CONV and self.weight_dims else 0

    def dims(self, attribute: str) -> int | None:
        """Dimensions of `weight` or `bias`; None for anything else or where the layer has none."""
        return {"weight": self.weight_dims, "bias": self.bias_dims}.get(attribute)

    def flags(self, attribute: str) -> Mapping[str, bool]:
        """The constructor arguments without which `weight` or `bias` is None, all of them, with their defaults."""
        flag = {"weight": self.weight_flag, "bias": self.bias_flag}.get(attribute)
        found = {flag: self.flag_default} if flag is not None else {}
        return found | {"bias": True} if found and attribute == "bias" else found


_FAN_IN_UNIFORM = "weight and bias U(±1/sqrt(fan_in)), fan_in = in/groups * kernel"
_TRANSPOSED_UNIFORM = "weight and bias U(±1/sqrt(size(1) * kernel)), size(1) = out/groups"
_HIDDEN_UNIFORM = "every weight and bias U(±1/sqrt(hidden_size))"
_ONE_ZERO = "weight 1, bias 0"


def _convs() -> list[Layer]:
    head, tail = ("in_channels", "out_channels", "kernel_size", "stride", "padding"), ("padding_mode",)
    plain = (*head, "dilation", "groups", "bias", *tail)
    turned = (*head, "output_padding", "groups", "bias", "dilation", *tail)
    found = []
    for spatial in (1, 2, 3):
        for lazy in ("", "Lazy"):
            for turn, parameters, default in (("", plain, _FAN_IN_UNIFORM), ("Transpose", turned, _TRANSPOSED_UNIFORM)):
                layer = Layer(
                    f"{lazy}Conv{turn}{spatial}d",
                    LayerKind.CONV,
                    parameters[1:] if lazy else parameters,
                    weight_dims=spatial + 2,
                    bias_dims=1,
                    transposed=bool(turn),
                    bias_flag="bias",
                    default_init=default,
                )
                found.append(layer)
    return found


def _norms() -> list[Layer]:
    batch = ("num_features", "eps", "momentum", "affine", "track_running_stats")

    def norm(name: str, parameters: tuple[str, ...], flag: str, *, default: bool = True, bias: bool = True) -> Layer:
        return Layer(
            name,
            LayerKind.NORM,
            parameters,
            weight_dims=1,
            bias_dims=1 if bias else None,
            weight_flag=flag,
            bias_flag=flag if bias else None,
            flag_default=default,
            default_init=_ONE_ZERO if default else "no weight, no bias unless affine",
        )

    found = [norm(f"BatchNorm{n}d", batch, "affine") for n in (1, 2, 3)]
    found += [norm(f"LazyBatchNorm{n}d", batch[1:], "affine") for n in (1, 2, 3)]
    found += [norm(f"InstanceNorm{n}d", batch, "affine", default=False) for n in (1, 2, 3)]
    found += [norm(f"LazyInstanceNorm{n}d", batch[1:], "affine") for n in (1, 2, 3)]
    found += [
        norm("SyncBatchNorm", (*batch, "process_group"), "affine"),
        norm("GroupNorm", ("num_groups", "num_channels", "eps", "affine"), "affine"),
        norm("LayerNorm", ("normalized_shape", "eps", "elementwise_affine", "bias"), "elementwise_affine"),
        norm("RMSNorm", ("normalized_shape", "eps", "elementwise_affine"), "elementwise_affine", bias=False),
    ]
    return found


def _recurrent() -> list[Layer]:
    stacked = (
        "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size",
    )  # fmt: skip
    simple = ("input_size", "hidden_size", "num_layers", "nonlinearity", "bias", "batch_first", "dropout")
    cell = ("input_size", "hidden_size", "bias")
    table = {"RNN": simple, "LSTM": stacked, "GRU": stacked, "RNNCell": cell, "LSTMCell": cell, "GRUCell": cell}
    return [Layer(name, LayerKind.RECURRENT, args, default_init=_HIDDEN_UNIFORM) for name, args in table.items()]


_OTHERS = (
    Layer(
        "Linear",
        LayerKind.LINEAR,
        ("in_features", "out_features", "bias"),
        2,
        1,
        bias_flag="bias",
        default_init=_FAN_IN_UNIFORM,
    ),
    Layer("LazyLinear", LayerKind.LINEAR, ("out_features", "bias"), 2, 1, bias_flag="bias"),
    Layer(
        "Bilinear",
        LayerKind.LINEAR,
        ("in1_features", "in2_features", "out_features", "bias"),
        3,
        1,
        bias_flag="bias",
        default_init="weight and bias U(±1/sqrt(in1_features))",
    ),
    Layer(
        "Embedding",
        LayerKind.EMBEDDING,
        ("num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse"),
        2,
        default_init="weight N(0, 1), row padding_idx 0",
    ),
    Layer(
        "EmbeddingBag",
        LayerKind.EMBEDDING,
        ("num_embeddings", "embedding_dim", "max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse"),
        2,
        default_init="weight N(0, 1), row padding_idx 0",
    ),
    Layer(
        "MultiheadAttention",
        LayerKind.ATTENTION,
        ("embed_dim", "num_heads", "dropout", "bias", "add_bias_kv", "add_zero_attn", "kdim", "vdim", "batch_first"),
        default_init="in_proj Xavier uniform over the packed matrix, out_proj as Linear, biases 0",
    ),
    Layer("PReLU", LayerKind.ACTIVATION, ("num_parameters", "init"), 1, default_init="weight 0.25"),
    Layer("Transformer", LayerKind.COMPOSITE, ("d_model", "nhead"), default_init="Xavier uniform on every matrix"),
    Layer("TransformerEncoder", LayerKind.COMPOSITE, ("encoder_layer", "num_layers", "norm")),
    Layer("TransformerDecoder", LayerKind.COMPOSITE, ("decoder_layer", "num_layers", "norm")),
    Layer("TransformerEncoderLayer", LayerKind.COMPOSITE, ("d_model", "nhead", "dim_feedforward", "dropout")),
    Layer("TransformerDecoderLayer", LayerKind.COMPOSITE, ("d_model", "nhead", "dim_feedforward", "dropout")),
    Layer("AdaptiveLogSoftmaxWithLoss", LayerKind.COMPOSITE, ("in_features", "n_classes", "cutoffs")),
    Layer("Sequential", LayerKind.CONTAINER),
    Layer("ModuleList", LayerKind.CONTAINER, ("modules",)),
    Layer("ModuleDict", LayerKind.CONTAINER, ("modules",)),
    Layer("ParameterList", LayerKind.CONTAINER, ("values",)),
    Layer("ParameterDict", LayerKind.CONTAINER, ("parameters",)),
    Layer("LeakyReLU", LayerKind.ACTIVATION, ("negative_slope", "inplace")),
    Layer("RReLU", LayerKind.ACTIVATION, ("lower", "upper", "inplace")),
    Layer("ELU", LayerKind.ACTIVATION, ("alpha", "inplace")),
    *(
        Layer(name, LayerKind.ACTIVATION)
        for name in (
            "ReLU", "ReLU6", "GELU", "SiLU", "Mish", "SELU", "CELU", "Tanh", "Sigmoid", "Hardswish", "Hardtanh",
            "Hardsigmoid", "Softplus", "Softsign", "GLU", "LogSigmoid", "Threshold", "Tanhshrink", "Softshrink",
            "Hardshrink",
        )
    ),
)  # fmt: skip

LAYERS: Mapping[str, Layer] = {layer.name: layer for layer in (*_convs(), *_norms(), *_recurrent(), *_OTHERS)}
"""Layer types by name."""

ALWAYS_TRAINED = frozenset({LayerKind.RECURRENT, LayerKind.ATTENTION, LayerKind.COMPOSITE})
"""Kinds of layers that have parameters whatever they are given."""

WEIGHTLESS = frozenset(
    {
        *(f"{kind}Pool{n}d" for kind in ("Avg", "Max", "LP", "AdaptiveAvg", "AdaptiveMax") for n in (1, 2, 3)),
        *(
            f"{kind}Pad{n}d"
            for kind in ("Constant", "Reflection", "Replication", "Zero", "Circular")
            for n in (1, 2, 3)
        ),
        *("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"),
        *("Identity", "Flatten", "Unflatten", "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d", "Fold"),
        *("Unfold", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "LocalResponseNorm", "CrossMapLRN2d"),
        *("Softmax", "Softmax2d", "LogSoftmax", "Softmin"),
    }
)
"""Further module types of `torch.nn`, none of which has a parameter."""

BASES: Mapping[str, tuple[str, ...]] = {
    "_BatchNorm": ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
    "_InstanceNorm": ("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"),
    "_NormBase": (
        "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm",
        "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d",
    ),
    "_ConvNd": ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
    "_ConvTransposeNd": ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
    "RNNBase": ("RNN", "LSTM", "GRU"),
    "RNNCellBase": ("RNNCell", "LSTMCell", "GRUCell"),
}  # fmt: skip
"""Private base classes that dispatch tests name, and the layers below them."""


def layers_named(qualified: str) -> tuple[Layer, ...]:
    """The layers that a class in an `isinstance` test stands for; empty for anything that is no torch layer."""
    if not qualified.startswith("torch.nn."):
        return ()
    name = qualified.rpartition(".")[2]
    return tuple(LAYERS[each] for each in BASES.get(name, (name,)) if each in LAYERS)


def layers_containing(word: str) -> tuple[Layer, ...]:
    """The layers whose class name contains a word, as class-name dispatch selects them."""
    return tuple(layer for layer in LAYERS.values() if word in layer.name)
