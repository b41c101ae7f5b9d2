"""Values: what an expression evaluates to, as far as the source settles it.

Literals follow names through single definitions, augmented assignments and, where asked, defaults of parameters.
Scales are symbolic: a dimension that is read off a module or tensor becomes a `Symbol` tied to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import libcst as cst

from initlint.facts.meaning.names import Names
from initlint.facts.reading import text
from initlint.facts.reading.inside import inside, named
from initlint.facts.reading.scopes import Argument, Assigned, Augmented, Binding, Env, Joined
from initlint.theory.gains import calculate_gain
from initlint.theory.scale import Scale, ScaleError, Symbol

_STEPS = 16
_DENOMINATOR = 10**9


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: number, string, bool or None."""

    value: float | int | str | bool | None


class Values:
    """Evaluates expressions with the names in force at a place."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def literal(self, node: cst.BaseExpression, env: Env, *, defaults: bool = False) -> Literal | None:
        """The constant that an expression is; None for anything that is not settled.

        With `defaults`, a parameter of the function counts as the constant that is its default.
        """
        return self._literal(node, env, defaults, _STEPS)

    def number(self, node: cst.BaseExpression, env: Env, *, defaults: bool = False) -> float | None:
        """The number that an expression is: a literal or arithmetic of literals; bools are no numbers."""
        found = self._literal(node, env, defaults, _STEPS)
        if found is not None:
            is_number = isinstance(found.value, int | float) and not isinstance(found.value, bool)
            return float(found.value) if is_number else None  # type: ignore[arg-type]
        scale = self.scale(node, env)
        return scale.number if scale is not None else None

    def string(self, node: cst.BaseExpression, env: Env, *, defaults: bool = False) -> str | None:
        """The string that an expression is."""
        found = self._literal(node, env, defaults, _STEPS)
        return found.value if found is not None and isinstance(found.value, str) else None

    def scale(self, node: cst.BaseExpression, env: Env) -> Scale | None:
        """The value of an arithmetic expression as a symbolic product; None where it is not one."""
        try:
            return _ScaleReader(self._names).read(node, env, _STEPS)
        except ScaleError:
            return None

    def origin(self, node: cst.BaseExpression, env: Env) -> tuple[cst.BaseExpression, Env]:
        """The expression that a name was assigned, as long as that is a plain name; the node itself otherwise."""
        for _ in range(_STEPS):
            if not isinstance(node, cst.Name):
                break
            binding = env.lookup(node.value)
            if not isinstance(binding, Assigned) or binding.unpacking:
                break
            node, env = binding.value, binding.env
        return node, env

    def default(self, node: cst.BaseExpression, env: Env) -> Literal | None:
        """The constant that is the default of the parameter that an expression is.

        None where the function tests the parameter anywhere: what reaches the expression is then not settled.
        """
        node, env = self.origin(node, env)
        binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
        if not isinstance(binding, Argument) or binding.default is None or tested(binding):
            return None
        return self.literal(binding.default, binding.function.env)

    def inert(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether evaluating an expression has no effect: it calls nothing but `math` and `calculate_gain`."""
        called = [self._names.qualified(call.func, env) for call in inside(node, cst.Call)]
        return all(name is not None and name.startswith(_WITHOUT_EFFECT) for name in called)

    def _literal(self, node: cst.BaseExpression, env: Env, defaults: bool, steps: int) -> Literal | None:
        if steps == 0:
            return None
        match node:
            case cst.Integer() | cst.Float():
                return Literal(node.evaluated_value)
            case cst.SimpleString():
                value = text.string_value(node)
                return None if value is None else Literal(value)
            case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
                found = self._literal(inner, env, defaults, steps - 1)
                number = found is not None and isinstance(found.value, int | float)
                return Literal(-found.value) if found and number else None  # type: ignore[operator]
            case cst.Name(value="True" | "False" | "None" as word):
                return Literal({"True": True, "False": False, "None": None}[word])
            case cst.Name():
                return self._literal_binding(env.lookup(node.value), defaults, steps - 1)
            case _:
                return None

    def _literal_binding(self, binding: Binding | None, defaults: bool, steps: int) -> Literal | None:
        match binding:
            case Assigned(value=value, env=env, unpacking=()):
                return self._literal(value, env, defaults, steps)
            case Argument(default=default, function=function) if defaults and default is not None:
                return self._literal(default, function.env, defaults, steps)
            case Joined(alternatives=alternatives):
                found = {self._literal_binding(each, defaults, steps) for each in alternatives}
                return found.pop() if len(found) == 1 else None
            case _:
                return None


_WITHOUT_EFFECT = ("math.", "numpy.sqrt", "torch.nn.init.calculate_gain")


def tested(parameter: Argument) -> bool:
    """Whether a condition, comparison or boolean operation of the function reads the parameter."""
    return any(named(test, parameter.name) for test in conditions(parameter.function.node))


def conditions(function: cst.FunctionDef) -> list[cst.CSTNode]:
    """The comparisons, boolean operations and conditions of branches in a function, at any depth."""
    found = inside(function, cst.BooleanOperation, cst.Comparison, cst.Match)
    branches: list[cst.If | cst.IfExp | cst.While | cst.Assert]
    branches = inside(function, cst.If, cst.IfExp, cst.While, cst.Assert)
    return [*found, *(branch.test for branch in branches)]


_ROOTS = frozenset({"math.sqrt", "numpy.sqrt", "torch.sqrt", "cmath.sqrt", "torch.math.sqrt"})
_POWERS = frozenset({"math.pow", "numpy.power", "pow", "torch.pow"})
_PRODUCTS = frozenset({"numpy.prod", "math.prod", "torch.prod", "numpy.product"})
_REDUCTIONS = frozenset({"functools.reduce", "reduce"})
_IDENTITIES = frozenset({"float", "int", "torch.tensor", "torch.as_tensor", "numpy.float32", "numpy.float64", "round"})
_CONSTANTS = {"math.pi": 3.141592653589793, "numpy.pi": 3.141592653589793, "math.e": 2.718281828459045}
_DIMENSIONS = frozenset(
    {
        "in_channels", "out_channels", "in_features", "out_features", "groups", "num_features", "embedding_dim",
        "num_embeddings", "hidden_size", "input_size", "in1_features", "in2_features", "embed_dim",
    }
)  # fmt: skip
_CHANGES: Mapping[type, Callable[[Scale, Scale], Scale]] = {
    cst.AddAssign: lambda left, right: left + right,
    cst.SubtractAssign: lambda left, right: left - right,
    cst.MultiplyAssign: lambda left, right: left * right,
    cst.DivideAssign: lambda left, right: left / right,
    cst.FloorDivideAssign: lambda left, right: left / right,
}


class _ScaleReader:
    """Reads one expression; a name that means two different things inside it makes it unreadable."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._opaque: dict[str, Binding | None] = {}

    def read(self, node: cst.BaseExpression, env: Env, steps: int) -> Scale | None:
        if steps == 0:
            return None
        match node:
            case cst.Integer() | cst.Float():
                return Scale.of(node.evaluated_value)
            case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
                value = self.read(inner, env, steps - 1)
                return None if value is None else -value
            case cst.BinaryOperation():
                return self._operation(node, env, steps - 1)
            case cst.Name():
                return self._name(node, env, steps - 1)
            case cst.Call():
                return self._call(node, env, steps - 1)
            case cst.Attribute():
                return self._attribute(node, env)
            case cst.Subscript():
                return self._subscript(node, env, steps - 1)
            case _:
                return None

    def _operation(self, node: cst.BinaryOperation, env: Env, steps: int) -> Scale | None:
        left, right = self.read(node.left, env, steps), self.read(node.right, env, steps)
        if left is None or right is None:
            return None
        match node.operator:
            case cst.Add():
                return left + right
            case cst.Subtract():
                return left - right
            case cst.Multiply():
                return left * right
            case cst.Divide() | cst.FloorDivide():
                return left / right
            case cst.Power():
                return _power(left, right)
            case _:
                return None

    def _name(self, node: cst.Name, env: Env, steps: int) -> Scale | None:
        binding = env.lookup(node.value)
        match binding:
            case Assigned() | Augmented() | Joined():
                return self._binding(node.value, binding, steps)
            case _:
                qualified = self._names.qualified(node, env)
                if qualified in _CONSTANTS:
                    return Scale.of(_CONSTANTS[qualified])
                return self._symbol(node.value, binding)

    def _binding(self, name: str, binding: Binding, steps: int) -> Scale | None:
        if steps <= 0:
            return None
        match binding:
            case Assigned(value=value, env=env, unpacking=()):
                if isinstance(value, cst.Name) and value.value in ("None", "True", "False"):
                    return None
                read = self.read(value, env, steps - 1)
                return read if read is not None else self._symbol(name, binding)
            case Assigned(value=value, env=env, unpacking=(index,)):
                unpacked = self._item(value, index, env, steps - 1)
                return unpacked if unpacked is not None else self._symbol(name, binding)
            case Augmented(previous=previous, operator=operator, value=value, env=env):
                left = self._binding(name, previous, steps - 1)
                right = self.read(value, env, steps - 1)
                change = _CHANGES.get(type(operator))
                return change(left, right) if left is not None and right is not None and change else None
            case Joined(alternatives=alternatives):
                found = {self._binding(name, each, steps - 1) for each in alternatives}
                return found.pop() if len(found) == 1 else None
            case Argument():
                return self._symbol(name, binding)
            case _:
                return None

    def _symbol(self, name: str, binding: Binding | None) -> Scale | None:
        if self._opaque.setdefault(name, binding) is not binding:
            return None
        return Scale.symbol(Symbol(name))

    def _attribute(self, node: cst.Attribute, env: Env) -> Scale | None:
        qualified = self._names.qualified(node, env)
        if qualified in _CONSTANTS:
            return Scale.of(_CONSTANTS[qualified])
        owner = text.dotted(text.strip_data(node.value))
        if owner is None:
            return None
        return Scale.symbol(Symbol(node.attr.value, owner))

    def _subscript(self, node: cst.Subscript, env: Env, steps: int) -> Scale | None:
        position = text.index(node)
        at = text.integer(position) if position is not None else None
        return None if at is None else self._item(node.value, at, env, steps)

    def _item(self, node: cst.BaseExpression, at: int, env: Env, steps: int) -> Scale | None:
        """Item `at` of a tuple-valued expression: a kernel size, a shape, the two fans, a literal tuple."""
        if steps <= 0:
            return None
        match node:
            case cst.Tuple(elements=elements) | cst.List(elements=elements) if -len(elements) <= at < len(elements):
                return self.read(elements[at].value, env, steps)
            case cst.Name():
                binding = env.lookup(node.value)
                if isinstance(binding, Assigned) and not binding.unpacking:
                    return self._item(binding.value, at, binding.env, steps - 1)
                return Scale.symbol(Symbol(f"{node.value}[{at}]"))
            case cst.Attribute(attr=cst.Name(value="shape"), value=value):
                return _size(value, at)
            case cst.Attribute(attr=cst.Name(value=name), value=value):
                owner = text.dotted(value)
                return None if owner is None else Scale.symbol(Symbol(f"{name}[{at}]", owner))
            case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="size")), args=()):
                return _size(value, at)
            case cst.Call(args=[cst.Arg(value=tensor), *_]) if self._is(node, env, "_calculate_fan_in_and_fan_out"):
                owner = text.dotted(text.strip_data(tensor))
                return None if owner is None else Scale.symbol(Symbol(("fan_in", "fan_out")[at], owner))
            case _:
                return None

    def _call(self, node: cst.Call, env: Env, steps: int) -> Scale | None:
        qualified = self._names.qualified(node.func, env)
        arguments = [argument.value for argument in node.args if argument.keyword is None and not argument.star]
        if qualified is not None and arguments:
            return self._function(qualified, arguments, env, steps)
        match node.func:
            case cst.Attribute(value=value, attr=cst.Name(value="size")) if len(arguments) == 1:
                at = text.integer(arguments[0])
                return None if at is None else _size(value, at)
            case cst.Attribute(value=value, attr=cst.Name(value="numel" | "nelement")) if not arguments:
                owner = text.dotted(text.strip_data(value))
                return None if owner is None else Scale.symbol(Symbol("numel()", owner))
            case cst.Attribute(value=value, attr=cst.Name(value="item" | "sqrt" as name)) if not arguments:
                inner = self.read(value, env, steps)
                return inner.sqrt() if inner is not None and name == "sqrt" else inner
            case _:
                return None

    def _function(self, qualified: str, arguments: list[cst.BaseExpression], env: Env, steps: int) -> Scale | None:
        first = arguments[0]
        if qualified in _ROOTS:
            value = self.read(first, env, steps)
            return None if value is None else value.sqrt()
        if qualified in _POWERS and len(arguments) == 2:
            base, exponent = self.read(first, env, steps), self.read(arguments[1], env, steps)
            return None if base is None or exponent is None else _power(base, exponent)
        if qualified in _IDENTITIES:
            return self.read(first, env, steps)
        if qualified in _PRODUCTS:
            return self._product(first, env, steps)
        if qualified in _REDUCTIONS and len(arguments) > 1 and self._multiplies(first, env):
            product = self._product(arguments[1], env, steps)
            start = self.read(arguments[2], env, steps) if len(arguments) > 2 else Scale.of(1)
            return product * start if product is not None and start is not None else None
        if qualified.endswith("init.calculate_gain"):
            return self._gain(arguments, env)
        if qualified.endswith("init._calculate_correct_fan"):
            mode = text.string_value(arguments[1]) if len(arguments) > 1 else None
            owner = text.dotted(text.strip_data(first))
            return Scale.symbol(Symbol(mode, owner)) if mode and owner else None
        if qualified == "len":
            inner = text.dotted(first)
            return None if inner is None else Scale.symbol(Symbol(f"len({inner})"))
        return None

    def _gain(self, arguments: list[cst.BaseExpression], env: Env) -> Scale | None:
        nonlinearity = text.string_value(arguments[0])
        slope = self.read(arguments[1], env, _STEPS) if len(arguments) > 1 else None
        if nonlinearity is None or (len(arguments) > 1 and (slope is None or slope.number is None)):
            return None
        try:
            gain = calculate_gain(nonlinearity, slope.number if slope is not None else None)
        except ValueError:
            return None
        # The squares of gains are rational: 2 of relu, 25/9 of tanh, 2 / (1 + slope²) of a leaky rectifier.
        return Scale.of(Fraction(gain**2).limit_denominator(_DENOMINATOR)).sqrt()

    def _product(self, node: cst.BaseExpression, env: Env, steps: int) -> Scale | None:
        """`np.prod` of a literal tuple, of `m.kernel_size` (one symbol for the product) or of `weight.shape[1:]`."""
        match node:
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                product = Scale.of(1)
                for element in elements:
                    factor = self.read(element.value, env, steps)
                    if factor is None:
                        return None
                    product = product * factor
                return product
            case cst.Attribute(attr=cst.Name(value="kernel_size"), value=value):
                owner = text.dotted(value)
                return None if owner is None else Scale.symbol(Symbol("prod(kernel_size)", owner))
            case cst.Subscript(value=shape) if text.code(node).replace(" ", "").endswith("[1:]"):
                return _fan_in_of_shape(shape)
            case _:
                return None

    def _multiplies(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether a function is multiplication: `operator.mul`, `lambda x, y: x * y`."""
        match node:
            case cst.Lambda(body=cst.BinaryOperation(left=cst.Name(), operator=cst.Multiply(), right=cst.Name())):
                return True
            case _:
                return self._names.qualified(node, env) == "operator.mul"

    def _is(self, node: cst.Call, env: Env, name: str) -> bool:
        qualified = self._names.qualified(node.func, env)
        return qualified is not None and qualified.rpartition(".")[2] == name


def _power(base: Scale, exponent: Scale) -> Scale | None:
    rational = exponent.rational
    return None if rational is None else base**rational


def _size(tensor: cst.BaseExpression, at: int) -> Scale | None:
    owner = text.dotted(text.strip_data(tensor))
    return None if owner is None else Scale.symbol(Symbol(f"size({at})", owner))


def _fan_in_of_shape(shape: cst.BaseExpression) -> Scale | None:
    match shape:
        case cst.Attribute(attr=cst.Name(value="shape"), value=tensor):
            pass
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="size"), value=tensor), args=()):
            pass
        case _:
            return None
    owner = text.dotted(text.strip_data(tensor))
    return None if owner is None else Scale.symbol(Symbol("fan_in", owner))
