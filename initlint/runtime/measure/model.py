"""The numbers of a traced model: every parameter held against the law that its trace says, and siblings together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from initlint.runtime.evidence import Parameter, Role, Status, Traced
from initlint.runtime.laws import TracedLaw
from initlint.runtime.measure.examine import Examination, examine, pooled
from initlint.runtime.measure.nulls import NODES, Null, null_of, null_of_quantiles
from initlint.runtime.progress import Progress, silent

_QUANTILES = 1 << 16
_NUMBER = re.compile(r"\d+")


def examinations(traced: Traced, progress: Progress = silent) -> Iterator[Examination]:
    """An examination per parameter, in the model's order; of one in pieces, one per piece.

    Parameters that nothing wrote are left to the trace.
    """
    parameters = [*traced.of_role(Role.PARAMETER)]
    for place, each in enumerate(parameters):
        progress("testing", place, len(parameters))
        if each.status in (Status.NEVER, Status.PARTLY, Status.LAZY):
            continue
        if not each.pieces:
            yield _examined(each.name, each.tensor, each.law)
            continue
        for number, piece in enumerate(each.pieces):
            view = piece.view
            part = each.tensor.detach().as_strided(view.shape, view.stride, view.offset)
            yield _examined(f"{each.name}, part {number + 1}", part, piece.law)


def siblings(traced: Traced, found: Sequence[Examination]) -> Iterator[Examination]:
    """The parameters whose names differ in numbers alone, and whose laws in their scale alone, tested as one."""
    groups: dict[tuple[str, str, torch.dtype], list[tuple[Examination, Null]]] = defaultdict(list)
    for each in found:
        null = null_of(each.law)
        if each.name not in traced or null is None or each.record is None or traced[each.name].law.chain:
            continue
        parameter = traced[each.name]
        pattern = _NUMBER.sub("*", each.name)
        groups[pattern, each.law.kind.value, parameter.tensor.dtype].append((each, null))
    for (pattern, _, dtype), members in groups.items():
        null = members[0][1]
        alike = [each for each, other in members if abs(other.kurtosis - null.kurtosis) < 1e-9]
        together = pooled(pattern, alike, null, dtype)
        if together is not None:
            yield together


def _examined(name: str, tensor: torch.Tensor, law: TracedLaw) -> Examination:
    if not law.independent:
        return Examination(name, law.law, tensor.numel(), untested="entries repeat each other")
    return examine(name, tensor, law.law, _null(law))


def _null(law: TracedLaw) -> Null | None:
    """The null behind a chain of operations; None where the law itself says it."""
    if not law.chain:
        return None
    levels = (torch.arange(_QUANTILES, dtype=torch.float64) + 0.5) / _QUANTILES
    values = law.quantiles(levels)
    if values is None or not bool(torch.isfinite(values).all()) or len(torch.unique(values)) < NODES:
        return None
    return null_of_quantiles(str(law), values.numpy())


def quantile_pairs(tensor: torch.Tensor, law: TracedLaw) -> list[tuple[float, float]]:
    """Expected and observed quantiles in standard deviations of a law; empty where the law has no density."""
    null = _null(law) or null_of(law.law)
    values = tensor.detach().reshape(-1)
    if null is None or values.is_meta or values.numel() < _PAIRS:
        return []
    step = max(1, values.numel() // _SAMPLE)
    ordered = np.sort(values[::step].double().cpu().numpy())
    levels = (np.arange(_PAIRS) + 0.5) / _PAIRS
    expected, observed = null.quantiles(levels), np.quantile(ordered, levels)
    pairs = zip((expected - null.mean) / null.std, (observed - null.mean) / null.std, strict=True)
    return [(round(float(one), 4), round(float(other), 4)) for one, other in pairs]


_PAIRS, _SAMPLE = 32, 1 << 16


def written(parameter: Parameter) -> str:
    """The name of the call that had the last word about a parameter."""
    return parameter.write.call if parameter.write is not None else ""
