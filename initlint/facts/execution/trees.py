"""Trees: the modules that an expression stands for, each with everything in it, at the moment when code comes by.

`self` is an object of the class around, or of one that inherits the method; the variable of a loop over `modules()`,
`children()` or a container runs over what is in there; a parameter of a function is what the calls in the file give it,
directly or by `apply`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.graph import Graph, Part, Parts, spelled
from initlint.facts.execution.reaching import Over, iterated, parameter
from initlint.facts.execution.steps import Runs, lineage, methods
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Block, Call, Class, Env, Function, Looped, Scope

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 6
_REFERENCES = (cst.Attribute, cst.Subscript, cst.Name)
MOST = 400
"""Trees of one expression that are looked at; a model with more modules is known well enough by these."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A module that an expression stands for: the part at `path` of an outer module, which is known whole.

    `by` is the call that hands it over, the last where there are several: `net.apply(f)`, `f(net)`, None where the
    expression itself leads to it.
    """

    whole: Parts
    path: str = ""
    by: Call | None = None

    @property
    def parts(self) -> Parts:
        """The module itself, then everything in it, by their paths from it."""
        if not self.path:
            return self.whole
        inside: list[Part] = []
        inner = f"{self.path}."
        for part in self.whole:
            if part.path == self.path:
                inside.insert(0, replace(part, path=""))
            elif part.path.startswith(inner):
                inside.append(replace(part, path=part.path[len(inner) :]))
        return tuple(inside)

    @property
    def root(self) -> Part:
        """The module itself, as it stands in the outer module."""
        return next(part for part in self.whole if part.path == self.path)

    @property
    def name(self) -> str:
        """Where the module stands, `Net.blocks.0.conv`, as a message shows it."""
        holder = self.whole[0].class_
        names = [*([holder.name] if holder is not None else []), *([self.path] if self.path else [])]
        return spelled(".".join(names))

    def at(self, name: str) -> Iterator[Tree]:
        """What an attribute of the module holds; nothing where that is not known."""
        path = f"{self.path}.{name}".lstrip(".")
        if any(part.path == path and part.is_module for part in self.whole):
            yield replace(self, path=path)

    def modules(self) -> Iterator[Tree]:
        """The module and every module in it."""
        yield self
        for path in self._below():
            yield replace(self, path=path)

    def children(self) -> Iterator[Tree]:
        """The modules that it holds directly; an alternative under the same name counts once."""
        depth = self.path.count(".") + 1 if self.path else 0
        return (replace(self, path=path) for path in self._below() if path.count(".") == depth)

    def _below(self) -> list[str]:
        inner = f"{self.path}." if self.path else ""
        found = (each.path for each in self.whole if each.is_module and each.path.startswith(inner))
        return list(dict.fromkeys(path for path in found if path and path != self.path))


@dataclass(frozen=True, slots=True, eq=False)
class _Handed:
    """A module that a call gives a parameter, itself or (`inside`) it and everything in it; `only` to such objects."""

    call: Call
    module: cst.BaseExpression
    inside: bool
    only: Class | None


class Trees:
    """The modules that the expressions of one file stand for."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.graph = Graph(file)

    def of(
        self, node: cst.BaseExpression, env: Env, call: Call, only: Class | None = None, steps: int = _STEPS
    ) -> tuple[Tree, ...]:
        """The modules that an expression stands for when a call comes; with `only` in objects of that class alone.

        Each is there whenever the code runs, as far as `runs` of its parts says; empty where nothing is known.
        """
        found = self._of(node, env, call, only, steps) if steps > 0 else ()
        distinct: dict[tuple[int, str], Tree] = {}
        for tree in found:
            distinct.setdefault((id(tree.whole), tree.path), tree)
            if len(distinct) == MOST:
                break
        return tuple(distinct.values())

    def _of(self, node: cst.BaseExpression, env: Env, call: Call, only: Class | None, steps: int) -> Iterable[Tree]:
        match node:
            case cst.Name(value=name):
                selves = self.selves(name, call.block)
                if selves:
                    return [Tree(self.graph.of_class(each, call)) for each in selves if only in (None, each)]
                binding = env.lookup(name)
                if isinstance(binding, Looped):
                    return self._looped(binding, call, only, steps - 1)
                if isinstance(binding, Argument):
                    return self._handed(binding, steps - 1)
                if isinstance(binding, Assigned) and isinstance(binding.value, _REFERENCES):
                    return () if binding.unpacking else self.of(binding.value, binding.env, call, only, steps - 1)
            case cst.Attribute(value=holder, attr=cst.Name(value=name)):
                found = [each for tree in self.of(holder, env, call, only, steps - 1) for each in tree.at(name)]
                if found:
                    return found
            case cst.Subscript(value=holder):
                return self._items(node, self.of(holder, env, call, only, steps - 1))
        return self._built(node, env, call)

    def selves(self, receiver: str, block: Block) -> tuple[Class, ...]:
        """The classes whose object a name is at a place: the one around, and those that inherit the method."""
        class_ = self.file.modules.class_of_self(receiver, block)
        if class_ is None:
            return ()
        method = next(each for each in _functions(block) if each.owner is class_)
        heirs = [each for each in self._heirs.get(class_, ()) if methods(self.file, each).get(method.name) is method]
        return tuple(each for each in (class_, *heirs) if not self._unfinished(each, method))

    @cached_property
    def _heirs(self) -> dict[Class, list[Class]]:
        found: dict[Class, list[Class]] = {}
        for class_ in self.file.classes:
            for base in lineage(self.file, class_)[1:]:
                found.setdefault(base, []).append(class_)
        return found

    def _unfinished(self, class_: Class, method: Function) -> bool:
        """Whether a torch layer that a class derives from calls a method, before the class adds to it."""
        bases = (self.file.names.qualified(base.value, class_.env) or "" for base in class_.node.bases)
        layer = any(base.startswith("torch.nn.") and base != "torch.nn.Module" for base in bases)
        return layer and method.name == "reset_parameters"

    def _looped(self, looped: Looped, call: Call, only: Class | None, steps: int) -> Iterator[Tree]:
        found = iterated(looped)
        for node in found.nodes if found is not None else ():
            for tree in self.of(node, looped.env, call, only, steps):
                match found.over if found is not None else None:
                    case Over.MODULES:
                        yield from tree.modules()
                    case Over.CHILDREN:
                        yield from tree.children()
                    case Over.ELEMENTS if tree.root.container is not None:
                        yield from tree.children()
                    case Over.THEMSELVES:
                        yield tree

    def _items(self, node: cst.Subscript, holders: tuple[Tree, ...]) -> Iterator[Tree]:
        """`layers[0]`, where it is known which that is; nothing for a key or a slice."""
        position = text.index(node)
        at = text.integer(position) if position is not None else None
        for tree in holders:
            elements = list(tree.children()) if tree.root.container in ("Sequential", "ModuleList") else []
            numbered = all(each.path.rpartition(".")[2].isdigit() for each in elements)
            if at is not None and numbered and -len(elements) <= at < len(elements):
                yield elements[at]
            elif len(elements) == 1:
                yield elements[0]

    def _handed(self, argument: Argument, steps: int) -> Iterator[Tree]:
        """The modules that calls in the file give a parameter of a function."""
        for each in self._calls.get((argument.function, argument.name), ()):
            for tree in self.of(each.module, each.call.env, each.call, each.only, steps):
                yield from (replace(one, by=each.call) for one in (tree.modules() if each.inside else (tree,)))

    def _built(self, node: cst.BaseExpression, env: Env, call: Call) -> Iterator[Tree]:
        built = self.file.targets.built(node, env, call.block)
        runs = Runs.ALWAYS if len(built) == 1 else Runs.OPEN
        for each in built:
            parts = self.graph.of_built(each)
            if parts:
                yield Tree(parts if runs is Runs.ALWAYS else tuple(part.within("", runs) for part in parts))

    @cached_property
    def _calls(self) -> dict[tuple[Function, str], list[_Handed]]:
        """What the calls of the file give the parameters of its functions."""
        found: dict[tuple[Function, str], list[_Handed]] = {}
        for call in self.file.record.calls:
            for function, name, handed in self._hands(call):
                found.setdefault((function, name), []).append(handed)
        return found

    def _hands(self, call: Call) -> Iterator[tuple[Function, str, _Handed]]:
        match call.node:
            case cst.Call(func=cst.Attribute(value=module, attr=cst.Name(value="apply")), args=[given]):
                for function, only in self.functions(given.value, call):
                    yield function, parameter(function, 0), _Handed(call, module, True, only)
            case cst.Call(func=called, args=arguments) if arguments:
                for function, only in self.functions(called, call):
                    for position, argument in enumerate(arguments):
                        name = argument.keyword.value if argument.keyword else parameter(function, position)
                        if name and not argument.star:
                            yield function, name, _Handed(call, argument.value, False, only)

    def functions(self, node: cst.BaseExpression, call: Call) -> Iterator[tuple[Function, Class | None]]:
        """The functions of the file that an expression is; of `self.method` one for each class that it may be of."""
        if isinstance(node, cst.Call) and self.file.names.qualified(node.func, call.env) == "functools.partial":
            node = node.args[0].value if node.args else node
        match node:
            case cst.Attribute(value=cst.Name(value=receiver) as holder, attr=cst.Name(value=name)):
                selves = self.selves(receiver, call.block)
                for class_ in selves:
                    method = methods(self.file, class_).get(name)
                    if method is not None:
                        yield method, class_
                definition = self.file.names.definition(holder, call.env) if not selves else None
                method = methods(self.file, definition).get(name) if isinstance(definition, Class) else None
                if method is not None and method.is_static:
                    yield method, None
            case _:
                function = self.file.names.definition(node, call.env)
                if isinstance(function, Function):
                    yield function, None


def _functions(block: Block) -> Iterator[Function]:
    """The functions around a place, innermost first."""
    scope: Scope | None = block.scope
    while scope is not None:
        if isinstance(scope, Function):
            yield scope
        scope = scope.outer
