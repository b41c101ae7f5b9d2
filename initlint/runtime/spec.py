"""Expectations: the laws that a project declares for its parameters, by patterns of their names.

`kaiming_normal(fan_out, relu)`, `normal(std=0.02 / sqrt(2 * depth))`, `zeros`, `any`: initialisers as torch calls them,
without the underscore, with numbers, arithmetic and the arguments of the model's factory.
"""

from __future__ import annotations

import ast
import difflib
import fnmatch
import math
import operator
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from initlint.spelling import did_you_mean
from initlint.theory import laws
from initlint.theory.fans import fan_in_and_fan_out
from initlint.theory.gains import NONLINEARITIES, calculate_gain
from initlint.theory.laws import Law


class SpecError(ValueError):
    """An expectation cannot be read, or concerns no parameter; says which and why."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is declared of the parameters whose names match a pattern."""

    pattern: str
    text: str
    numbers: Mapping[str, float]

    def matches(self, name: str) -> bool:
        """Whether a parameter is meant."""
        return fnmatch.fnmatchcase(name, self.pattern)

    def law(self, shape: Sequence[int]) -> Law | None:
        """The declared law for a shape; None where any will do. Raises SpecError."""
        if self.text.strip() == "any":
            return None
        try:
            return _law(ast.parse(self.text.strip(), mode="eval").body, shape, self.numbers)
        except (SyntaxError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise SpecError(f"{self.pattern!r}: {self.text!r} is no law: {error}") from None


class Model(msgspec.Struct, forbid_unknown_fields=True):
    """A model of a specification: the factory, its arguments, an input for the forward pass, and what is expected."""

    factory: str
    args: dict[str, Any] = {}
    input: str = ""
    expect: dict[str, str] = {}

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """The expectations, in the order in which they stand: the last that matches decides."""
        return expectations(self.expect, self.args)


class _Specification(msgspec.Struct, forbid_unknown_fields=True):
    model: list[Model] = []


def expectations(expect: Mapping[str, str], arguments: Mapping[str, Any]) -> tuple[Expectation, ...]:
    """Declared laws by pattern, with the numbers among a factory's arguments as names."""
    numbers = {name: float(value) for name, value in arguments.items() if isinstance(value, int | float)}
    return tuple(Expectation(pattern, text, numbers) for pattern, text in expect.items())


def read(path: Path) -> tuple[Model, ...]:
    """The models of a TOML file: `[[model]]`, in pyproject.toml `[[tool.initlint.runtime.model]]`. Raises SpecError."""
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError(f"cannot read {path}: {error}") from None
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("initlint", {}).get("runtime", {})
    try:
        return tuple(msgspec.convert(table, _Specification).model)
    except msgspec.ValidationError as error:
        raise SpecError(f"{path}: {error}") from None


def assign(names: Sequence[str], declared: Sequence[Expectation]) -> dict[str, Expectation]:
    """The expectation of every parameter that has one. Raises SpecError for a pattern that matches none."""
    for each in declared:
        if not any(map(each.matches, names)):
            close = difflib.get_close_matches(each.pattern, names, n=1, cutoff=0.4)
            hint = f"; the closest name is {close[0]!r}" if close else ""
            raise SpecError(f"the pattern {each.pattern!r} matches no parameter{hint}")
    return {name: each for each in declared for name in names if each.matches(name)}


def _law(node: ast.expr, shape: Sequence[int], numbers: Mapping[str, float]) -> Law:
    name, positional, keywords = _call(node)
    if name not in _LAWS:
        raise ValueError(f"unknown initialiser {name!r}{did_you_mean(name, _LAWS)}")
    parameters, build = _LAWS[name]
    words = "mode" in parameters
    given = [_word(each) if words else _number(each, numbers) for each in positional]
    if len(given) > len(parameters):
        raise ValueError(f"{name} takes {', '.join(parameters) or 'no argument'}")
    bound: dict[str, Any] = dict(zip(parameters, given, strict=False))
    if name in ("normal", "trunc_normal") and len(bound) == 1:
        raise ValueError(f"the first argument of {name} is the mean: write {name}(std=…)")
    for key, value in keywords.items():
        if key not in parameters or key in bound:
            raise ValueError(f"{name} takes {', '.join(parameters)}")
        bound[key] = _word(value) if key in ("mode", "nonlinearity") else _number(value, numbers)
    law: Law = build(shape, **bound)
    return law


def _call(node: ast.expr) -> tuple[str, list[ast.expr], dict[str, ast.expr]]:
    match node:
        case ast.Name(id=name):
            return name, [], {}
        case ast.Call(func=ast.Name(id=name), args=positional, keywords=keywords):
            if any(keyword.arg is None for keyword in keywords):
                raise ValueError("** is not read")
            if len({keyword.arg for keyword in keywords}) < len(keywords):
                raise ValueError("an argument is repeated")
            return name, positional, {keyword.arg or "": keyword.value for keyword in keywords}
        case _:
            raise ValueError("an initialiser is expected")


def _word(node: ast.expr) -> str:
    match node:
        case ast.Name(id=word) | ast.Constant(value=str(word)):
            return word
        case _:
            raise ValueError("a word is expected: fan_in, fan_out or a nonlinearity")


_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _number(node: ast.expr, numbers: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name in numbers:
            return numbers[name]
        case ast.Name(id=name):
            raise ValueError(f"{name!r} is no argument of the factory that is a number")
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_number(inner, numbers)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_number(left, numbers), _number(right, numbers))
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner], keywords=[]):
            return math.sqrt(_number(inner, numbers))
        case _:
            raise ValueError("a number is expected")


def _kaiming(build: Callable[[float], Law]) -> Callable[..., Law]:
    def of(shape: Sequence[int], mode: str = "fan_in", nonlinearity: str = "leaky_relu", a: float = 0.0) -> Law:
        if mode in NONLINEARITIES:
            mode, nonlinearity = "fan_in", mode
        if mode not in ("fan_in", "fan_out"):
            raise ValueError(f"{mode!r} is neither fan_in nor fan_out")
        fan = fan_in_and_fan_out(shape)[mode == "fan_out"]
        return build(calculate_gain(nonlinearity, a if nonlinearity == "leaky_relu" else None) / math.sqrt(fan))

    return of


def _xavier(build: Callable[[float], Law]) -> Callable[..., Law]:
    def of(shape: Sequence[int], gain: float = 1.0) -> Law:
        return build(gain * math.sqrt(2 / sum(fan_in_and_fan_out(shape))))

    return of


def _normal(std: float) -> Law:
    return laws.normal(0.0, std)


def _uniform(std: float) -> Law:
    return laws.uniform(-math.sqrt(3) * std, math.sqrt(3) * std)


def _fixed(build: Callable[..., Law]) -> Callable[..., Law]:
    """A law that does not depend on the shape."""
    return lambda shape, **bound: build(**bound)


_LAWS: Mapping[str, tuple[tuple[str, ...], Callable[..., Law]]] = {
    "zeros": ((), _fixed(lambda: laws.constant(0.0))),
    "ones": ((), _fixed(lambda: laws.constant(1.0))),
    "constant": (("value",), _fixed(laws.constant)),
    "normal": (("mean", "std"), _fixed(laws.normal)),
    "uniform": (("a", "b"), _fixed(laws.uniform)),
    "trunc_normal": (("mean", "std", "a", "b"), _fixed(laws.truncated_normal)),
    "kaiming_normal": (("mode", "nonlinearity", "a"), _kaiming(_normal)),
    "kaiming_uniform": (("mode", "nonlinearity", "a"), _kaiming(_uniform)),
    "xavier_normal": (("gain",), _xavier(_normal)),
    "xavier_uniform": (("gain",), _xavier(_uniform)),
    "orthogonal": (("gain",), _fixed(laws.orthogonal)),
    "sparse": (("sparsity", "std"), _fixed(laws.sparse)),
    "dirac": (("groups",), _fixed(lambda groups=1.0: laws.dirac(int(groups)))),
    "eye": ((), _fixed(lambda: laws.EYE)),
}
"""Initialisers by name: their parameters in torch's order, and the law for a shape."""
