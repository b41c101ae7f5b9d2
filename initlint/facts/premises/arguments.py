"""Arguments of init calls, as `ast` has them: enough to say that torch takes all of them, as what they are."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from initlint.facts.api.torch_init import INITIALIZERS, METHODS, REFUSED_SLOPES, Draw
from initlint.facts.premises.init_calls import InitCall, init_calls
from initlint.facts.premises.numbers import number
from initlint.facts.premises.tree import Tree, last_name
from initlint.facts.premises.values import origins
from initlint.theory.gains import NONLINEARITIES

_KAIMING = (Draw.KAIMING_NORMAL, Draw.KAIMING_UNIFORM)
_GAINED = (*_KAIMING, Draw.XAVIER_NORMAL, Draw.XAVIER_UNIFORM, Draw.ORTHOGONAL)
_WORDS = {"mode": frozenset({"fan_in", "fan_out"}), "nonlinearity": frozenset(NONLINEARITIES)}
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
            return any(word.lower() not in _WORDS["mode"] for word in words) or len(words) < len(constants)
        case "nonlinearity":
            return any(word not in _WORDS["nonlinearity"] for word in words)
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
    if call.draw in _KAIMING:
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
    made = (each.func for each in origins(tree, value) if isinstance(each, ast.Call))
    return any(isinstance(each, bool | str) for each in _constants(tree, value)) or any(
        not tree.meanings(last_name(function)).isdisjoint(_NO_NUMBERS) for function in made
    )


def _constants(tree: Tree, value: ast.expr) -> Iterator[object]:
    """The constants that an expression may be."""
    for each in origins(tree, value):
        match each:
            case ast.Constant(value=constant):
                yield constant
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                yield from _constants(tree, operand)


def may_have_std_for_mean(tree: Tree) -> bool:
    """Whether a normal law may be given a mean, and no std beside it."""
    normal = (call for call in init_calls(tree) if call.draw in (Draw.NORMAL, Draw.TRUNC_NORMAL))
    return any(
        call.given is None or (call.holds("mean") and not call.holds("std") and call.number("mean") != 0)
        for call in normal
    )


def may_have_bounds(tree: Tree) -> bool:
    """Whether the mean of a normal law may be negative, as the lower bound of a symmetric interval is."""
    normal = (call for call in init_calls(tree) if call.draw is Draw.NORMAL)
    return any(call.computed("mean") or (call.number("mean") or 0) < 0 for call in normal)


def may_be_meaningless(tree: Tree) -> bool:
    """Whether a number that is written out may be one that means nothing to `trunc_normal_` or `sparse_`."""
    return any(
        call.draw is Draw.SPARSE or call.computed("std", named=False) or (call.number("std") or 1) < 0
        for call in init_calls(tree)
        if call.draw in (Draw.SPARSE, Draw.TRUNC_NORMAL)
    )


def may_be_scaled(tree: Tree) -> bool:
    """Whether the scale of a normal law may be computed by hand."""
    return any(call.computed("std") for call in init_calls(tree) if call.draw in (Draw.NORMAL, Draw.TRUNC_NORMAL))


def may_be_misread(tree: Tree) -> bool:
    """Whether an argument of an initialiser with a fan, or of `calculate_gain`, may be of another kind than asked."""
    gains = tree.called("calculate_gain")
    if any(len(call.args) != 1 or not _is_word(call.args[0], _WORDS["nonlinearity"]) for call in gains):
        return True
    scaled = (call for call in init_calls(tree) if call.draw in _GAINED)
    return any(call.computed("a", "gain") or _is_misspelled(call) for call in scaled)


def _is_misspelled(call: InitCall) -> bool:
    given = call.given or {}
    return any(not _is_word(given[name], words) for name, words in _WORDS.items() if name in given)


def may_have_slope(tree: Tree) -> bool:
    """Whether an initialiser may be given a slope."""
    return any(call.holds("a") for call in init_calls(tree) if call.draw in _KAIMING)


def may_be_one_sided(tree: Tree) -> bool:
    """Whether a uniform law may be given a lower bound that is not the negative of something."""
    uniform = (call for call in init_calls(tree) if call.draw is Draw.UNIFORM)
    return any(call.given is None or not _is_negative(call) for call in uniform)


def _is_negative(call: InitCall) -> bool:
    given = call.given or {}
    low = given.get("a", given.get("from"))
    two = len(given.keys() & {"a", "b", "from", "to"}) == 2
    return low is None or (two and isinstance(low, ast.UnaryOp) and isinstance(low.op, ast.USub))


def _is_word(node: ast.expr, words: frozenset[str]) -> bool:
    return isinstance(node, ast.Constant) and node.value in words
