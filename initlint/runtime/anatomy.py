"""What the built model is made of: modules that torch cannot see, modules that are one, parameters that are equal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import islice
from types import FunctionType, NoneType
from typing import Any, TypeAlias

import torch
from torch import nn

from initlint.runtime.callers import Site
from initlint.runtime.evidence import Event, EventKind, Parameter, Role
from initlint.runtime.geometry import View
from initlint.runtime.storages import Key, Storages
from initlint.runtime.swaps import INITIALISERS

_DEPTH = 4
_ITEMS = 10_000
"""How far containers are searched: levels below an attribute, and items of one."""

Modules: TypeAlias = Sequence[tuple[str, nn.Module]]
"""The modules of a model with their names."""

_LISTS = (nn.ModuleList, nn.Sequential)
_HELD = (nn.Module, torch.Tensor)
_CONTAINERS = (list, tuple, set, frozenset, dict)

_PLAIN = frozenset({bool, int, float, str, NoneType, FunctionType})
"""Types of attributes that hold no tensors."""

_OWN = frozenset(vars(nn.Module()))
"""Attributes of every module, which hold what is registered."""


def identical(parameters: Sequence[Parameter]) -> Iterator[Event]:
    """Random parameters that are equal: copies among stacked modules, and separate draws of the same numbers."""
    random = [
        each for each in parameters if each.role is Role.PARAMETER and each.law.draw is not None and not each.pieces
    ]
    stacks: dict[tuple[str, tuple[str, ...]], list[Parameter]] = defaultdict(list)
    drawn_once = _repeated(random, lambda each: each.law.draw)
    for copies in _groups(drawn_once, lambda each: (each.law.draw, each.law, each.shape)):
        for (container, suffix), siblings in _siblings(copies).items():
            stacks[container, tuple(siblings)].append(copies[0])
            del suffix
    for (container, indices), copied in stacks.items():
        shown = f"{container or 'the model'} {len(indices)} {len(copied)} {sum(each.tensor.numel() for each in copied)}"
        yield Event(EventKind.IDENTICAL_COPIES, container, copied[0].site, shown)
    comparable = [each for each in random if _comparable(each.tensor)]
    values = _repeated(comparable, lambda each: (each.tensor.shape, each.tensor.dtype))
    for equal in _groups(values, lambda each: (each.shape, each.tensor.dtype, _beginning(each.tensor))):
        if len({each.law.draw for each in equal}) == len(equal) and all(
            torch.equal(equal[0].tensor, each.tensor) for each in equal[1:]
        ):
            names = ", ".join(each.name for each in equal)
            related = ((equal[1].site, "the same numbers are drawn here"),) if equal[1].site else ()
            yield Event(EventKind.IDENTICAL_DRAWS, equal[0].name, equal[0].site, names, related)


def shared(model: nn.Module, places: Modules, parameters: Sequence[Parameter]) -> Iterator[Event]:
    """Lists in which the same module, with parameters, stands at every place."""
    if getattr(model, "_tied_weights_keys", None):
        return
    for name, module in places:
        if not isinstance(module, _LISTS):
            continue
        held = [*module._modules.values()]
        first = held[0] if held else None
        if first is None or len(held) < 2 or any(each is not first for each in held):
            continue
        own = [key for key, _ in first.named_parameters()]
        if own:
            born = {name: each.born for each in parameters for name in each.names}
            yield Event(EventKind.SHARED_MODULE, name, born.get(_joined(name, "0", own[0])), f"{len(held)}")


def unregistered(
    modules: Modules, storages: Storages, parameters: Sequence[Parameter], keys: Container[Key]
) -> Iterator[Event]:
    """Modules, parameters and trained tensors that stand in attributes torch does not look into.

    `keys` are the storages of what modules own.
    """
    known: set[int] = set()
    torchs: dict[type[nn.Module], bool] = {}
    for name, module in modules:
        kind = type(module)
        if kind not in torchs:
            torchs[kind] = kind.__module__.startswith("torch.")
        if torchs[kind]:
            continue
        for attribute, value in vars(module).items():
            if attribute in _OWN or type(value) in _PLAIN:
                continue
            if isinstance(value, torch.Tensor):
                yield from _tensor(_joined(name, attribute), value, storages, keys)
            elif not isinstance(value, nn.Module):
                held = [*_held(value)]
                if len(held) < 2:
                    continue
                known = known or {id(each.tensor) for each in parameters} | {id(module) for _, module in modules}
                strangers = [each for each in held if id(each) not in known]
                yield from _container(_joined(name, attribute), strangers, storages)


def padding_rows(modules: Modules, parameters: Sequence[Parameter], storages: Storages) -> Iterator[Event]:
    """Embeddings whose padding row the user's code left random: it gets no gradient."""
    padded = [(name, each) for name, each in modules if isinstance(each, nn.Embedding) and each.padding_idx is not None]
    by_tensor = {id(each.tensor): each for each in parameters} if padded else {}
    for name, module in padded:
        parameter = by_tensor.get(id(module.weight))
        if parameter is None or parameter.lazy or parameter.write is None or parameter.default:
            continue
        row = module.weight.detach()[module.padding_idx]
        if storages.of(row).law_of(View.of(row)).random:
            detail = f"{module.padding_idx} {parameter.law}"
            yield Event(EventKind.PADDING_ROW, _joined(name, "weight"), parameter.site, detail)


def other_dtype(modules: Modules, parameters: Sequence[Parameter]) -> Iterator[Event]:
    """A float64 parameter in a module whose other parameters are not."""
    exact = any(each.role is Role.PARAMETER and each.tensor.dtype is torch.float64 for each in parameters)
    if not exact or torch.get_default_dtype() is torch.float64:
        return
    by_tensor = {id(each.tensor): each for each in parameters}
    for _, module in modules:
        if len(module._parameters) < 2:
            continue
        own = [each for each in module._parameters.values() if each is not None]
        double = [each for each in own if each.dtype is torch.float64]
        if double and len(double) < len(own):
            for tensor in double:
                found = by_tensor[id(tensor)]
                yield Event(EventKind.OTHER_DTYPE, found.name, found.site, str(tensor.dtype))


def places(model: nn.Module) -> Modules:
    """A model and all modules inside it with their names; one that stands at several places has each of them."""
    found: list[tuple[str, nn.Module]] = []

    def walk(module: nn.Module, name: str) -> None:
        found.append((name, module))
        for key, child in module._modules.items():
            if child is not None:
                walk(child, f"{name}.{key}" if name else key)

    walk(model, "")
    return found


def once(places: Modules) -> Modules:
    """Every module by its first name."""
    seen: dict[int, tuple[str, nn.Module]] = {}
    for place in places:
        seen.setdefault(id(place[1]), place)
    return [*seen.values()]


def _groups(parameters: Iterable[Parameter], key: Any) -> Iterator[list[Parameter]]:
    groups: dict[Any, list[Parameter]] = defaultdict(list)
    for each in parameters:
        groups[key(each)].append(each)
    return (group for group in groups.values() if len(group) > 1)


def _repeated(parameters: Sequence[Parameter], key: Callable[[Parameter], Any]) -> list[Parameter]:
    """Those that share a key with another one."""
    keys = [key(each) for each in parameters]
    counts = Counter(keys)
    return [each for each, own in zip(parameters, keys, strict=True) if counts[own] > 1]


def _siblings(copies: Sequence[Parameter]) -> dict[tuple[str, str], list[str]]:
    """Copies whose names differ in one index alone: (container, rest of the name) and the indices."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in copies:
        parts = each.name.split(".")
        for position, part in enumerate(parts):
            if part.isdecimal():
                found[".".join(parts[:position]), ".".join(parts[position + 1 :])].append(part)
    return {place: indices for place, indices in found.items() if len(indices) > 1}


def _comparable(tensor: torch.Tensor) -> bool:
    """Whether equal numbers could be no coincidence."""
    return tensor.is_floating_point() and not tensor.is_meta and tensor.numel() >= 4


def _beginning(tensor: torch.Tensor) -> tuple[float, ...]:
    values = tensor.detach()
    if values.is_contiguous():
        return tuple(values.as_strided((4,), (1,)).tolist())
    return tuple(values.reshape(-1)[:4].tolist())


def _tensor(path: str, tensor: torch.Tensor, storages: Storages, keys: Container[Key]) -> Iterator[Event]:
    """A tensor that is a plain attribute."""
    if tensor.untyped_storage()._cdata in keys or isinstance(tensor, nn.UninitializedParameter):
        return
    storage = storages.of(tensor)
    if storage.born is not None and storage.born.reparametrised:
        return
    if tensor.requires_grad and tensor.is_leaf:
        yield Event(EventKind.UNREGISTERED_TENSOR, path, _first_site(tensor, storages), "it requires a gradient")
    elif tensor.grad_fn is not None:
        leaves = [leaf for leaf in _leaves(tensor.grad_fn) if isinstance(leaf, nn.Parameter)]
        if leaves and not any(leaf.untyped_storage()._cdata in keys for leaf in leaves):
            site = _first_site(leaves[0], storages)
            yield Event(EventKind.CONVERTED_PARAMETER, path, site, storage.creator)
    else:
        calls = [write for write in storage.writes if write.call in INITIALISERS and not write.default]
        if calls and tensor.is_floating_point():
            yield Event(EventKind.UNREGISTERED_TENSOR, path, calls[-1].site, f"{calls[-1].call} initialises it")


def _container(path: str, held: Sequence[Any], storages: Storages) -> Iterator[Event]:
    """A list or dictionary: one element alone is a way to keep a module from being registered."""
    modules = [each for each in held if isinstance(each, nn.Module) and any(True for _ in each.parameters())]
    plain = [each for each in held if isinstance(each, nn.Parameter)]
    if len(modules) + len(plain) < 2:
        return
    first = next(modules[0].parameters()) if modules else plain[0]
    what = f"{len(modules)} modules" if modules else f"{len(plain)} parameters"
    yield Event(EventKind.UNREGISTERED_MODULE, path, _first_site(first, storages), what)


def _first_site(tensor: torch.Tensor, storages: Storages) -> Site | None:
    storage = storages.of(tensor)
    return storage.born or (storage.writes[0].site if storage.writes else None)


def _held(value: Any, depth: int = 0) -> Iterator[Any]:
    """Modules and tensors in a value and in the lists, tuples, sets and dictionaries inside it."""
    if isinstance(value, _HELD):
        yield value
    elif depth < _DEPTH and isinstance(value, _CONTAINERS):
        for each in islice(value.values() if isinstance(value, dict) else value, _ITEMS):
            yield from _held(each, depth + 1)


def _leaves(node: Any, limit: int = 100) -> Iterator[torch.Tensor]:
    """The leaves of an autograd graph."""
    pending: list[Any] = [node]
    seen: set[Any] = set()
    while pending and len(seen) < limit:
        current = pending.pop()
        if current is None or current in seen:
            continue
        seen.add(current)
        if hasattr(current, "variable"):
            yield current.variable
        pending += [following for following, _ in current.next_functions]


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)
