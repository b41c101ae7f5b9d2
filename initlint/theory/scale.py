"""The scale algebra: products of numbers and dimension symbols in one exact normal form.

`sqrt(2/n)`, `(2./n)**.5` and `math.sqrt(2)/math.sqrt(n)` are one `Scale`. All exponents and numbers are exact, decimal
literals are the decimal fractions that they spell.

A scale is a sign times powers of bases. A base is a prime, a symbol, or a sum. Symbols stand for dimensions and are
positive, so `(x**2)**0.5` is `x`. Sums are polynomials with everything common to their terms pulled out, so
`2*a + 2*b` is `2*(a + b)`; products and powers of sums are left as they are until something is added to them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, TypeGuard

from initlint.theory.integers import factorize

Number: TypeAlias = int | float | Fraction
Base: TypeAlias = "int | Symbol | Sum"
Powers: TypeAlias = "tuple[tuple[Base, Fraction], ...]"

_TERMS = 256
"""Sums that would grow beyond this many terms are refused."""

_LOG_MIN, _LOG_MAX = -745.0, 709.78
"""Logarithms between which a coefficient is a finite float other than zero."""

_BITS = 1 << 12
"""The most bits of a literal's numerator and denominator, and the largest logarithm of a single prime power."""


class ScaleError(ArithmeticError):
    """The expression has no value, or none that the algebra holds.

    Division by zero, a root of what is not known to be positive, nan and infinity, numbers beyond the range of floats,
    sums of more than 256 terms.
    """


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """A dimension or an opaque name, tied to the expression that owns it: `Symbol("out_channels", "m")`."""

    name: str
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class Sum:
    """At least two distinct terms without a common factor, the leading one positive. Made by adding scales."""

    terms: tuple[Scale, ...]

    def __str__(self) -> str:
        return str(_product(1, [(self, Fraction(1))]))


@dataclass(frozen=True, slots=True)
class Scale:
    """A signed product of powers in normal form, immutable and hashable. Made by `of`, `symbol` and operators.

    `sign` is -1, 0 or 1; `powers` are sorted by base and hold no exponent 0. Operators take scales and numbers, and
    raise ScaleError where the result does not exist.
    """

    sign: int
    powers: Powers = ()

    @classmethod
    def of(cls, number: Number) -> Scale:
        """The scale of a number; a float is the decimal that its repr spells. Raises ScaleError for nan and inf."""
        exact = _exact(number)
        if exact == 0:
            return ZERO
        if max(abs(exact.numerator), exact.denominator).bit_length() > _BITS:
            raise ScaleError(
                f"{number:.3e} is beyond the range of floats" if isinstance(number, float) else "too large"
            )
        powers: list[tuple[Base, Fraction]] = []
        powers += ((prime, Fraction(count)) for prime, count in factorize(abs(exact.numerator)).items())
        powers += ((prime, Fraction(-count)) for prime, count in factorize(exact.denominator).items())
        return _product(1 if exact > 0 else -1, powers)

    @classmethod
    def symbol(cls, symbol: Symbol) -> Scale:
        """The scale of one symbol."""
        return cls(1, ((symbol, Fraction(1)),))

    def __mul__(self, other: Scale | Number) -> Scale:
        other = _scale(other)
        if not self.sign * other.sign:
            return ZERO
        return _product(self.sign * other.sign, [*self.powers, *other.powers])

    def __truediv__(self, other: Scale | Number) -> Scale:
        return self * _scale(other) ** -1

    def __pow__(self, exponent: Number) -> Scale:
        exponent = _exact(exponent)
        if not self.sign:
            if exponent < 0:
                raise ScaleError("division by zero")
            return ZERO if exponent else ONE
        if exponent.denominator > 1 and not self._is_positive():
            raise ScaleError(f"root of {self}, which may be negative")
        sign = self.sign if exponent.numerator % 2 else 1
        return _product(sign, [(base, power * exponent) for base, power in self.powers])

    def __add__(self, other: Scale | Number) -> Scale:
        return _sum([self, _scale(other)])

    def __sub__(self, other: Scale | Number) -> Scale:
        return self + -_scale(other)

    def __neg__(self) -> Scale:
        return Scale(-self.sign, self.powers)

    def __rmul__(self, other: Number) -> Scale:
        return self * other

    def __rtruediv__(self, other: Number) -> Scale:
        return _scale(other) / self

    def __radd__(self, other: Number) -> Scale:
        return self + other

    def __rsub__(self, other: Number) -> Scale:
        return -self + other

    def sqrt(self) -> Scale:
        """The square root. Raises ScaleError for what is not known to be positive or zero."""
        return self ** Fraction(1, 2)

    @property
    def number(self) -> float | None:
        """The value, where there is no symbol in it."""
        return None if self.symbols else self.coefficient

    @property
    def rational(self) -> Fraction | None:
        """The exact value, where there is neither a symbol nor a root in it."""
        whole, rest = _split_rational(self)
        return whole if rest == ONE else None

    @property
    def symbols(self) -> frozenset[Symbol]:
        """All symbols, those inside sums too."""
        return frozenset(symbol for base, _ in _atoms(self) for symbol in _symbols(base))

    @property
    def factors(self) -> Mapping[Symbol | Sum, Fraction]:
        """The symbols and sums of the product with their exponents."""
        return {base: exponent for base, exponent in _atoms(self) if any(_symbols(base))}

    @property
    def coefficient(self) -> float:
        """The number in front, with its sign."""
        whole, rest = _split_rational(self)
        result = float(whole) * math.sqrt(math.prod(base for base, exponent in rest.powers if _is_root(base, exponent)))
        for base, exponent in rest.powers:
            if isinstance(base, int) and not _is_root(base, exponent):
                result *= math.pow(base, exponent)
            elif isinstance(base, Sum) and not any(_symbols(base)):
                result *= math.pow(sum(term.coefficient for term in base.terms), exponent)
        return result

    def split(self) -> tuple[Scale, Scale]:
        """The number in front and the product of symbols and sums; zero is 0 times 1."""
        symbolic = Scale(1, tuple(self.factors.items()))
        return self / symbolic, symbolic

    def value(self, mapping: Mapping[Symbol, float]) -> float:
        """The value for given symbols. Raises KeyError for a missing symbol, ScaleError where there is no value."""
        result = self.coefficient
        for factor, exponent in self.factors.items():
            base = mapping[factor] if isinstance(factor, Symbol) else sum(term.value(mapping) for term in factor.terms)
            if base < 0 and exponent.denominator > 1:
                raise ScaleError(f"root of {factor}, which is {base:g}")
            try:
                result *= math.pow(base, exponent)
            except (OverflowError, ValueError) as error:
                raise ScaleError(f"{factor} ** {exponent} at {base:g}: {error}") from error
        return result

    def substitute(self, mapping: Mapping[Symbol, Scale]) -> Scale:
        """The scale with symbols replaced; those that are not in the mapping stay."""
        result = self.split()[0]
        for factor, exponent in self.factors.items():
            if isinstance(factor, Symbol):
                result *= mapping.get(factor, Scale.symbol(factor)) ** exponent
            else:
                result *= _sum([term.substitute(mapping) for term in factor.terms]) ** exponent
        return result

    def _is_positive(self) -> bool:
        return self.sign > 0 and all(
            term._is_positive() for base, _ in self.powers if isinstance(base, Sum) for term in base.terms
        )

    def __str__(self) -> str:
        from initlint.theory.notation import write

        return write(self)


ZERO = Scale(0)
ONE = Scale(1)


def _scale(value: Scale | Number) -> Scale:
    return value if isinstance(value, Scale) else Scale.of(value)


def _exact(number: Number) -> Fraction:
    if isinstance(number, int | Fraction):
        return Fraction(number)
    if not math.isfinite(number):
        raise ScaleError(f"{number} is not a finite number")
    return Fraction(float.__repr__(float(number)))


def _key(base: Base) -> tuple[object, ...]:
    """Sorts primes before symbols before sums."""
    if isinstance(base, int):
        return (0, base)
    if isinstance(base, Symbol):
        return (1, base.owner, base.name)
    return (2, *(_term_key(term) for term in base.terms))


def _term_key(term: Scale) -> tuple[object, ...]:
    """Sorts terms by falling degree, then by their symbols.

    For exponents that are not negative this is the graded lexicographic order: it is kept by multiplication.
    """
    degree = sum(exponent for _, exponent in _atoms(term))
    symbols = tuple((_key(base), -exponent) for base, exponent in _atoms(term))
    return (-degree, symbols, tuple(power for power in term.powers if isinstance(power[0], int)), term.sign)


def _product(sign: int, powers: Iterable[tuple[Base, Fraction]]) -> Scale:
    """The normal form of a product. Raises ScaleError for a coefficient beyond the range of floats."""
    exponents: dict[Base, Fraction] = {}
    for base, exponent in powers:
        exponents[base] = exponents.get(base, Fraction(0)) + exponent
    logs = [exponent * Fraction(math.log(base)) for base, exponent in exponents.items() if isinstance(base, int)]
    if not _LOG_MIN < sum(logs) < _LOG_MAX or any(abs(log) > _BITS for log in logs):
        raise ScaleError("a number beyond the range of floats")
    kept = ((base, exponent) for base, exponent in exponents.items() if exponent)
    return Scale(sign, tuple(sorted(kept, key=lambda power: _key(power[0]))))


def _is_root(base: Base, exponent: Fraction) -> TypeGuard[int]:
    return isinstance(base, int) and exponent == Fraction(1, 2)


def _split_rational(scale: Scale) -> tuple[Fraction, Scale]:
    """A rational number and what is left: roots of primes with exponents between 0 and 1, symbols, sums."""
    whole = Fraction(scale.sign)
    rest: list[tuple[Base, Fraction]] = []
    for base, exponent in scale.powers:
        if isinstance(base, int):
            floor = math.floor(exponent)
            whole *= Fraction(base) ** floor
            exponent -= floor
        if exponent:
            rest.append((base, exponent))
    return whole, Scale(1, tuple(rest))


def _atoms(scale: Scale) -> Iterator[tuple[Symbol | Sum, Fraction]]:
    """All powers but those of primes."""
    return ((base, exponent) for base, exponent in scale.powers if not isinstance(base, int))


def _symbols(atom: Symbol | Sum) -> Iterator[Symbol]:
    if isinstance(atom, Symbol):
        yield atom
    else:
        for term in atom.terms:
            for base, _ in _atoms(term):
                yield from _symbols(base)


def _sum(terms: Sequence[Scale]) -> Scale:
    """The normal form of a sum: one fraction, its numerator multiplied out and no multiple of a sum below."""
    outside = ONE
    while True:
        terms = _collect(piece for term in terms for piece in _expanded(term))
        if len(terms) < 2:
            return outside * terms[0] if terms else ZERO
        common = _common_factor(terms)
        if common == ONE and not any(map(_is_expandable, terms)):
            break
        outside *= common
        terms = [term / common for term in terms]
    for factor, exponent in _atoms(outside):
        if isinstance(factor, Sum) and exponent < 0:
            quotient = _quotient(terms, factor.terms)
            if quotient is not None:
                return outside * _product(1, [(factor, Fraction(1))]) * _sum(quotient)
    return outside * _product(1, [(Sum(tuple(terms)), Fraction(1))])


def _collect(terms: Iterable[Scale]) -> list[Scale]:
    """Adds terms that differ in a rational number only; sorts them."""
    coefficients: dict[Scale, Fraction] = {}
    for term in terms:
        coefficient, rest = _split_rational(term)
        coefficients[rest] = coefficients.get(rest, Fraction(0)) + coefficient
    if len(coefficients) > _TERMS:
        raise ScaleError(f"a sum of more than {_TERMS} terms")
    kept = (Scale.of(coefficient) * rest for rest, coefficient in coefficients.items() if coefficient)
    return sorted(kept, key=_term_key)


def _is_expandable(term: Scale) -> bool:
    return any(isinstance(factor, Sum) and exponent >= 1 for factor, exponent in _atoms(term))


def _expanded(term: Scale) -> list[Scale]:
    """A term multiplied out, as far as its sums have exponents of 1 and more."""
    pieces = [term]
    while any(map(_is_expandable, pieces)):
        pieces = _collect(product for piece in pieces for product in _expanded_once(piece))
    return pieces


def _expanded_once(term: Scale) -> Iterator[Scale]:
    for factor, exponent in _atoms(term):
        if isinstance(factor, Sum) and exponent >= 1:
            if exponent > _TERMS:
                raise ScaleError(f"a sum of more than {_TERMS} terms")
            rest = term * _product(1, [(factor, Fraction(-1))])
            yield from (rest * piece for piece in factor.terms)
            return
    yield term


def _common_factor(terms: Sequence[Scale]) -> Scale:
    """The smallest power of every base that stands in a term, with the sign of the leading term."""
    powers = [dict(term.powers) for term in terms]
    bases = {base: None for term in powers for base in term}
    return _product(terms[0].sign, [(base, min(term.get(base, Fraction(0)) for term in powers)) for base in bases])


def _quotient(dividend: Sequence[Scale], divisor: Sequence[Scale]) -> list[Scale] | None:
    """The polynomial that times `divisor` is `dividend`, where there is one."""
    quotient: list[Scale] = []
    remainder = list(dividend)
    while remainder:
        step = remainder[0] / divisor[0]
        if len(quotient) == _TERMS or any(exponent < 0 for _, exponent in _atoms(step)):
            return None
        quotient.append(step)
        remainder = _collect([*remainder, *(-(step * term) for term in divisor)])
    return quotient
