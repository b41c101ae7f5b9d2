"""The global state of torch and of the random generators, which a trace leaves as it found it."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

_DETERMINISTIC: Any = torch.utils.deterministic

_THRESHOLD = 20_000
"""Objects that are made before Python looks for cyclic garbage."""


@contextmanager
def preserved() -> Iterator[None]:
    """Put everything back on leaving, whatever happens inside: generators, default dtype, modes, the collector."""
    with ExitStack() as stack:
        for restore, value in _state():
            stack.callback(restore, value)
        yield


def seed(number: int) -> None:
    """Seed torch on all devices, `random`, and NumPy where it is loaded."""
    torch.manual_seed(number)
    random.seed(number)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number % 2**32)


def hold_collector() -> None:
    """Let Python look for cyclic garbage more rarely: a trace keeps most of the objects that it makes."""
    first, *others = gc.get_threshold()
    if first:
        gc.set_threshold(max(first, _THRESHOLD), *others)


def _state() -> Iterator[tuple[Any, Any]]:
    yield _set_threshold, gc.get_threshold()
    yield torch.set_rng_state, torch.get_rng_state()
    yield random.setstate, random.getstate()
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        yield numpy.random.set_state, numpy.random.get_state()
    for backend in (torch.cuda, getattr(torch, "xpu", None)):
        if backend is not None and backend.is_initialized():
            yield backend.set_rng_state_all, backend.get_rng_state_all()
    yield torch.set_default_dtype, torch.get_default_dtype()
    yield torch.set_grad_enabled, torch.is_grad_enabled()
    yield _set_deterministic, (torch.get_deterministic_debug_mode(), _DETERMINISTIC.fill_uninitialized_memory)


def _set_threshold(value: tuple[int, int, int]) -> None:
    gc.set_threshold(*value)


def _set_deterministic(value: tuple[int, bool]) -> None:
    mode, fill = value
    torch.set_deterministic_debug_mode(mode)
    _DETERMINISTIC.fill_uninitialized_memory = fill
