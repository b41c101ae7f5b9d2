"""How the methods of a class use its parameters: as the operand of which product or sum, whole or item by item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Addition, Assigned, Call, Class, Env, Function, Joined, Looped, Product

if TYPE_CHECKING:
    from initlint.facts.file import File


class Operation(StrEnum):
    """What a parameter is an operand of."""

    MATMUL = "matmul"
    BATCHED = "batched"
    EINSUM = "einsum"
    LINEAR = "linear"
    CONV = "conv"
    SUM = "sum"


class Access(StrEnum):
    """What is done to a parameter before it is an operand.

    `TRANSPOSED` changes its last two dimensions, `FLATTENED` joins all but the first, `ITEM` is `P[i]` or the variable
    of a loop over it; everything else that keeps the numbers is `RESHAPED`.
    """

    ITEM = "item"
    TRANSPOSED = "transposed"
    FLATTENED = "flattened"
    RESHAPED = "reshaped"


Path = tuple[Access, ...]
"""Accesses in the order in which they happen; empty where the parameter is used whole."""


@dataclass(frozen=True, slots=True)
class Equation:
    """The indices of a parameter in an einsum, those of the other operands together, and those of the result."""

    own: str
    others: str
    result: str

    @property
    def batch(self) -> frozenset[str]:
        """Indices that every factor and the result share: a product for each of their values."""
        return frozenset(self.own) & frozenset(self.others) & frozenset(self.result)

    @property
    def inputs(self) -> frozenset[str]:
        """Indices that are summed over: what feeds one entry of the result."""
        return frozenset(self.own) & frozenset(self.others) - frozenset(self.result)

    @property
    def outputs(self) -> frozenset[str]:
        """Indices that only the parameter brings into the result."""
        return frozenset(self.own) & frozenset(self.result) - frozenset(self.others)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A use of `self.<name>` as an operand.

    `position` counts the operands from 0; `others` are the other operands, each as the chain of expressions that it
    comes from, outermost first: through names and method calls.
    """

    name: str
    operation: Operation
    path: Path
    position: int
    others: tuple[tuple[cst.BaseExpression, ...], ...]
    node: cst.BaseExpression
    equation: Equation | None = None


_MATMUL = frozenset({"torch.matmul", "torch.mm", "torch.spmm", "torch.sparse.mm", "torch.smm"})
_BATCHED = frozenset({"torch.bmm", "torch._grouped_mm", "torch.nn.functional.grouped_mm"})
_ADDED = {"torch.addmm": Operation.MATMUL, "torch.baddbmm": Operation.BATCHED}
_LINEAR = frozenset({"torch.nn.functional.linear"})
_CONV = frozenset(f"torch.nn.functional.conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))
_METHODS = {"matmul": Operation.MATMUL, "mm": Operation.MATMUL, "bmm": Operation.BATCHED}
_EINSUM = frozenset({"einsum", "contract"})
_NEUTRAL = frozenset(
    {"to", "float", "half", "double", "type_as", "cuda", "cpu", "contiguous", "clone", "type", "bfloat16", "detach"}
)
_LAST_TWO = frozenset({frozenset({1, 2}), frozenset({-1, -2})})
_STEPS = 10

_Operands = Sequence[cst.BaseExpression | None]


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
                match event:
                    case Product(node=node, env=env):
                        yield from self._operands([node.left, node.right], Operation.MATMUL, node, env, method)
                    case Addition(left=left, right=right, env=env):
                        yield from self._operands([left, right], Operation.SUM, left, env, method)
                    case Call():
                        yield from self._call(event, method)

    def _call(self, call: Call, method: Function) -> Iterator[Use]:
        arguments = [argument.value for argument in call.node.args if argument.keyword is None and not argument.star]
        qualified = self._file.names.qualified(call.node.func, call.env)
        if qualified is None:
            match call.node.func:
                case cst.Attribute(value=receiver, attr=cst.Name(value=name)) if name in _METHODS:
                    operands = [receiver, *arguments[:1]]
                    yield from self._operands(operands, _METHODS[name], call.node, call.env, method)
            return
        if qualified in _MATMUL:
            yield from self._operands(arguments[:2], Operation.MATMUL, call.node, call.env, method)
        elif qualified in _BATCHED:
            yield from self._operands(arguments[:2], Operation.BATCHED, call.node, call.env, method)
        elif qualified in _ADDED:
            yield from self._operands(arguments[1:3], _ADDED[qualified], call.node, call.env, method)
            yield from self._operands([call.node, *arguments[:1]], Operation.SUM, call.node, call.env, method)
        elif qualified in _LINEAR or qualified in _CONV:
            operation = Operation.LINEAR if qualified in _LINEAR else Operation.CONV
            slots = text.argument_slots(call.node, ("input", "weight")) or {}
            operands = [slots[name].value for name in ("input", "weight") if name in slots]
            yield from self._operands(operands, operation, call.node, call.env, method)
        elif qualified.rpartition(".")[2] in _EINSUM and arguments:
            yield from self._einsum(arguments, call, method)

    def _operands(
        self, operands: _Operands, operation: Operation, node: cst.BaseExpression, env: Env, method: Function
    ) -> Iterator[Use]:
        known = [each for each in operands if each is not None]
        for position, operand in enumerate(known):
            others = tuple(_chain(other, env) for at, other in enumerate(known) if at != position)
            for name, path in self._reached(operand, env, method):
                yield Use(name, operation, path, position, others, node)

    def _einsum(self, arguments: list[cst.BaseExpression], call: Call, method: Function) -> Iterator[Use]:
        equation = self._file.values.string(arguments[0], call.env)
        operands = arguments[1:]
        if len(operands) == 1 and isinstance(operands[0], cst.List | cst.Tuple):
            operands = [element.value for element in operands[0].elements]
        inputs, arrow, result = (equation or "").replace(" ", "").replace("...", "").partition("->")
        indices = inputs.split(",")
        if not arrow or len(indices) != len(operands):
            return
        for position, operand in enumerate(operands):
            others = "".join(each for at, each in enumerate(indices) if at != position)
            read = Equation(indices[position], others, result)
            for name, path in self._reached(operand, call.env, method):
                yield Use(name, Operation.EINSUM, path, position, (), call.node, read)

    def _reached(
        self, node: cst.BaseExpression, env: Env, method: Function, after: Path = (), steps: int = _STEPS
    ) -> Iterator[tuple[str, Path]]:
        """The attributes of `self` that an operand may be, and what is done to them on the way."""
        name = self_attribute(node, method)
        if name is not None:
            yield name, after
        if name is not None or steps == 0:
            return
        match node:
            case cst.IfExp(body=body, orelse=orelse):
                for side in (body, orelse):
                    yield from self._reached(side, env, method, after, steps - 1)
            case cst.Name():
                yield from self._bound(env.lookup(node.value), method, after, steps - 1)
            case _:
                inner, access = _before(node)
                if inner is not None:
                    path = after if access is None else (access, *after)
                    yield from self._reached(inner, env, method, path, steps - 1)

    def _bound(self, binding: object, method: Function, after: Path, steps: int) -> Iterator[tuple[str, Path]]:
        match binding:
            case Assigned(value=value, env=env, unpacking=()):
                yield from self._reached(value, env, method, after, steps)
            case Looped(iterable=iterable, env=env, unpacking=()):
                yield from self._reached(iterable, env, method, (Access.ITEM, *after), steps)
            case Joined(alternatives=alternatives) if steps > 0:
                for each in alternatives:
                    yield from self._bound(each, method, after, steps - 1)


def _before(node: cst.BaseExpression) -> tuple[cst.BaseExpression | None, Access | None]:
    """The tensor that an attribute, method or index is of, and what that does to it; (None, None) where it is none."""
    match node:
        case cst.Attribute(value=inner, attr=cst.Name(value="T" | "mT")):
            return inner, Access.TRANSPOSED
        case cst.Attribute(value=inner, attr=cst.Name(value="data")):
            return inner, None
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=method)), args=arguments):
            return inner, _access_of(method, [argument.value for argument in arguments])
        case cst.Subscript(value=inner):
            return inner, Access.ITEM if _is_item(node) else Access.RESHAPED
        case _:
            return None, None


def _access_of(method: str, arguments: list[cst.BaseExpression]) -> Access | None:
    numbers = [text.integer(argument) for argument in arguments]
    match method:
        case _ if method in _NEUTRAL:
            return None
        case "t" | "adjoint":
            return Access.TRANSPOSED
        case "transpose" | "swapaxes" | "swapdims" if frozenset(numbers) in _LAST_TWO:
            return Access.TRANSPOSED
        case "permute" if numbers == [0, 2, 1]:
            return Access.TRANSPOSED
        case "view" | "reshape" if len(numbers) == 2 and numbers[1] == -1:
            return Access.FLATTENED
        case "flatten" if numbers == [1]:
            return Access.FLATTENED
        case _:
            return Access.RESHAPED


def _is_item(node: cst.Subscript) -> bool:
    """`P[i]`, where i is a number or a tensor; no slice, no `None`, no `...`."""
    index = text.index(node)
    return index is not None and not isinstance(index, cst.Ellipsis) and text.code(index) != "None"


def _chain(node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> tuple[cst.BaseExpression, ...]:
    """An expression and those that it comes from: the values of names, the receivers of methods."""
    found = [node]
    for _ in range(steps):
        binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
        if isinstance(binding, Assigned) and not binding.unpacking:
            node, env = binding.value, binding.env
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.value
        else:
            break
        found.append(node)
    return tuple(found)
