"""What a forward pass does with each parameter: the products it takes part in, and what follows them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.runtime.state import preserved
from initlint.runtime.storages import Key, key_of, tensors_in

aten = torch.ops.aten


def _packets(names: str) -> frozenset[Any]:
    """The operations with these names, in place too; those that this torch has."""
    spelled = (name + mark for name in names.split() for mark in ("", "_"))
    return frozenset(getattr(aten, name) for name in spelled if hasattr(aten, name))


_PASSING = _packets(
    "_adaptive_avg_pool2d _reshape_alias _to_copy _unsafe_view alias as_strided avg_pool1d avg_pool2d avg_pool3d clone "
    "constant_pad_nd contiguous detach expand flip index_select max_pool2d_with_indices native_dropout permute "
    "pixel_shuffle reflection_pad1d reflection_pad2d replication_pad2d reshape roll select slice split "
    "split_with_sizes squeeze t transpose unbind unfold unsqueeze upsample_nearest2d view"
)
"""Operations that leave the scale of what they pass on as it is, or nearly so."""

_NORMS = _packets(
    "_batch_norm_no_update _batch_norm_with_update _fused_rms_norm _native_batch_norm_legit "
    "_native_batch_norm_legit_no_training cudnn_batch_norm miopen_batch_norm native_batch_norm native_group_norm "
    "native_layer_norm"
)
_ACTIVATIONS = _packets(
    "_prelu_kernel celu elu gelu hardswish hardtanh leaky_relu mish relu rrelu_with_noise sigmoid silu softplus tanh"
)
_PRODUCTS = frozenset({aten.mm, aten.addmm, aten.bmm, aten.baddbmm, aten.convolution, aten.addmv, aten.mv})

_SELU = (1.6732632423543772, 1.0507009873554805)


@dataclass(frozen=True, slots=True)
class Follower:
    """What comes after a product: an activation in torch's name, `norm`, `product`, or another operation."""

    name: str
    slope: float | None = None


@dataclass(slots=True)
class Use:
    """A product that a parameter takes part in.

    `fan_in` counts the terms of each sum, `fan_out` the sums that each input enters. `matrices`: how many matrices the
    tensor holds that are multiplied apart. `crosswise`: the sum runs over the first dimension of a matrix, as in
    `x @ w`, and not over the second one, which torch takes for the inputs. `whole_fan_out` is fan_out as torch counts
    it, without the groups of a convolution. `inputs` are the parameters whose products enter this one directly,
    `fed_by` those whose products enter it through an activation.
    """

    parameter: str
    operation: str
    fan_in: float
    fan_out: float
    whole_fan_out: float
    matrices: int = 1
    groups: int = 1
    crosswise: bool = False
    followers: set[Follower] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)
    fed_by: set[str] = field(default_factory=set)

    @property
    def scale_free(self) -> bool:
        """Whether normalisation follows at once, after which the scale of the product makes no difference."""
        return bool(self.followers) and all(each.name == "norm" for each in self.followers)

    @property
    def follower(self) -> Follower | None:
        """What follows, where it is but one thing."""
        return next(iter(self.followers)) if len(self.followers) == 1 else None


class Flow(TorchDispatchMode):
    """Follows the products of parameters through one forward pass."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.uses: list[Use] = []
        self.errors: list[str] = []
        self._parameters = {
            key_of(tensor): (name, tensor) for name, tensor in model.named_parameters() if not is_lazy(tensor)
        }
        self._products: dict[Key, list[Use]] = {}
        self._activated: dict[Key, list[Use]] = {}
        self._alive: list[StorageWeakRef] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        try:
            self._follow(func, args, kwargs or {}, result)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
        return result

    def _follow(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        packet = func.overloadpacket
        read = [*tensors_in((*args, *kwargs.values()))]
        before, behind = _tags(self._products, read), _tags(self._activated, read)
        made = [*self._made(packet, args)] if packet in _PRODUCTS else []
        if made:
            for use in before:
                use.followers.add(Follower("product"))
                for each in made:
                    each.inputs.add(use.parameter)
            for each in made:
                each.fed_by.update(use.parameter for use in behind)
            self.uses += made
            self._tag(self._products, result, made)
        elif packet in _PASSING or self._adds_a_bias(packet, args):
            self._tag(self._products, result, before)
            self._tag(self._activated, result, behind)
            if packet in (aten.clone, aten._to_copy) and key_of(args[0]) in self._parameters:
                self._copied(args[0], result)
        elif before:
            follower = _follower(packet, args, kwargs)
            for use in before:
                use.followers.add(follower)
            if func._schema.is_mutable and args and isinstance(args[0], torch.Tensor):
                self._products.pop(key_of(args[0]), None)
            if packet in _ACTIVATIONS:
                self._tag(self._activated, result, before)

    def _made(self, packet: Any, args: tuple[Any, ...]) -> Iterator[Use]:
        """The uses that a product makes of parameters."""
        if packet is aten.convolution:
            found = self._parameters.get(key_of(args[1]))
            if found is not None and args[1].shape == found[1].shape:
                yield _convolution(found[0], args)
            return
        matrices = [each for each in args if isinstance(each, torch.Tensor)][-2:]
        for right, each in enumerate(matrices):
            found = self._parameters.get(key_of(each))
            if found is not None and each.dim() >= 2 and each.numel() == found[1].numel():
                yield _matrix(found[0], found[1], each, str(packet.__name__), right=bool(right))

    def _adds_a_bias(self, packet: Any, args: tuple[Any, ...]) -> bool:
        if packet not in (aten.add, aten.add_) or len(args) < 2:
            return False
        return any(isinstance(each, torch.Tensor) and key_of(each) in self._parameters for each in args[:2])

    def _copied(self, source: torch.Tensor, copy: torch.Tensor) -> None:
        """A parameter laid out anew, for a product of several matrices."""
        name, tensor = self._parameters[key_of(source)]
        if copy.numel() == tensor.numel() and tensor.dim() > 2:
            self._parameters[key_of(copy)] = name, tensor
            self._alive.append(StorageWeakRef(copy.untyped_storage()))

    def _tag(self, tags: dict[Key, list[Use]], result: Any, uses: list[Use]) -> None:
        if not uses:
            return
        for tensor in tensors_in((result,)):
            key = key_of(tensor)
            known = tags.get(key, [])
            tags[key] = [*known, *(use for use in uses if not any(use is each for each in known))]
            self._alive.append(StorageWeakRef(tensor.untyped_storage()))


def follow(model: torch.nn.Module, inputs: tuple[Any, ...], keywords: Mapping[str, Any] | None = None) -> Flow:
    """One forward pass in evaluation mode without gradients; global state, modes of modules and buffers stay.

    Raises whatever the model raises.
    """
    flow = Flow(model)
    with preserved(), _evaluating(model), torch.no_grad(), flow:
        model(*inputs, **(keywords or {}))
    return flow


@contextmanager
def _evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode, without the fused kernels that hide what a transformer layer consists of."""
    modes = [(module, module.training) for module in model.modules()]
    fused = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        stack.callback(torch.backends.mha.set_fastpath_enabled, fused)
        for module, training in modes:
            stack.callback(setattr, module, "training", training)
        torch.backends.mha.set_fastpath_enabled(False)
        model.eval()
        yield


def _convolution(name: str, args: tuple[Any, ...]) -> Use:
    weight, stride, transposed, groups = args[1], args[3], args[6], args[8]
    first, second, *kernel = weight.shape
    field_size = math.prod(kernel)
    if transposed:
        step = math.prod(stride) if len(stride) == len(kernel) else stride[0] ** len(kernel)
        return Use(
            name,
            "conv_transpose",
            first // groups * field_size / step,
            second * field_size,
            first * field_size,
            groups=groups,
        )
    return Use(name, "conv", second * field_size, first // groups * field_size, first * field_size, groups=groups)


def _matrix(name: str, parameter: torch.Tensor, operand: torch.Tensor, operation: str, *, right: bool) -> Use:
    rows, columns = operand.shape[-2:]
    fan_in, fan_out = (rows, columns) if right else (columns, rows)
    matrices = math.prod(operand.shape[:-2])
    inner = operand.stride(-2 if right else -1)
    crosswise = (
        parameter.dim() == 2 and rows != columns and inner == parameter.stride(0) and parameter.stride(1) != inner
    )
    return Use(name, operation, fan_in, fan_out, fan_out, matrices, crosswise=crosswise)


def _follower(packet: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Follower:
    if packet in _NORMS:
        return Follower("norm")
    name = str(packet.__name__).rstrip("_")
    if packet not in _ACTIVATIONS:
        return Follower(name)
    numbers = [each for each in args[1:] if isinstance(each, int | float)]
    if name == "leaky_relu":
        return Follower(name, float(numbers[0]) if numbers else float(kwargs.get("negative_slope", 0.01)))
    if name == "elu" and numbers[:2] == [*_SELU]:
        return Follower("selu")
    return Follower("relu6" if name == "hardtanh" and numbers[:2] == [0, 6] else name)


def _tags(tags: dict[Key, list[Use]], read: list[torch.Tensor]) -> list[Use]:
    """The uses that tensors are tagged with, each once."""
    return [*{id(use): use for each in read for use in tags.get(key_of(each), ())}.values()]


def by_parameter(uses: list[Use]) -> dict[str, list[Use]]:
    """The uses of each parameter."""
    found: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        found[use.parameter].append(use)
    return found
