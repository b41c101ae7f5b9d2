"""Init calls as `ast` has them: enough to say that a file leaves a rule nothing to judge. Knows words, and no meaning.

Whatever is doubtful counts as an init call with unknown arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS, METHODS, Draw, Initializer
from initlint.facts.premises.numbers import number
from initlint.facts.premises.parameters import bare_tensor, may_be_parameter
from initlint.facts.premises.tree import Tree, hides_arguments, last_name, root_name

MODULES = frozenset({"init", "initialization", "initialization_utils"})
"""The last parts of the names of modules that hold init functions."""


@dataclass(frozen=True, slots=True)
class InitCall:
    """A call that may be an init: the function with its underscore, and what its parameters are given.

    `given` is None where the arguments do not bind one by one.
    """

    name: str
    node: ast.Call
    given: Mapping[str, ast.expr] | None
    method: bool = False

    @property
    def draw(self) -> Draw:
        """The kind of law."""
        return self._initializer.draw

    @property
    def random(self) -> bool:
        """Whether it draws numbers."""
        return self._initializer.random

    @property
    def _initializer(self) -> Initializer:
        return INITIALIZERS.get(self.name) or METHODS[self.name]

    @property
    def tensor(self) -> ast.expr | None:
        """What is written, without `.data`; None where that is not known, and behind `.detach()`."""
        if self.given is None:
            return None
        found = self.given.get("tensor")
        if self.method and isinstance(self.node.func, ast.Attribute):
            found = self.node.func.value
        while isinstance(found, ast.Attribute) and found.attr == "data":
            found = found.value
        return None if isinstance(found, ast.Call) and last_name(found.func) in ("detach", "detach_") else found

    @property
    def hidden(self) -> bool:
        """Whether `*args` or `**kwargs` hide what the parameters are given."""
        return hides_arguments(self.node)

    @property
    def written(self) -> list[ast.expr]:
        """What may be written, without `.data` and `.detach()`, however the arguments bind."""
        if self.method:
            return [bare_tensor(self.node.func.value)] if isinstance(self.node.func, ast.Attribute) else []
        named = (each.value for each in self.node.keywords if each.arg == "tensor")
        return [bare_tensor(each) for each in (*self.node.args[:1], *named)]

    def holds(self, parameter: str) -> bool:
        """Whether a parameter is given, or may be."""
        return self.given is None or parameter in self.given

    def number(self, parameter: str) -> float | None:
        """The number that is written out for a parameter."""
        return number(self.given[parameter]) if self.given is not None and parameter in self.given else None

    def computed(self, *parameters: str, named: bool = True) -> bool:
        """Whether one of these parameters may be given more than a number that is written out.

        Unless `named`, what names take part in does not count.
        """
        if self.given is None:
            return True
        nodes = (self.given[name] for name in parameters if name in self.given)
        return any(number(node) is None and (named or not _has_name(node)) for node in nodes)


def _has_name(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) for each in ast.walk(node))


@lru_cache(maxsize=1)
def init_calls(tree: Tree) -> tuple[InitCall, ...]:
    """The calls of a file that may be inits."""
    return tuple(_found(tree))


def _found(tree: Tree) -> Iterator[InitCall]:
    functions = frozenset((*INITIALIZERS, *DEPRECATED, *METHODS))
    for name in sorted(tree.spellings(*functions) & tree.calls.keys()):
        for target in sorted(tree.meanings(name) & functions):
            for node in tree.calls[name]:
                if name != target or name not in DEPRECATED or _is_of_torch(tree, node.func):
                    yield from _readings(tree, DEPRECATED.get(target, target), node)


def _is_of_torch(tree: Tree, function: ast.expr) -> bool:
    """Whether a name without underscore may be that of a function of `torch.nn.init`: other modules have such, too."""
    if isinstance(function, ast.Attribute):
        return last_name(function.value) in init_modules(tree)
    name = last_name(function)
    modules = (target.rpartition(".")[0].rpartition(".")[2] for bound, target in tree.imported if bound in (name, "*"))
    return not MODULES.isdisjoint(modules) or any(
        isinstance(value, ast.Name) or (isinstance(value, ast.Attribute) and _is_of_torch(tree, value))
        for value in tree.values.get(name, ())
    )


def _readings(tree: Tree, name: str, node: ast.Call) -> Iterator[InitCall]:
    """A call as that of a function, as that of a method of a tensor, or as both where its spelling may be either."""
    holder = node.func.value if isinstance(node.func, ast.Attribute) else None
    module = holder is None or last_name(holder) in init_modules(tree)
    imported = holder is not None and root_name(holder) in tree.roots
    if name in INITIALIZERS and (name not in METHODS or module or imported):
        yield InitCall(name, node, _bound(node, ("tensor", *INITIALIZERS[name].parameters)))
    method = name in METHODS and name == last_name(node.func) and not module
    if method and holder is not None and may_be_parameter(tree, holder):
        yield InitCall(name, node, _bound(node, METHODS[name].parameters), method=True)


def _bound(node: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr] | None:
    if len(node.args) > len(parameters) or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    found = dict(zip(parameters, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in parameters or keyword.arg in found:
            return None
        found[keyword.arg] = keyword.value
    return found


def may_draw(tree: Tree, draw: Draw) -> bool:
    """Whether an initialiser of this kind may be called."""
    return any(call.draw is draw for call in init_calls(tree))


@lru_cache(maxsize=1)
def init_modules(tree: Tree) -> frozenset[str]:
    """Names that modules of init functions go by in a file."""
    return tree.spellings(*MODULES)
