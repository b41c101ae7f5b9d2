"""Watches a model being built: every aten operation, every call of an initialiser, every registered parameter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple

import torch
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.runtime import swaps, unwritten
from initlint.runtime.callers import Site, caller
from initlint.runtime.geometry import View
from initlint.runtime.inference import COPYING, EMPTY, Handler, handler, is_elementwise, law_of_call, transformation
from initlint.runtime.laws import UNWRITTEN, Step, TracedLaw, constant, unknown
from initlint.runtime.storages import Key, Storage, Storages, Write, covers_storage, key_of, tensors_in

_ADOPTING = frozenset({torch.ops.aten.set_, torch.ops.aten.resize_, torch.ops.aten.resize_as_})
"""Operations that give a tensor other memory and write none."""


_COMPUTED = handler(None)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of an overload: the arguments that it writes, whether it reads tensors or returns only views.

    `call` is what is called for it. Nothing is asked of one that is a view.
    """

    function: Any
    call: Any
    writes: tuple[tuple[int, str], ...] = ()
    reads: bool = False
    view: bool = True
    empty: bool = False
    copying: bool = False
    elementwise: bool = False
    handler: Handler = _COMPUTED
    name: str = ""


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
        self._inside = _Inside()
        self._kinds: dict[type[torch.nn.Module], bool] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing here is ever compiled; torch's guard against that costs more than what it guards."""
        return False

    @contextmanager
    def recording(self) -> Iterator[Recorder]:
        """Watch. Raises TraceRunning where another recorder does."""
        with ExitStack() as stack:
            stack.enter_context(swaps.replaced(self._initialiser, self._helper, self._constructor))
            for register in (register_module_parameter_registration_hook, register_module_buffer_registration_hook):
                stack.callback(register(self._registered).remove)
            stack.enter_context(self)
            yield self

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # By address, which is fixed for what torch registers: overloads hash slowly.
        plan = _PLANS.get(id(func)) or self._planned(func)
        call = func if types or torch._C._len_torch_function_stack() else plan.call
        result = call(*args, **kwargs) if kwargs else call(*args)
        self.operations += 1
        if plan.view or self._inside.call:
            return result
        try:
            if plan.writes:
                self._written(func, plan, args, kwargs or {})
            else:
                self._returned(func, plan, args, kwargs or {}, result)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
        return result

    def _planned(self, func: Any) -> _Plan:
        try:
            return _plan(func)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
            return _Plan(func, func)

    def _returned(self, func: Any, plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        for tensor in result if isinstance(result, list | tuple) else (result,):
            if not isinstance(tensor, torch.Tensor) or key_of(tensor) in self.storages:
                continue
            if plan.empty:
                self.storages.add(tensor, UNWRITTEN, plan.name, _NONE, caller(3), self._order)
                if self._poison:
                    unwritten.mark(tensor)
                continue
            law = self._law(func, plan, args, kwargs)
            parents = _parents(args, kwargs) if plan.reads else _NONE
            storage = self.storages.add(tensor, law, plan.name, parents, caller(3), self._order)
            if plan.copying:
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
        write = self._record(tensor, storage, site.wrapper or plan.name, _NO_ARGUMENTS, site, law, change)
        if plan.reads:
            if len(args) > 1 or kwargs:
                storage.parents |= _parents(args[1:] if tensor is args[0] else args, kwargs) - {storage.key}
            storage.fed = self._order
        if plan.copying and write.whole:
            self._copy_pieces(tensor, args[1], storage)

    def _record(
        self,
        tensor: torch.Tensor,
        storage: Storage,
        call: str,
        arguments: Mapping[str, Any],
        site: Site,
        law: TracedLaw,
        change: Callable[[TracedLaw], TracedLaw] | None = None,
    ) -> Write:
        write = Write(call, arguments, site, law, View.of(tensor), covers_storage(tensor), self._order)
        self._order += 1
        storage.record(write, change)
        self.calls.append((write, storage.key))
        return write

    def _law(self, func: Any, plan: _Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TracedLaw:
        try:
            return plan.handler(func, args, kwargs, self.storages.law_of)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
            return unknown(str(func))

    def _copy_pieces(self, copy: torch.Tensor, source: Any, storage: Storage) -> None:
        origin = self.storages.get(key_of(source))
        if origin is None or not origin.pieces or source.stride() != copy.stride() or source.shape != copy.shape:
            return
        if covers_storage(source):
            storage.law = origin.law
            storage.copy_pieces(origin, copy.storage_offset() - source.storage_offset())

    def _registered(self, module: torch.nn.Module, name: str, tensor: Any) -> None:
        if tensor is None:
            return
        try:
            with _UNMODED():
                if isinstance(tensor, torch.Tensor) and not is_lazy(tensor):
                    layer = self._inside.layer
                    storage = self.storages.get(key_of(tensor)) or self._met(name, tensor, layer)
                    if storage.born is None and not storage.registered:
                        storage.born = layer.site if layer else caller(2)
                    storage.registered = True
        except Exception as error:
            self.errors.append(f"registering {name}: {type(error).__name__}: {error}")

    def _met(self, name: str, tensor: torch.Tensor, layer: _Layer | None) -> Storage:
        """The storage of a tensor that was made unseen: by the constructor of a layer, or before the trace."""
        if layer is None:
            return self.storages.of(tensor)
        law = _STATISTICS.get(name, UNWRITTEN)
        storage = self.storages.add(tensor, law, "empty" if law is UNWRITTEN else name)
        layer.made.append((tensor, storage))
        return storage

    def _constructor(
        self,
        owner: type[torch.nn.Module],
        original: Callable[..., None],
        module: torch.nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> None:
        """A layer is made: what its constructor does is known, and need not pass through Python."""
        inside = self._inside
        if inside.layer or torch._C._len_torch_dispatch_stack() > 1 or not self._torchs(owner, type(module)):
            original(module, *arguments, **keywords)
            return
        inside.layer = layer = _Layer(caller(2, default=True), [])
        try:
            with _UNWATCHED():
                original(module, *arguments, **keywords)
                for tensor, storage in layer.made if self._poison else ():
                    if storage.law is UNWRITTEN:
                        unwritten.mark(tensor)
        finally:
            inside.layer = None

    def _torchs(self, owner: type[torch.nn.Module], kind: type[torch.nn.Module]) -> bool:
        """Whether a class leaves all that the constructor of a layer calls as it is in torch."""
        known = self._kinds.get(kind)
        if known is None:
            called = [getattr(kind, name, owner) for name in _CALLED]
            known = self._kinds[kind] = all(each.__module__.startswith("torch.") for each in called)
        return known

    def _initialiser(self, name: str, original: FunctionType, tensor: Any, given: dict[str, Any]) -> Any:
        """A call of a `torch.nn.init` function: one write, whatever operations it consists of."""
        inside = self._inside
        if inside.call or not isinstance(tensor, torch.Tensor):
            return original(tensor, **given)
        inside.call = True
        try:
            if inside.layer is None and _is_plain(tensor):
                with _UNWATCHED():
                    result = original(tensor, **given)
            else:
                result = original(tensor, **given)
        finally:
            inside.call = False
        try:
            with _UNMODED():
                if not is_lazy(tensor):
                    given.pop("generator", None)
                    law = law_of_call(name, given, tensor)
                    site = inside.layer.site if inside.layer else caller(2)
                    self._record(tensor, self.storages.of(tensor), name, given, site, law)
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

_UNMODED: Any = torch._C.DisableTorchFunction
"""Questions to a tensor are none of what a model does: no mode, such as that of a default device, need hear of them."""

_NO_ARGUMENTS: Mapping[str, Any] = {}
_NONE: frozenset[Key] = frozenset()

_CALLED = ("reset_parameters", "reset_running_stats", "register_parameter", "register_buffer", "__setattr__")
_STATISTICS = {"running_mean": constant(0.0), "running_var": constant(1.0), "num_batches_tracked": constant(0.0)}
"""What the constructor of a layer calls, and the buffers that it makes."""


class _Layer(NamedTuple):
    """A layer that is being made: where, and the tensors that it has registered."""

    site: Site
    made: list[tuple[torch.Tensor, Storage]]


class _Inside(threading.local):
    """Whether a thread is inside an initialiser, and inside the constructor of which layer."""

    call = False
    layer: _Layer | None = None


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether nobody but the recorder wants to see the operations on a tensor."""
    return type(tensor) in (torch.Tensor, torch.nn.Parameter) and torch._C._len_torch_dispatch_stack() <= 1


def _after(step: Step, law: TracedLaw) -> TracedLaw:
    return law.then(step)


def _parents(args: tuple[Any, ...], kwargs: dict[str, Any]) -> frozenset[Key]:
    return frozenset(key_of(tensor) for tensor in tensors_in((*args, *kwargs.values())))


_PLANS: dict[int, _Plan] = {}

_aten = torch.ops.aten
_BINDINGS: dict[Any, Any] = {
    _aten.add_.Tensor: torch.Tensor.add_,
    _aten.clamp_.default: torch.Tensor.clamp_,
    _aten.copy_.default: torch.Tensor.copy_,
    _aten.detach.default: torch.Tensor.detach,
    _aten.div_.Tensor: torch.Tensor.div_,
    _aten.empty.memory_format: torch.empty,
    _aten.erfinv_.default: torch.Tensor.erfinv_,
    _aten.fill_.Scalar: torch.Tensor.fill_,
    _aten.mul_.Tensor: torch.Tensor.mul_,
    _aten.normal_.default: torch.Tensor.normal_,
    _aten.ones.default: torch.ones,
    _aten.sub_.Tensor: torch.Tensor.sub_,
    _aten.uniform_.default: torch.Tensor.uniform_,
    _aten.zero_.default: torch.Tensor.zero_,
    _aten.zeros.default: torch.zeros,
}
"""What models do most while they are built, as calls of torch's bindings: they cost a third of those of overloads.

Subclasses of tensors and function modes would see them, so they are for plain tensors alone.
"""


def _plan(func: Any) -> _Plan:
    packet, schema = func.overloadpacket, func._schema
    writes = tuple(
        (index, each.name)
        for index, each in enumerate(schema.arguments)
        if packet not in _ADOPTING and each.alias_info is not None and each.alias_info.is_write
    )
    made = _Plan(
        func,
        _BINDINGS.get(func, func._op),
        writes,
        reads=any("Tensor" in str(each.type) for each in schema.arguments),
        view=not writes and (packet in _ADOPTING or all(each.alias_info for each in schema.returns)),
        empty=packet in EMPTY,
        copying=packet in COPYING,
        elementwise=is_elementwise(packet),
        handler=handler(packet),
        name=str(packet.__name__),
    )
    _PLANS[id(func)] = made
    return made
