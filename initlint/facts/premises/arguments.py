"""Arguments of init calls, as `ast` has them: enough to say that torch takes all of them."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from initlint.facts.api.torch_init import INITIALIZERS, METHODS, REFUSED_SLOPES, Draw
from initlint.facts.premises.init_calls import InitCall, init_calls, number
from initlint.facts.premises.tree import Tree, last_name
from initlint.theory.gains import NONLINEARITIES

_MODES = frozenset({"fan_in", "fan_out"})
_NO_NUMBERS = frozenset(name.rpartition(".")[2] for name in REFUSED_SLOPES)
_BOUNDS = {Draw.UNIFORM: (0.0, 1.0), Draw.TRUNC_NORMAL: (-2.0, 2.0)}
"""The bounds that a law has by default."""


def may_not_bind(tree: Tree) -> bool:
    """Whether a call may have arguments that its initialiser does not take, or lack one."""
    calls = (call for call in init_calls(tree) if not call.hidden)
    return any(call.given is None or "generator" in call.given or _lacks(call) for call in calls)


def _lacks(call: InitCall) -> bool:
    required = METHODS[call.name].required if call.method else ("tensor", *INITIALIZERS[call.name].required)
    return any(not call.holds(name) for name in required)


def may_lack_upper_bound(tree: Tree) -> bool:
    """Whether a uniform law may be given a lower bound alone."""
    uniform = (call for call in init_calls(tree) if call.draw is Draw.UNIFORM and not call.hidden)
    return any(call.given is None or _lower_alone(call) for call in uniform)


def _lower_alone(call: InitCall) -> bool:
    lower, upper = ("from", "to") if call.method else ("a", "b")
    return call.holds(lower) and not call.holds(upper) and call.number(lower) != 0


def may_be_misplaced(tree: Tree) -> bool:
    """Whether a constant may stand in a slot of an initialiser with a fan or a gain that reads something else."""
    return any(
        call.given is None or any(_is_misplaced(tree, name, value) for name, value in call.given.items())
        for call in init_calls(tree)
        if not call.hidden
    )


def _is_misplaced(tree: Tree, parameter: str, value: ast.expr) -> bool:
    constants = list(_constants(tree, value)) if parameter in ("a", "gain", "mode", "nonlinearity") else []
    words = [each for each in constants if isinstance(each, str)]
    match parameter:
        case "mode":
            return any(word.lower() not in _MODES for word in words) or len(words) < len(constants)
        case "nonlinearity":
            return any(word not in NONLINEARITIES for word in words)
        case _:
            return bool(words)


def may_be_refused(tree: Tree) -> bool:
    """Whether a number may be out of the range of its initialiser, or a slope be no number."""
    slopes = (_slope_of_gain(call) for call in tree.called("calculate_gain"))
    return any(slope is not None and _may_be_no_number(tree, slope) for slope in slopes) or any(
        call.given is None or _is_odd(tree, call) for call in init_calls(tree) if not call.hidden
    )


def _slope_of_gain(call: ast.Call) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == "param"), (*call.args, None, None)[1])


def _is_odd(tree: Tree, call: InitCall) -> bool:
    if call.draw in (Draw.KAIMING_UNIFORM, Draw.KAIMING_NORMAL):
        slope = (call.given or {}).get("a")
        return slope is not None and _may_be_no_number(tree, slope)
    scales = (_written(call, name, 1.0) for name in ("std", "gain", "groups"))
    return _are_swapped(call) or any(scale is None or scale <= 0 for scale in scales)


def _are_swapped(call: InitCall) -> bool:
    """Whether a lower bound may be above the upper one; a rule of its own asks for the upper one of `uniform_`."""
    lower, upper = ("from", "to") if call.method else ("a", "b")
    if call.draw not in _BOUNDS or (call.draw is Draw.UNIFORM and not call.holds(upper)):
        return False
    low, high = (
        _written(call, name, default) for name, default in zip((lower, upper), _BOUNDS[call.draw], strict=True)
    )
    return low is None or high is None or low > high


def _written(call: InitCall, parameter: str, default: float) -> float | None:
    """The number for a parameter; nan where a name takes part in it, None where more than a number is written out."""
    given = (call.given or {}).get(parameter)
    if given is None:
        return default
    named = any(isinstance(each, ast.Name) for each in ast.walk(given))
    return math.nan if named else number(given)


def _may_be_no_number(tree: Tree, value: ast.expr) -> bool:
    """Whether a slope may be a string, a bool or what torch does not take for a number."""
    made = (each.func for each in _origins(tree, value) if isinstance(each, ast.Call))
    return any(isinstance(each, bool | str) for each in _constants(tree, value)) or any(
        not tree.meanings(last_name(function)).isdisjoint(_NO_NUMBERS) for function in made
    )


def _constants(tree: Tree, value: ast.expr) -> Iterator[object]:
    """The constants that an expression may be."""
    for each in _origins(tree, value):
        match each:
            case ast.Constant(value=constant):
                yield constant
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                yield from _constants(tree, operand)


def _origins(tree: Tree, value: ast.expr, seen: frozenset[str] = frozenset()) -> Iterator[ast.expr]:
    """What an expression may be, as far as assignments to names lead."""
    if not isinstance(value, ast.Name):
        yield value
    elif value.id not in seen:
        for each in tree.values.get(value.id, ()):
            yield from _origins(tree, each, seen | {value.id})
