"""Guards: what the tests on the way to a place say about modules, parameters and attributes there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

from initlint.facts.api.layers import Layer, layers_containing, layers_named
from initlint.facts.meaning.names import Names
from initlint.facts.meaning.values import Values
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Assigned, Block, Branch, Env


@dataclass(frozen=True, slots=True)
class TypeGuard:
    """`isinstance(subject, classes)` or a comparison of `type(subject)` (`exact`).

    `classes` are qualified names; None stands for a class that is not resolved.
    """

    subject: str
    classes: tuple[str | None, ...]
    exact: bool
    negated: bool
    node: cst.BaseExpression

    @property
    def layers(self) -> tuple[Layer, ...] | None:
        """The torch layers that pass; None where a class is none of torch's."""
        found: list[Layer] = []
        for name in self.classes:
            layers = layers_named(name) if name is not None else ()
            if not layers:
                return None
            found += layers
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class ClassNameGuard:
    """A test of the class name of `subject`: `'Conv' in name`, `name.find('Conv') != -1`, `name == 'Conv2d'`.

    `subject` is the module whose class name it is, where the source says so.
    """

    subject: str | None
    words: tuple[str, ...]
    exact: bool
    negated: bool
    node: cst.BaseExpression

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The torch layers that pass; classes of the user's with such a name pass as well."""
        found = [
            layer
            for word in self.words
            for layer in (layers_named(f"torch.nn.{word}") if self.exact else layers_containing(word))
        ]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Presence:
    """`hasattr(subject, attribute)` (`kind` "hasattr") or `subject is not None` (`kind` "none")."""

    kind: str
    subject: str
    negated: bool
    node: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class DimGuard:
    """A test of the number of dimensions or the shape of `subject`."""

    subject: str
    negated: bool
    node: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class WordGuard:
    """`'word' in subject` where the subject is no class name as far as the source tells: a parameter's name, mostly."""

    subject: str
    word: str
    negated: bool
    node: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class OtherGuard:
    """Any other test."""

    negated: bool
    node: cst.BaseExpression


Guard = TypeGuard | ClassNameGuard | Presence | DimGuard | WordGuard | OtherGuard
_T = TypeVar("_T", bound=Guard)


class Guards:
    """Reads the tests around a place."""

    def __init__(self, names: Names, values: Values) -> None:
        self._names = names
        self._values = values

    def around(self, block: Block) -> Iterator[Guard]:
        """The guards of a block within its scope, innermost first; no other tests of which a failure raises."""
        for each in block.path():
            if each.branch is Branch.TEST and isinstance(each.node, cst.BaseExpression):
                found = self.read(each.node, each.env, each.negated)
                yield from (guard for guard in found if not (each.enforced and isinstance(guard, OtherGuard)))
            elif each.branch is Branch.MATCH and isinstance(each.node, cst.MatchCase):
                yield OtherGuard(False, cst.Name("match"))

    def of_kind(self, block: Block, kind: type[_T]) -> Iterator[_T]:
        """The guards of one kind, innermost first."""
        return (guard for guard in self.around(block) if isinstance(guard, kind))

    def read(self, node: cst.BaseExpression, env: Env, negated: bool = False) -> Iterator[Guard]:
        """What a test says where it holds (where it fails, if `negated`)."""
        match node:
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                yield from self.read(inner, env, not negated)
            case cst.BooleanOperation(operator=operator, left=left, right=right):
                if isinstance(operator, cst.And) is not negated:
                    yield from self.read(left, env, negated)
                    yield from self.read(right, env, negated)
                else:
                    yield self._either(node, left, right, env, negated)
            case cst.Call():
                yield self._call(node, env, negated)
            case cst.Comparison(left=left, comparisons=[target]):
                yield self._comparison(node, left, target.operator, target.comparator, env, negated)
            case _:
                yield OtherGuard(negated, node)

    def _either(
        self, node: cst.BaseExpression, left: cst.BaseExpression, right: cst.BaseExpression, env: Env, negated: bool
    ) -> Guard:
        """`isinstance(m, A) or isinstance(m, B)` is one guard; any other disjunction says nothing."""
        first, second = list(self.read(left, env, negated)), list(self.read(right, env, negated))
        match first, second:
            case [TypeGuard() as one], [TypeGuard() as two] if one.subject == two.subject:
                return TypeGuard(one.subject, one.classes + two.classes, one.exact and two.exact, negated, node)
            case [ClassNameGuard() as one], [ClassNameGuard() as two] if one.subject == two.subject:
                return ClassNameGuard(one.subject, one.words + two.words, one.exact and two.exact, negated, node)
            case _:
                return OtherGuard(negated, node)

    def _call(self, node: cst.Call, env: Env, negated: bool) -> Guard:
        function = self._names.qualified(node.func, env)
        arguments = [argument.value for argument in node.args]
        match function, arguments:
            case (("isinstance" | "issubclass"), [subject, classes]):
                return TypeGuard(text.code(subject), self._classes(classes, env), False, negated, node)
            case ("hasattr", [subject, attribute]):
                name = self._values.string(attribute, env)
                if name is not None:
                    return Presence("hasattr", f"{text.code(subject)}.{name}", negated, node)
            case _:
                pass
        match node.func:
            case cst.Attribute(value=subject, attr=cst.Name(value="startswith" | "endswith")) if arguments:
                word = self._values.string(arguments[0], env)
                if word is not None:
                    return self._word(node, subject, word, env, negated)
        return OtherGuard(negated, node)

    def _comparison(
        self,
        node: cst.Comparison,
        left: cst.BaseExpression,
        operator: cst.BaseCompOp,
        right: cst.BaseExpression,
        env: Env,
        negated: bool,
    ) -> Guard:
        denies = isinstance(operator, cst.NotEqual | cst.IsNot | cst.NotIn)
        identity = isinstance(operator, cst.Equal | cst.NotEqual | cst.Is | cst.IsNot)
        if identity and isinstance(right, cst.Name) and right.value == "None":
            return Presence("none", text.code(left), negated is denies, node)
        if (found := self._find(left)) is not None and text.integer(right) is not None:
            subject, argument = found
            word = self._values.string(argument, env)
            absent = (isinstance(operator, cst.Equal) and text.integer(right) == -1) or isinstance(
                operator, cst.LessThan
            )
            if word is not None:
                return self._word(node, subject, word, env, negated is not absent)
        if (module := type_of(left)) is not None and (identity or isinstance(operator, cst.In | cst.NotIn)):
            return TypeGuard(text.code(module), self._classes(right, env), True, negated is not denies, node)
        if isinstance(operator, cst.In | cst.NotIn):
            word = self._values.string(left, env)
            if word is not None:
                return self._word(node, right, word, env, negated is not denies)
        if identity and (word := self._values.string(right, env)) is not None and self.named_module(left, env) != "":
            return ClassNameGuard(self.named_module(left, env), (word,), True, negated is not denies, node)
        if (tensor := _dimensions_of(left)) is not None:
            return DimGuard(text.code(text.strip_data(tensor)), negated, node)
        return OtherGuard(negated, node)

    def _word(self, node: cst.BaseExpression, subject: cst.BaseExpression, word: str, env: Env, negated: bool) -> Guard:
        owner = self.named_module(subject, env)
        if owner != "":
            return ClassNameGuard(owner, (word,), False, negated, node)
        return WordGuard(text.code(subject), word, negated, node)

    def named_module(self, node: cst.BaseExpression, env: Env) -> str | None:
        """The module whose class name an expression is, "" where it is no class name."""
        node, env = self._values.origin(node, env)
        match node:
            case cst.Attribute(value=cst.Attribute(value=owner, attr=cst.Name(value="__class__"))):
                return text.code(owner)
            case cst.Attribute(value=cst.Call() as call, attr=cst.Name(value="__name__")):
                owner_of_type = type_of(call)
                return text.code(owner_of_type) if owner_of_type is not None else ""
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="lower"))):
                return self.named_module(inner, env)
            case cst.Call(func=cst.Name(value="str" | "repr"), args=[argument]):
                inner_type = type_of(argument.value)
                return text.code(inner_type) if inner_type is not None else ""
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="_get_name"))):
                return text.code(owner)
            case _:
                return ""

    def _find(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
        match node:
            case cst.Call(func=cst.Attribute(value=subject, attr=cst.Name(value="find")), args=[argument]):
                return subject, argument.value
            case _:
                return None

    def _classes(self, node: cst.BaseExpression, env: Env) -> tuple[str | None, ...]:
        """The classes of the second argument of `isinstance`; `A | B` and tuples, also behind a name."""
        match node:
            case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
                return tuple(name for element in elements for name in self._classes(element.value, env))
            case cst.BinaryOperation(operator=cst.BitOr() | cst.Add(), left=left, right=right):
                return (*self._classes(left, env), *self._classes(right, env))
            case cst.Name():
                binding = env.lookup(node.value)
                if isinstance(binding, Assigned) and not isinstance(binding.value, cst.Name | cst.Attribute):
                    return self._classes(binding.value, binding.env) if not binding.unpacking else (None,)
                if (definition := self._names.definition(node, env)) is not None:
                    return (f".{definition.name}",)
        return (self._names.qualified(node, env),)


def type_of(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """`m` of `type(m)` and `m.__class__`."""
    match node:
        case cst.Call(func=cst.Name(value="type"), args=[argument]):
            return argument.value
        case cst.Attribute(value=owner, attr=cst.Name(value="__class__")):
            return owner
        case _:
            return None


def _dimensions_of(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The tensor whose dimensions, shape or size an expression reads."""
    match node:
        case cst.Call(func=cst.Attribute(value=tensor, attr=cst.Name(value="dim" | "ndimension" | "size"))):
            return tensor
        case cst.Attribute(value=tensor, attr=cst.Name(value="ndim" | "shape")):
            return tensor
        case cst.Call(func=cst.Name(value="len"), args=[argument]):
            return _dimensions_of(argument.value)
        case cst.Subscript(value=inner):
            return _dimensions_of(inner)
        case _:
            return None
