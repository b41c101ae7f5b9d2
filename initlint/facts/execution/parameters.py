"""Parameters that a module holds, under the names that `named_parameters()` gives them, as far as the source tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LAYERS, Layer, LayerKind
from initlint.facts.execution.graph import NUMBER, Part, spelled
from initlint.facts.execution.steps import Runs, weaker
from initlint.facts.meaning.construction import LayerCall

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter that a module holds for certain, or whenever the code that builds it runs.

    `path` leads to the layer that has it, `local` is its name there; `layer` is None for a parameter of a class of the
    file. `node` is what makes it.
    """

    path: str
    local: str
    dims: int
    layer: Layer | None
    node: cst.BaseExpression
    runs: Runs = Runs.ALWAYS

    @property
    def name(self) -> str:
        """The name that `named_parameters()` gives it; an index that is not known is written 0."""
        return spelled(f"{self.path}.{self.local}".lstrip("."))

    @property
    def scales_norm(self) -> bool:
        """Whether it is the weight of a normalisation, which starts at 1."""
        return self.layer is not None and self.layer.kind is LayerKind.NORM and self.local == "weight"

    def within(self, path: str, runs: Runs) -> Parameter:
        """The same parameter, seen from a module that holds its holder under a path."""
        return replace(self, path=f"{path}.{self.path}".strip("."), runs=weaker(self.runs, runs))


def parameters(file: File, parts: Iterable[Part]) -> Iterator[Parameter]:
    """The parameters among the parts of a module, those of layers included."""
    for part in parts:
        if part.made is not None:
            path, _, local = part.path.rpartition(".")
            if part.made.shape is not None:
                yield Parameter(path, local, len(part.made.shape), None, part.made.node, part.runs)
        elif part.layer is not None and not part.wrapped:
            yield from (each.within(part.path, part.runs) for each in _of_layer(file, part.layer))


def _of_layer(file: File, call: LayerCall) -> Iterator[Parameter]:
    """The parameters of a torch layer; of repeated ones the first."""
    layer = call.layer
    match layer.kind:
        case LayerKind.RECURRENT:
            yield from recurrent(layer, call.node, biased=_biased(call))
        case LayerKind.ATTENTION:
            yield from _attention(call)
        case LayerKind.COMPOSITE:
            yield from _composite(file, call)
        case _:
            for attribute in ("weight", "bias"):
                dims = layer.dims(attribute)
                if dims is not None and call.has(attribute):
                    yield Parameter("", attribute, dims, layer, call.node)


def recurrent(layer: Layer, node: cst.BaseExpression, *, biased: bool = False) -> Iterator[Parameter]:
    """The parameters of a recurrent layer or cell, of stacked ones those of the first layer."""
    suffix = "" if layer.name.endswith("Cell") else "_l0"
    for kind, dims in (("weight", 2), ("bias", 1)) if biased else (("weight", 2),):
        for part in ("ih", "hh"):
            yield Parameter("", f"{kind}_{part}{suffix}", dims, layer, node)


def _attention(call: LayerCall, path: str = "") -> Iterator[Parameter]:
    packed = call.slots is not None and not {"kdim", "vdim"} & call.slots.keys()
    for local, dims in (("in_proj_weight", 2), ("in_proj_bias", 1)):
        if packed if dims == 2 else _biased(call):
            yield Parameter(path, local, dims, LAYERS["MultiheadAttention"], call.node)
    out = f"{path}.out_proj".lstrip(".")
    yield Parameter(out, "weight", 2, LAYERS["Linear"], call.node)
    if _biased(call):
        yield Parameter(out, "bias", 1, LAYERS["Linear"], call.node)


def _composite(file: File, call: LayerCall) -> Iterator[Parameter]:
    """The parameters of torch's transformers, as far as they are the same for all arguments."""
    name = call.layer.name
    if name in ("TransformerEncoderLayer", "TransformerDecoderLayer"):
        yield from _attention(call, "self_attn")
        yield Parameter("linear1", "weight", 2, LAYERS["Linear"], call.node)
        yield Parameter("norm1", "weight", 1, LAYERS["LayerNorm"], call.node)
    elif name == "Transformer" and call.slots is not None and "custom_encoder" not in call.slots:
        yield Parameter(f"encoder.layers.{NUMBER}.linear1", "weight", 2, LAYERS["Linear"], call.node)
        yield Parameter(f"encoder.layers.{NUMBER}.norm1", "weight", 1, LAYERS["LayerNorm"], call.node)
    elif name in ("TransformerEncoder", "TransformerDecoder") and (given := call.given(call.layer.parameters[0])):
        for each in parameters(file, file.trees.graph.of_built(file.builder.build(given, call.env))):
            yield each.within(f"layers.{NUMBER}", Runs.ALWAYS)


def _biased(call: LayerCall) -> bool:
    """Whether a layer with several biases has them for certain."""
    if call.slots is None:
        return False
    given = call.literal("bias")
    return "bias" not in call.slots or (given is not None and bool(given.value))
