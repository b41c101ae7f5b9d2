"""Handing on: whether what an object holds is given to something else, which may register, train or store it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.modules import ADDING
from initlint.facts.execution.holding import Place
from initlint.facts.execution.steps import body, lineage, methods
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading.inside import attributes
from initlint.facts.reading.scopes import (
    Assigned,
    Augmented,
    Binding,
    Call,
    Class,
    Env,
    Function,
    Joined,
    Looped,
    Returned,
    Scope,
    Unpacking,
    Write,
)

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 8

_CARED_FOR = frozenset(
    {
        *("parameters", "named_parameters", "buffers", "modules", "named_modules", "children", "named_children"),
        *("state_dict", "load_state_dict", "requires_grad_", "eval", "train", "share_memory"),
    }
)
"""Methods of a module by which code trains, freezes, saves or loads it by hand."""

_SAME = frozenset({"values", "items", "get", "pop", "copy", "to", "cuda", "cpu", "float", "half", "double", "apply"})
"""Methods whose result is, or holds, what they are called on."""

_COLLECTING = frozenset(
    {"list", "tuple", "set", "dict", "iter", "next", "reversed", "sorted", "enumerate", "zip", "map", "filter"}
)
_LOOKING = frozenset({"len", "range", "print", "isinstance", "issubclass", "type", "id", "any", "all", "bool", "str"})
_REGISTERING = frozenset(
    {"add_module", "register_module", "register_parameter", "register_buffer", "setattr", "__setattr__"}
)
_CONTAINERS = frozenset(
    f"torch.nn.{name}" for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
)


class Handing:
    """Follows what the objects of one class hold, in its methods, those of its bases and subclasses, and outside."""

    def __init__(self, file: File, class_: Class) -> None:
        self.file = file
        below = [each for each in file.classes if class_ in lineage(file, each)]
        self.family = tuple(dict.fromkeys([*lineage(file, class_), *below]))
        self.forward = frozenset(function for each in below for function in forward_methods(file, each))
        self._inits = frozenset(site.node for site in file.sites)

    def events(self) -> Iterator[tuple[Function, Call | Write | Returned]]:
        """The calls, writes and returns in the methods of the family."""
        for each in self.family:
            for method in each.methods.values():
                for event in method.events:
                    if isinstance(event, Call | Write | Returned):
                        yield method, event

    def uses(self, name: str) -> Iterator[cst.CSTNode]:
        """Where `forward` and the methods that it calls name an attribute of the object."""
        for method in sorted(self.forward, key=lambda each: each.name != "forward"):
            receiver = method.arguments[0] if method.arguments else "self"
            for each in attributes(method.node, name):
                if isinstance(each.value, cst.Name) and each.value.value == receiver:
                    yield each

    def handed_on(self, places: Collection[Place]) -> bool:
        """Whether something in these places is given to anything but the places themselves.

        What runs in `forward` uses them, so that calls there count where they register.
        """
        wanted = frozenset(places)
        return any(self._hands_on(call, wanted) for call in self.file.record.calls) or any(
            self._stores(method, event, wanted) for method, event in self.events() if not isinstance(event, Call)
        )

    def _hands_on(self, call: Call, wanted: frozenset[Place]) -> bool:
        function, method = call.node.func, enclosing_method(call.block.scope)
        inside = method is not None and method.owner in self.family
        if isinstance(function, cst.Attribute) and wanted & self.places(function.value, call.env):
            if function.attr.value in _CARED_FOR:
                return True
            if function.attr.value in ADDING:
                return False
        qualified = self.file.names.qualified(function, call.env) or ""
        if qualified in _LOOKING | _COLLECTING or call.node in self._inits:
            return False
        name = function.attr.value if isinstance(function, cst.Attribute) else qualified
        takes = name in _REGISTERING or qualified in _CONTAINERS or qualified.startswith("torch.optim.")
        if not takes and (not inside or method in self.forward):
            return False
        return any(wanted & self.places(argument.value, call.env) for argument in call.node.args)

    def _stores(self, method: Function, event: Write | Returned, wanted: frozenset[Place]) -> bool:
        """Whether a write puts one of the places into another, or a method other than `forward` returns it."""
        if isinstance(event, Returned):
            return method not in self.forward and bool(wanted & self.places(event.value, event.env))
        if event.value is None or wanted & self.places(event.target, event.env):
            return False
        return bool(wanted & self.places(event.value, event.env))

    def places(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> frozenset[Place]:
        """The places whose content an expression is, whole, in part, or inside of a list."""
        return frozenset(self._places(node, env, steps))

    def _places(self, node: cst.BaseExpression, env: Env, steps: int) -> Iterator[Place]:
        if steps == 0:
            return
        for inner, at in self._parts(node, env):
            yield from self._places(inner, at, steps - 1)
        if isinstance(node, cst.Name):
            yield from self._bound(env.lookup(node.value), steps - 1)
        elif isinstance(node, cst.Attribute) and (name := self._attribute(node, env)) is not None:
            yield name

    def _parts(self, node: cst.BaseExpression, env: Env) -> list[tuple[cst.BaseExpression, Env]]:
        """The expressions whose content an expression passes on."""
        parts: list[cst.BaseExpression] = []
        match node:
            case cst.Subscript(value=inner) | cst.NamedExpr(value=inner):
                parts = [inner]
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name))) if name in _SAME:
                parts = [inner]
            case cst.Call(func=cst.Name(value=name), args=arguments) if name in _COLLECTING:
                parts = [argument.value for argument in arguments]
            case cst.List(elements=elements) | cst.Tuple(elements=elements) | cst.Set(elements=elements):
                parts = [element.value for element in elements]
            case cst.Dict(elements=entries):
                parts = [entry.value for entry in entries]
            case cst.IfExp(body=one, orelse=other) | cst.BooleanOperation(left=one, right=other):
                parts = [one, other]
            case cst.BinaryOperation(left=one, right=other, operator=cst.Add()):
                parts = [one, other]
            case cst.BaseComp():
                return [(result, comprehension_env(node, env)) for result in _results(node)]
        return [(part, env) for part in parts]

    def _bound(self, binding: Binding | None, steps: int) -> Iterator[Place]:
        match binding:
            case Assigned(value=value, env=env):
                yield binding
                yield from self._places(value, env, steps)
            case Augmented(previous=previous, value=value, env=env) if steps > 0:
                yield from self._bound(previous, steps - 1)
                yield from self._places(value, env, steps)
            case Joined(alternatives=alternatives) if steps > 0:
                for each in alternatives:
                    yield from self._bound(each, steps - 1)
            case Looped(iterable=iterable, env=env, unpacking=unpacking):
                for source in iterated(iterable, unpacking):
                    yield from self._places(source, env, steps)

    def _attribute(self, node: cst.Attribute, env: Env) -> str | None:
        """`x` of `self.x` in the family, of `model.x` outside of it."""
        method = enclosing_method(env.scope)
        if method is None:
            return node.attr.value
        name = self_attribute(node, method)
        inside = method.owner in self.family
        return name if inside else (node.attr.value if name is None else None)


def forward_methods(file: File, class_: Class) -> frozenset[Function]:
    """`forward` and the methods of the class that it calls, with those of its bases in the file."""
    forward = methods(file, class_).get("forward")
    if forward is None:
        return frozenset()
    scopes = [step.scope for step in body(file, forward, class_)]
    return frozenset([forward, *(scope for scope in scopes if isinstance(scope, Function))])


def enclosing_method(scope: Scope | None) -> Function | None:
    """The method that a scope is, or lies in."""
    while scope is not None and not (isinstance(scope, Function) and scope.owner is not None):
        scope = scope.outer
    return scope


def iterated(iterable: cst.BaseExpression, unpacking: Unpacking) -> list[cst.BaseExpression]:
    """The expressions whose elements a loop variable takes: through `enumerate`, `zip` and `items`."""
    match iterable:
        case cst.Call(func=cst.Name(value="enumerate"), args=[argument, *_]) if unpacking:
            return iterated(argument.value, unpacking[1:]) if unpacking[0] == 1 else []
        case cst.Call(func=cst.Name(value="zip"), args=arguments) if unpacking and unpacking[0] < len(arguments):
            return iterated(arguments[unpacking[0]].value, unpacking[1:])
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="items" | "named_children" | "named_modules"))):
            return [] if unpacking == (0,) else [iterable]
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="keys"))) | cst.Call(func=cst.Name(value="range")):
            return []
        case _:
            return [iterable]


def comprehension_env(node: cst.BaseComp, env: Env) -> Env:
    """The names in force in the result of a comprehension."""
    generator: cst.CompFor | None = node.for_in
    while generator is not None:
        env = _bind(generator.target, generator.iter, env, ())
        generator = generator.inner_for_in
    return env


def _bind(target: cst.BaseExpression, iterable: cst.BaseExpression, env: Env, at: Unpacking) -> Env:
    match target:
        case cst.Name(value=name):
            return env.bind(name, Looped(iterable, env, at))
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for index, element in enumerate(elements):
                env = _bind(element.value, iterable, env, (*at, index))
    return env


def _results(node: cst.BaseComp) -> list[cst.BaseExpression]:
    if isinstance(node, cst.DictComp):
        return [node.value]
    return [node.elt] if isinstance(node, cst.ListComp | cst.SetComp | cst.GeneratorExp) else []
