"""What is known of aten operations before they are called: what they write, and what a law is told from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from initlint.runtime.inference import COPYING, EMPTY, Handler, handler, is_elementwise

_ADOPTING = frozenset({torch.ops.aten.set_, torch.ops.aten.resize_, torch.ops.aten.resize_as_})
"""Operations that give a tensor other memory and write none."""


_COMPUTED = handler(None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of an overload: the arguments that it writes, whether it reads tensors or returns only views.

    `call` is what is called for it. Nothing is asked of one that is a view.
    """

    function: Any
    call: Any
    writes: tuple[tuple[int, str], ...] = ()
    reads: bool = False
    view: bool = True
    empty: bool = False
    copying: bool = False
    elementwise: bool = False
    handler: Handler = _COMPUTED
    name: str = ""


PLANS: dict[int, Plan] = {}
"""The plans of the overloads that were met, by address."""

_aten = torch.ops.aten
_BINDINGS: dict[Any, Any] = {
    _aten.add_.Tensor: torch.Tensor.add_,
    _aten.clamp_.default: torch.Tensor.clamp_,
    _aten.copy_.default: torch.Tensor.copy_,
    _aten.detach.default: torch.Tensor.detach,
    _aten.div_.Tensor: torch.Tensor.div_,
    _aten.empty.memory_format: torch.empty,
    _aten.erfinv_.default: torch.Tensor.erfinv_,
    _aten.fill_.Scalar: torch.Tensor.fill_,
    _aten.mul_.Tensor: torch.Tensor.mul_,
    _aten.normal_.default: torch.Tensor.normal_,
    _aten.ones.default: torch.ones,
    _aten.sub_.Tensor: torch.Tensor.sub_,
    _aten.uniform_.default: torch.Tensor.uniform_,
    _aten.zero_.default: torch.Tensor.zero_,
    _aten.zeros.default: torch.zeros,
}
"""What models do most while they are built, as calls of torch's bindings: they cost a third of those of overloads.

Subclasses of tensors and function modes would see them, so they are for plain tensors alone.
"""


def plan_of(func: Any) -> Plan:
    """What is known of an overload; it is kept."""
    packet, schema = func.overloadpacket, func._schema
    writes = tuple(
        (index, each.name)
        for index, each in enumerate(schema.arguments)
        if packet not in _ADOPTING and each.alias_info is not None and each.alias_info.is_write
    )
    made = Plan(
        func,
        _BINDINGS.get(func, func._op),
        writes,
        reads=any("Tensor" in str(each.type) for each in schema.arguments),
        view=not writes and (packet in _ADOPTING or all(each.alias_info for each in schema.returns)),
        empty=packet in EMPTY,
        copying=packet in COPYING,
        elementwise=is_elementwise(packet),
        handler=handler(packet),
        name=str(packet.__name__),
    )
    PLANS[id(func)] = made
    return made
