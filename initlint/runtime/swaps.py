"""Replaces what functions do, by their code rather than their name: whoever holds a function already is caught too."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType, FunctionType
from typing import Any

import torch

INITIALISERS = tuple(name for name in torch.nn.init.__all__ if name.endswith("_"))
"""The functions of `torch.nn.init` that write a tensor."""

HELPERS = {
    "mmengine.model.weight_init": (
        "bias_init_with_prob",
        "caffe2_xavier_init",
        "constant_init",
        "kaiming_init",
        "normal_init",
        "trunc_normal_init",
        "uniform_init",
        "xavier_init",
    ),
    "mmcv.cnn.utils.weight_init": (
        "caffe2_xavier_init",
        "constant_init",
        "kaiming_init",
        "normal_init",
        "trunc_normal_init",
        "uniform_init",
        "xavier_init",
    ),
}
"""Functions of libraries that initialise the `weight` of a module, and do nothing for anything without one."""

Handler = Callable[[str, FunctionType, tuple[Any, ...], dict[str, Any]], Any]
"""Called instead of a function: with its name, the function as it was, and the arguments."""

_HANDLERS = "__initlint_handlers__"
_lock = threading.Lock()


class TraceRunning(RuntimeError):
    """Another trace runs in this process: functions can be replaced for one at a time."""


@contextmanager
def replaced(initialiser: Handler, helper: Handler) -> Iterator[None]:
    """Hand all calls of initialisers and of known helpers over. Raises TraceRunning inside another trace."""
    if not _lock.acquire(blocking=False):
        raise TraceRunning("a trace is running already; traces cannot be nested or run in several threads")
    try:
        with ExitStack() as stack:
            for name in INITIALISERS:
                stack.enter_context(_swapped(getattr(torch.nn.init, name), initialiser))
            for module, names in HELPERS.items():
                for name in names:
                    function = getattr(sys.modules.get(module), name, None)
                    if isinstance(function, FunctionType) and not function.__code__.co_freevars:
                        stack.enter_context(_swapped(function, helper))
            yield
    finally:
        _lock.release()


@contextmanager
def _swapped(function: FunctionType, handler: Handler) -> Iterator[None]:
    original = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    original.__kwdefaults__ = function.__kwdefaults__
    original.__module__ = function.__module__
    code = function.__code__
    handlers = function.__globals__.setdefault(_HANDLERS, {})
    handlers[function.__name__] = lambda arguments, keywords: handler(function.__name__, original, arguments, keywords)
    function.__code__ = _calling(function.__name__)
    try:
        yield
    finally:
        function.__code__ = code
        del handlers[function.__name__]
        if not handlers:
            del function.__globals__[_HANDLERS]


def _calling(name: str) -> CodeType:
    """The code of a function that hands its arguments over; it counts as code of this file in tracebacks."""
    namespace: dict[str, Any] = {}
    source = f"def {name}(*arguments, **keywords): return {_HANDLERS}[{name!r}](arguments, keywords)"
    exec(compile(source, __file__, "exec"), namespace)  # noqa: S102
    code: CodeType = namespace[name].__code__
    return code


def bound(function: FunctionType, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments by name, defaults included; None where the call does not fit, so that the function may say so.

    For functions whose parameters are all positional or keyword, much faster than `inspect.Signature.bind`.
    """
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    given = dict(zip(names, arguments, strict=False))
    if len(arguments) > len(names) or not given.keys().isdisjoint(keywords):
        return None
    values = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)) | given | keywords
    return values if values.keys() == set(names) else None
