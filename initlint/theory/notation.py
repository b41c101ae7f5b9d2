"""Writes a scale the way a person writes it in a message: `sqrt(2 / (m.kernel_size[0] * m.out_channels))`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from initlint.theory.scale import ONE, Scale, Sum, Symbol

_SMALL = 100
"""Fractions and roots are written with integers below this, other numbers as decimals."""


def write(scale: Scale) -> str:
    """The scale in Python's notation; numbers are rounded to five digits."""
    number, symbolic = scale.split()
    match list(symbolic.factors.items()):
        case []:
            return _constant(scale)
        case [(Sum(terms), Fraction(numerator=1, denominator=1))] if number**2 == ONE:
            return _terms(terms if scale.sign > 0 else [-term for term in terms])
    if scale.coefficient < 0:
        return f"-{write(-scale)}"
    whole, rooted = _partition(scale.factors.items())
    if rooted and number.rational is None and (number**2).rational is not None:
        return _fraction(ONE, whole, _root(number**2, rooted))
    return _fraction(number, whole, _root(ONE, rooted))


def _constant(scale: Scale) -> str:
    """A scale without symbols: an integer, a short decimal, or the root of a small integer."""
    rational, square = scale.rational, (scale**2).rational
    if rational is not None:
        return _number(rational)
    if square is not None and square.denominator == 1 and square < _SMALL:
        return f"{'-' if scale.sign < 0 else ''}sqrt({square})"
    return _number(scale.coefficient)


def _number(number: Fraction | float) -> str:
    if isinstance(number, Fraction) and number.denominator == 1 and abs(number) < 10**7:
        return str(number)
    return f"{float(number):.5g}"


def _terms(terms: Iterable[Scale]) -> str:
    """A sum, the terms that are added before those that are subtracted."""
    first, *rest = sorted(terms, key=lambda term: term.sign < 0)
    return str(first) + "".join(f" - {-term}" if term.sign < 0 else f" + {term}" for term in rest)


_Power = tuple[Symbol | Sum, Fraction]


def _partition(powers: Iterable[_Power]) -> tuple[list[_Power], list[_Power]]:
    """What stands outside the square root and what stands under it."""
    outside: list[_Power] = []
    under: list[_Power] = []
    for factor, exponent in powers:
        if exponent.denominator == 2:
            under.append((factor, Fraction(1 if exponent > 0 else -1)))
            exponent = Fraction(math.trunc(exponent))
        if exponent:
            outside.append((factor, exponent))
    return outside, under


_Stroke = tuple[list[str], list[str]]
"""What is written above and below the stroke of a fraction."""


def _root(number: Scale, powers: list[_Power]) -> _Stroke:
    """A square root; one of a reciprocal goes below the stroke."""
    above, below = _stroke(number, powers)
    if above:
        return [f"sqrt({_join(above, below)})"], []
    return [], [f"sqrt({_join(below, [])})"] if below else []


def _fraction(number: Scale, powers: list[_Power], root: _Stroke) -> str:
    above, below = _stroke(number, powers)
    return _join(above + root[0], below + root[1])


def _stroke(number: Scale, powers: list[_Power]) -> _Stroke:
    above, below = _number_stroke(number)
    for factor, exponent in sorted(powers, key=lambda power: -abs(power[1])):
        (above if exponent > 0 else below).append(_power(factor, abs(exponent)))
    return above, below


def _number_stroke(number: Scale) -> _Stroke:
    """A third goes below the stroke, a tenth is a decimal."""
    exact = number.rational
    if exact is not None and exact.denominator % 5 and exact.numerator < _SMALL and exact.denominator < _SMALL:
        above, below = str(exact.numerator), str(exact.denominator)
    else:
        above, below = _constant(number), "1"
    return [above] if above != "1" else [], [below] if below != "1" else []


def _power(factor: Symbol | Sum, exponent: Fraction) -> str:
    base = f"({factor})" if isinstance(factor, Sum) else str(factor)
    return base if exponent == 1 else f"{base}**{_number(exponent)}"


def _join(above: list[str], below: list[str]) -> str:
    """A fraction; a lone sum loses its parentheses."""
    numerator = " * ".join(above) or "1"
    if not below:
        alone = len(above) == 1 and numerator.startswith("(") and numerator.endswith(")")
        return numerator[1:-1] if alone else numerator
    denominator = " * ".join(below)
    return f"{numerator} / {denominator}" if len(below) == 1 else f"{numerator} / ({denominator})"
