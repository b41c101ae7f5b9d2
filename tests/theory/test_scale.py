"""The normal form: one object for every way of writing a scale."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from initlint.theory.scale import ONE, ZERO, Scale, ScaleError, Sum, Symbol


def symbol(name: str, owner: str = "") -> Scale:
    return Scale.symbol(Symbol(name, owner))


n, k, c, a, b, gain, fan = (symbol(name) for name in ("n", "k", "c", "a", "b", "gain", "fan"))
fan_in, fan_out = symbol("fan_in"), symbol("fan_out")
out, kernel_0, kernel_1 = (symbol(name, "m") for name in ("out_channels", "kernel_size[0]", "kernel_size[1]"))

HE = (2 / n).sqrt()

untimed = settings(deadline=None)


@pytest.mark.parametrize(
    "written",
    [
        (2.0 / n) ** 0.5,
        (Scale.of(2.0) / n) ** Fraction(1, 2),
        Scale.of(2).sqrt() / n.sqrt(),
        Scale.of(2) ** 0.5 * n**-0.5,
        2 / (2 * n).sqrt(),
        (n / 2) ** -0.5,
        1 / (0.5 * n).sqrt(),
        (4 / (n + n)).sqrt(),
        (2 / n) / (2 / n).sqrt(),
        (1 / n + 1 / n).sqrt(),
    ],
)
def test_he_std_has_one_normal_form(written: Scale) -> None:
    assert written == HE
    assert hash(written) == hash(HE)


@pytest.mark.parametrize(
    "other",
    [
        2 / n,
        (1 / n).sqrt(),
        (2 / n**2).sqrt(),
        1.4142 / n.sqrt(),
        (2 / k).sqrt(),
        -HE,
        HE + 1,
        (2 / (n + 1)).sqrt(),
        2**0.5 / n,
    ],
)
def test_another_scale_is_another_object(other: Scale) -> None:
    assert other != HE


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((2.0 / (k * k * c)).sqrt(), (2 / c).sqrt() / k),
        (2 * a + 2 * b, 2 * (a + b)),
        (a + b, b + a),
        (k * a + k * b, k * (a + b)),
        (a - a, ZERO),
        (a - b, -(b - a)),
        (3 * a - a, 2 * a),
        ((n**2) ** 0.5, n),
        ((a + b) - b, a),
        ((a + b) * c - a * c, b * c),
        (1 / a + 1 / b, (a + b) / (a * b)),
        (a / (a + b) + b / (a + b), ONE),
        ((a * a - b * b) / (a - b) + 1, a + b + 1),
        ((a + b) ** 2 - a**2 - b**2, 2 * a * b),
        (a.sqrt() + a, a.sqrt() * (1 + a.sqrt())),
        (2 * a + Scale.of(2).sqrt() * b, Scale.of(2).sqrt() * (Scale.of(2).sqrt() * a + b)),
        (1 / (a + b).sqrt() + (a + b).sqrt(), (1 + a + b) / (a + b).sqrt()),
        ((fan_in + fan_out) / 2 * 2, fan_in + fan_out),
        (0.1 * n + 0.2 * n, 0.3 * n),
        (Scale.of(0.1) + 0.2, Scale.of(0.3)),
        (Scale.of(1) / 3 * 3, ONE),
        (n**0, ONE),
        (n * 0, ZERO),
        (ZERO + n, n),
        (ZERO**2, ZERO),
        (ZERO**0, ONE),
        (Scale.of(-2) ** 2, Scale.of(4)),
        (Scale.of(-2) ** 3, Scale.of(-8)),
        (Scale.of(1000003 * 1000033).sqrt(), Scale.of(1000003).sqrt() * Scale.of(1000033).sqrt()),
    ],
)
def test_equal_by_algebra(left: Scale, right: Scale) -> None:
    assert left == right
    assert hash(left) == hash(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (a + b, a - b),
        (a + b, (a**2 + b**2).sqrt()),
        (symbol("size(0)", "m.weight"), symbol("size(0)", "n.weight")),
        (symbol("out_channels", "m"), symbol("m.out_channels")),
        (Scale.of(0.1), Scale.of(0.1 + 1e-17 + 1e-16)),
        (Scale.of(2).sqrt(), Scale.of(1.4142135623730951)),
        (a / b, b / a),
        (ONE, -ONE),
        (ZERO, ONE),
    ],
)
def test_different_by_algebra(left: Scale, right: Scale) -> None:
    assert left != right


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        ((2 / (kernel_0 * kernel_1 * out)).sqrt(), "sqrt(2 / (m.kernel_size[0] * m.kernel_size[1] * m.out_channels))"),
        (Scale.of(0.02), "0.02"),
        (ZERO, "0"),
        (Scale.of(-3), "-3"),
        (Scale.of(1) / 3, "0.33333"),
        (Scale.of(2).sqrt(), "sqrt(2)"),
        (-Scale.of(2).sqrt(), "-sqrt(2)"),
        (Scale.of(math.sqrt(2)), "1.4142"),
        (Scale.of(2) ** 0.3, "1.2311"),
        (1 / n.sqrt(), "1 / sqrt(n)"),
        (2 / n.sqrt(), "2 / sqrt(n)"),
        ((8 / n).sqrt(), "sqrt(8 / n)"),
        (gain / fan.sqrt(), "gain / sqrt(fan)"),
        (gain * (2 / n).sqrt(), "gain * sqrt(2 / n)"),
        ((6 / (fan_in + fan_out)).sqrt(), "sqrt(6 / (fan_in + fan_out))"),
        ((fan_in + fan_out).sqrt(), "sqrt(fan_in + fan_out)"),
        ((fan_in + fan_out) / 2, "(fan_in + fan_out) / 2"),
        ((fan_in + fan_out) ** 2, "(fan_in + fan_out)**2"),
        (2 * (n - 1), "2 * (n - 1)"),
        (1 - n, "1 - n"),
        (symbol("size(0)", "m.weight"), "m.weight.size(0)"),
        (symbol("std"), "std"),
        (k**2 * c, "k**2 * c"),
        (c / 2, "c / 2"),
        (0.1 * c, "0.1 * c"),
        (1 / (2 * c), "1 / (2 * c)"),
        (Scale.of(2).sqrt() * c, "sqrt(2) * c"),
        (n**-1.5, "1 / (n * sqrt(n))"),
        (n ** Fraction(1, 3), "n**0.33333"),
        (-HE, "-sqrt(2 / n)"),
        (1 + Scale.of(2).sqrt(), "2.4142"),
        (1 - Scale.of(2).sqrt(), "-0.41421"),
        (n * (1 - Scale.of(2).sqrt()), "-0.41421 * n"),
        (n / (1 + Scale.of(2).sqrt()), "0.41421 * n"),
    ],
)
def test_is_written_as_a_person_writes_it(scale: Scale, text: str) -> None:
    assert str(scale) == text


@pytest.mark.parametrize(
    "operation",
    [
        lambda: n / 0,
        lambda: n / (a - a),
        lambda: ZERO**-1,
        lambda: Scale.of(math.nan),
        lambda: Scale.of(math.inf),
        lambda: n * math.inf,
        lambda: n**math.nan,
        lambda: Scale.of(-2).sqrt(),
        lambda: (-n).sqrt(),
        lambda: (a - b).sqrt(),
        lambda: ((a - b) ** 2).sqrt(),
        lambda: Scale.of(2) ** 100000,
        lambda: Scale.of(2) ** -100000,
        lambda: Scale.of(10**400),
        lambda: Scale.of(10**4000),
        lambda: (a + b) ** 1000 + 1,
        lambda: HE.value({Symbol("n"): -1.0}),
        lambda: HE.value({Symbol("n"): 0.0}),
        lambda: (n**1000).value({Symbol("n"): 1e10}),
    ],
)
def test_what_has_no_value_raises(operation: Callable[[], object]) -> None:
    with pytest.raises(ScaleError):
        operation()


def test_scale_error_is_an_arithmetic_error() -> None:
    assert issubclass(ScaleError, ArithmeticError)


def test_value_of_a_missing_symbol_raises_key_error() -> None:
    with pytest.raises(KeyError):
        HE.value({Symbol("k"): 3.0})


@pytest.mark.parametrize("number", [0, 2, -7, 0.02, 1e-5, 5e-324, 1.797e307, 0.7071067811865476, -1e300])
def test_numbers_come_back(number: float) -> None:
    assert Scale.of(number).number == number
    assert Scale.of(number).symbols == frozenset()


@pytest.mark.parametrize("number", [2, 3, 6, 0.5, 64 * 9])
def test_square_roots_are_those_of_math(number: float) -> None:
    assert Scale.of(number).sqrt().number == math.sqrt(number)


def test_a_scale_with_symbols_is_no_number() -> None:
    assert HE.number is None
    assert HE.rational is None


def test_a_root_is_not_rational() -> None:
    assert Scale.of(2).sqrt().rational is None
    assert (Scale.of(2) / 3).rational == Fraction(2, 3)


def test_factors_hold_symbols_and_sums_with_their_exponents() -> None:
    assert HE.factors == {Symbol("n"): Fraction(-1, 2)}
    [(factor, exponent)] = (6 / (fan_in + fan_out)).sqrt().factors.items()
    assert isinstance(factor, Sum)
    assert exponent == Fraction(-1, 2)
    assert (fan_in * (fan_in + fan_out)).symbols == {Symbol("fan_in"), Symbol("fan_out")}


def test_a_sum_without_symbols_is_a_number() -> None:
    assert (1 + Scale.of(2).sqrt()).number == pytest.approx(1 + math.sqrt(2))
    assert (1 + Scale.of(2).sqrt()).rational is None
    assert not (1 + Scale.of(2).sqrt()).factors
    assert (n * (1 + Scale.of(2).sqrt())).split() == (1 + Scale.of(2).sqrt(), n)


def test_split_separates_number_and_symbols() -> None:
    assert HE.split() == (Scale.of(2).sqrt(), 1 / n.sqrt())
    assert (-3 * a).split() == (Scale.of(-3), a)
    assert ZERO.split() == (ZERO, ONE)
    assert (-HE).coefficient == -math.sqrt(2)


def test_substitute_keeps_what_it_is_not_given() -> None:
    assert HE.substitute({Symbol("n"): k * k * c}) == (2 / c).sqrt() / k
    assert HE.substitute({Symbol("k"): c}) == HE
    assert (1 / (a + b)).substitute({Symbol("a"): b}) == 1 / (2 * b)
    assert (a - b).substitute({Symbol("a"): b}) == ZERO


def test_a_scale_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        HE.sign = -1  # type: ignore[misc]


# Random expressions, and the same expressions written in another way.


@dataclass(frozen=True)
class Node:
    operator: str
    operands: tuple[Node | Fraction | str, ...]


Expression = Node | Fraction | str

SYMBOLS = ("a", "b", "c", "n")
EXPONENTS = (Fraction(1, 2), Fraction(-1, 2), Fraction(2), Fraction(-1), Fraction(3, 2), Fraction(1, 3))
numbers = st.sampled_from([Fraction(text) for text in ("1", "2", "3", "6", "1/2", "0.02", "1.5", "12")])
leaves: st.SearchStrategy[Expression] = st.one_of(numbers, st.sampled_from(SYMBOLS))


def _compound(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    binary = st.builds(lambda name, x, y: Node(name, (x, y)), st.sampled_from(["*", "/", "+"]), inner, inner)
    power = st.builds(lambda x, p: Node("**", (x, p)), inner, st.sampled_from(EXPONENTS))
    return binary | power


expressions = st.recursive(leaves, _compound, max_leaves=8)

BINARY: dict[str, Callable[[Scale, Scale], Scale]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "+": operator.add,
    "-": operator.sub,
}


def build(expression: Expression) -> Scale:
    match expression:
        case str():
            return symbol(expression)
        case Fraction():
            return Scale.of(expression)
        case Node("**", (x, Fraction() as power)):
            return build(x) ** power
        case Node("sqrt", (x,)):
            return build(x).sqrt()
        case Node("float", (Fraction() as number,)):
            return Scale.of(float(number))
        case Node(name, (x, y)):
            return BINARY[name](build(x), build(y))
    raise AssertionError(expression)


def evaluate(expression: Expression, mapping: dict[str, float]) -> float:
    match expression:
        case str():
            return mapping[expression]
        case Fraction():
            return float(expression)
        case Node("**", (x, Fraction() as power)):
            return math.pow(evaluate(x, mapping), power)
        case Node("+", (x, y)):
            return evaluate(x, mapping) + evaluate(y, mapping)
        case Node("*", (x, y)):
            return evaluate(x, mapping) * evaluate(y, mapping)
        case Node("/", (x, y)):
            return evaluate(x, mapping) / evaluate(y, mapping)
    raise AssertionError(expression)


def rewrites(expression: Expression) -> list[Expression]:
    """Other ways to write the root of an expression."""
    found: list[Expression] = []
    match expression:
        case Fraction() if Fraction(repr(float(expression))) == expression:
            found += [
                Node("float", (expression,)),
                Node("/", (Fraction(expression.numerator), Fraction(expression.denominator))),
            ]
        case Node("+" | "*" as name, (x, y)):
            found.append(Node(name, (y, x)))
            if isinstance(x, Node) and x.operator == name:
                found.append(Node(name, (x.operands[0], Node(name, (x.operands[1], y)))))
            if name == "*":
                found.append(Node("/", (x, Node("**", (y, Fraction(-1))))))
                found.append(Node("**", (Node("**", (expression, Fraction(2))), Fraction(1, 2))))
            else:
                found.append(Node("-", (expression, ZERO_EXPRESSION)))
                found.append(Node("-", (Node("+", (expression, "n")), "n")))
        case Node("/", (x, y)):
            found.append(Node("*", (x, Node("**", (y, Fraction(-1))))))
            found.append(Node("*", (Node("/", (Fraction(1), y)), x)))
            found.append(Node("/", (Node("*", (x, "a")), Node("*", (y, "a")))))
            if isinstance(x, Node) and x.operator == "+":
                found.append(Node("+", tuple(Node("/", (term, y)) for term in x.operands)))
        case Node("**", (x, Fraction() as power)):
            found.append(Node("/", (Fraction(1), Node("**", (x, -power)))))
            found.append(Node("**", (Node("sqrt", (x,)), power * 2)))
            if power == Fraction(1, 2):
                found.append(Node("sqrt", (x,)))
            if power == 2:
                found.append(Node("*", (x, x)))
            if isinstance(x, Node) and x.operator in "*/":
                found.append(Node(x.operator, tuple(Node("**", (part, power)) for part in x.operands)))
    return found


ZERO_EXPRESSION = Fraction(0)


@st.composite
def two_ways(draw: st.DrawFn) -> tuple[Expression, Expression]:
    expression = draw(expressions)

    def rewrite(part: Expression) -> Expression:
        if isinstance(part, Node) and part.operator != "**":
            part = Node(part.operator, tuple(map(rewrite, part.operands)))
        elif isinstance(part, Node):
            part = Node("**", (rewrite(part.operands[0]), part.operands[1]))
        others = rewrites(part)
        return draw(st.sampled_from([part, *others])) if others else part

    return expression, rewrite(expression)


@untimed
@given(two_ways())
def test_the_normal_form_does_not_depend_on_the_writing(pair: tuple[Expression, Expression]) -> None:
    one, other = map(build, pair)
    assert one == other
    assert hash(one) == hash(other)
    assert str(one) == str(other)


values = st.fixed_dictionaries({name: st.floats(0.5, 64) for name in SYMBOLS})


@untimed
@given(expressions, values)
def test_the_normal_form_agrees_with_numeric_evaluation(expression: Expression, mapping: dict[str, float]) -> None:
    scale = build(expression)
    expected = evaluate(expression, mapping)
    assume(1e-200 < expected < 1e200)
    assert scale.value({Symbol(name): value for name, value in mapping.items()}) == pytest.approx(expected, rel=1e-9)


@untimed
@given(expressions, values)
def test_what_is_written_has_the_value_of_the_scale(expression: Expression, mapping: dict[str, float]) -> None:
    scale = build(expression)
    value = scale.value({Symbol(name): value for name, value in mapping.items()})
    assume(1e-200 < value < 1e200)
    assert eval(str(scale), {"sqrt": math.sqrt, **mapping}) == pytest.approx(value, rel=1e-2)


@untimed
@given(expressions, values)
def test_substituting_numbers_for_all_symbols_evaluates(expression: Expression, mapping: dict[str, float]) -> None:
    whole = {Symbol(name): round(value) or 1 for name, value in mapping.items()}
    scale = build(expression)
    number = scale.substitute({name: Scale.of(value) for name, value in whole.items()}).number
    assert number == pytest.approx(scale.value(whole), rel=1e-9)


@untimed
@given(expressions, expressions)
def test_what_is_added_can_be_taken_away(left: Expression, right: Expression) -> None:
    x, y = build(left), build(right)
    assert x + y == y + x
    assert x - x == ZERO
    assert x / x == ONE
    assert x * y / y == x


@untimed
@given(st.floats(-1e308, 1e308))
def test_a_float_is_the_decimal_it_spells(number: float) -> None:
    assert Scale.of(number).number == number
    assert Scale.of(number).rational == Fraction(repr(number))
