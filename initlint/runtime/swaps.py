"""Replaces what functions do, by their code rather than their name: whoever holds a function already is caught too."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial, wraps
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

LAYERS = tuple(
    layer
    for layer in (
        torch.nn.Linear,
        torch.nn.modules.conv._ConvNd,
        torch.nn.modules.batchnorm._NormBase,
        torch.nn.LayerNorm,
        torch.nn.GroupNorm,
        getattr(torch.nn, "RMSNorm", None),
    )
    if layer is not None
)
"""Layers whose constructors do nothing but make empty parameters and statistics, register them and reset them."""

Initialiser = Callable[[str, FunctionType, Any, dict[str, Any]], Any]
"""Called instead of a function of `torch.nn.init`, or one that is written like them: with its name, the function as it
was, the tensor and all other arguments by name.
"""

Helper = Callable[[str, FunctionType, tuple[Any, ...], dict[str, Any]], Any]
"""Called instead of another function: with its name, the function as it was, and the arguments."""

Constructor = Callable[
    [type[torch.nn.Module], Callable[..., None], torch.nn.Module, tuple[Any, ...], dict[str, Any]], None
]
"""Called instead of the constructor of a layer: with the class that has it, the constructor, the module and the
arguments.
"""

_HANDLERS = "__initlint_handlers__"
_lock = threading.Lock()


class TraceRunning(RuntimeError):
    """Another trace runs in this process: functions can be replaced for one at a time."""


@contextmanager
def replaced(
    initialiser: Initialiser,
    helper: Helper,
    constructor: Constructor,
    copy: Initialiser,
    copies: Callable[[], Iterable[FunctionType]],
) -> Iterator[None]:
    """Hand over all calls of torch's initialisers, of known helpers, of constructors of layers and of `copies`.

    Raises TraceRunning inside another trace.
    """
    if not _lock.acquire(blocking=False):
        raise TraceRunning("a trace is running already; traces cannot be nested or run in several threads")
    try:
        with ExitStack() as stack:
            for name in INITIALISERS:
                function = getattr(torch.nn.init, name)
                if function.__module__ == torch.nn.init.__name__:
                    stack.enter_context(_swapped(function, initialiser, _bound(function.__code__)))
            for module, names in HELPERS.items():
                for name in names:
                    function = getattr(sys.modules.get(module), name, None)
                    if isinstance(function, FunctionType) and not function.__code__.co_freevars:
                        stack.enter_context(_swapped(function, helper, _passing(function.__code__)))
            for function in copies():
                stack.enter_context(_swapped(function, copy, _bound(function.__code__)))
            for layer in LAYERS:
                stack.enter_context(_reconstructed(layer, constructor))
            yield
    finally:
        _lock.release()


@contextmanager
def _reconstructed(layer: type[torch.nn.Module], constructor: Constructor) -> Iterator[None]:
    """A constructor is looked up by its name whenever it is called: it can be replaced in its class."""
    original = layer.__init__

    @wraps(original)
    def construct(module: torch.nn.Module, /, *arguments: Any, **keywords: Any) -> None:
        constructor(layer, original, module, arguments, keywords)

    layer.__init__ = construct  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        layer.__init__ = original  # type: ignore[method-assign]


@contextmanager
def _swapped(function: FunctionType, handler: Callable[..., Any], instead: CodeType) -> Iterator[None]:
    original = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    original.__kwdefaults__ = function.__kwdefaults__
    original.__module__ = function.__module__
    code = function.__code__
    handlers = function.__globals__.setdefault(_HANDLERS, {})
    handlers[code.co_name] = partial(handler, function.__name__, original)
    function.__code__ = instead
    try:
        yield
    finally:
        function.__code__ = code
        del handlers[code.co_name]
        if not handlers:
            del function.__globals__[_HANDLERS]


@cache
def _bound(code: CodeType) -> CodeType:
    """Code with the same parameters that hands the first one over, and the others by name.

    So Python itself binds the arguments and fills in the defaults, which belong to the function and not to its code.
    """
    tensor, *others = code.co_varnames[: code.co_argcount]
    given = ", ".join(f"{name!r}: {name}" for name in others)
    return _calling(code.co_name, ", ".join((tensor, *others)), f"{tensor}, {{{given}}}")


@cache
def _passing(code: CodeType) -> CodeType:
    """Code that takes whatever it is given and hands it over."""
    return _calling(code.co_name, "*arguments, **keywords", "arguments, keywords")


def _calling(name: str, parameters: str, given: str) -> CodeType:
    """The code of a function that calls its handler; it counts as code of this file in tracebacks."""
    namespace: dict[str, Any] = {}
    source = f"def {name}({parameters}): return {_HANDLERS}[{name!r}]({given})"
    exec(compile(source, __file__, "exec"), namespace)  # noqa: S102
    code: CodeType = namespace[name].__code__
    return code
