"""Writes that no parameter keeps: into copies, into computed weights, and before another write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from initlint.runtime.callers import Site
from initlint.runtime.evidence import Event, EventKind, Parameter, Role
from initlint.runtime.recorder import Recorder
from initlint.runtime.storages import Key, Storage, Storages, Write


def lost(recorder: Recorder, names: Mapping[Key, str]) -> Iterator[Event]:
    """Writes of the user's code into tensors that were computed from a parameter and that nothing reads afterwards.

    `names` are those of the parameters and buffers. The last write speaks for those that were lost on the same
    parameter before.
    """
    storages = recorder.storages
    candidates = [call for call in recorder.calls if call[1] not in names and not call[0].default]
    kept = storages.ancestors({*names}) if candidates else set()
    read: dict[Key, int] = {}
    for storage in storages.live().values() if candidates else ():
        for parent in storage.parents:
            read[parent] = max(read.get(parent, 0), storage.fed)
    found: dict[tuple[EventKind, str], Event] = {}
    for write, key in candidates:
        written = storages.get(key)
        if written is None or written.registered or written.born is None:
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
    pairs = [
        (each, first, second)
        for each in parameters
        if len(each.writes) > 1 and each.role is Role.PARAMETER
        for first, second in pairwise([write for write in each.writes if write.whole and not write.default])
        if first.site != second.site and first.law.value is not None and first.law != second.law and not _reads(second)
    ]
    if not pairs:
        return
    reach = Counter(site for each in parameters for site in {write.site for write in each.writes})
    orders: dict[Site, list[int]] = {}
    for write in (write for each in parameters for write in each.writes):
        orders.setdefault(write.site, []).append(write.order)
    for each, first, second in pairs:
        turns = max(orders[first.site]) > min(orders[second.site])
        if reach[second.site] > reach[first.site] and not turns:
            detail = f"{first.call} gives {first.law}, {second.call} gives {second.law}"
            related = ((second.site, "it is overwritten here"),)
            yield Event(EventKind.OVERWRITTEN, each.name, first.site, detail, related)


def _reads(write: Write) -> bool:
    """Whether a write changes what was there before."""
    return write.call.rstrip("_") in ("add", "clamp", "div", "mul", "sub")


def _parameter_behind(storages: Storages, key: Key, names: Mapping[Key, str]) -> str | None:
    """The name of the first parameter that a storage was computed from."""
    ancestors = storages.ancestors({key}) - {key}
    return next((name for address, name in names.items() if address in ancestors), None)
