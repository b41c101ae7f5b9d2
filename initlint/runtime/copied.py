"""Initialisers that other packages write like those of torch: what a call did is what the same call does again.

Many models carry a copy of `trunc_normal_` from before torch had one, which consists of five operations on its tensor.
Where nothing but the arguments decides what such a function does, its operations are watched once for every choice of
arguments; when they come again, the function runs unwatched and its writes are repeated.
"""

from __future__ import annotations

import inspect
import math
import sys
import warnings
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import torch

from initlint.runtime.callers import Site, passes_on
from initlint.runtime.geometry import View
from initlint.runtime.laws import TracedLaw
from initlint.runtime.storages import Key, key_of

_MODULES: tuple[Any, ...] = (math, torch, warnings)
_METHODS = frozenset({"add_", "clamp_", "div_", "erfinv_", "fill_", "mul_", "normal_", "sub_", "uniform_", "zero_"})
_NAMES = _METHODS | {"abs", "erf", "exp", "float", "log", "max", "min", "no_grad", "pi", "pow", "sqrt", "warn"}
"""Names that such a function may use beside those of its own module: nothing behind them asks the tensor anything."""


class Written(NamedTuple):
    """One write of a call; `site` is None where it depends on who called."""

    call: str
    law: TracedLaw
    site: Site | None


class Learned(NamedTuple):
    """What a call does to its tensor: its writes in order, and of how many operations it consists.

    The first write reads nothing, the others nothing but what those before them left.
    """

    writes: tuple[Written, ...]
    operations: int

    @property
    def random(self) -> bool:
        """Whether the numbers that it leaves are drawn anew by every call."""
        return self.writes[-1].law.draw is not None


class Lesson:
    """A call that is watched to learn what it does; `apt` until it does something that might not come again."""

    def __init__(self, function: FunctionType, tensor: torch.Tensor, operations: int) -> None:
        self.apt = True
        self._place: tuple[Key, View] = (key_of(tensor), View.of(tensor))
        self._passes_on = passes_on(function.__code__)
        self._begun = operations
        self._writes: list[Written] = []

    def written(self, tensor: torch.Tensor, call: str, site: Site, law: TracedLaw, *, reads: bool) -> None:
        """Take a write in; `reads`: the law comes from something else than the arguments and the writes before."""
        if reads or not law.known or (key_of(tensor), View.of(tensor)) != self._place:
            self.apt = False
        self._writes.append(Written(call, law, None if self._passes_on else site))

    @property
    def begun(self) -> bool:
        """Whether it wrote something already."""
        return bool(self._writes)

    def end(self, operations: int) -> Learned | None:
        """What was learned, if anything."""
        return Learned(tuple(self._writes), operations - self._begun) if self.apt and self._writes else None


class Catalogue:
    """Such functions in all modules that are loaded."""

    def __init__(self) -> None:
        self._apt: dict[FunctionType, bool] = {}
        self._modules: dict[str, ModuleType] = {}
        self._newest: tuple[int, str] = (0, "")

    def functions(self) -> Iterator[FunctionType]:
        """All of them, after a look at the modules that were loaded since the last time."""
        newest = (len(sys.modules), next(reversed(sys.modules)))
        if newest != self._newest:
            self._newest = newest
            self._look_around()
        return (function for function, apt in self._apt.items() if apt)

    def _look_around(self) -> None:
        for name, module in sys.modules.copy().items():
            # Behind their own answers: some modules are imported, and some objects warn, when they are asked anything.
            if self._modules.get(name) is module or not issubclass(type(module), ModuleType):
                continue
            self._modules[name] = module
            for each in [*object.__getattribute__(module, "__dict__").values()]:
                if type(each) is FunctionType and _is_named(each.__name__) and each not in self._apt:
                    self._apt[each] = _is_apt(each)


CATALOGUE = Catalogue()

KNOWN: dict[tuple[Any, ...], Learned] = {}
"""What calls do, by the address of the code, which the catalogue keeps, and the arguments behind the tensor."""


def _is_named(name: str) -> bool:
    """Whether a function is called as those that write a tensor are: `trunc_normal_`."""
    return name.endswith("_") and not name.endswith("__") and name != "_"


def _is_apt(function: FunctionType) -> bool:
    """Whether nothing but its arguments decides what a function does, as far as its code tells."""
    code = function.__code__
    variadic = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    if not code.co_argcount or code.co_kwonlyargcount or code.co_posonlyargcount or variadic:
        return False
    return not str(function.__module__).startswith("torch.") and _is_settled(function, {function})


def _is_settled(function: FunctionType, seen: set[FunctionType]) -> bool:
    if function.__code__.co_freevars or function.__closure__:
        return False
    for name in _names(function.__code__):
        found = function.__globals__.get(name)
        if name not in function.__globals__:
            if name not in _NAMES:
                return False
        elif isinstance(found, FunctionType) and found.__module__ == function.__module__:
            if found not in seen and not _is_settled(found, seen | {found}):
                return False
        elif not any(found is module for module in _MODULES):
            return False
    return True


def _names(code: CodeType) -> Iterator[str]:
    """The global names and attributes in code and in the functions that it makes."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
