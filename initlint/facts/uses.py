"""How the methods of a class use its parameters: as the operand of which product, whole or item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts import text
from initlint.facts.modules import self_attribute
from initlint.facts.scopes import Assigned, Call, Class, Env, Function, Looped, Product

if TYPE_CHECKING:
    from initlint.facts.file import File


class Operation(StrEnum):
    """What a parameter is an operand of."""

    MATMUL = "matmul"
    BATCHED = "batched"
    EINSUM = "einsum"
    LINEAR = "linear"
    CONV = "conv"


class Access(StrEnum):
    """In which form it is one: whole, one item (`P[i]`), transposed, or reshaped in some other way."""

    WHOLE = "whole"
    ITEM = "item"
    TRANSPOSED = "transposed"
    RESHAPED = "reshaped"


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A use of `self.<name>` as an operand.

    `position` counts the operands from 0; `other` is the attribute of this class that is the operand beside it in a
    product of two, None where that is no attribute; `subscripts` are its own indices in an einsum equation.
    """

    name: str
    operation: Operation
    access: Access
    position: int
    other: str | None
    node: cst.BaseExpression
    subscripts: str = ""
    result: str = ""
    contracted: frozenset[str] = frozenset()

    @property
    def kept(self) -> frozenset[str]:
        """The indices of an einsum that the parameter shares with every operand and the result: the batch."""
        return frozenset(self.subscripts) & frozenset(self.result) - self.contracted


_MATMUL = frozenset({"torch.matmul", "torch.mm", "torch.spmm", "torch.sparse.mm", "torch.smm", "torch_sparse.spmm"})
_BATCHED = frozenset({"torch.bmm", "torch.baddbmm", "torch._grouped_mm", "torch.nn.functional.grouped_mm"})
_BATCHED_FROM = {"torch.baddbmm": 1}
_LINEAR = frozenset({"torch.nn.functional.linear"})
_CONV = frozenset(f"torch.nn.functional.conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))
_METHODS = {"matmul": Operation.MATMUL, "mm": Operation.MATMUL, "bmm": Operation.BATCHED, "baddbmm": Operation.BATCHED}
_NEUTRAL = frozenset(
    {"to", "float", "half", "double", "type_as", "cuda", "cpu", "contiguous", "clone", "type", "bfloat16"}
)
_TRANSPOSING = frozenset({"t", "transpose", "permute", "swapaxes"})


class Uses:
    """The uses of the parameters of one file, by class."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._found: dict[Class, tuple[Use, ...]] = {}

    def of(self, class_: Class, name: str) -> tuple[Use, ...]:
        """The uses of `self.<name>` in the methods of a class, in the order of the source."""
        if class_ not in self._found:
            self._found[class_] = tuple(self._in_class(class_))
        return tuple(use for use in self._found[class_] if use.name == name)

    def _in_class(self, class_: Class) -> Iterator[Use]:
        for method in class_.methods.values():
            for event in method.events:
                if isinstance(event, Product):
                    operands = [event.node.left, event.node.right]
                    yield from self._operands(operands, Operation.MATMUL, event.node, event.env, method)
                elif isinstance(event, Call):
                    yield from self._call(event, method)

    def _call(self, call: Call, method: Function) -> Iterator[Use]:
        positional = [argument.value for argument in call.node.args if argument.keyword is None and not argument.star]
        qualified = self._file.names.qualified(call.node.func, call.env) or ""
        last = qualified.rpartition(".")[2]
        match call.node.func:
            case cst.Attribute(value=receiver, attr=cst.Name(value=name)) if not qualified and name in _METHODS:
                operands = [receiver, *positional[:1]]
                yield from self._operands(operands, _METHODS[name], call.node, call.env, method)
                return
        if qualified in _MATMUL or last in ("spmm", "matmul_spmm"):
            yield from self._operands(positional[:2], Operation.MATMUL, call.node, call.env, method)
        elif qualified in _BATCHED:
            first = _BATCHED_FROM.get(qualified, 0)
            yield from self._operands(positional[first : first + 2], Operation.BATCHED, call.node, call.env, method)
        elif qualified in _LINEAR or qualified in _CONV:
            operation = Operation.LINEAR if qualified in _LINEAR else Operation.CONV
            weight = [
                argument.value for argument in call.node.args if argument.keyword and argument.keyword.value == "weight"
            ]
            yield from self._operands(
                [*positional[:1], *(weight or positional[1:2])], operation, call.node, call.env, method
            )
        elif last == "einsum" and positional:
            yield from self._einsum(positional, call, method)

    def _operands(
        self,
        operands: list[cst.BaseExpression],
        operation: Operation,
        node: cst.BaseExpression,
        env: Env,
        method: Function,
    ) -> Iterator[Use]:
        read = [self._operand(operand, env, method) for operand in operands]
        for position, found in enumerate(read):
            if found is not None:
                others = [each[0] for at, each in enumerate(read) if at != position and each is not None]
                yield Use(found[0], operation, found[1], position, others[0] if others else None, node)

    def _einsum(self, arguments: list[cst.BaseExpression], call: Call, method: Function) -> Iterator[Use]:
        equation = self._file.values.string(arguments[0], call.env)
        if equation is None or "->" not in equation:
            return
        inputs, _, result = equation.replace(" ", "").partition("->")
        subscripts = inputs.split(",")
        if len(subscripts) != len(arguments) - 1:
            return
        for position, operand in enumerate(arguments[1:]):
            found = self._operand(operand, call.env, method)
            if found is not None:
                own = subscripts[position]
                contracted = frozenset(own) - frozenset(result)
                yield Use(found[0], Operation.EINSUM, found[1], position, None, call.node, own, result, contracted)

    def _operand(
        self, node: cst.BaseExpression, env: Env, method: Function, steps: int = 8
    ) -> tuple[str, Access] | None:
        """The attribute of `self` behind an operand, and the form that it is used in."""
        access = Access.WHOLE
        for _ in range(steps):
            name = self_attribute(node, method)
            if name is not None:
                return name, access
            match node:
                case cst.Attribute(value=inner, attr=cst.Name(value="T" | "mT")):
                    access, node = Access.TRANSPOSED, inner
                case cst.Attribute(value=inner, attr=cst.Name(value="data")):
                    node = inner
                case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=called))):
                    if called in _TRANSPOSING:
                        access = Access.TRANSPOSED
                    elif called not in _NEUTRAL:
                        access = Access.RESHAPED
                    node = inner
                case cst.Subscript(value=inner):
                    single = text.index(node) is not None
                    access, node = Access.ITEM if single and access is Access.WHOLE else access, inner
                case cst.Name():
                    binding = env.lookup(node.value)
                    if isinstance(binding, Looped) and not binding.unpacking:
                        access, node, env = Access.ITEM, binding.iterable, binding.env
                    elif isinstance(binding, Assigned) and not binding.unpacking:
                        node, env = binding.value, binding.env
                    else:
                        return None
                case _:
                    return None
        return None
