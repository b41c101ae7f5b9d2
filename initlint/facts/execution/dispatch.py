"""Dispatch: how tests pick modules, and what the names in them are: modules, classes, class names, registered names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import BASES, LAYERS, WEIGHTLESS, layers_containing
from initlint.facts.execution.applying import Taken, is_looped_module, takers
from initlint.facts.meaning.conditions import Asked, Condition, asked, conditions, deciding
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Class, Env, Looped

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_NAMED = frozenset({"named_parameters", "named_modules", "named_children", "named_buffers"})
_SEARCHES = frozenset({"find", "rfind", "startswith", "endswith"})
_KEYED = frozenset({"state_dict", "_modules", "_parameters"})


class Dispatch:
    """The tests of one file."""

    def __init__(self, file: File) -> None:
        self.file = file

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the file."""
        return tuple(conditions(self.file.record))

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """The parts of all conditions."""
        return tuple(part for condition in self.conditions for part in asked(condition))

    @cached_property
    def _takers(self) -> frozenset[Taken]:
        return takers(self.file)

    def is_module(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether a name is a module and no class for certain: given by `apply`, or met in a loop over modules."""
        binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
        if isinstance(binding, Argument):
            return (binding.function, binding.name) in self._takers
        return is_looped_module(node, env)

    def is_class(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether an expression is a class that modules are told apart by: one of torch's, or one of the file."""
        module, _, name = (self.file.names.qualified(node, env) or "").rpartition(".")
        if module == "torch.nn":
            return name in LAYERS or name in BASES or name in WEIGHTLESS or name in ("Module", "Parameter")
        return isinstance(self.file.names.definition(node, env), Class)

    def asks_for_class(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether a test asks for a class: `isinstance(m, C)`, `type(m) is C`, `kind in (C, D)`."""
        match node:
            case cst.Call(func=cst.Name(value="isinstance" | "issubclass"), args=[_, _]):
                return True
            case cst.Comparison(left=left, comparisons=[target]):
                return any(
                    self.is_class(each, env) for side in (left, target.comparator) for each in text.elements(side)
                )
            case _:
                return False

    def is_registered_name(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether a name is that of a parameter or module in a loop over named ones, or over a state dict."""
        binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
        if not isinstance(binding, Looped):
            return False
        match binding.iterable:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))) if name in _NAMED:
                return binding.unpacking == (0,)
            case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value="items"))):
                return binding.unpacking == (0,) and _holder(held) in _KEYED
            case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value="keys"))):
                return not binding.unpacking and _holder(held) in _KEYED
            case _:
                return not binding.unpacking and _holder(binding.iterable) in _KEYED

    def picks(self, node: cst.BaseExpression, env: Env, words: Sequence[str | None]) -> bool:
        """Whether a test asks for a class, or for a word in a registered name or in the class name of a layer."""
        match node:
            case cst.Comparison(left=left, comparisons=[target]):
                sides = [left, target.comparator]
            case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method))) if method in _SEARCHES:
                sides = [receiver]
            case cst.Call(func=cst.Name(value="isinstance"), args=[_, classes]):
                return any(self.is_class(each, env) for each in text.elements(classes.value))
            case _:
                return False
        names_layer = any(word and (layers_containing(word) or self._has_class(word, env)) for word in words)
        searched = [_searched(side) for side in sides]
        return any(
            self.is_registered_name(side, env)
            or (names_layer and self.file.guards.named_module(side, env) != "")
            or self.is_class(side, env)
            for side in searched
        )

    def _has_class(self, word: str, env: Env) -> bool:
        """Whether a word is the name of a class of the file."""
        return word.isidentifier() and self.is_class(cst.Name(word), env)

    def sites_under(self, node: cst.BaseExpression) -> tuple[InitSite, ...]:
        """The init sites that a part of a condition leads to, or keeps from running."""
        return tuple(self._deciding.get(node, ()))

    @cached_property
    def _deciding(self) -> dict[cst.BaseExpression, list[InitSite]]:
        """The init sites under each part of a condition."""
        found: dict[cst.BaseExpression, list[InitSite]] = {}
        for site in self.file.sites:
            for part in dict.fromkeys(deciding(site.call.block)):
                found.setdefault(part, []).append(site)
        return found

    def initialises(self, part: Asked, owner: cst.BaseExpression, *attributes: str) -> bool:
        """Whether a part of a condition leads to an init of these attributes of a module, or keeps one from running."""
        for site in self.sites_under(part.node):
            target = site.target
            if target is None or target.owner is None or target.attribute not in attributes:
                continue
            if text.code(target.owner) == text.code(owner) and _same(owner, part.env, site.call.env):
                return True
        return False


def _same(node: cst.BaseExpression, one: Env, other: Env) -> bool:
    """Whether the name that an expression begins with is bound alike at two places."""
    name = text.root(node)
    return name is not None and one.lookup(name) is other.lookup(name)


def _holder(node: cst.BaseExpression) -> str:
    """`state_dict` of `net.state_dict()`, `_modules` of `net._modules`."""
    return text.last_name(node.func if isinstance(node, cst.Call) else node) or ""


def _searched(node: cst.BaseExpression) -> cst.BaseExpression:
    """What is searched: `name` of `name.find("conv")` and of `name.lower()`."""
    match node:
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="find" | "rfind" | "lower"))):
            return _searched(inner)
        case _:
            return node
