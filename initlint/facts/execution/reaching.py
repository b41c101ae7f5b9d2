"""Which init sites a function reaches in the modules that it is given: directly, in a loop over them, or by `apply`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer
from initlint.facts.meaning.guards import ClassNameGuard, Guard, Presence, TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Env, Function, Looped

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_DEPTH = 3
_INSIDE = frozenset({"modules", "children"})
_NAMED = frozenset({"named_modules", "named_children"})
_ITERATORS = frozenset({"reversed", "list", "tuple", "iter"})


class Reach:
    """The weights that the functions of one file write, or another attribute of modules."""

    def __init__(self, file: File, attribute: str = "weight") -> None:
        self.file = file
        self.attribute = attribute
        self.sites = {site.node: site for site in file.sites}
        self._imported: dict[str, tuple[Reach, Function] | None] = {}

    def weight_site(self, call: Call) -> InitSite | None:
        """The site that a call is, if it writes the `weight` (or other attribute) of some module."""
        site = self.sites.get(call.node)
        target = site.target if site is not None else None
        return site if target is not None and target.attribute == self.attribute and target.owner is not None else None

    def given(self, function: Function, subject: str, layers: Sequence[Layer], reclassed: bool) -> InitSite | None:
        """The site that writes the weight of the module that a function is given as `subject`."""
        if removes(function):
            return None
        for event in function.events:
            site = self.weight_site(event) if isinstance(event, Call) else None
            if site is not None and owner(site) == subject and passes(site.guards, subject, layers, reclassed):
                return site
        return None

    def inside(
        self, function: Function, subject: str, layers: Sequence[Layer], reclassed: bool, depth: int = _DEPTH
    ) -> InitSite | None:
        """The site that writes the weights of modules inside the one that a function is given as `subject`."""
        if depth == 0 or removes(function):
            return None
        for event in function.events:
            if isinstance(event, Call) and (found := self._inside_call(event, subject, layers, reclassed, depth)):
                return found
        return None

    def _inside_call(
        self, call: Call, subject: str, layers: Sequence[Layer], reclassed: bool, depth: int
    ) -> InitSite | None:
        site = self.weight_site(call)
        if site is not None:
            module = owner(site)
            looped = call.env.lookup(module)
            over = modules_of(looped) if isinstance(looped, Looped) else None
            inside = over is not None and text.code(over) == subject
            return site if inside and passes(site.guards, module, layers, reclassed) else None
        function = call.node.func
        applied = [argument.value for argument in call.node.args]
        if isinstance(function, cst.Attribute) and function.attr.value == "apply" and len(applied) == 1:
            definition = self.function(applied[0], call.env)
            if text.code(function.value) != subject or definition is None:
                return None
            return self.given(definition, parameter(definition, 0), layers, reclassed)
        called = self.function(function, call.env)
        for position, argument in enumerate(applied):
            if called is not None and text.code(argument) == subject:
                return self.inside(called, parameter(called, position), layers, reclassed, depth - 1)
        return None

    def function(self, node: cst.BaseExpression, env: Env) -> Function | None:
        """The function of this file that an expression is; `functools.partial` is seen through."""
        if isinstance(node, cst.Call) and self.file.names.qualified(node.func, env) == "functools.partial":
            node = node.args[0].value if node.args else node
        found = self.file.names.definition(node, env)
        return found if isinstance(found, Function) else None

    def imported(self, node: cst.BaseExpression, env: Env) -> tuple[Reach, Function] | None:
        """The function of another file that a name is, if it is one that writes weights, with what it writes there."""
        name = self.file.names.qualified(node, env)
        if name is None or self.file.elsewhere is None:
            return None
        if name not in self._imported:
            sources = self.file.elsewhere.functions(name)
            self._imported[name] = self._read(sources[0], name) if len(sources) == 1 else None
        return self._imported[name]

    def _read(self, source: str, name: str) -> tuple[Reach, Function] | None:
        try:
            module = cst.parse_module(source)
        except cst.ParserSyntaxError:
            return None
        file = type(self.file)(module, replace(self.file.options, elsewhere=None))
        functions = [each for each in file.functions if each.name == name.rpartition(".")[2]]
        return (Reach(file, self.attribute), functions[0]) if functions else None


class Over(StrEnum):
    """What a loop runs over: the modules in one, its children, the elements of a container, or things written out."""

    MODULES = "modules"
    CHILDREN = "children"
    ELEMENTS = "elements"
    THEMSELVES = "themselves"


@dataclass(frozen=True, slots=True, eq=False)
class Iterated:
    """The modules whose insides the variable of a loop runs over; of a tuple or list the modules themselves."""

    nodes: tuple[cst.BaseExpression, ...]
    over: Over


def iterated(looped: Looped) -> Iterated | None:
    """What the variable of a loop runs over, as far as that is modules."""
    match looped.iterable:
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name)), args=()) if name in _INSIDE | _NAMED:
            over = Over.CHILDREN if name.endswith("children") else Over.MODULES
            plain = name in _INSIDE and not looped.unpacking
            return Iterated((inner,), over) if plain or (name in _NAMED and looped.unpacking == (1,)) else None
        case cst.Tuple(elements=elements) | cst.List(elements=elements) if not looped.unpacking:
            return Iterated(tuple(element.value for element in elements), Over.THEMSELVES)
        case cst.Call(func=cst.Name(value="enumerate"), args=[argument, *_]) if looped.unpacking == (1,):
            return Iterated((argument.value,), Over.ELEMENTS)
        case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value="values")), args=()):
            return Iterated((held,), Over.ELEMENTS) if not looped.unpacking else None
        case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value="items")), args=()):
            return Iterated((held,), Over.ELEMENTS) if looped.unpacking == (1,) else None
        case cst.Call(func=cst.Name(value=name), args=[argument]) if name in _ITERATORS and not looped.unpacking:
            return Iterated((argument.value,), Over.ELEMENTS)
        case cst.Name() | cst.Attribute() | cst.Subscript() if not looped.unpacking:
            return Iterated((looped.iterable,), Over.ELEMENTS)
        case _:
            return None


def modules_of(looped: Looped) -> cst.BaseExpression | None:
    """`net` of a loop over `net.modules()`, `net.children()` or their named forms, seen from the variable."""
    found = iterated(looped)
    return found.nodes[0] if found is not None and found.over in (Over.MODULES, Over.CHILDREN) else None


def owner(site: InitSite) -> str:
    """The module whose weight a site writes, as it is spelled."""
    module = site.target.owner if site.target is not None else None
    return text.code(module) if module is not None else ""


def parameter(function: Function, position: int) -> str:
    """The parameter that the positional argument of a call fills; the receiver of a method is not counted."""
    if function.owner is not None and not function.is_static:
        position += 1
    return function.arguments[position] if position < len(function.arguments) else ""


def removes(function: Function) -> bool:
    """Whether a function takes a reparametrisation away."""
    return any(isinstance(event, Call) and is_removal(event) for event in function.events)


def is_removal(call: Call) -> bool:
    """`remove_weight_norm(…)`, `remove_parametrizations(…)`, `prune.remove(…)`, `layer.remove_weight_norm()`."""
    match call.node.func:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return (name.startswith("remove") and len(call.node.args) != 1) or name.startswith("remove_")
        case _:
            return False


def asks_for_wrap(guards: Sequence[Guard]) -> bool:
    """Whether some test asks if a layer is reparametrised: `hasattr(m, "weight_v")`, `is_parametrized(m)`."""
    return any(_WRAP.search(text.code(guard.node)) for guard in guards)


_WRAP = re.compile("weight_v|weight_g|weight_orig|parametri|is_pruned")


def passes(guards: Sequence[Guard], subject: str, layers: Sequence[Layer], reclassed: bool) -> bool:
    """Whether some of the layers pass every test on the way to a site; a test that is not understood stops them.

    `reclassed`: a parametrisation gave the layer another class, so that exact tests of its type fail.
    """
    passing = set(layers)
    picked = False
    if asks_for_wrap(guards):
        return False
    for guard in guards:
        match guard:
            case TypeGuard(subject=tested) | ClassNameGuard(subject=tested) if tested == subject:
                named = set() if guard.exact and reclassed else set(guard.layers or ())
                passing = passing - named if guard.negated else passing & named
                picked = True
            case Presence(subject=tested) if tested in (f"{subject}.weight", f"{subject}.bias"):
                continue
            case _:
                return False
    return bool(passing) or not (layers or picked)
