"""Writes that no parameter keeps: into copies, into computed weights, and before another write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from initlint.runtime.callers import Site
from initlint.runtime.evidence import Event, EventKind, Parameter, Role
from initlint.runtime.recorder import Recorder
from initlint.runtime.storages import Key, Storage, Storages, Write, key_of


def lost(recorder: Recorder, owned: Collection[Key], parameters: Sequence[Parameter]) -> Iterator[Event]:
    """Writes of the user's code into tensors that were computed from a parameter and that nothing reads afterwards.

    The last one speaks for those that were lost on the same parameter before.
    """
    storages = recorder.storages
    names = {key_of(each.tensor): each.name for each in parameters if not each.lazy}
    kept = storages.ancestors({*owned})
    read: dict[Key, int] = {}
    for storage in storages.live().values():
        read.update((parent, max(read.get(parent, 0), storage.fed)) for parent in storage.parents)
    found: dict[tuple[EventKind, str], Event] = {}
    for write, key in recorder.calls:
        written = storages.get(key)
        if written is None or write.default or key in owned or written.registered or written.born is None:
            continue
        origin = _parameter_behind(storages, key, names)
        if origin is None or read.get(key, 0) > write.order:
            continue
        event = _lost(write, written, written.born, origin, computed=key in kept)
        if event is not None:
            found[event.kind, origin] = event
    yield from found.values()
    for helper, site, given in recorder.helpers:
        yield Event(EventKind.LOST_HELPER, names.get(given, ""), site, helper)


def _lost(write: Write, written: Storage, born: Site, origin: str, *, computed: bool) -> Event | None:
    """`computed`: a parameter was made of the tensor before, as weight_norm makes the norms of a weight."""
    if born.reparametrised:
        detail = f"{write.call} by {born.reparametrised}"
        return Event(EventKind.LOST_REPARAMETRISED, origin, write.site, detail, ((born, "it is computed here"),))
    if computed or not written.expired:
        return None
    return Event(EventKind.LOST_COPY, origin, write.site, f"{write.call} {written.creator}")


def overwritten(parameters: Sequence[Parameter]) -> Iterator[Event]:
    """A constant that one place gives to few parameters, and a later place that gives many parameters another law.

    Two places that take turns, module by module, belong together: a method that goes on where that of its base ends.
    """
    reach = Counter(site for each in parameters for site in {write.site for write in each.writes})
    orders: dict[Site, list[int]] = {}
    for write in (write for each in parameters for write in each.writes):
        orders.setdefault(write.site, []).append(write.order)
    for each in parameters:
        if each.role is not Role.PARAMETER:
            continue
        written = [write for write in each.writes if write.whole and not write.default]
        for first, second in pairwise(written):
            special = first.law.value is not None and reach[second.site] > reach[first.site]
            turns = max(orders[first.site]) > min(orders[second.site])
            if special and not turns and first.site != second.site and not _reads(second) and first.law != second.law:
                detail = f"{first.call} gives {first.law}, {second.call} gives {second.law}"
                related = ((second.site, "it is overwritten here"),)
                yield Event(EventKind.OVERWRITTEN, each.name, first.site, detail, related)


def _reads(write: Write) -> bool:
    """Whether a write changes what was there before."""
    return write.call.rstrip("_") in ("add", "clamp", "div", "mul", "sub")


def _parameter_behind(storages: Storages, key: Key, names: dict[Key, str]) -> str | None:
    """The name of the first parameter that a storage was computed from."""
    ancestors = storages.ancestors({key}) - {key}
    return next((name for address, name in names.items() if address in ancestors), None)
