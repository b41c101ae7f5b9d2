"""Examination of tensors: the tests that suit a law, their p-values, and what could not be tested and why."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from initlint.runtime.measure import pvalues, structure
from initlint.runtime.measure.nulls import Null, null_of
from initlint.runtime.measure.record import BINS, REACH, Record, record
from initlint.theory.laws import COPY, Law, LawKind

LEVEL = 1e-6
"""The probability of any false alarm in a run over all tensors of a model, by Holm's procedure."""

CONFIRMED = 1e-12
"""A p-value below which a rejection needs no second seed."""

EXACT = 1 << 15
"""Entries up to which the Anderson-Darling statistic is computed from the sorted entries, not from bins."""

VISIBLE = 0.02
"""An error of the standard deviation that a tensor must be large enough to show, or it counts as not tested."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What counts as no deviation: relative of the std, of the mean in stds, relative of the largest entry."""

    std: float
    mean: float
    extreme: float


TOLERANCES: Mapping[torch.dtype, Tolerance] = {
    torch.float64: Tolerance(1e-3, 1e-3, 1e-12),
    torch.float32: Tolerance(1e-3, 1e-3, 2.0**-22),
    torch.float16: Tolerance(5e-3, 1e-2, 2.0**-9),
    torch.bfloat16: Tolerance(5e-3, 1e-2, 2.0**-6),
}
"""Samplers in half precision are off by more: torch draws bfloat16 uniforms from 2⁸ values and rounds their bounds."""


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What the tests say of one tensor, or of a group of siblings.

    `law` is the null; `pvalues` by test, empty where nothing could be tested, which `untested` explains; `ratio` is the
    observed over the expected standard deviation, with its interval of 99 %; `detectable` the smallest relative error
    of it that is seen at `LEVEL`; `defects` are certain: entries that are not finite, wrong structure, repeated rows;
    `members` are the tensors of a group.
    """

    name: str
    law: Law
    count: int
    pvalues: Mapping[str, float] = field(default_factory=dict)
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    detectable: float = math.inf
    defects: tuple[str, ...] = ()
    untested: str = ""
    record: Record | None = None
    members: tuple[str, ...] = ()

    @property
    def worst(self) -> float:
        """The smallest p-value, 1 where there is none."""
        return min(self.pvalues.values(), default=1.0)


def examine(name: str, tensor: Tensor, law: Law, null: Null | None = None) -> Examination:
    """Hold a tensor against the law that it should follow; `null` is given where the law alone does not say it."""
    values = tensor.detach()
    unknown = _unknown(values, law)
    if unknown:
        return Examination(name, law, values.numel(), defects=_broken(values), untested=unknown)
    wrong = structure.mismatch(values, law)
    defects = [] if wrong is None else [wrong]
    drawn = null or _drawn(law)
    if drawn is None:
        return Examination(name, law, values.numel(), defects=tuple(defects))
    if law.kind is LawKind.SPARSE:
        values = values[values != 0]
    elif repeats := structure.repeated_rows(values):
        defects.append(f"{repeats} of {values.shape[0]} rows repeat others")
    return _tested(name, law, values, drawn, defects)


def _broken(values: Tensor) -> tuple[str, ...]:
    """What is wrong with values of which nothing else is known."""
    if values.is_meta or not values.is_floating_point() or not values.numel():
        return ()
    broken = values.numel() - int(torch.isfinite(values).sum())
    return (f"{broken} of {values.numel()} entries are not finite",) if broken else ()


def _unknown(values: Tensor, law: Law) -> str:
    """Why a tensor cannot be held against a law; empty where it can."""
    if values.is_meta:
        return "no values on the meta device"
    if not values.is_floating_point():
        return "not floating point"
    return "no law is known" if law.kind is LawKind.UNKNOWN or law == COPY else ""


def _drawn(law: Law) -> Null | None:
    """The law of the entries that are drawn: for a sparse matrix those that are not zero."""
    if law.kind is LawKind.SPARSE:
        return null_of(Law(LawKind.NORMAL, (0.0, law.parameters[1])))
    return null_of(law)


def _tested(name: str, law: Law, values: Tensor, null: Null, defects: list[str]) -> Examination:
    tolerance = TOLERANCES.get(values.dtype, TOLERANCES[torch.float32])
    count = values.numel()
    if count < 2:
        return Examination(name, law, count, defects=tuple(defects), untested="fewer than 2 entries")
    small = count <= EXACT
    found = record(values, null.mean, null.std, bins=not small)
    if found.broken:
        defects = [f"{found.broken} of {count} entries are not finite", *defects]
        return Examination(name, law, count, defects=tuple(defects), record=found)
    statistic = _exact(values, null, found, tolerance) if small else _binned(found, null, tolerance)
    return _of_record(name, law, found, null, tolerance, statistic, tuple(defects))


def _of_record(
    name: str,
    law: Law,
    found: Record,
    null: Null,
    tolerance: Tolerance,
    statistic: float | None,
    defects: tuple[str, ...] = (),
) -> Examination:
    count = found.finite
    tests = {
        "mean": pvalues.mean(null, count, found.mean, tolerance.mean),
        "variance": pvalues.variance(null, count, found.mean_square, tolerance.std),
        "extreme": pvalues.extreme(null, count, found.extreme, tolerance.extreme),
    }
    if statistic is not None:
        tests["shape"] = pvalues.anderson_darling(statistic)
    detectable = pvalues.detectable(null, count, LEVEL, tolerance=tolerance.std)
    untested = "" if detectable <= VISIBLE else f"too few entries to see {VISIBLE:.0%}"
    ratio = math.sqrt(found.mean_square)
    interval = _interval(null, count, ratio)
    return Examination(name, law, count, tests, ratio, interval, detectable, defects, untested, found)


def _exact(values: Tensor, null: Null, found: Record, tolerance: Tolerance) -> float:
    """The statistic of the entries, moved to the nearest law that the tolerances allow."""
    entries = values.double().cpu().numpy().ravel()
    shift = float(np.clip(found.mean, -tolerance.mean, tolerance.mean)) * null.std
    spread = float(np.clip(math.sqrt(found.mean_square), 1 - tolerance.std, 1 + tolerance.std))
    return pvalues.anderson_darling_statistic(null.cdf((entries - null.mean - shift) / spread + null.mean))


def _binned(found: Record, null: Null, tolerance: Tolerance) -> float:
    edges = null.mean + null.std * np.linspace(-REACH, REACH, BINS + 1)
    return pvalues.binned_statistic(null, edges, found.bins, tolerance.mean, tolerance.std)


def _interval(null: Null, count: int, ratio: float) -> tuple[float, float]:
    """The 99 % interval of the ratio of standard deviations: chi-squared, with degrees of freedom by the kurtosis."""
    freedom = 2 * count / (null.kurtosis - 1)
    low, high = (float(stats.chi2.ppf(level, freedom)) for level in (0.005, 0.995))
    return ratio * math.sqrt(freedom / high), ratio * math.sqrt(freedom / low)


def pooled(name: str, members: Sequence[Examination], null: Null, dtype: torch.dtype) -> Examination | None:
    """Siblings of one family of laws as one tensor, in units of their standard deviations; None for fewer than two."""
    records = {member.name: member.record for member in members if member.record is not None and not member.defects}
    if len(records) < 2:
        return None
    total = functools.reduce(Record.merge, records.values())
    tolerance = TOLERANCES.get(dtype, TOLERANCES[torch.float32])
    found = _of_record(name, members[0].law, total, null, tolerance, None)
    tests = {test: p for test, p in found.pvalues.items() if test in ("mean", "variance")}
    return replace(found, pvalues=tests, members=tuple(records))


def rejected(examinations: Iterable[Examination], level: float = LEVEL) -> list[tuple[Examination, str]]:
    """The examinations and tests that are rejected, over all tests of a run, with this probability of any false one."""
    tests = [(each, test) for each in examinations for test in each.pvalues]
    if not tests:
        return []
    verdicts = pvalues.holm(np.array([each.pvalues[test] for each, test in tests]), level)
    return [pair for pair, verdict in zip(tests, verdicts, strict=True) if verdict]
