"""Storage: whether a write to what an expression gives reaches the tensor that it is taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import libcst as cst

from initlint.facts.api import storage as table
from initlint.facts.meaning.names import Names
from initlint.facts.meaning.values import Values
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Env

_STEPS = 16


class Storage(StrEnum):
    """Whose memory a tensor expression gives: the tensor's own, that of a copy, or either."""

    SHARED = "shared"
    COPY = "copy"
    OPEN = "open"


class Layout(StrEnum):
    """How the entries lie in memory: row after row, as a transposed matrix, or not known."""

    ROWS = "rows"
    TURNED = "turned"
    OPEN = "open"


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """A tensor and how an expression gets at it.

    `copy` is the part of the expression that copies, None where nothing does. It need not copy a matrix with a single
    row or column if it is `turned`, made from a transposed one, nor a tensor that has the type if it is `converted`.
    """

    tensor: cst.BaseExpression
    storage: Storage = Storage.SHARED
    layout: Layout = Layout.ROWS
    copy: cst.BaseExpression | None = None
    turned: bool = False
    converted: bool = False


class Accesses:
    """Reads tensor expressions with the names in force."""

    def __init__(self, names: Names, values: Values) -> None:
        self._names = names
        self._values = values

    def read(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> Access:
        """The tensor that an expression is taken from; locals are not looked through."""
        match node:
            case _ if steps == 0:
                return Access(node, Storage.OPEN)
            case cst.Attribute(value=inner, attr=cst.Name(value=name)) if name in table.ATTRIBUTES:
                access = self.read(inner, env, steps - 1)
                return access if name in ("data", "real") else _turned(access)
            case cst.Subscript(value=inner):
                return self._item(node, self.read(inner, env, steps - 1), env)
            case cst.BinaryOperation(left=left, right=right):
                operand = right if isinstance(left, cst.Integer | cst.Float) else left
                return _copied(self.read(operand, env, steps - 1), node)
            case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
                return _copied(self.read(inner, env, steps - 1), node)
            case cst.Call():
                return self._call(node, env, steps - 1)
            case _:
                return Access(node)

    def selects_many(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> bool:
        """Whether an index is a list, a mask or a tensor with dimensions for certain, so that indexing copies."""
        if steps == 0:
            return False
        match node:
            case cst.List() | cst.ListComp() | cst.Comparison() | cst.Name(value="True" | "False"):
                return True
            case cst.Name():
                origin, at = self._values.origin(node, env)
                return origin is not node and self.selects_many(origin, at, steps - 1)
            case cst.UnaryOperation(operator=cst.BitInvert(), expression=inner):
                return self.selects_many(inner, env, steps - 1)
            case cst.BinaryOperation(operator=cst.BitAnd() | cst.BitOr(), left=left, right=right):
                return self.selects_many(left, env, steps - 1) or self.selects_many(right, env, steps - 1)
            case cst.Subscript(value=inner, slice=[cst.SubscriptElement(slice=cst.Slice())]):
                return self.selects_many(inner, env, steps - 1)
            case cst.Call():
                return self._makes_index(node, env, steps - 1)
            case _:
                return False

    def _makes_index(self, node: cst.Call, env: Env, steps: int) -> bool:
        qualified = self._names.qualified(node.func, env)
        if qualified in table.MANY:
            return True
        if qualified in table.FROM_DATA and node.args:
            return self.selects_many(node.args[0].value, env, steps)
        match node.func:
            case cst.Attribute(attr=cst.Name(value="nonzero" | "argsort")):
                return qualified is None
            case cst.Attribute(value=inner, attr=cst.Name(value="bool" | "long" | "to" | "cuda" | "cpu" | "tolist")):
                return self.selects_many(inner, env, steps)
            case _:
                return False

    def _item(self, node: cst.Subscript, access: Access, env: Env) -> Access:
        """`w[0]`, `w[1:3]`, `w[None]` and `w[..., 1]` are views; lists, masks and index tensors copy."""
        match node.slice:
            case [cst.SubscriptElement(slice=cst.Index(value=cst.Tuple(elements=elements)))]:
                parts: list[cst.BaseSlice] = [cst.Index(element.value) for element in elements]
            case elements:
                parts = [element.slice for element in elements]
        indices = [part.value for part in parts if isinstance(part, cst.Index)]
        if any(self._gathers(index, env) for index in indices):
            return _copied(access, node)
        if not all(self._is_place(index, env) for index in indices):
            return replace(access, storage=_either(access.storage), layout=Layout.OPEN)
        rows = len(parts) == 1 and access.layout is Layout.ROWS
        return replace(access, layout=Layout.ROWS if rows else Layout.OPEN)

    def _gathers(self, index: cst.BaseExpression, env: Env) -> bool:
        """Whether an index copies; a tuple inside of several is a list of places."""
        return isinstance(index, cst.Tuple) or self.selects_many(index, env)

    def _is_place(self, index: cst.BaseExpression, env: Env) -> bool:
        """Whether an index is a number, None or an ellipsis for certain."""
        literal = self._values.literal(index, env)
        return isinstance(index, cst.Ellipsis) or (literal is not None and not isinstance(literal.value, bool | str))

    def _call(self, node: cst.Call, env: Env, steps: int) -> Access:
        qualified = self._names.qualified(node.func, env) or ""
        if qualified in ("copy.deepcopy", "torch.tensor") and node.args:
            return _copied(self.read(node.args[0].value, env, steps), node)
        module, _, name = qualified.rpartition(".")
        if module == "torch" and node.args:
            return self._operation(node, name, self._first(node, env, steps), node.args[1:], env)
        if not qualified and isinstance(node.func, cst.Attribute):
            return self._operation(node, node.func.attr.value, self.read(node.func.value, env, steps), node.args, env)
        return Access(node, Storage.OPEN)

    def _first(self, node: cst.Call, env: Env, steps: int) -> Access:
        """The tensor that a function of `torch` is given; of several the first."""
        given = node.args[0].value
        if isinstance(given, cst.List | cst.Tuple) and given.elements:
            given = given.elements[0].value
        return self.read(given, env, steps)

    def _operation(self, node: cst.Call, name: str, access: Access, arguments: Sequence[cst.Arg], env: Env) -> Access:
        """What a method, or the function of `torch` with its name, makes of a tensor."""
        given = [argument.value for argument in arguments if argument.keyword is None and not argument.star]
        if name in table.COPIES | table.ARITHMETIC or self._copies(node, name):
            return _copied(access, node)
        if name in table.CONVERSIONS or self._converts(node, name, env):
            return replace(_copied(access, node), converted=access.storage is not Storage.COPY)
        if name in table.MATCHING:
            return _matched(access, node, name, given)
        if name not in table.VIEWS:
            return Access(access.tensor, Storage.OPEN, Layout.OPEN)
        if name == "t" or (name in table.TURNING and sorted(map(_number, given)) in ([0, 1], [-2, -1])):
            return _turned(access) if name != "permute" or list(map(_number, given)) == [1, 0] else access
        kept = name in _KEEPING
        return access if kept else replace(access, layout=Layout.OPEN)

    def _converts(self, node: cst.Call, name: str, env: Env) -> bool:
        """Whether `.to(…)` or `.type(…)` asks for another type of number than the default."""
        given = [self._names.qualified(argument.value, env) for argument in node.args]
        return name in ("to", "type") and any(each in table.OTHER_TYPES for each in given)

    def _copies(self, node: cst.Call, name: str) -> bool:
        """Whether `.to(…)` is told to copy."""
        flags = [argument.value for argument in node.args if argument.keyword and argument.keyword.value == "copy"]
        return name == "to" and any(isinstance(flag, cst.Name) and flag.value == "True" for flag in flags)


_KEEPING = frozenset({"view", "view_as", "unsqueeze", "detach", "detach_", "requires_grad_"})


def _number(node: cst.BaseExpression) -> int:
    """An integer literal; a number that is no dimension for anything else."""
    found = text.integer(node)
    return found if found is not None else 99


def _copied(access: Access, node: cst.BaseExpression) -> Access:
    """A copy of what is there; the innermost copy is the one that counts."""
    if access.storage is Storage.COPY:
        return access
    return replace(access, storage=Storage.COPY, layout=Layout.ROWS, copy=node)


def _either(storage: Storage) -> Storage:
    return storage if storage is Storage.COPY else Storage.OPEN


def _turned(access: Access) -> Access:
    layouts = {Layout.ROWS: Layout.TURNED, Layout.TURNED: Layout.ROWS, Layout.OPEN: Layout.OPEN}
    return replace(access, layout=layouts[access.layout])


def _matched(access: Access, node: cst.Call, name: str, given: Sequence[cst.BaseExpression]) -> Access:
    """`contiguous`, `reshape` and `flatten`: of a transposed matrix a copy, but for a shape that keeps its rows."""
    flat = name in ("flatten", "ravel") or {abs(_number(size)) for size in given} == {1}
    match access.layout:
        case Layout.ROWS:
            return access
        case Layout.TURNED if name == "contiguous" or (flat and (given or name != "reshape")):
            return replace(_copied(access, node), turned=access.storage is not Storage.COPY)
        case _:
            return replace(access, storage=_either(access.storage), layout=Layout.OPEN)
