"""The law of what an aten operation returns or writes, from the laws of what it reads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import torch

from initlint.runtime.laws import GIVEN, UNWRITTEN, Step, TracedLaw, constant, unknown
from initlint.runtime.storages import tensors_in
from initlint.theory import laws as theory
from initlint.theory.laws import Law, LawKind

Read: TypeAlias = Callable[[torch.Tensor], TracedLaw]
"""Tells the law of a tensor that an operation reads."""

aten = torch.ops.aten

EMPTY = frozenset(
    {
        aten.empty,
        aten.empty_like,
        aten.new_empty,
        aten.empty_strided,
        aten.new_empty_strided,
        aten.empty_permuted,
    }
)
"""Operations that return memory that nothing has written."""

_ZEROS = frozenset({aten.zeros, aten.zeros_like, aten.new_zeros, aten.zero, aten.zero_})
_ONES = frozenset({aten.ones, aten.ones_like, aten.new_ones})
_FULL = frozenset({aten.full, aten.full_like, aten.new_full, aten.fill, aten.fill_, aten.scalar_tensor})
_GIVEN = frozenset(
    {
        aten.arange,
        aten.linspace,
        aten.logspace,
        aten.lift,
        aten.lift_fresh,
        aten.lift_fresh_copy,
        aten.tril_indices,
        aten.triu_indices,
        aten.hann_window,
        aten.hamming_window,
        aten.fft_fftfreq,
    }
)
_DRAWS = frozenset(
    {
        aten.bernoulli,
        aten.bernoulli_,
        aten.cauchy_,
        aten.exponential_,
        aten.geometric_,
        aten.log_normal_,
        aten.multinomial,
        aten.poisson,
        aten.randint,
        aten.randint_like,
        aten.random,
        aten.random_,
        aten.randperm,
        aten.native_dropout,
    }
)
"""Random operations whose law is none of theory's."""

_SAME = frozenset(
    {
        aten._reshape_alias,
        aten._to_copy,
        aten.alias,
        aten.clone,
        aten.contiguous,
        aten.copy,
        aten.detach,
        aten.flip,
        aten.index_select,
        aten.roll,
        aten.rot90,
        aten.view_as_real,
        aten._unsafe_view,
        aten.index,
        aten.gather,
        aten._pin_memory,
    }
)
"""Operations that return entries as they are."""

_REPEATING = frozenset({aten.expand, aten.expand_copy, aten.repeat, aten.repeat_interleave})
_JOINING = frozenset({aten.cat, aten.stack})
COPYING = frozenset({aten.clone, aten._to_copy, aten.contiguous, aten.copy_})
"""Operations that move a whole tensor to another storage."""

_FUNCTIONS = (
    "abs acos acosh add asin asinh atan atanh ceil clamp clamp_max clamp_min cos cosh div elu erf erfc erfinv exp exp2 "
    "expm1 floor gelu ge gt hardtanh leaky_relu le log log10 log1p log2 logit lt mul neg pow reciprocal relu round "
    "rsqrt rsub sigmoid sign silu sin sinh softplus sqrt square sub tan tanh trunc"
)
_ELEMENTWISE = frozenset(
    getattr(aten, name + mark) for name in _FUNCTIONS.split() for mark in ("", "_") if hasattr(aten, name + mark)
)

_numbers = itertools.count()

Handler: TypeAlias = Callable[[Any, tuple[Any, ...], dict[str, Any], Read], TracedLaw]
"""Tells the law from the overload, its arguments, and what it reads. May raise anything: the operation is unlike what
is known of it.
"""


def handler(packet: Any) -> Handler:
    """How to tell the law of the entries that an operation returns, or leaves in the tensor that it writes."""
    for packets, found in _HANDLERS:
        if packet in packets:
            return found
    return _computed


def is_elementwise(packet: Any) -> bool:
    """Whether an operation treats every entry alike."""
    return packet in _ELEMENTWISE


def transformation(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> Step | None:
    """An elementwise operation as a step on one tensor; None where another operand is no constant."""
    values = list(arguments)
    positions = [index for index, each in enumerate(values) if isinstance(each, torch.Tensor)]
    if any(isinstance(each, torch.Tensor) for each in keywords.values()):
        return None
    varying = []
    for index in positions:
        number = _number(values[index], read)
        if number is None or len(positions) == 1:
            varying.append(index)
        else:
            values[index] = number
    if not varying and positions:
        varying = [positions[0]]
    if len(varying) != 1:
        return None
    values[varying[0]] = None
    return Step(function, varying[0], tuple(values), tuple(sorted(keywords.items())))


def fresh(law: Law) -> TracedLaw:
    """A law with a new number where it is random."""
    return TracedLaw(law, draw=next(_numbers))


def _floats(
    arguments: tuple[Any, ...], keywords: dict[str, Any], names: tuple[tuple[str, float], ...]
) -> Iterator[float]:
    for index, (name, default) in enumerate(names):
        yield float(arguments[index]) if index < len(arguments) else float(keywords.get(name, default))


def _filled(value: Any) -> TracedLaw:
    if isinstance(value, torch.Tensor):
        return _literal(value)
    return constant(float(value)) if isinstance(value, int | float) else unknown("fill")


def _literal(tensor: torch.Tensor) -> TracedLaw:
    """Data of the program: a constant where there is but one value."""
    if tensor.is_meta or tensor.numel() != 1 or tensor.is_complex():
        return GIVEN
    return constant(float(tensor.item()))


def _number(tensor: torch.Tensor, read: Read) -> float | None:
    """The value of a tensor that is the same everywhere."""
    law = read(tensor)
    if law.value is not None:
        return law.value
    if tensor.numel() == 1 and law.law.kind is LawKind.COPY and not tensor.is_meta and tensor.device.type == "cpu":
        return None if tensor.is_complex() else float(tensor.item())
    return None


def _joined(laws: list[TracedLaw]) -> TracedLaw:
    """The law of tensors put together."""
    if not laws:
        return GIVEN
    if all(law == laws[0] for law in laws):
        draws = [law.draw for law in laws if law.draw is not None]
        repeated = len({*draws}) < len(draws)
        return replace(laws[0], independent=laws[0].independent and not repeated)
    return _mixed("several laws", laws)


def _mixed(reason: str, laws: Iterable[TracedLaw]) -> TracedLaw:
    """What is computed from several tensors: given data where nothing random takes part, otherwise unknown."""
    read = [*laws]
    if all(law.written and law.known and not law.random for law in read):
        return GIVEN
    draws = [law.draw for law in read if law.draw is not None]
    return unknown(reason, written=all(law.written for law in read), draw=draws[0] if draws else None)


def law_of_call(name: str, arguments: dict[str, Any], tensor: torch.Tensor) -> TracedLaw:
    """The law that a function of `torch.nn.init` leaves in a tensor, by its documentation; `arguments` are bound."""
    match name:
        case "uniform_":
            return fresh(theory.uniform(float(arguments["a"]), float(arguments["b"])))
        case "normal_":
            return fresh(theory.normal(float(arguments["mean"]), float(arguments["std"])))
        case "trunc_normal_":
            return fresh(theory.truncated_normal(*(float(arguments[each]) for each in ("mean", "std", "a", "b"))))
        case "constant_":
            return constant(float(arguments["val"]))
        case "ones_" | "zeros_":
            return constant(float(name == "ones_"))
        case "eye_":
            return TracedLaw(theory.EYE)
        case "dirac_":
            return TracedLaw(theory.dirac(int(arguments["groups"])))
        case "orthogonal_":
            return fresh(theory.orthogonal(float(arguments["gain"])))
        case "sparse_":
            return fresh(theory.sparse(float(arguments["sparsity"]), float(arguments["std"])))
    std = _scaled_std(name, arguments, tensor)
    if std is None:
        return unknown(name)
    return fresh(
        theory.uniform(-math.sqrt(3) * std, math.sqrt(3) * std) if "uniform" in name else theory.normal(0.0, std)
    )


def _scaled_std(name: str, arguments: dict[str, Any], tensor: torch.Tensor) -> float | None:
    """The standard deviation that xavier and kaiming initialisers compute from the fans; 0 for no elements."""
    if not tensor.numel():
        return 0.0
    fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(tensor)
    if name.startswith("xavier"):
        return theory.xavier_std(fan_in, fan_out, float(arguments["gain"]))
    if name.startswith("kaiming"):
        gain = torch.nn.init.calculate_gain(arguments["nonlinearity"], arguments["a"])
        return theory.kaiming_std(gain, fan_in if arguments["mode"].lower() == "fan_in" else fan_out)
    return None


def _copied(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return read(arguments[1] if function.overloadpacket is aten.copy_ else next(tensors_in(arguments)))


def _repeated(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    law = read(arguments[0])
    return replace(law, independent=False) if law.random else law


def _assembled(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return _joined([read(tensor) for tensor in tensors_in(arguments)])


def _normal(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    own = function.overloadpacket is aten.normal_
    if not own and any(True for _ in tensors_in(arguments)):
        return _computed(function, arguments, keywords, read)
    return fresh(theory.normal(*_floats(arguments[int(own) :], keywords, (("mean", 0.0), ("std", 1.0)))))


def _uniform(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return fresh(theory.uniform(*_floats(arguments[1:], keywords, (("from", 0.0), ("to", 1.0)))))


def _constant(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return _filled(keywords.get("fill_value", keywords.get("value", arguments[-1] if arguments else None)))


def _data(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return _literal(arguments[0]) if arguments and isinstance(arguments[0], torch.Tensor) else GIVEN


def _drawn(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return unknown(str(function.overloadpacket.__name__).rstrip("_"), draw=next(_numbers))


def _changed(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    step = transformation(function, arguments, keywords, read)
    if step is None:
        return _branched(function, arguments, keywords, read) or _computed(function, arguments, keywords, read)
    return read(arguments[step.position]).then(step)


def _branched(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw | None:
    """Two operands of which one was computed from the other."""
    positions = [index for index, each in enumerate(arguments) if isinstance(each, torch.Tensor)]
    if len(positions) != 2 or keywords or arguments[positions[0]].shape != arguments[positions[1]].shape:
        return None
    laws = [read(arguments[index]) for index in positions]
    for near, far in ((0, 1), (1, 0)):
        branch = laws[near].branch_to(laws[far])
        if branch is not None:
            values = list(arguments)
            values[positions[near]], values[positions[far]] = None, branch
            return laws[near].then(Step(function, positions[near], tuple(values)))
    return None


def _computed(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    tensors = tensors_in(itertools.chain(arguments, keywords.values()))
    return _mixed(str(function.overloadpacket.__name__), [read(tensor) for tensor in tensors])


_ZERO, _ONE = constant(0.0), constant(1.0)

_HANDLERS: tuple[tuple[frozenset[Any], Handler], ...] = (
    (EMPTY, lambda *_: UNWRITTEN),
    (_ZEROS, lambda *_: _ZERO),
    (_ONES, lambda *_: _ONE),
    (_FULL, _constant),
    (frozenset({aten.normal, aten.normal_}), _normal),
    (frozenset({aten.uniform_}), _uniform),
    (frozenset({aten.randn, aten.randn_like}), lambda *_: fresh(theory.normal())),
    (frozenset({aten.rand, aten.rand_like}), lambda *_: fresh(theory.uniform())),
    (frozenset({aten.eye}), lambda *_: TracedLaw(theory.EYE)),
    (_DRAWS, _drawn),
    (_GIVEN, _data),
    (_SAME | {aten.copy_}, _copied),
    (_REPEATING, _repeated),
    (_JOINING, _assembled),
    (_ELEMENTWISE, _changed),
)
