"""Writes that no parameter keeps: into copies, into computed weights, and before another write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from initlint.runtime.evidence import Event, EventKind, Parameter, Role
from initlint.runtime.recorder import Recorder
from initlint.runtime.storages import Key, Storages, Write, key_of


def lost(recorder: Recorder, owned: Collection[Key], parameters: Sequence[Parameter]) -> Iterator[Event]:
    """Writes of the user's code into tensors that were computed from a parameter and that nothing reads afterwards.

    The last write of each tensor speaks for those before it.
    """
    storages = recorder.storages
    names = {key_of(each.tensor): each.name for each in parameters if not each.lazy}
    kept = storages.ancestors({*owned})
    read: dict[Key, int] = {}
    for storage in storages.live().values():
        read.update((parent, max(read.get(parent, 0), storage.fed)) for parent in storage.parents)
    last = {key: write for write, key in recorder.calls if not write.default}
    for key, write in last.items():
        written = storages.get(key)
        if written is None or key in owned or written.registered or written.born is None:
            continue
        born = written.born
        origin = _parameter_behind(storages, key, names)
        if origin is None or read.get(key, 0) > write.order or (key in kept and not born.reparametrised):
            continue
        if born.reparametrised:
            detail = f"{write.call} by {born.reparametrised}"
            yield Event(EventKind.LOST_REPARAMETRISED, origin, write.site, detail, ((born, "it is computed here"),))
        elif written.reference.expired():
            yield Event(EventKind.LOST_COPY, origin, write.site, f"{write.call} {written.creator}")
    for helper, site, key in recorder.helpers:
        yield Event(EventKind.LOST_HELPER, names.get(key, "") if key is not None else "", site, helper)


def overwritten(parameters: Sequence[Parameter]) -> Iterator[Event]:
    """A constant that one place gives to few parameters, and a later place that gives many parameters another law."""
    reach = Counter(site for each in parameters for site in {write.site for write in each.writes})
    for each in parameters:
        if each.role is not Role.PARAMETER:
            continue
        written = [write for write in each.writes if write.whole and not write.default]
        for first, second in zip(written, written[1:], strict=False):
            if _is_constant(first) and second.site != first.site and reach[second.site] > reach[first.site]:
                if second.law != first.law and not second.law.chain and second.call != "mul_":
                    yield Event(
                        EventKind.OVERWRITTEN,
                        each.name,
                        first.site,
                        f"{first.call} {first.law} {second.call} {second.law}",
                        ((second.site, "it is overwritten here"),),
                    )


def _is_constant(write: Write) -> bool:
    return write.law.value is not None


def _parameter_behind(storages: Storages, key: Key, names: dict[Key, str]) -> str | None:
    """The name of a parameter that a storage was computed from."""
    for ancestor in sorted(storages.ancestors({key}) - {key}):
        if ancestor in names:
            return names[ancestor]
    return None
