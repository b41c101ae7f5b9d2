"""Watches a model being built: every aten operation, every call of an initialiser, every registered parameter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.runtime import swaps
from initlint.runtime.callers import Site, caller
from initlint.runtime.geometry import View
from initlint.runtime.inference import COPYING, EMPTY, Handler, handler, is_elementwise, law_of_call, transformation
from initlint.runtime.laws import Step, TracedLaw, unknown
from initlint.runtime.storages import Key, Storage, Storages, Write, covers_storage, key_of

_ADOPTING = frozenset({torch.ops.aten.set_, torch.ops.aten.resize_, torch.ops.aten.resize_as_})
"""Operations that give a tensor other memory and write none."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of an overload: the arguments that it writes, whether it reads tensors or returns only views."""

    function: Any
    writes: tuple[tuple[int, str], ...]
    reads: bool
    view: bool
    empty: bool
    copying: bool
    elementwise: bool
    handler: Handler
    name: str


class Recorder(TorchDispatchMode):
    """Records what a model's tensors follow and who wrote them, between entering and leaving `recording`.

    Nothing that goes wrong here reaches the model: it is kept in `errors`, and the tensors concerned have no law.
    `poison` fills memory that nothing has written with NaN, as torch's deterministic mode does; the random generator is
    not touched.
    """

    def __init__(self, *, poison: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.storages = Storages()
        self.calls: list[tuple[Write, Key]] = []
        self.helpers: list[tuple[str, Site, Key]] = []
        self.errors: list[str] = []
        self.operations = 0
        self._poison = poison
        self._order = 0
        self._inside = threading.local()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing here is ever compiled; torch's guard against that costs more than what it guards."""
        return False

    @contextmanager
    def recording(self) -> Iterator[Recorder]:
        """Watch. Raises TraceRunning where another recorder does."""
        with ExitStack() as stack:
            stack.enter_context(swaps.replaced(self._initialiser, self._helper))
            for register in (register_module_parameter_registration_hook, register_module_buffer_registration_hook):
                stack.callback(register(self._registered).remove)
            stack.enter_context(self)
            yield self

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.operations += 1
        if getattr(self._inside, "call", False):
            return result
        try:
            # By address, which is fixed for what torch registers: overloads hash slowly.
            plan = _PLANS.get(id(func)) or _plan(func)
            if plan.writes:
                self._written(func, plan, args, kwargs)
            elif not plan.view:
                self._returned(func, plan, args, kwargs, result)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
        return result

    def _returned(self, func: Any, plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        for tensor in result if isinstance(result, list | tuple) else (result,):
            if not isinstance(tensor, torch.Tensor) or key_of(tensor) in self.storages:
                continue
            law = self._law(func, plan, args, kwargs)
            parents = _parents(args, kwargs) if plan.reads else frozenset()
            storage = self.storages.add(tensor, law, plan.name, parents, caller(3), self._order)
            if plan.empty:
                self._fill(tensor)
            elif plan.copying:
                self._copy_pieces(tensor, args[0], storage)

    def _written(self, func: Any, plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for index, name in plan.writes:
            written = args[index] if index < len(args) else kwargs.get(name)
            for tensor in written if isinstance(written, list | tuple) else (written,):
                if isinstance(tensor, torch.Tensor):
                    self._write_of(func, plan, args, kwargs, tensor)

    def _write_of(
        self, func: Any, plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any], tensor: torch.Tensor
    ) -> None:
        storage = self.storages.of(tensor)
        change: Callable[[TracedLaw], TracedLaw] | None = None
        if plan.elementwise and tensor is args[0]:
            step = transformation(func, args, kwargs, self.storages.law_of)
            if step is not None and step.position == 0:
                change = partial(_after, step)
        law = change(self.storages.law_of(tensor)) if change else self._law(func, plan, args, kwargs)
        site = caller(4)
        write = self._record(tensor, storage, site.wrapper or plan.name, {}, site, law, change)
        if plan.reads:
            storage.parents |= _parents(args, kwargs) - {key_of(tensor)}
            storage.fed = self._order
        if plan.copying and write.whole:
            self._copy_pieces(tensor, args[1], storage)

    def _record(
        self,
        tensor: torch.Tensor,
        storage: Storage,
        call: str,
        arguments: dict[str, Any],
        site: Site,
        law: TracedLaw,
        change: Callable[[TracedLaw], TracedLaw] | None = None,
    ) -> Write:
        write = Write(call, arguments, site, law, View.of(tensor), covers_storage(tensor), self._order)
        self._order += 1
        storage.record(write, change)
        self.calls.append((write, key_of(tensor)))
        return write

    def _law(self, func: Any, plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TracedLaw:
        try:
            return plan.handler(func, args, kwargs, self.storages.law_of)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
            return unknown(str(func))

    def _fill(self, tensor: torch.Tensor) -> None:
        if self._poison and not tensor.is_meta and (tensor.is_floating_point() or tensor.is_complex()):
            tensor.fill_(torch.nan)

    def _copy_pieces(self, copy: torch.Tensor, source: Any, storage: Storage) -> None:
        origin = self.storages.get(key_of(source))
        if origin is None or not origin.pieces or source.stride() != copy.stride() or source.shape != copy.shape:
            return
        if covers_storage(source):
            storage.law = origin.law
            storage.copy_pieces(origin, copy.storage_offset() - source.storage_offset())

    def _registered(self, module: torch.nn.Module, name: str, tensor: Any) -> None:
        try:
            if isinstance(tensor, torch.Tensor) and not is_lazy(tensor):
                storage = self.storages.of(tensor)
                if storage.born is None and not storage.registered:
                    storage.born = caller(2)
                storage.registered = True
        except Exception as error:
            self.errors.append(f"registering {name}: {type(error).__name__}: {error}")

    def _initialiser(
        self, name: str, original: FunctionType, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        """A call of a `torch.nn.init` function: one write, whatever operations it consists of."""
        values = None if getattr(self._inside, "call", False) else swaps.bound(original, arguments, keywords)
        tensor = values.get("tensor") if values else None
        if values is None or not isinstance(tensor, torch.Tensor):
            return original(*arguments, **keywords)
        self._inside.call = True
        try:
            with _UNWATCHED() if _is_plain(tensor) else nullcontext():
                result = original(*arguments, **keywords)
        finally:
            self._inside.call = False
        try:
            if not is_lazy(tensor):
                given = {key: value for key, value in values.items() if key not in ("tensor", "generator")}
                law = law_of_call(name, given, tensor)
                self._record(tensor, self.storages.of(tensor), name, given, caller(2), law)
        except Exception as error:
            self.errors.append(f"{name}: {type(error).__name__}: {error}")
        return result

    def _helper(self, name: str, original: FunctionType, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """A call of a library's function for modules; one that is given a tensor does nothing."""
        given = arguments[0] if arguments else keywords.get("module")
        if isinstance(given, torch.Tensor):
            self.helpers.append((name, caller(2), key_of(given)))
        return original(*arguments, **keywords)


_UNWATCHED: Any = getattr(torch._C, "_DisableTorchDispatch", nullcontext)
"""What an initialiser consists of is of no interest: its operations need not pass through Python."""


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether nobody but the recorder wants to see the operations on a tensor."""
    return type(tensor) in (torch.Tensor, torch.nn.Parameter) and torch._C._len_torch_dispatch_stack() <= 1


def _after(step: Step, law: TracedLaw) -> TracedLaw:
    return law.then(step)


def _parents(args: tuple[Any, ...], kwargs: dict[str, Any]) -> frozenset[Key]:
    found = []
    for value in (*args, *kwargs.values()):
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, torch.Tensor):
                found.append(key_of(each))
    return frozenset(found)


_PLANS: dict[int, _Plan] = {}


def _plan(func: Any) -> _Plan:
    packet, schema = func.overloadpacket, func._schema
    writes = tuple(
        (index, each.name)
        for index, each in enumerate(schema.arguments)
        if packet not in _ADOPTING and each.alias_info is not None and each.alias_info.is_write
    )
    made = _Plan(
        func,
        writes,
        reads=any("Tensor" in str(each.type) for each in schema.arguments),
        view=packet in _ADOPTING or all(each.alias_info for each in schema.returns),
        empty=packet in EMPTY,
        copying=packet in COPYING,
        elementwise=is_elementwise(packet),
        handler=handler(packet),
        name=str(packet.__name__),
    )
    _PLANS[id(func)] = made
    return made
