"""Judges the arguments of the call that had the last word on a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from initlint.runtime.evidence import Parameter
from initlint.runtime.storages import Write
from initlint.runtime.verdicts import Verdict
from initlint.theory import laws as theory

_RARE = 1e-3
"""The mass between bounds below which a truncated normal law is drawn from a tail."""


def judge(parameter: Parameter) -> Iterator[Verdict]:
    """Numbers in slots that they were not meant for; of the last write that the user's code made."""
    write = parameter.write
    if write is None or write.default:
        return
    judges = {"normal_": _normal, "uniform_": _uniform, "trunc_normal_": _truncated, "sparse_": _sparse}
    judgement = judges.get(write.call)
    if judgement is not None and write.arguments:
        for code, message in judgement(write.arguments):
            yield Verdict(code, write.site, f"{message}: {parameter.name} is {_law(write)}", parameter.name)


def _normal(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mean, std = float(arguments["mean"]), float(arguments["std"])
    if std == 1 and 0 < abs(mean) < 0.5:
        yield "INI401", f"{mean:g} is the mean, and the standard deviation is left at 1"
    elif mean < 0 and std == -mean:
        yield "INI402", f"({mean:g}, {std:g}) are bounds, normal_ takes mean and std"


def _uniform(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    a, b = float(arguments["a"]), float(arguments["b"])
    if b == 1 and a not in (0, -1) and abs(a) < 1:
        yield "INI404", f"{a:g} is one bound, and the other is left at 1"


def _truncated(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mean, std, a, b = (float(arguments[name]) for name in ("mean", "std", "a", "b"))
    if std < 0:
        yield "INI413", f"the standard deviation {std:g} is negative"
    elif std > 0 and a <= b:
        if (mean, std) == (-2, 2):
            yield "INI409", "the bounds -2 and 2 stand in the slots of mean and std"
        elif theory.mass(mean, std, a, b) < _RARE:
            yield "INI414", f"between {a:g} and {b:g} lies {theory.mass(mean, std, a, b):.1e} of the mass"
        elif std > 1 and (a, b) == (-2, 2):
            left = theory.truncated_normal_moments(mean, std, a, b).std
            yield "INI415", f"the default bounds -2 and 2 cut the standard deviation from {std:g} to {left:.3g}"


def _sparse(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if float(arguments["sparsity"]) >= 1:
        yield "INI413", f"sparsity {float(arguments['sparsity']):g} zeroes everything"


def _law(write: Write) -> str:
    return str(write.law)
