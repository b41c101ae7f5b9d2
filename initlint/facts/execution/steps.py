"""Code as it runs: the events of constructors, functions and the module in order, methods in place of their calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.meaning.guards import ClassNameGuard, Presence, TypeGuard
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Block, Branch, Call, Class, Env, Event, Function, Scope

if TYPE_CHECKING:
    from initlint.facts.file import File

_DEPTH = 4


class Runs(StrEnum):
    """Whether a step runs: always, when the constructor's arguments are left at their defaults, or not known."""

    ALWAYS = "always"
    BY_DEFAULT = "by default"
    OPEN = "open"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """An event on the way through code.

    `scope` is the function or module in whose body it stands, `entered` the call in the outermost body that led there
    (None for what stands there itself or in the constructor of a base), `around` whether that call runs.
    """

    event: Event
    scope: Scope
    entered: Call | None
    around: Runs
    runs: Runs

    def own(self, node: cst.BaseExpression) -> str | None:
        """`x` of `self.x`, in a method."""
        method = self.scope
        return self_attribute(node, method) if isinstance(method, Function) and method.owner is not None else None

    def is_self(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the object itself, in a method."""
        method = self.scope
        if not isinstance(method, Function) or method.owner is None or method.is_static:
            return False
        return isinstance(node, cst.Name) and method.arguments[:1] == (node.value,)


def methods(file: File, class_: Class) -> Mapping[str, Function]:
    """The methods of a class by name, with those of its bases in the file."""
    found: dict[str, Function] = {}
    for each in reversed(lineage(file, class_)):
        found |= each.methods
    return found


def lineage(file: File, class_: Class, depth: int = _DEPTH) -> list[Class]:
    """A class and its bases in the file, nearest first."""
    found = [class_]
    for argument in class_.node.bases:
        base = file.names.definition(argument.value, class_.env)
        if isinstance(base, Class) and base is not class_ and depth > 0:
            found += [each for each in lineage(file, base, depth - 1) if each not in found]
    return found


def constructor(file: File, class_: Class) -> Iterator[Step]:
    """The steps of `__init__`, following calls of `self.method()` and `super().__init__()`."""
    walk = _Walk(file, class_)
    if "__init__" in walk.methods:
        yield from walk.steps(walk.methods["__init__"], None, Runs.ALWAYS, _DEPTH)


def body(file: File, scope: Scope, class_: Class | None = None) -> Iterator[Step]:
    """The steps of a function or module; of a method with its class, following calls of `self.method()`."""
    yield from _Walk(file, class_).steps(scope, None, Runs.ALWAYS, _DEPTH)


class _Walk:
    """Follows the calls of one class's methods."""

    def __init__(self, file: File, class_: Class | None) -> None:
        self.file = file
        self.lineage = lineage(file, class_) if class_ is not None else []
        self.methods = methods(file, class_) if class_ is not None else {}

    def steps(self, scope: Scope, entered: Call | None, around: Runs, depth: int) -> Iterator[Step]:
        for event in scope.events:
            block = getattr(event, "block", None)
            found = weaker(around, runs(self.file, block)) if block is not None else around
            yield Step(event, scope, entered, around, found)
            if isinstance(event, Call) and depth > 0 and isinstance(scope, Function):
                called = self.called(scope, event)
                if called is not None and called is not scope:
                    inherited = isinstance(event.node.func, cst.Attribute) and isinstance(
                        event.node.func.value, cst.Call
                    )
                    yield from self.steps(called, entered if inherited else entered or event, found, depth - 1)

    def called(self, method: Function, call: Call) -> Function | None:
        """The method that a call of `self.method()` or `super().method()` runs."""
        name = self_attribute(call.node.func, method)
        if name is not None:
            return self.methods.get(name)
        match call.node.func:
            case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value=name)):
                at = self.lineage.index(method.owner) if method.owner in self.lineage else len(self.lineage)
                return next((each.methods[name] for each in self.lineage[at + 1 :] if name in each.methods), None)
            case _:
                return None


def runs(file: File, block: Block, subject: str | None = None) -> Runs:
    """Whether a block runs: tests of parameters with literal defaults are decided by them; loops and `with` run.

    So does what follows a test that raises where it fails. Tests of `subject`, which pick modules in a loop, are passed
    over.
    """
    found = Runs.ALWAYS
    for each in block.path():
        if each.branch in (Branch.HANDLER, Branch.MATCH):
            return Runs.OPEN
        if each.branch is Branch.TEST and isinstance(each.node, cst.BaseExpression) and not each.enforced:
            if subject is not None and _picks(file, each, each.node, subject):
                continue
            found = weaker(found, decided(file, each.node, each.negated, each.env))
    return found


def decided(file: File, test: cst.BaseExpression, negated: bool, env: Env) -> Runs:
    """Whether what stands under a test (under its failure, if `negated`) runs by default."""
    truth = _truth(file, test, env)
    return Runs.OPEN if truth is None or truth is negated else Runs.BY_DEFAULT


def conditions(step: Step) -> frozenset[tuple[str, bool]]:
    """The tests on the way to a step as they are spelled, each with what it comes out as."""
    blocks = [getattr(step.event, "block", None), step.entered.block if step.entered is not None else None]
    return frozenset(
        condition(each.node, each.negated)
        for block in blocks
        if block is not None
        for each in block.path()
        if each.branch is Branch.TEST and isinstance(each.node, cst.BaseExpression) and not each.enforced
    )


def exclusive(one: Iterable[tuple[str, bool]], other: Iterable[tuple[str, bool]]) -> bool:
    """Whether some test comes out one way in one set of conditions, and the other way in the other."""
    return not {(test, not outcome) for test, outcome in one}.isdisjoint(other)


def condition(test: cst.BaseExpression, negated: bool) -> tuple[str, bool]:
    """A test as it is spelled without `not`, and what it comes out as."""
    while isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        test, negated = test.expression, not negated
    return text.code(test), not negated


def weaker(one: Runs, other: Runs) -> Runs:
    """The less certain of two."""
    order = list(Runs)
    return max(one, other, key=order.index)


def _picks(file: File, block: Block, test: cst.BaseExpression, subject: str) -> bool:
    """Whether a test asks for nothing but the type or the attributes of a module."""
    for guard in file.guards.read(test, block.env, block.negated):
        match guard:
            case TypeGuard(subject=tested) | ClassNameGuard(subject=tested) if tested == subject:
                continue
            case Presence(subject=tested) if tested == subject or tested.startswith(f"{subject}."):
                continue
            case _:
                return False
    return True


def _truth(file: File, node: cst.BaseExpression, env: Env) -> bool | None:
    """What a test is with the defaults of the constructor's parameters."""
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            truth = _truth(file, inner, env)
            return None if truth is None else not truth
        case cst.Comparison(left=left, comparisons=[target]) if isinstance(target.operator, _COMPARING):
            first = file.values.literal(left, env, defaults=True)
            second = file.values.literal(target.comparator, env, defaults=True)
            if first is None or second is None:
                return None
            return (first.value == second.value) is isinstance(target.operator, cst.Equal | cst.Is)
        case cst.Call(func=cst.Name(value="isinstance"), args=[subject, cst.Arg(value=cst.Name(value=kind))]):
            found = file.values.literal(subject.value, env, defaults=True)
            known = found is not None and kind in _TYPES
            return isinstance(found.value, _TYPES[kind]) if found is not None and known else None
        case cst.Name():
            binding = env.lookup(node.value)
            found = file.values.literal(node, env, defaults=isinstance(binding, Argument))
            return bool(found.value) if found is not None else None
        case _:
            return None


_COMPARING = (cst.Equal, cst.Is, cst.NotEqual, cst.IsNot)
_TYPES = {"str": str, "int": int, "float": float, "bool": bool}
