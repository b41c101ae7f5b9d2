"""Records: what one pass over a tensor leaves. Records of parts add up to that of the whole, wherever the parts lie."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from initlint.runtime.measure.nulls import Array

CHUNK = 1 << 18
"""Entries per chunk: sums inside one are exact to 1e-7 in single precision, and are merged in double precision."""

BINS = 4096
"""Bins of equal width in which entries are counted, over `REACH` standard deviations to both sides of the centre."""

REACH = 8.0


@dataclass(slots=True)
class Record:
    """Sums over the entries of a tensor, centred and scaled: d = (x - centre) / scale.

    `sums` are those of d and d² over the finite entries; `low` and `high` the extremes of d; `zeros` counts
    entries that are 0, `broken` those that are not finite; `bins` counts d in `BINS` bins (empty where not asked for);
    `checksum` depends on every bit and its place, modulo 2**64.
    """

    count: int = 0
    sums: Array = field(default_factory=lambda: np.zeros(2))
    low: float = math.inf
    high: float = -math.inf
    zeros: int = 0
    broken: int = 0
    bins: Array = field(default_factory=lambda: np.zeros(0))
    checksum: int = 0

    def merge(self, other: Record) -> Record:
        """The record of both parts. Checksums add up where the parts were told their places in the whole."""
        return Record(
            self.count + other.count,
            self.sums + other.sums,
            min(self.low, other.low),
            max(self.high, other.high),
            self.zeros + other.zeros,
            self.broken + other.broken,
            self.bins + other.bins if len(self.bins) and len(other.bins) else np.zeros(0),
            (self.checksum + other.checksum) % _MODULUS,
        )

    @property
    def finite(self) -> int:
        """The number of finite entries."""
        return self.count - self.broken

    @property
    def mean(self) -> float:
        """The mean of d."""
        return float(self.sums[0]) / max(self.finite, 1)

    @property
    def mean_square(self) -> float:
        """The mean of d²: the variance about the null's mean, 1 where the scale is right."""
        return float(self.sums[1]) / max(self.finite, 1)

    @property
    def extreme(self) -> float:
        """The largest |d|."""
        return max(-self.low, self.high, 0.0)


def record(
    tensor: Tensor,
    centre: float = 0.0,
    scale: float = 1.0,
    *,
    bins: bool = True,
    checksum: bool = False,
    offset: int = 0,
) -> Record:
    """Pass once over a floating-point tensor of any shape, on its own device.

    `offset` is the place of its first entry in a larger tensor, for the checksum.
    """
    flat = tensor.detach().reshape(-1)
    total = Record(bins=np.zeros(BINS) if bins else np.zeros(0))
    for start in range(0, flat.numel(), CHUNK):
        chunk = flat[start : start + CHUNK]
        total = total.merge(_chunk(chunk, centre, scale, bins=bins))
        if checksum:
            total.checksum = (total.checksum + _checksum(chunk, offset + start)) % _MODULUS
    return total


def _chunk(chunk: Tensor, centre: float, scale: float, *, bins: bool) -> Record:
    """The record of entries that fit into a cache: whatever is computed of them is read again from there.

    Sums are taken before scaling, which needs no copy of the entries where the centre is 0.
    """
    double = chunk.dtype == torch.float64 or not _SQUARES.start < scale < _SQUARES.stop
    work = chunk.double() if double else chunk.float()
    if centre:
        work = work - centre
    low, high = torch.aminmax(work)
    found = [work.sum(), work.square().sum(), low, high, torch.count_nonzero(chunk)]
    values = torch.stack([each.double() for each in found]).cpu().numpy()
    zeros = chunk.numel() - int(values[4])
    if not np.isfinite(values[:4]).all():
        return _finite_part(chunk, centre, scale, zeros, bins=bins)
    counts = _counts(work, scale) if bins else np.zeros(0)
    sums = values[:2] / (scale, scale**2)
    return Record(chunk.numel(), sums, float(values[2]) / scale, float(values[3]) / scale, zeros, 0, counts)


class _Range(NamedTuple):
    start: float
    stop: float


_SQUARES = _Range(1e-15, 1e15)
"""Scales of entries whose squares single precision holds."""


def _counts(deviations: Tensor, scale: float) -> Array:
    """The bins of finite entries, those beyond the range in the first and the last; `histc` takes ten times as long."""
    places = (deviations * (BINS / (2 * REACH * scale))).add_(BINS / 2).clamp_(0, BINS - 1)
    counted: Array = torch.bincount(places.to(torch.int32), minlength=BINS).cpu().numpy().astype(float)
    return counted


def _finite_part(chunk: Tensor, centre: float, scale: float, zeros: int, *, bins: bool) -> Record:
    """The record of a chunk in which some entry, or some square, is not finite."""
    kept = torch.isfinite(chunk)
    broken = chunk.numel() - int(kept.sum())
    if broken == 0 and chunk.dtype == torch.float64:
        return Record(chunk.numel(), broken=chunk.numel(), bins=np.zeros(BINS if bins else 0))
    if broken == 0:
        return _chunk(chunk.double(), centre, scale, bins=bins)
    part = Record(bins=np.zeros(BINS if bins else 0))
    if broken < chunk.numel():
        part = _chunk(chunk[kept], centre, scale, bins=bins)
    part.count, part.broken, part.zeros = chunk.numel(), part.broken + broken, zeros
    return part


_MODULUS = 1 << 64
_BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def _checksum(chunk: Tensor, offset: int) -> int:
    """The bits of every entry times an odd number that depends on its place."""
    bits = chunk.contiguous().view(_BITS[chunk.element_size()]).to(torch.int64)
    places = torch.arange(offset, offset + len(bits), device=bits.device, dtype=torch.int64)
    mixed = (bits ^ (bits >> 7) ^ (places * _ODD)) * ((places << 1) | 1)
    return int(mixed.sum().item()) % _MODULUS


_ODD = 0x9E3779B97F4A7C15 - (1 << 64)
"""2**64 divided by the golden ratio, as a signed number: consecutive multiples differ in all their bits."""
