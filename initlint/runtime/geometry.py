"""Which elements of a storage a tensor covers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch

_MASK = 1 << 26
"""Elements of the largest storage whose coverage is counted one by one."""


class Span(NamedTuple):
    """A range of elements, the end exclusive."""

    start: int
    end: int


class View(NamedTuple):
    """A tensor's place in its storage, in elements."""

    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @classmethod
    def of(cls, tensor: torch.Tensor) -> View:
        """The place of a strided tensor."""
        return tuple.__new__(cls, (tensor.storage_offset(), tensor.shape, tensor.stride()))

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def dense(self) -> bool:
        """Whether it fills its span without gaps and without repeating an element."""
        expected = 1
        for stride, size in sorted(zip(self.stride, self.shape, strict=True)):
            if size == 1:
                continue
            if stride != expected:
                return False
            expected *= size
        return True

    @property
    def span(self) -> Span:
        """From the first to behind the last element."""
        if not self.size:
            return Span(self.offset, self.offset)
        reach = sum(stride * (size - 1) for stride, size in zip(self.stride, self.shape, strict=True))
        return Span(self.offset, self.offset + reach + 1)

    def touches(self, other: View) -> bool:
        """Whether the spans overlap; elements between the strides of one may still all belong to the other."""
        mine, theirs = self.span, other.span
        return mine.start < theirs.end and theirs.start < mine.end

    def contains(self, other: View) -> bool:
        """Whether every element of the other is surely one of its own."""
        mine, theirs = self.span, other.span
        return self == other or (self.dense and mine.start <= theirs.start and theirs.end <= mine.end)

    def moved(self, distance: int) -> View:
        """The same place further on in a storage."""
        return View(self.offset + distance, self.shape, self.stride)

    def take(self, tensor: torch.Tensor) -> torch.Tensor:
        """The elements that lie here, of a tensor in the same storage."""
        return tensor.detach().as_strided(self.shape, self.stride, self.offset)

    def joined(self, other: View) -> View | None:
        """One dense view over two neighbours, in this order."""
        if self.dense and other.dense and self.span.end == other.span.start:
            return View(self.offset, (self.size + other.size,), (1,))
        return None


def coverage(view: View, written: Iterable[View]) -> float | None:
    """The share of a view's elements that lie in other views; None where the storage is too large to count."""
    if not view.size:
        return 1.0
    start, end = view.span
    pieces = [piece for piece in written if piece.touches(view)]
    if view.dense and all(piece.dense for piece in pieces):
        return _length(Span(max(start, piece.span.start), min(end, piece.span.end)) for piece in pieces) / view.size
    low = min([start, *(piece.span.start for piece in pieces)])
    high = max([end, *(piece.span.end for piece in pieces)])
    if high - low > _MASK:
        return None
    mask = torch.zeros(high - low, dtype=torch.bool, device="cpu")
    for piece in pieces:
        piece.moved(-low).take(mask).fill_(True)
    return float(view.moved(-low).take(mask).double().mean())


def _length(spans: Iterable[Span]) -> int:
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total
