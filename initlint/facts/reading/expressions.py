"""The half of the reader that descends through expressions: records calls and mentions, binds walrus targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from initlint.facts.api.modules import ADDING
from initlint.facts.api.words import ACTIVATIONS
from initlint.facts.reading.scopes import (
    Addition,
    Assigned,
    Block,
    Branch,
    Call,
    Env,
    Looped,
    Mention,
    Opaque,
    Product,
    Record,
    Repetition,
    Test,
    Unpacking,
)

MENTIONED = ACTIVATIONS | {"weight_norm", "spectral_norm"}
"""Words of which a use without a call is recorded: activations and reparametrisations passed on by name."""

_LEAVES = frozenset({cst.Integer, cst.Float, cst.Imaginary, cst.Ellipsis})
_State = tuple[Env, Block, cst.CSTNode]


class ExpressionReader:
    """Visits every sub-expression once, in the order of evaluation, as far as that order matters."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def expression(self, node: cst.BaseExpression, env: Env, block: Block, statement: cst.CSTNode) -> Env:
        """Read an expression; returns the names in force afterwards (a walrus binds one)."""
        kind = type(node)
        if kind is cst.Name:
            if node.value in MENTIONED:  # type: ignore[attr-defined]
                self.mention(node, node.value, env, block)  # type: ignore[attr-defined]
            return env
        if kind in _LEAVES:
            return env
        handler = _HANDLERS.get(kind)
        return handler(self, node, (env, block, statement)) if handler is not None else env

    def mention(self, node: cst.BaseExpression, word: str, env: Env, block: Block) -> None:
        """Record a use of a word of interest."""
        mention = Mention(node, word, env, block)
        self.record.mentions.append(mention)
        block.scope.events.append(mention)

    def each(self, nodes: list[cst.BaseExpression | None], state: _State) -> Env:
        """Read expressions one after the other."""
        env, block, statement = state
        for node in nodes:
            if node is not None:
                env = self.expression(node, env, block, statement)
        return env

    def call(self, node: cst.Call, state: _State) -> Env:
        """A call: what is called, the arguments, then the call itself."""
        env, block, statement = state
        function = node.func
        if isinstance(function, cst.Attribute):
            env = self.expression(function.value, env, block, statement)
        elif not isinstance(function, cst.Name):
            env = self.expression(function, env, block, statement)
        for argument in node.args:
            env = self.expression(argument.value, env, block, statement)
        call = Call(node, env, block, statement)
        self.record.calls.append(call)
        block.scope.events.append(call)
        if (
            isinstance(function, cst.Attribute)
            and function.attr.value in ADDING
            and isinstance(function.value, cst.Name)
        ):
            binding = env.local(function.value.value)
            if isinstance(binding, Assigned):
                binding.additions.append(call)
        return env

    def attribute(self, node: cst.Attribute, state: _State) -> Env:
        """An attribute of anything."""
        env, block, statement = state
        if node.attr.value in MENTIONED:
            self.mention(node, node.attr.value, env, block)
        return self.expression(node.value, env, block, statement)

    def string(self, node: cst.SimpleString, state: _State) -> Env:
        """A string, which may name an activation."""
        env, block, _ = state
        if len(node.value) < 20 and (word := node.value.strip("rRbBuU'\"")) in MENTIONED:
            self.mention(node, word, env, block)
        return env

    def walrus(self, node: cst.NamedExpr, state: _State) -> Env:
        """`name := value`."""
        env, block, statement = state
        env = self.expression(node.value, env, block, statement)
        return env.bind(node.target.value, Assigned(node.value, env)) if isinstance(node.target, cst.Name) else env

    def binary(self, node: cst.BinaryOperation, state: _State) -> Env:
        """An arithmetic operation; matrix products, sums and repeated lists are recorded."""
        env = self.each([node.left, node.right], state)
        if isinstance(node.operator, cst.MatrixMultiply):
            state[1].scope.events.append(Product(node, env, state[1]))
        elif isinstance(node.operator, cst.Add):
            state[1].scope.events.append(Addition(node.left, node.right, env, state[1]))
        elif isinstance(node.operator, cst.Multiply):
            for repeated, times in ((node.left, node.right), (node.right, node.left)):
                if isinstance(repeated, cst.List | cst.Tuple):
                    self.record.repetitions.append(Repetition(node, repeated, times, env, *state[1:]))
        return env

    def comparison(self, node: cst.Comparison, state: _State) -> Env:
        """A comparison."""
        return self.each([node.left, *(target.comparator for target in node.comparisons)], state)

    def conditional(self, node: cst.IfExp, state: _State) -> Env:
        """`a if test else b`: each side runs under its test."""
        env, block, statement = state
        env = self.expression(node.test, env, block, statement)
        self.record.tests.append(Test(node.test, env, block))
        for value, negated in ((node.body, False), (node.orelse, True)):
            self.expression(value, env, Block(block, Branch.TEST, block.scope, env, node.test, negated), statement)
        return env

    def boolean(self, node: cst.BooleanOperation, state: _State) -> Env:
        """`a and b`, `a or b`: the right side runs under the left one."""
        env, block, statement = state
        env = self.expression(node.left, env, block, statement)
        negated = isinstance(node.operator, cst.Or)
        inner = Block(block, Branch.TEST, block.scope, env, node.left, negated)
        return self.expression(node.right, env, inner, statement)

    def subscript(self, node: cst.Subscript, state: _State) -> Env:
        """An item or slice."""
        parts: list[cst.BaseExpression | None] = [node.value]
        for element in node.slice:
            match element.slice:
                case cst.Index(value=value):
                    parts.append(value)
                case cst.Slice(lower=lower, upper=upper, step=step):
                    parts += [lower, upper, step]
        return self.each(parts, state)

    def elements(self, node: cst.Tuple | cst.List | cst.Set, state: _State) -> Env:
        """A tuple, list or set."""
        return self.each([element.value for element in node.elements], state)

    def dictionary(self, node: cst.Dict, state: _State) -> Env:
        """A dictionary."""
        parts: list[cst.BaseExpression | None] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                parts.append(element.key)
            parts.append(element.value)
        return self.each(parts, state)

    def comprehension(self, node: cst.BaseComp, state: _State) -> Env:
        """A comprehension or generator, whose names stay inside."""
        env, block, statement = state
        inner, around = env, block
        generator: cst.CompFor | None = node.for_in
        while generator is not None:
            inner = self.expression(generator.iter, inner, around, statement)
            inner = self.bind_loop(generator.target, generator.iter, inner)
            around = Block(around, Branch.LOOP, block.scope, inner, generator)
            for condition in generator.ifs:
                inner = self.expression(condition.test, inner, around, statement)
                self.record.tests.append(Test(condition.test, inner, around))
                around = Block(around, Branch.TEST, block.scope, inner, condition.test)
            generator = generator.inner_for_in
        results = [node.key, node.value] if isinstance(node, cst.DictComp) else [node.elt]  # type: ignore[attr-defined]
        for result in results:
            inner = self.expression(result, inner, around, statement)
        return env

    def bind_loop(self, target: cst.BaseExpression, iterable: cst.BaseExpression, env: Env, at: Unpacking = ()) -> Env:
        """Bind the variables of a loop or comprehension."""
        match target:
            case cst.Name():
                return env.bind(target.value, Looped(iterable, env, at))
            case cst.Tuple() | cst.List():
                for index, element in enumerate(target.elements):
                    env = self.bind_loop(element.value, iterable, env, (*at, index))
        return env

    def function_expression(self, node: cst.Lambda, state: _State) -> Env:
        """A lambda; its parameters are not followed."""
        env, block, statement = state
        inner = env
        for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
            inner = inner.bind(parameter.name.value, Opaque())
        self.expression(node.body, inner, block, statement)
        return env

    def formatted(self, node: cst.FormattedString, state: _State) -> Env:
        """An f-string."""
        parts = [part.expression for part in node.parts if isinstance(part, cst.FormattedStringExpression)]
        return self.each(list(parts), state)


_HANDLERS: Mapping[type[cst.BaseExpression], Callable[..., Env]] = {
    cst.Call: ExpressionReader.call,
    cst.Attribute: ExpressionReader.attribute,
    cst.SimpleString: ExpressionReader.string,
    cst.NamedExpr: ExpressionReader.walrus,
    cst.BinaryOperation: ExpressionReader.binary,
    cst.UnaryOperation: lambda reader, node, state: reader.each([node.expression], state),
    cst.BooleanOperation: ExpressionReader.boolean,
    cst.Comparison: ExpressionReader.comparison,
    cst.IfExp: ExpressionReader.conditional,
    cst.Subscript: ExpressionReader.subscript,
    cst.Tuple: ExpressionReader.elements,
    cst.List: ExpressionReader.elements,
    cst.Set: ExpressionReader.elements,
    cst.Dict: ExpressionReader.dictionary,
    cst.ListComp: ExpressionReader.comprehension,
    cst.SetComp: ExpressionReader.comprehension,
    cst.GeneratorExp: ExpressionReader.comprehension,
    cst.DictComp: ExpressionReader.comprehension,
    cst.Lambda: ExpressionReader.function_expression,
    cst.FormattedString: ExpressionReader.formatted,
    cst.Await: lambda reader, node, state: reader.each([node.expression], state),
    cst.Yield: lambda reader, node, state: reader.each([_yielded(node)], state),
}


def _yielded(node: cst.Yield) -> cst.BaseExpression | None:
    return node.value.item if isinstance(node.value, cst.From) else node.value
