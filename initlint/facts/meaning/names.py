"""Qualified names: what a name or attribute chain stands for, through imports, aliases and scopes."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from functools import cache

import libcst as cst

from initlint.facts.api.layers import BASES, LAYERS
from initlint.facts.api.torch_init import DEPRECATED, INIT_MODULE, INITIALIZERS
from initlint.facts.reading import imports
from initlint.facts.reading.scopes import Assigned, Binding, Class, Defined, Env, Function, Imported, Joined

_STEPS = 12
"""Aliases of aliases that are followed; more is a cycle or nothing that a person wrote."""

BUILTINS = frozenset(dir(builtins))

_HANDED_ON = {"torch": "torch", "nn": "torch.nn"}
"""What unbound names stand for where a project imports all of a module of its own: `from .imports import *`."""


class Names:
    """Resolves names; needs only what the reader recorded."""

    def __init__(self, star_imports: Sequence[str]) -> None:
        self._stars = tuple(imports.canonical(module) for module in star_imports)

    def qualified(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> str | None:
        """`torch.nn.init.normal_` of `init.normal_`; None for what no import, alias or builtin settles."""
        attributes: list[str] = []
        while isinstance(node, cst.Attribute):
            attributes.append(node.attr.value)
            node = node.value
        if not isinstance(node, cst.Name):
            return None
        root = self._root(node.value, env, steps)
        if root is None:
            return None
        return imports.canonical(".".join((root, *reversed(attributes))))

    def alternatives(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> frozenset[str | None]:
        """Every qualified name that an expression may stand for: both sides of a conditional, every path's binding."""
        if steps == 0:
            return frozenset({None})
        if isinstance(node, cst.IfExp):
            return self.alternatives(node.body, env, steps - 1) | self.alternatives(node.orelse, env, steps - 1)
        if isinstance(node, cst.Name):
            found: set[str | None] = set()
            for binding in _flat(env.lookup(node.value)):
                if isinstance(binding, Assigned) and not binding.unpacking:
                    found |= self.alternatives(binding.value, binding.env, steps - 1)
                else:
                    found.add(self._bound(binding, steps))
            return frozenset(found or {self.qualified(node, env)})
        return frozenset({self.qualified(node, env, steps)})

    def definition(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> Function | Class | None:
        """The function or class of this file that a name stands for."""
        if not isinstance(node, cst.Name) or steps == 0:
            return None
        match env.lookup(node.value):
            case Defined(scope=scope):
                return scope
            case Assigned(value=value, env=at, unpacking=()):
                return self.definition(value, at, steps - 1)
            case _:
                return None

    def _root(self, name: str, env: Env, steps: int) -> str | None:
        binding = env.lookup(name)
        if binding is not None:
            return self._bound(binding, steps)
        for module in self._stars:
            if name in _star_names(module):
                return f"{module}.{name}"
        if name in _HANDED_ON and any(module.startswith(".") for module in self._stars):
            return _HANDED_ON[name]
        return name if name in BUILTINS else None

    def _bound(self, binding: Binding | None, steps: int) -> str | None:
        match binding:
            case Imported(name=name):
                return name
            case Assigned(value=value, env=env, unpacking=()) if steps and isinstance(value, cst.Name | cst.Attribute):
                return self.qualified(value, env, steps - 1)
            case Joined():
                names = {self._bound(each, steps - 1) for each in _flat(binding)} if steps else {None}
                return names.pop() if len(names) == 1 else None
            case _:
                return None


def _flat(binding: Binding | None) -> Iterator[Binding]:
    """The bindings of all paths; a fallback such as `except ImportError: x = None` does not count beside an import."""
    if isinstance(binding, Joined):
        flat = [each for alternative in binding.alternatives for each in _flat(alternative)]
        imported = any(isinstance(each, Imported) for each in flat)
        yield from (each for each in flat if not (imported and _is_none(each)))
    elif binding is not None:
        yield binding


def _is_none(binding: Binding) -> bool:
    return isinstance(binding, Assigned) and isinstance(binding.value, cst.Name) and binding.value.value == "None"


@cache
def _star_names(module: str) -> frozenset[str]:
    match module:
        case "torch":
            return frozenset({"nn", "optim"})
        case "torch.nn":
            return frozenset({*LAYERS, *BASES, "init", "functional", "Module", "Parameter", "utils"})
        case _ if module == INIT_MODULE:
            return frozenset({*INITIALIZERS, *DEPRECATED, "calculate_gain"})
        case _:
            return frozenset()
