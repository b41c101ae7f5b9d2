"""What numbers are computed from, as `ast` has them: enough to say that no root, or no number at all, comes about.

Names are followed to whatever the functions around them and the module assign them, in any order.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from initlint.facts.premises.init_calls import number
from initlint.facts.premises.tree import Tree, last_name, root_name
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


def values(tree: Tree, name: ast.Name) -> Iterator[ast.expr]:
    """What a name may have been assigned where it stands: `x op y` of `x op= y`, all of what is unpacked.

    What a walrus binds counts anywhere: in the default of a parameter it is not its function's.
    """
    around = {None, *tree.routines_around(name)}
    for each in tree.names[name.id]:
        if isinstance(each.ctx, ast.Store):
            holder = tree.parents[each]
            while isinstance(holder, ast.Tuple | ast.List):
                holder = tree.parents[holder]
            if isinstance(holder, ast.NamedExpr) or tree.routine(holder) in around:
                yield from _assigned(tree, holder)


def _assigned(tree: Tree, node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.AugAssign():
            yield _changes(tree)[node]
        case ast.Assign(value=value) | ast.NamedExpr(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield value


@lru_cache(maxsize=1)
def _changes(tree: Tree) -> dict[ast.AugAssign, ast.BinOp]:
    changes = (each for each in tree.assignments if isinstance(each, ast.AugAssign))
    return {each: ast.BinOp(each.target, each.op, each.value) for each in changes}


def stored(tree: Tree, attribute: str) -> list[ast.expr]:
    """What attributes of this name are assigned, anywhere."""
    stores = (node for node in tree.attributes.get(attribute, ()) if isinstance(node.ctx, ast.Store))
    found = (getattr(tree.parents[node], "value", None) for node in stores)
    return [value for value in found if isinstance(value, ast.expr)]


def sources(tree: Tree, node: ast.expr) -> Iterator[ast.AST]:
    """The parts of an expression, and those of what the names in it are assigned."""
    seen: set[ast.AST] = set()
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if part not in seen:
            seen.add(part)
            yield part
            pending += ast.iter_child_nodes(part)
            pending += values(tree, part) if isinstance(part, ast.Name) else ()


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

    def __init__(self, tree: Tree, defaults: bool) -> None:
        self._tree = tree
        self._defaults = defaults
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
            given = [*values(self._tree, node), *(_defaults(self._tree, node) if self._defaults else ())]
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
    for routine in tree.routines_around(name):
        arguments = routine.args
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
        pairs += [
            (each, value) for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
        ]
        yield from (value for each, value in pairs if each.arg == name.id)


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
