"""The law of what an aten operation returns or writes, from the laws of what it reads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from types import NoneType
from typing import Any, TypeAlias

import torch

from initlint.runtime.laws import GIVEN, UNWRITTEN, Step, TracedLaw, constant, unknown
from initlint.runtime.storages import tensors_in
from initlint.theory import laws as theory
from initlint.theory.fans import fan_in_and_fan_out
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

_STEPS: dict[tuple[Any, ...], Step] = {}
"""Steps without other tensors that were met, by overload and arguments."""

PLAIN = frozenset({int, float, bool, NoneType})
"""Types of arguments that are no tensors."""

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
    if not keywords and isinstance(arguments[0], torch.Tensor) and PLAIN.issuperset(map(type, arguments[1:])):
        call = (id(function), *arguments[1:])
        step = _STEPS.get(call)
        if step is None:
            step = _STEPS[call] = Step(function, 0, (None, *arguments[1:]))
        return step
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


def redrawn(law: TracedLaw) -> TracedLaw:
    """The same law of another draw."""
    return TracedLaw(law.law, law.chain, law.written, law.reason, law.independent, next(_numbers))


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
    constant_law = _CONSTANTS.get(name)
    if constant_law is not None:
        return constant_law
    shape = tensor.shape if name in _SCALED else ()
    call = (name, shape, *arguments.values())
    law = _DOCUMENTED.get(call)
    if law is None:
        law = _documented(name, tuple(shape), *arguments.values())
        if not any(True for _ in tensors_in(call)):
            _DOCUMENTED[call] = law
    if law.kind in (LawKind.CONSTANT, LawKind.DIRAC):
        return TracedLaw(law)
    return fresh(law) if law is not theory.UNKNOWN else unknown(name)


_DOCUMENTED: dict[tuple[Any, ...], Law] = {}
"""The laws of the calls that were met, by function, shape where it matters, and arguments."""

_SCALED = frozenset({"xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"})
"""Functions whose law depends on the shape."""


def _documented(name: str, shape: tuple[int, ...], *values: Any) -> Law:
    """The law of a function of `torch.nn.init` for the values of its parameters, in their order."""
    match name:
        case "uniform_":
            return theory.uniform(*map(float, values))
        case "normal_":
            return theory.normal(*map(float, values))
        case "trunc_normal_":
            return theory.truncated_normal(*map(float, values))
        case "constant_":
            return theory.constant(*map(float, values))
        case "dirac_":
            return theory.dirac(*map(int, values))
        case "orthogonal_":
            return theory.orthogonal(*map(float, values))
        case "sparse_":
            return theory.sparse(*map(float, values))
        case _ if name in _SCALED:
            std = _scaled_std(name, shape, *values)
            bound = math.sqrt(3) * std
            return theory.uniform(-bound, bound) if "uniform" in name else theory.normal(0.0, std)
    return theory.UNKNOWN


def _scaled_std(name: str, shape: tuple[int, ...], *values: Any) -> float:
    """The standard deviation that xavier and kaiming initialisers compute from the fans; 0 for no elements."""
    if 0 in shape:
        return 0.0
    fan_in, fan_out = fan_in_and_fan_out(shape)
    if name.startswith("xavier"):
        return theory.xavier_std(fan_in, fan_out, float(values[0]))
    slope, mode, nonlinearity = values
    gain = torch.nn.init.calculate_gain(nonlinearity, slope)
    return theory.kaiming_std(gain, fan_in if mode.lower() == "fan_in" else fan_out)


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
    return fresh(_law(theory.normal, *_floats(arguments[int(own) :], keywords, (("mean", 0.0), ("std", 1.0)))))


def _uniform(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], read: Read) -> TracedLaw:
    return fresh(_law(theory.uniform, *_floats(arguments[1:], keywords, (("from", 0.0), ("to", 1.0)))))


@lru_cache(1024)
def _law(kind: Callable[[float, float], Law], first: float, second: float) -> Law:
    return kind(first, second)


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
_CONSTANTS = {"zeros_": _ZERO, "ones_": _ONE, "eye_": TracedLaw(theory.EYE)}
"""The laws of the functions of `torch.nn.init` that leave no choice."""

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
