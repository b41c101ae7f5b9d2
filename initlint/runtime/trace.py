"""Builds a model under watch and says of every parameter which law it follows and which call wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from initlint.runtime import anatomy, lost, unwritten
from initlint.runtime.anatomy import Modules
from initlint.runtime.evidence import Event, Parameter, Role, Traced
from initlint.runtime.geometry import View, coverage
from initlint.runtime.laws import GIVEN, TracedLaw, unknown
from initlint.runtime.recorder import Recorder
from initlint.runtime.state import hold_collector, preserved
from initlint.runtime.state import seed as plant
from initlint.runtime.storages import Piece, Storage, key_of


def trace(
    factory: Callable[[], torch.nn.Module],
    *,
    device: torch.device | str | None = None,
    seed: int = 0,
    poison: bool = True,
) -> Traced:
    """Call `factory` and trace what it does to the parameters of the module that it returns.

    `device` is where new tensors go, the meta device included; None leaves that to the factory. All random generators
    are seeded before, and they and torch's global state are put back afterwards. With `poison` memory that nothing has
    written holds NaN, so that it can be told from memory that was written behind torch's back.

    Raises TypeError where the factory returns no module, TraceRunning inside another trace, and whatever the factory
    raises.
    """
    place = None if device is None else torch.device(device)
    recorder = Recorder(poison=poison)
    with preserved():
        plant(seed)
        hold_collector()
        with recorder.recording():
            model = _built(factory, place)
        places = anatomy.places(model)
        parameters = [*_fenced(recorder, "parameters", lambda: _parameters(places, recorder, poison))]
        events = [*_events(model, places, parameters, recorder)]
    return Traced(model, place, seed, tuple(parameters), tuple(events), tuple(recorder.errors), recorder.operations)


def _built(factory: Callable[[], torch.nn.Module], device: torch.device | None) -> torch.nn.Module:
    with ExitStack() as stack:
        if device is not None and device != torch.get_default_device():
            stack.enter_context(device)
        model = factory()
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"the factory returned {type(model).__name__}, not a torch.nn.Module")
    # Hugging Face models leave the initialisation out while the meta device is the default one.
    initialise: Any = getattr(model, "init_weights", None)
    if device is not None and device.type == "meta" and callable(initialise) and hasattr(model, "_init_weights"):
        initialise()
    return model


def _events(
    model: torch.nn.Module, places: Modules, parameters: list[Parameter], recorder: Recorder
) -> Iterator[Event]:
    modules = anatomy.once(places)
    owned = {key_of(each.tensor): each.name for each in parameters if not each.lazy}
    for name, find in (
        ("lost writes", lambda: lost.lost(recorder, owned)),
        ("overwritten", lambda: lost.overwritten(parameters)),
        ("copies", lambda: anatomy.identical(parameters)),
        ("shared", lambda: anatomy.shared(model, places, parameters)),
        ("unregistered", lambda: anatomy.unregistered(modules, recorder.storages, parameters, owned)),
        ("padding rows", lambda: anatomy.padding_rows(modules, parameters, recorder.storages)),
        ("precision", lambda: anatomy.other_dtype(modules, parameters)),
    ):
        yield from _fenced(recorder, name, find)


def _fenced(recorder: Recorder, name: str, find: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """What is found before something unforeseen happens, which is kept as an error."""
    try:
        yield from find()
    except Exception as error:
        recorder.errors.append(f"{name}: {type(error).__name__}: {error}")


def _parameters(places: Modules, recorder: Recorder, poison: bool) -> Iterator[Parameter]:
    """Parameters, then buffers, each with all its names, as `named_parameters` and `named_buffers` have them."""
    names: dict[int, list[str]] = {}
    found: list[tuple[Role, torch.Tensor]] = []
    for role, owned in ((Role.PARAMETER, "_parameters"), (Role.BUFFER, "_buffers")):
        for prefix, module in places:
            for name, tensor in getattr(module, owned).items():
                if tensor is None:
                    continue
                known = names.get(id(tensor))
                if known is None:
                    known = names[id(tensor)] = []
                    found.append((role, tensor))
                known.append(f"{prefix}.{name}" if prefix else name)
    for role, tensor in found:
        yield _parameter(tuple(names[id(tensor)]), role, tensor, recorder, poison)


def _parameter(names: tuple[str, ...], role: Role, tensor: torch.Tensor, recorder: Recorder, poison: bool) -> Parameter:
    if is_lazy(tensor):
        return Parameter(names, role, tensor, GIVEN, lazy=True)
    try:
        storage = recorder.storages.get(key_of(tensor))
        if storage is None:
            return Parameter(names, role, tensor, GIVEN)
        if storage.divided or not storage.law.written or 0 in tensor.shape:
            return _seen(names, role, tensor, storage, poison)
        return Parameter(names, role, tensor, storage.law, (), tuple(storage.writes), storage.born)
    except Exception as error:
        recorder.errors.append(f"{names[0]}: {type(error).__name__}: {error}")
        return Parameter(names, role, tensor, unknown(type(error).__name__), coverage=None)


def _seen(names: tuple[str, ...], role: Role, tensor: torch.Tensor, storage: Storage, poison: bool) -> Parameter:
    view = View.of(tensor)
    writes = tuple(write for write in storage.writes if write.whole or write.view.touches(view))
    law, pieces = _laws(storage, view)
    covered: float | None = 1.0
    if 0 in view.shape:
        law, pieces = (law if law.written else GIVEN), ()
    elif not law.written:
        covered = 0.0 if not law.reason else None
        if pieces:
            covered = coverage(view, (piece.view for piece in pieces if piece.law.written))
    if covered != 1 and poison:
        left = unwritten.share(tensor)
        if left is not None and 1 - left != covered:
            covered = 1 - left
            law, pieces = (unknown("written behind torch's back"), ()) if covered == 1 else (law, pieces)
    return Parameter(names, role, tensor, law, pieces, writes, storage.born, covered)


def _laws(storage: Storage, view: View) -> tuple[TracedLaw, tuple[Piece, ...]]:
    """The law of a view and the pieces that differ; one law where all elements follow the same."""
    pieces = tuple(piece for piece in storage.pieces if piece.view.touches(view))
    if not pieces:
        return storage.law, ()
    common = storage.law_of(view)
    if common.known:
        return common, ()
    return storage.law, pieces
