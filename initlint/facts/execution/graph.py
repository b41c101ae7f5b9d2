"""The class graph of a file: the layers, modules of its own classes and parameters that an object of a class holds.

A constructor is followed as it runs, through the methods that it calls and the constructors of bases in the file; what
it builds of other classes of the file is opened in turn. Containers are opened where they are registered: a plain list
holds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.modules import ADDING
from initlint.facts.execution.steps import Runs, Step, constructor, methods, weaker
from initlint.facts.meaning.construction import Built, LayerCall, Made
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Block, Branch, Call, Class, Env, Function, Returned, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

DEPTH = 4
"""Own modules inside own modules that are followed."""

NUMBER, UNKNOWN = "#", "*"
"""Marks in a path: of an element whose index is not known, and of a name that the source does not settle.

Elements are told apart by the number behind the mark.
"""

_UNREGISTERED = frozenset({"list", "dict"})
_ORDERED = ("Sequential", "ModuleList")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A module or parameter that an object holds when its constructor has run.

    `path` is the name that `named_modules()` or `named_parameters()` gives it, "" for the object itself. What it is: a
    torch layer, an object of a class of the file, a container (`"Sequential"`), a parameter that the source makes, or
    none of these, which is not known: `called` is then the function or class of another file that makes it, where one
    does. `chain` are the expressions that build it, outermost first: the construction of the object that holds it
    before its own; the same object under a second name has the same chain. `wrapped` says that it is a reparametrised
    layer.
    """

    path: str
    chain: tuple[cst.CSTNode, ...]
    layer: LayerCall | None = None
    class_: Class | None = None
    container: str | None = None
    made: Made | None = None
    called: str | None = None
    wrapped: bool = False
    runs: Runs = Runs.ALWAYS

    @property
    def node(self) -> cst.CSTNode:
        """What builds it; of the object itself its class."""
        return self.chain[-1]

    @property
    def spelled(self) -> str:
        """The path, with 0 for an index that is not known and `*` for a name."""
        return spelled(self.path)

    @property
    def depth(self) -> int:
        """How deep it lies: 0 for the object itself, 1 for its children."""
        return self.path.count(".") + 1 if self.path else 0

    @property
    def is_module(self) -> bool:
        """Whether it is a module, as far as that is known."""
        return self.made is None

    def within(self, path: str, runs: Runs = Runs.ALWAYS, around: cst.CSTNode | None = None) -> Part:
        """The same part, seen from an object that holds its holder under a path and builds it by `around`."""
        chain = (around, *self.chain) if around is not None else self.chain
        return replace(self, path=f"{path}.{self.path}".strip("."), chain=chain, runs=weaker(self.runs, runs))


def spelled(path: str) -> str:
    """A path as a message shows it: with 0 for an index that is not known and `*` for a name."""
    return re.sub(r"\*\d+", UNKNOWN, re.sub(r"#\d*", "0", path))


Parts = tuple[Part, ...]
"""A module with everything in it, itself first."""


class Graph:
    """The parts of the objects that a file builds, each class followed once."""

    def __init__(self, file: File) -> None:
        self.file = file
        self._done: dict[tuple[Class, Call | None, int], Parts] = {}
        self._open: set[Class] = set()

    def of_class(self, class_: Class, before: Call | None = None, depth: int = DEPTH) -> Parts:
        """An object of a class and its parts when its constructor has run.

        Where the constructor comes by the call `before`, at any depth, the parts that are there at that moment, the
        last time that it does.
        """
        key = class_, before, depth
        whole = Part("", (class_.node,), class_=class_)
        if class_ in self._open:
            return (whole,)
        if key not in self._done:
            self._open.add(class_)
            self._done[key] = (whole, *_Construction(self, class_, depth).run(before))
            self._open.remove(class_)
        return self._done[key]

    def of_built(self, built: Built, depth: int = DEPTH) -> Parts:
        """What an expression builds, and its parts; nothing for a list, which registers nothing."""
        return tuple(self.opened(built, depth, lambda _: ()))

    def opened(self, built: Built, depth: int, known: Resolve) -> Iterator[Part]:
        """The parts of what an expression builds; `known` says what an expression that builds nothing stands for."""
        node = built.node
        if built.unknown:
            yield from known(node) or (Part("", (node,), called=built.called),)
        elif built.layer is not None:
            runs = Runs.OPEN if isinstance(node, cst.IfExp) else Runs.ALWAYS
            yield Part("", (node,), layer=built.layer, wrapped=bool(built.wraps), runs=runs)
        elif built.class_ is not None:
            inner = self.of_class(built.class_, None, depth - 1)[1:] if depth > 0 and not built.wraps else ()
            yield Part("", (node,), class_=built.class_, wrapped=bool(built.wraps))
            yield from (each.within("", around=node) for each in inner)
        elif built.container not in _UNREGISTERED:
            yield Part("", (node,), container=built.container)
            for index, element in enumerate(built.elements):
                key = f"{UNKNOWN if _keyed(built) else '' if built.counted else NUMBER}{index}"
                yield from (each.within(key, around=node) for each in self.opened(element, depth, known))


Resolve = Callable[[cst.BaseExpression], Parts]


class _Construction:
    """One constructor on its way: what each attribute holds so far."""

    def __init__(self, graph: Graph, class_: Class, depth: int) -> None:
        self.graph = graph
        self.file = graph.file
        self.class_ = class_
        self.methods = methods(graph.file, class_)
        self.depth = depth
        self.held: dict[str, list[Part]] = {}
        self.bound: dict[str, Block] = {}

    def run(self, before: Call | None) -> Parts:
        """Follow the constructor; the parts at its end, or when it came by a call."""
        reached: Parts | None = None
        for step in constructor(self.file, self.class_):
            if step.event is before:
                reached = self.parts()
            for name, found, bound in self.added(step):
                before_it = self.held.get(name, []) if bound is not Runs.ALWAYS else []
                if bound is not None and isinstance(step.event, Write):
                    before_it = self.after_branch(name, before_it, step.event.block)
                self.held[name] = before_it + found
        return self.parts() if reached is None else reached

    def after_branch(self, name: str, held: list[Part], block: Block) -> list[Part]:
        """What an attribute held when another branch may bind it anew: that may be gone, unless it is the `else`."""
        last = self.bound.get(name)
        self.bound[name] = block
        if last is not None and _exclusive(last, block):
            return held
        return [replace(part, runs=Runs.OPEN) for part in held]

    def parts(self) -> Parts:
        return tuple(part for found in self.held.values() for part in found)

    def added(self, step: Step) -> Iterator[Added]:
        """What a step adds to the object."""
        match step.event:
            case Write(target=cst.Subscript(value=holder), value=cst.BaseExpression() as value, operator=None) as write:
                yield from self.into(step, holder, (self.build(value, write, step),), UNKNOWN)
            case Write(target=target, value=cst.BaseExpression() as value, operator=cst.AddAssign()) as write:
                yield from self.into(step, target, self.build(value, write, step).elements, NUMBER)
            case Write(target=target, value=value, operator=None) as write:
                name = step.own(target)
                if name is not None:
                    yield name, self.assigned(name, value, write, step), step.runs
            case Call() as call:
                yield from self.called(call, step)

    def assigned(self, name: str, value: cst.BaseExpression | None, write: Write, step: Step) -> list[Part]:
        """The parts that `self.<name> = value` puts there; none for a deletion."""
        if write.unpacking:
            return [Part(name, (write.target,), runs=step.runs)]
        sides = [(value, step.runs)]
        if isinstance(value, cst.IfExp):
            sides = [(side, weaker(step.runs, Runs.OPEN)) for side in (value.body, value.orelse)]
        return [part for side, runs in sides if side is not None for part in self.value(name, side, runs, write, step)]

    def value(self, name: str, value: cst.BaseExpression, runs: Runs, at: Write | Call, step: Step) -> Iterator[Part]:
        made = self.file.builder.made(value, at.env)
        if made is None:
            built = self.build(value, at, step)
            if not (built.unknown and self.is_value(value, at.env)):
                yield from (each.within(name, runs) for each in self.open(built, step))
        elif made.parameter:
            yield Part(name, (made.node,), made=made, runs=runs)

    def is_value(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether an expression is a number, a string or the like, and no module."""
        if isinstance(node, _VALUES) or self.file.values.literal(node, env) is not None:
            return True
        binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
        annotation = binding.annotation if isinstance(binding, Argument) else None
        return isinstance(annotation, cst.Name) and annotation.value in _PLAIN_TYPES

    def open(self, built: Built, step: Step) -> Iterator[Part]:
        return self.graph.opened(built, self.depth, lambda node: self.alias(node, step))

    def alias(self, node: cst.BaseExpression, step: Step) -> Parts:
        """What the object holds already, seen from there: `self.conv`, `self.net[0]`, `self.block.conv`."""
        path = _path(node, step)
        name = path.partition(".")[0] if path is not None else ""
        found = [part for part in self.held.get(name, []) if f"{part.path}.".startswith(f"{path}.")]
        return tuple(replace(part, path=part.path[len(path or "") + 1 :]) for part in found)

    def build(self, value: cst.BaseExpression, at: Write | Call, step: Step) -> Built:
        """What an expression builds, through a method of the class that has one `return`."""
        method = self.methods.get(step.own(value.func) or "") if isinstance(value, cst.Call) else None
        returned = [event for event in method.events if isinstance(event, Returned)] if method is not None else []
        if len(returned) == 1:
            return replace(self.file.builder.build(returned[0].value, returned[0].env), node=value)
        return self.file.builder.build(value, at.env)

    def called(self, call: Call, step: Step) -> Iterator[Added]:
        """`self.layers.append(…)`, `self.add_module("norm", …)`, `setattr(self, "norm", …)`."""
        arguments = [argument.value for argument in call.node.args]
        match call.node.func:
            case cst.Name(value="setattr") if len(arguments) == 3 and step.is_self(arguments[0]):
                yield self.registered(arguments[1], arguments[2], call, step)
            case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value="__init__")):
                yield from self.inherited(call, step)
            case cst.Attribute(value=holder, attr=cst.Name(value=name)) if step.is_self(holder):
                if name in _REGISTERING and len(arguments) == 2:
                    yield self.registered(arguments[0], arguments[1], call, step)
            case cst.Attribute(value=holder, attr=cst.Name(value=name)) if name in ADDING:
                key = UNKNOWN if name == "add_module" else NUMBER
                yield from self.into(step, holder, self.file.builder.added(call), key)

    def inherited(self, call: Call, step: Step) -> Iterator[Added]:
        """What a subclass of `nn.Sequential` or `nn.ModuleList` hands up."""
        owner = step.scope.owner if isinstance(step.scope, Function) else None
        bases = [self.file.names.qualified(base.value, owner.env) for base in owner.node.bases] if owner else []
        for name in _ORDERED:
            built = self.file.builder.container(call.node, name, call.env) if f"torch.nn.{name}" in bases else None
            for index, element in enumerate(built.elements if built is not None else ()):
                key = f"{'' if built is not None and built.counted else NUMBER}{index}"
                yield key, [part.within(key, step.runs) for part in self.open(element, step)], None

    def registered(self, key: cst.BaseExpression, value: cst.BaseExpression, call: Call, step: Step) -> Added:
        name = self.file.values.string(key, call.env) or f"{UNKNOWN}{len(self.held)}"
        return name, list(self.value(name, value, step.runs, call, step)), None

    def into(self, step: Step, holder: cst.BaseExpression, elements: Iterable[Built], key: str) -> Iterator[Added]:
        """Elements that are put into a container that an attribute holds."""
        name = step.own(holder)
        held = self.held.get(name, []) if name is not None else []
        if name is not None and held and held[0].container is not None:
            first = len({part.path.split(".")[1] for part in held if part.depth > 1})
            for index, element in enumerate(elements, first):
                within, around = f"{name}.{key}{index}", held[0].node
                yield name, [part.within(within, step.runs, around) for part in self.open(element, step)], None


Added = tuple[str, list[Part], Runs | None]
"""An attribute and parts that are put there; how the attribute is bound anew, None where it keeps what it holds."""


_VALUES = (cst.BaseNumber, cst.BaseString, cst.Comparison, cst.UnaryOperation, cst.BinaryOperation, cst.Lambda)
_PLAIN_TYPES = frozenset({"int", "float", "str", "bool"})
_REGISTERING = frozenset({"add_module", "register_module", "register_parameter"})


def _exclusive(one: Block, other: Block) -> bool:
    """Whether only one of two blocks can run: they are the two branches of a test, or stand in them."""
    tests = {id(each.node): each.negated for each in one.path() if each.branch is Branch.TEST}
    others = (each for each in other.path() if each.branch is Branch.TEST)
    return any(tests.get(id(each.node), each.negated) is not each.negated for each in others)


def _path(node: cst.BaseExpression, step: Step) -> str | None:
    """Where an expression leads from the object: `net.0` of `self.net[0]`; None for anything else."""
    match node:
        case cst.Subscript(value=holder):
            position = text.index(node)
            at = text.integer(position) if position is not None else None
            inner = _path(holder, step)
            return f"{inner}.{at}" if inner is not None and at is not None else None
        case cst.Attribute(value=holder, attr=cst.Name(value=name)):
            inner = _path(holder, step)
            return step.own(node) if inner is None else f"{inner}.{name}"
        case _:
            return None


def _keyed(built: Built) -> bool:
    """Whether the elements of a container have names: `ModuleDict(…)`, `Sequential(OrderedDict(…))`."""
    if built.container not in _ORDERED:
        return True
    arguments = built.node.args if isinstance(built.node, cst.Call) else ()
    given = [argument.value for argument in arguments if not argument.star]
    called = [each.func for each in given if isinstance(each, cst.Call)]
    return any((text.last_name(each) or "").lower().endswith("dict") for each in called)
