"""What is known of each storage while a model is built: the law of its elements, who wrote them, what fed them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import torch

from initlint.runtime.callers import Site
from initlint.runtime.geometry import View, coverage
from initlint.runtime.laws import GIVEN, TracedLaw, unknown

Key: TypeAlias = int
"""The address of a storage; a weak reference is held to it, so that no other storage can take it."""

SEQUENCES = (list, tuple)
"""What operations take and return several tensors in. As a union it would be made anew at every question."""

_HISTORY = 64
"""Writes that are remembered of one storage."""


class Write(NamedTuple):
    """One write of a tensor.

    `call` names the function of `torch.nn.init`, the helper of a library, or the tensor method; `arguments` are those
    of a `torch.nn.init` function. `law` is what the written elements follow afterwards. `whole`: it covers all of the
    storage. `order` counts the writes of a trace.
    """

    call: str
    arguments: Mapping[str, Any]
    site: Site
    law: TracedLaw
    view: View
    whole: bool
    order: int

    @property
    def default(self) -> bool:
        """Whether torch's own initialisation of a layer made it, rather than the user's code."""
        return self.site.default


class Piece(NamedTuple):
    """Some elements of a storage and the law that they follow."""

    view: View
    law: TracedLaw
    write: Write | None


@dataclass(slots=True)
class Storage:
    """One storage. Elements that lie in no piece follow `law`; where pieces overlap the later one holds.

    `parents` are the storages that its elements were computed from, the last time after so many writes as `fed` says.
    `born` is where it was made. `registered`: a module owned it as a parameter or buffer at some time. `divided`: some
    write or law was for a part of it alone.
    """

    key: Key
    law: TracedLaw
    creator: str
    parents: frozenset[Key] = frozenset()
    born: Site | None = None
    fed: int = 0
    registered: bool = False
    divided: bool = False
    pieces: list[Piece] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)

    @property
    def expired(self) -> bool:
        """Whether nothing holds the storage any more."""
        return bool(torch.UntypedStorage._expired(self.key))

    def law_of(self, view: View) -> TracedLaw:
        """The law of the elements in a view."""
        touching = [piece for piece in self.pieces if piece.view.touches(view)]
        if not touching:
            return self.law
        if touching[-1].view.contains(view):
            return touching[-1].law
        laws = [piece.law for piece in touching]
        whole = self.law.written or coverage(view, (piece.view for piece in touching)) == 1
        if self.law.written:
            laws.append(self.law)
        if whole and all(law == laws[0] for law in laws):
            return replace(laws[0], draw=None) if len({law.draw for law in laws}) > 1 else laws[0]
        drawn = [law.draw for law in laws if law.draw is not None]
        return unknown("pieces with different laws", written=whole, draw=drawn[0] if drawn else None)

    def record(self, write: Write, change: Callable[[TracedLaw], TracedLaw] | None) -> None:
        """Take a write in; `change` is the elementwise operation of one that reads what it overwrites."""
        if not write.whole:
            self.divided = True
            self._add(Piece(write.view, write.law, write))
        elif self.pieces and change:
            self.law = change(self.law)
            self.pieces = [each._replace(law=change(each.law)) for each in self.pieces]
        else:
            self.law = write.law
            if self.pieces:
                self.pieces = []
        self.writes.append(write)
        if len(self.writes) > _HISTORY:
            del self.writes[1]

    def record_all(self, writes: Sequence[Write]) -> None:
        """Take in writes of the whole storage, of which the first reads nothing."""
        self.law = writes[-1].law
        if self.pieces:
            self.pieces = []
        self.writes += writes
        if len(self.writes) > _HISTORY:
            del self.writes[1 : len(self.writes) - _HISTORY + 1]

    def copy_pieces(self, source: Storage, distance: int) -> None:
        """Take over the pieces of a storage of which this is a copy, so much further on."""
        self.divided = True
        self.pieces = [Piece(each.view.moved(distance), each.law, each.write) for each in source.pieces]

    def _add(self, piece: Piece) -> None:
        if self.pieces:
            last = self.pieces[-1]
            joined = last.view.joined(piece.view) if last.law == piece.law else None
            if joined is not None:
                self.pieces[-1] = Piece(joined, replace(piece.law, draw=None), piece.write)
                return
            if piece.view.contains(last.view):
                self.pieces.pop()
        self.pieces.append(piece)


class Storages:
    """All storages that a trace has met, by address."""

    def __init__(self) -> None:
        self._known: dict[Key, Storage] = {}
        weakref.finalize(self, _release, self._known)

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def get(self, key: Key) -> Storage | None:
        """The storage at an address, if the trace has met it."""
        return self._known.get(key)

    def of(self, tensor: torch.Tensor) -> Storage:
        """The storage of a tensor; one that was never met holds given data."""
        found = self._known.get(key_of(tensor))
        return self.add(tensor, GIVEN, "") if found is None else found

    def add(
        self,
        tensor: torch.Tensor,
        law: TracedLaw,
        creator: str,
        parents: frozenset[Key] = frozenset(),
        born: Site | None = None,
        fed: int = 0,
    ) -> Storage:
        """Meet the storage of a tensor for the first time."""
        storage: Any = tensor.untyped_storage()
        key: Key = storage._weak_ref()
        made = self._known[key] = Storage(key, law, creator, parents, born, fed)
        return made

    def meet(self, tensor: torch.Tensor, law: TracedLaw, creator: str, born: Site) -> Storage:
        """The storage of a tensor, which is known already or is met for the first time."""
        storage: Any = tensor.untyped_storage()
        found = self._known.get(storage._cdata)
        if found is None:
            key: Key = storage._weak_ref()
            found = self._known[key] = Storage(key, law, creator, born=born)
        return found

    def law_of(self, tensor: torch.Tensor) -> TracedLaw:
        """The law of a tensor's elements."""
        storage = self._known.get(key_of(tensor))
        if storage is None:
            return GIVEN
        return storage.law_of(View.of(tensor)) if storage.pieces else storage.law

    def ancestors(self, keys: set[Key]) -> set[Key]:
        """These storages, and all that their elements were computed from."""
        found: set[Key] = set()
        pending = [*keys]
        while pending:
            key = pending.pop()
            if key not in found:
                found.add(key)
                storage = self._known.get(key)
                pending += storage.parents if storage else ()
        return found

    def live(self) -> dict[Key, Storage]:
        """All storages by address."""
        return self._known


def _release(known: dict[Key, Storage]) -> None:
    for key in known:
        torch.UntypedStorage._free_weak_ref(key)


def key_of(tensor: torch.Tensor) -> Key:
    """The address of a tensor's storage."""
    key: Key = tensor.untyped_storage()._cdata
    return key


def tensors_in(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The tensors among the arguments or the results of an operation, those in lists and tuples too."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, SEQUENCES):
            yield from tensors_in(value)


def covers_storage(tensor: torch.Tensor) -> bool:
    """Whether a tensor's elements are all of its storage."""
    if tensor.numel() * tensor.element_size() < tensor.untyped_storage().nbytes():
        return False
    return tensor.is_contiguous() or View.of(tensor).dense
