"""Laws against what was declared of them: by the specification of a project, and by a lock file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from initlint.runtime.evidence import Parameter, Role, Traced
from initlint.runtime.spec import Expectation
from initlint.runtime.verdicts import Verdict
from initlint.theory.laws import Law, LawKind

PRECISION = 1e-6
"""Relative difference of parameters below which two laws are one."""


def off_declaration(traced: Traced, declared: Mapping[str, Expectation]) -> Iterator[Verdict]:
    """Parameters whose traced law is not the declared one."""
    for name, expectation in declared.items():
        parameter = traced[name]
        law = expectation.law(parameter.shape)
        if law is not None and not _follows(parameter, law):
            message = f"{name} is declared {expectation.text}, that is {law}, and follows {parameter.law}"
            yield Verdict("INR601", parameter.site, message, name)


def off_lock(traced: Traced, lock: Mapping[str, Any]) -> Iterator[Verdict]:
    """Parameters whose law, or shape, is not what a lock file holds, and names that are only in one of the two."""
    if not lock:
        return
    current = locked(traced)
    for name, entry in current.items():
        before = lock.get(name)
        if before is None:
            yield Verdict("INR602", traced[name].site, f"{name} follows {entry['law']} and is not locked", name)
        elif before != entry:
            changes = [f"{key} {before.get(key)} became {entry[key]}" for key in entry if before.get(key) != entry[key]]
            yield Verdict("INR602", traced[name].site, f"{name}: {', '.join(changes)}", name)
    for name in lock.keys() - current.keys():
        yield Verdict("INR602", None, f"{name} is locked and gone", name)


def locked(traced: Traced) -> dict[str, dict[str, Any]]:
    """What a lock file holds of each parameter: its shape and its law."""
    return {each.name: {"shape": list(each.shape), "law": _spelled(each)} for each in traced.of_role(Role.PARAMETER)}


def _spelled(parameter: Parameter) -> str:
    return " + ".join(str(piece.law) for piece in parameter.pieces) or str(parameter.law)


def _follows(parameter: Parameter, law: Law) -> bool:
    found = parameter.law
    if parameter.pieces or found.chain or not found.known:
        return False
    return same(found.law, law)


def same(one: Law, other: Law) -> bool:
    """Whether two laws draw the same numbers: a normal law that is cut where nothing lies is the uncut one."""
    one, other = _uncut(one), _uncut(other)
    if one.kind is not other.kind or len(one.parameters) != len(other.parameters):
        return False
    pairs = zip(one.parameters, other.parameters, strict=True)
    return all(math.isclose(a, b, rel_tol=PRECISION, abs_tol=1e-12) for a, b in pairs)


def _uncut(law: Law) -> Law:
    match law.kind, law.parameters:
        case LawKind.TRUNCATED_NORMAL, (mean, std, low, high) if std > 0 and min(high - mean, mean - low) > 8.5 * std:
            return Law(LawKind.NORMAL, (mean, std))
        case _:
            return law
