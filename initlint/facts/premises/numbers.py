"""What numbers are computed from, as `ast` has them: enough to say that no root, or no number at all, comes about."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping

from initlint.facts.premises.tree import Tree, defaults, last_name, root_name
from initlint.facts.premises.values import sources, values
from initlint.theory.gains import calculate_gain

_ROOTS = frozenset({"sqrt", "pow", "power"})
_CONSTANTS = frozenset({"pi", "e"})
_STEPS = 16
_OPERATIONS: Mapping[type[ast.operator], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}


def number(node: ast.expr) -> float | None:
    """A number that is written out, with its sign."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case _:
            return None


def may_have_root(tree: Tree, node: ast.expr) -> bool:
    """Whether a root is taken on the way to a number, or a power that is not written out as a whole number."""
    return any(_is_root(tree, part) for part in sources(tree, node))


def _is_root(tree: Tree, node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.Pow(), right=exponent):
            return not isinstance(exponent, ast.Constant) or not isinstance(exponent.value, int)
        case ast.Call(func=function):
            return not tree.meanings(last_name(function)).isdisjoint(_ROOTS)
        case _:
            return False


def may_be_number(tree: Tree, node: ast.expr, *, defaults: bool = False) -> bool:
    """Whether an expression may be a number that the file settles; with `defaults`, those of parameters are settled."""
    return _Settling(tree, defaults).may_be_number(node)


class _Settling:
    """Asks what names stand for once each; one that is asked for while it is looked up may be a number."""

    def __init__(self, tree: Tree, by_default: bool) -> None:
        self._tree = tree
        self._by_default = by_default
        self._known: dict[str, bool] = {}

    def may_be_number(self, node: ast.expr) -> bool:
        """Whether an expression may be a number; what is not known counts as one."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, int | float) and not isinstance(value, bool)
            case ast.UnaryOp(operand=inner):
                return self.may_be_number(inner)
            case ast.Attribute(attr=name):
                return name in _CONSTANTS
            case ast.Name():
                return self._name(node)
            case ast.BinOp(left=left, right=right):
                return all(map(self.may_be_number, (left, right))) or _may_vanish(self._tree, left, right)
            case ast.Call():
                return self._call(node)
            case _:
                return True

    def _name(self, node: ast.Name) -> bool:
        if node.id not in self._known:
            self._known[node.id] = True
            given = [*values(self._tree, node), *(_defaults(self._tree, node) if self._by_default else ())]
            constant = not self._tree.meanings(node.id).isdisjoint(_CONSTANTS)
            self._known[node.id] = constant or any(map(self.may_be_number, given))
        return self._known[node.id]

    def _call(self, node: ast.Call) -> bool:
        """A function makes a number of numbers, `calculate_gain` of a word; `x.item()` and `x.sqrt()` are what x is."""
        if "calculate_gain" in self._tree.meanings(last_name(node.func)):
            return True
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("item", "sqrt") and not node.args:
            return self.may_be_number(node.func.value)
        return any(map(self.may_be_number, node.args))


def _defaults(tree: Tree, name: ast.Name) -> Iterator[ast.expr]:
    """The defaults of the parameters of this name of the functions around it."""
    pairs = (pair for routine in tree.routines_around(name) for pair in defaults(routine))
    return (value for parameter, value in pairs if parameter.arg == name.id)


def _may_vanish(tree: Tree, left: ast.expr, right: ast.expr) -> bool:
    """Whether what is no number may leave one: `x / x`, `x - x`, `0 * x`, `x ** 0`."""
    one, other = (set(sources(tree, side)) for side in (left, right))
    zero = any(isinstance(part, ast.Constant) and part.value == 0 for part in one | other)
    return zero or not _spellings(tree, one).isdisjoint(_spellings(tree, other))


def _spellings(tree: Tree, parts: set[ast.AST]) -> set[str]:
    """The names and attributes that a number may be computed from, functions of modules apart."""
    inside = {part.value for part in parts if isinstance(part, ast.Attribute)}
    functions = {part.func for part in parts if isinstance(part, ast.Call) and root_name(part.func) in tree.roots}
    chains = (part for part in parts if isinstance(part, ast.Name | ast.Attribute))
    return {ast.unparse(chain) for chain in chains if chain not in inside and chain not in functions}


def may_be_negative(tree: Tree, node: ast.expr) -> bool:
    """Whether there is a minus on the way to a number."""
    return any(isinstance(part, ast.UnaryOp | ast.BinOp) and _is_minus(part) for part in sources(tree, node))


def _is_minus(node: ast.UnaryOp | ast.BinOp) -> bool:
    return isinstance(node.op, ast.USub | ast.Sub)


def evaluated(tree: Tree, node: ast.expr, steps: int = _STEPS) -> float | None:
    """The number that arithmetic of written numbers gives, names that are assigned once among them; None where open."""
    match node:
        case ast.Name():
            given = list(values(tree, node)) if steps else []
            return evaluated(tree, given[0], steps - 1) if len(given) == 1 else None
        case ast.BinOp(left=left, op=done, right=right) if type(done) in _OPERATIONS:
            return _calculated(_OPERATIONS[type(done)], *(evaluated(tree, side, steps) for side in (left, right)))
        case ast.Call(func=function, args=[inner], keywords=[]) if last_name(function) == "sqrt":
            return _calculated(math.sqrt, evaluated(tree, inner, steps))
        case ast.Call(func=function, args=[ast.Constant(value=str() as word)]) if (
            last_name(function) == "calculate_gain"
        ):
            return _calculated(calculate_gain, word)
        case _:
            return _calculated(float, number(node))


def _calculated(operation: Callable[..., float], *given: object) -> float | None:
    """What an operation gives, None where it fails or something is open."""
    try:
        return operation(*given) if None not in given else None
    except (ArithmeticError, ValueError):
        return None
