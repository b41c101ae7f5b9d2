"""Element types: what numpy draws as float64 and torch takes over as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.reading import text
from initlint.facts.reading.scopes import Env

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 8

_SIZES = {
    "normal": 2, "uniform": 2, "laplace": 2, "logistic": 2, "gumbel": 2, "standard_normal": 0, "random": 0,
    "random_sample": 0, "exponential": 1, "rand": 0, "randn": 0,
}  # fmt: skip
"""Draws of numpy that give float64, and how many arguments come before the size; without one they give a Python float.

https://numpy.org/doc/stable/reference/random/legacy.html
"""

_SAME_TYPE = frozenset({"reshape", "transpose", "copy", "flatten", "ravel", "clip", "dot", "squeeze"})
_TAKING = frozenset({"torch.from_numpy", "torch.tensor", "torch.as_tensor"})
_KEEPING = frozenset({"cuda", "cpu", "clone", "contiguous", "view", "reshape", "t", "unsqueeze", "squeeze", "detach"})


def drawn_by_numpy(file: File, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> cst.Call | None:
    """The draw of numpy that makes an array of float64; None for anything that may have another type."""
    node, env = file.values.origin(node, env)
    if steps == 0:
        return None
    match node:
        case cst.BinaryOperation(left=left, right=right):
            found = drawn_by_numpy(file, left, env, steps - 1)
            return found if found is not None else drawn_by_numpy(file, right, env, steps - 1)
        case cst.Attribute(value=inner, attr=cst.Name(value="T")):
            return drawn_by_numpy(file, inner, env, steps - 1)
        case cst.Call(func=function, args=arguments):
            module, _, name = (file.names.qualified(function, env) or "").rpartition(".")
            if module == "numpy.random":
                return node if _is_array(node, name) else None
            if isinstance(function, cst.Attribute) and function.attr.value in _SAME_TYPE:
                return drawn_by_numpy(file, function.value, env, steps - 1)
            plain = module == "numpy" and name in ("array", "asarray", "abs", "sqrt") and len(arguments) == 1
            return drawn_by_numpy(file, arguments[0].value, env, steps - 1) if plain else None
        case _:
            return None


def taken_as_float64(file: File, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> cst.Call | None:
    """The draw of numpy that a tensor takes its float64 from: through `from_numpy`, `tensor`, `as_tensor`, no dtype."""
    node, env = file.values.origin(node, env)
    if not isinstance(node, cst.Call) or steps == 0:
        return None
    if file.names.qualified(node.func, env) in _TAKING:
        slots = text.argument_slots(node, ("data", "dtype"))
        return drawn_by_numpy(file, node.args[0].value, env) if slots and "dtype" not in slots else None
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in _KEEPING:
        return taken_as_float64(file, node.func.value, env, steps - 1)
    return None


def _is_array(call: cst.Call, name: str) -> bool:
    """Whether a draw is given a size."""
    if name not in _SIZES:
        return False
    named = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    return "size" in named or len(call.args) - len(named) > _SIZES[name]
