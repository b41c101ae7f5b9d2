"""Watches a model being built: every aten operation, every call of an initialiser, every registered parameter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from types import FunctionType
from typing import Any, TypeAlias

import torch
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.runtime import copied, swaps, unwritten
from initlint.runtime.callers import Site, caller
from initlint.runtime.geometry import View
from initlint.runtime.inference import PLAIN, law_of_call, redrawn, transformation
from initlint.runtime.laws import UNWRITTEN, Step, TracedLaw, constant, unknown
from initlint.runtime.plans import PLANS, Plan, plan_of
from initlint.runtime.storages import SEQUENCES, Key, Storage, Storages, Write, covers_storage, key_of, tensors_in


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
            handlers = (self._initialiser, self._helper, self._constructor, self._copied)
            stack.enter_context(swaps.replaced(*handlers, copied.CATALOGUE.functions))
            for register in (register_module_parameter_registration_hook, register_module_buffer_registration_hook):
                stack.callback(register(self._registered).remove)
            stack.enter_context(self)
            yield self

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # By address, which is fixed for what torch registers: overloads hash slowly.
        plan = PLANS.get(id(func)) or self._planned(func)
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

    def _planned(self, func: Any) -> Plan:
        try:
            return plan_of(func)
        except Exception as error:
            self.errors.append(f"{func}: {type(error).__name__}: {error}")
            return Plan(func, func)

    def _returned(self, func: Any, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        if self._inside.lesson:
            self._inside.lesson.apt = False
        for tensor in result if isinstance(result, SEQUENCES) else (result,):
            if not isinstance(tensor, torch.Tensor) or key_of(tensor) in self.storages:
                continue
            if plan.empty:
                self.storages.add(tensor, UNWRITTEN, plan.name, _NONE, caller(3), self._order)
                if self._poison:
                    unwritten.mark(tensor)
                continue
            law = self._law(func, plan, args, kwargs)
            parents = _parents((*args, *kwargs.values())) if plan.reads else _NONE
            storage = self.storages.add(tensor, law, plan.name, parents, caller(3), self._order)
            if plan.copying:
                self._copy_pieces(tensor, args[0], storage)

    def _written(self, func: Any, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for index, name in plan.writes:
            written = args[index] if index < len(args) else kwargs.get(name)
            for tensor in written if isinstance(written, SEQUENCES) else (written,):
                if isinstance(tensor, torch.Tensor):
                    self._write_of(func, plan, args, kwargs, tensor)

    def _write_of(
        self, func: Any, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any], tensor: torch.Tensor
    ) -> None:
        storage = self.storages.of(tensor)
        change: Callable[[TracedLaw], TracedLaw] | None = None
        own = bool(args) and tensor is args[0]
        if plan.elementwise and own:
            step = transformation(func, args, kwargs, self.storages.law_of)
            if step is not None and step.position == 0:
                change = partial(_after, step)
        law = change(self.storages.law_of(tensor)) if change else self._law(func, plan, args, kwargs)
        site = caller(4)
        write = self._record(tensor, storage, site.wrapper or plan.name, _NO_ARGUMENTS, site, law, change)
        parents = _parents((*(args[1:] if own else args), *kwargs.values())) if plan.reads else _NONE
        if plan.reads:
            storage.parents |= parents - {storage.key}
            storage.fed = self._order
        lesson = self._inside.lesson
        if lesson:
            reads = bool(parents) or not own or (change is not None and not lesson.begun)
            lesson.written(tensor, plan.name, site, law, reads=reads)
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

    def _law(self, func: Any, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TracedLaw:
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
        if tensor is None or self._inside.layer is not None:
            return
        try:
            with _UNMODED():
                if isinstance(tensor, torch.Tensor) and not is_lazy(tensor):
                    storage = self.storages.of(tensor)
                    if storage.born is None and not storage.registered:
                        storage.born = caller(2)
                    storage.registered = True
        except Exception as error:
            self.errors.append(f"registering {name}: {type(error).__name__}: {error}")

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
        watched = inside.layer is not None or torch._C._len_torch_dispatch_stack() > 1
        if watched or not self._torchs(owner, type(module)):
            original(module, *arguments, **keywords)
            return
        calls: list[_Call] = []
        inside.layer = calls
        try:
            with _UNWATCHED():
                original(module, *arguments, **keywords)
        finally:
            inside.layer = None
        try:
            with _UNMODED():
                self._constructed(module, caller(2, default=True), calls)
        except Exception as error:
            self.errors.append(f"{owner.__name__}: {type(error).__name__}: {error}")

    def _constructed(self, module: torch.nn.Module, site: Site, calls: list[_Call]) -> None:
        """Meet what a layer owns, and record what its constructor called."""
        made: dict[int, tuple[torch.Tensor, Storage]] = {}
        for owned in (module._parameters, module._buffers):
            for name, tensor in owned.items():
                if tensor is None or is_lazy(tensor):
                    continue
                law = _STATISTICS.get(name, UNWRITTEN)
                storage = self.storages.meet(tensor, law, "empty" if law is UNWRITTEN else name, site)
                storage.registered = True
                made[id(tensor)] = tensor, storage
        for name, tensor, given in calls:
            if not is_lazy(tensor):
                given.pop("generator", None)
                _, storage = made.get(id(tensor)) or (tensor, self.storages.of(tensor))
                self._record(tensor, storage, name, given, site, law_of_call(name, given, tensor))
        for tensor, storage in made.values():
            if storage.law is UNWRITTEN and self._poison:
                with _UNWATCHED():
                    unwritten.mark(tensor)

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
            if inside.layer is not None:
                inside.layer.append((name, tensor, given))
                return original(tensor, **given)
            if _is_plain(tensor):
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
                    self._record(tensor, self.storages.of(tensor), name, given, caller(2), law)
        except Exception as error:
            self.errors.append(f"{name}: {type(error).__name__}: {error}")
        return result

    def _copied(self, name: str, original: FunctionType, tensor: Any, given: dict[str, Any]) -> Any:
        """A call of an initialiser that another package keeps: what is known of it need not be watched again."""
        inside = self._inside
        busy = inside.call or inside.lesson is not None or inside.layer is not None
        if busy or not isinstance(tensor, torch.Tensor) or not _is_plain(tensor):
            return original(tensor, **given)
        call = (id(original.__code__), *given.values())
        learned = copied.KNOWN.get(call) if PLAIN.issuperset(map(type, call)) else None
        if learned is None:
            return self._watched(original, tensor, given, call)
        inside.call = True
        try:
            with _UNWATCHED():
                result = original(tensor, **given)
        finally:
            inside.call = False
        self.operations += learned.operations
        try:
            with _UNMODED():
                self._again(learned, tensor, caller(2, wrapper=name))
        except Exception as error:
            self.errors.append(f"{name}: {type(error).__name__}: {error}")
        return result

    def _watched(
        self, original: FunctionType, tensor: torch.Tensor, given: dict[str, Any], call: tuple[Any, ...]
    ) -> Any:
        """A call whose operations are watched; what it does is kept where the same call does the same again."""
        inside = self._inside
        try:
            with _UNMODED():
                inside.lesson = lesson = copied.Lesson(original, tensor, self.operations)
        except Exception as error:
            self.errors.append(f"{original.__name__}: {type(error).__name__}: {error}")
            return original(tensor, **given)
        try:
            result = original(tensor, **given)
        finally:
            inside.lesson = None
        learned = lesson.end(self.operations)
        if learned and PLAIN.issuperset(map(type, call)):
            copied.KNOWN[call] = learned
        return result

    def _again(self, learned: copied.Learned, tensor: torch.Tensor, site: Site) -> None:
        """Record the writes of a call once more, whose last law is that of another draw."""
        storage = self.storages.of(tensor)
        view, whole = View.of(tensor), covers_storage(tensor)
        writes = []
        for order, (call, law, place) in enumerate(learned.writes, self._order):
            where = place or site
            writes.append(Write(where.wrapper or call, _NO_ARGUMENTS, where, law, view, whole, order))
        if learned.random:
            writes[-1] = writes[-1]._replace(law=redrawn(writes[-1].law))
        self._order += len(writes)
        if whole:
            storage.record_all(writes)
        else:
            for write in writes:
                storage.record(write, None)
        self.calls.append((writes[-1], storage.key))
        storage.fed = self._order

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


_Call: TypeAlias = tuple[str, torch.Tensor, dict[str, Any]]
"""A call of an initialiser by the constructor of a layer: its name, the tensor and all other arguments by name."""


class _Inside(threading.local):
    """Whether a thread is inside an initialiser, what the constructor of a layer that it is inside has called, and the
    call that is watched to learn what it does.
    """

    call = False
    layer: list[_Call] | None = None
    lesson: copied.Lesson | None = None


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether nobody but the recorder wants to see the operations on a tensor."""
    return type(tensor) in (torch.Tensor, torch.nn.Parameter) and torch._C._len_torch_dispatch_stack() <= 1


def _after(step: Step, law: TracedLaw) -> TracedLaw:
    return law.then(step)


def _parents(values: tuple[Any, ...]) -> frozenset[Key]:
    """The storages of the tensors among the arguments of an operation."""
    return _NONE if PLAIN.issuperset(map(type, values)) else frozenset(map(key_of, tensors_in(values)))
