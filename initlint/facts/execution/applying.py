"""Functions that are given modules: by `apply`, or in a loop over modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.reaching import modules_of, parameter
from initlint.facts.execution.steps import methods
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Argument, Block, Call, Env, Function, Looped, Returned

if TYPE_CHECKING:
    from initlint.facts.file import File

_DEPTH = 3

Taken = tuple[Function, str]
"""A function and the name of one of its parameters."""


def applications(file: File) -> Iterator[tuple[Call, cst.BaseExpression]]:
    """The calls of `module.apply(…)` with what they are given."""
    for call in file.record.calls:
        match call.node:
            case cst.Call(
                func=cst.Attribute(attr=cst.Name(value="apply")), args=[cst.Arg(keyword=None, star="") as arg]
            ):
                yield call, arg.value


def takers(file: File) -> frozenset[Taken]:
    """The parameters that are modules for certain: of functions that are applied, or called with a loop's modules."""
    found: set[Taken] = set()
    for call, given in applications(file):
        function = function_at(file, given, call.env, call.block)
        if function is not None:
            found.add((function, parameter(function, 0)))
    for call in file.record.calls:
        for position, argument in enumerate(call.node.args):
            if argument.keyword is not None or argument.star or not is_looped_module(argument.value, call.env):
                continue
            function = function_at(file, call.node.func, call.env, call.block)
            if function is not None:
                found.add((function, parameter(function, position)))
    return frozenset(found)


def models_given(file: File, argument: Argument) -> Iterator[tuple[cst.BaseExpression, Call]]:
    """The models that calls in the file give a function as its first argument: `init(model)`, `model.apply(init)`."""
    function = argument.function
    if parameter(function, 0) != argument.name:
        return
    for call in file.record.calls:
        match call.node:
            case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="apply")), args=[given, *_]):
                if function_at(file, given.value, call.env, call.block) is function:
                    yield model, call
            case cst.Call(func=called, args=[given, *_]) if given.keyword is None and not given.star:
                if function_at(file, called, call.env, call.block) is function:
                    yield given.value, call


def is_looped_module(node: cst.BaseExpression, env: Env) -> bool:
    """Whether an expression is the variable of a loop over `modules()`, `children()` or their named forms."""
    binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
    return isinstance(binding, Looped) and modules_of(binding) is not None


def function_at(file: File, node: cst.BaseExpression, env: Env, block: Block) -> Function | None:
    """The function of this file that an expression is: by name, `self.method`, a `functools.partial` of either."""
    match node:
        case cst.Call(func=called, args=[first, *_]) if file.names.qualified(called, env) == "functools.partial":
            return function_at(file, first.value, env, block)
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
            class_ = file.modules.class_of_self(receiver, block)
            return methods(file, class_).get(name) if class_ is not None else None
        case _:
            found = file.names.definition(node, env)
            return found if isinstance(found, Function) else None


def initialises(file: File, function: Function, depth: int = _DEPTH) -> bool:
    """Whether a function writes first values: by an init, or by a function of the file that it calls."""
    inner = (event for event in function.events if isinstance(event, Call))
    nodes = {site.node for site in file.sites if site.function is function}
    for call in inner:
        called = function_at(file, call.node.func, call.env, call.block) if depth > 0 else None
        if call.node in nodes or (
            called is not None and called is not function and initialises(file, called, depth - 1)
        ):
            return True
    return False


def gives_nothing(function: Function) -> bool:
    """Whether a call of a function gives None for certain: no value is returned, nothing is left to others.

    A generator, a decorated function and a method that only raises, for subclasses to define, are not certain.
    """
    if function.node.asynchronous is not None or (function.node.decorators and not function.is_static):
        return False
    values = [event.value for event in function.events if isinstance(event, Returned)]
    if any(not (isinstance(value, cst.Name) and value.value == "None") for value in values):
        return False
    return bool(function.events) and not inside(function.node, cst.Yield)


def lacking(function: Function, call: cst.Call) -> tuple[str, ...]:
    """The arguments that a call leaves out though a function requires them, so that the call raises."""
    if function.node.decorators and not function.is_static:
        return ()
    if any(argument.star for argument in call.args):
        return ()
    given = sum(argument.keyword is None for argument in call.args)
    named = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    return tuple(name for name in positional(function, required=True)[given:] if name not in named)


def positional(function: Function, *, required: bool = False) -> tuple[str, ...]:
    """The positional parameters of a function, the receiver of a method apart; if `required`, those without default."""
    parameters = [*function.node.params.posonly_params, *function.node.params.params]
    if function.owner is not None and not function.is_static:
        parameters = parameters[1:]
    return tuple(each.name.value for each in parameters if each.default is None or not required)


def uncalled(file: File) -> Iterator[tuple[cst.Expr, cst.Attribute]]:
    """Statements that name an initialising method and do not call it: `self.reset_parameters`."""
    alone = [each for each in file.record.statements if isinstance(each, cst.Expr)]
    spelled = [each for each in alone if isinstance(each.value, cst.Attribute)]
    for method in file.functions if spelled else ():
        if method.owner is None or not method.arguments:
            continue
        receiver, known = method.arguments[0], methods(file, method.owner)
        for statement in spelled:
            match statement:
                case cst.Expr(value=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=attribute)) as node):
                    meant = known.get(attribute)
                    if name != receiver or meant is None or meant.node.decorators or not initialises(file, meant):
                        continue
                    if any(each is statement for each in inside(method.node, cst.Expr)):
                        yield statement, node
