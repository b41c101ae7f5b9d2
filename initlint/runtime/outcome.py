"""What a run of the runtime checker says, as data: it crosses from the child process to whoever asked, and is reported.

Free of torch. Numbers that are not finite are None.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from initlint.finding import Finding


class Row(msgspec.Struct):
    """A parameter: what its entries follow, who wrote them, and what the tests of its numbers say."""

    name: Annotated[str, Meta(description="The first name of the parameter.")]
    shape: Annotated[list[int], Meta(description="Its sizes; empty for a scalar and for a lazy parameter.")]
    dtype: Annotated[str, Meta(description="Its type, as torch calls it: float32.")]
    status: Annotated[str, Meta(description="How far the trace settles what it holds: drawn, constant, unknown …")]
    law: Annotated[str, Meta(description="The law that its entries follow, with the operations that came after it.")]
    call: Annotated[str, Meta(description="The call that had the last word.")] = ""
    place: Annotated[str, Meta(description="Where that call stands, path:line; empty where it is not known.")] = ""
    default: Annotated[bool, Meta(description="Whether that was torch's own initialisation of the layer.")] = False
    names: Annotated[list[str], Meta(description="Its other names, where it is tied.")] = []
    count: Annotated[int, Meta(description="How many entries it has.")] = 0
    mean: Annotated[float | None, Meta(description="The mean of the law.")] = None
    std: Annotated[float | None, Meta(description="The standard deviation of the law.")] = None
    ratio: Annotated[float | None, Meta(description="Observed over expected standard deviation.")] = None
    interval: Annotated[tuple[float, float] | None, Meta(description="The 99 % interval of the ratio.")] = None
    worst: Annotated[float | None, Meta(description="The smallest p-value of its tests.")] = None
    test: Annotated[str, Meta(description="The test with that p-value: mean, variance, extreme or shape.")] = ""
    detectable: Annotated[
        float | None, Meta(description="The smallest relative error of the standard deviation that the tests see.")
    ] = None
    untested: Annotated[str, Meta(description="Why the numbers are not tested, or not well enough.")] = ""
    expected: Annotated[str, Meta(description="What the specification declares of it.")] = ""


class SignalRow(msgspec.Struct):
    """A layer in the first pass, in the order in which the layers ran."""

    name: Annotated[str, Meta(description="The name of the module.")]
    kind: Annotated[str, Meta(description="Its class.")]
    forward: Annotated[float | None, Meta(description="The mean square of its output; null where it is not finite.")]
    backward: Annotated[float | None, Meta(description="The energy of the gradient at its output, per sample.")]
    cosine: Annotated[float | None, Meta(description="The cosine of its outputs for two samples.")]
    verdict: Annotated[str, Meta(description="What is wrong with it, or fine.")]


class Outcome(msgspec.Struct):
    """A run: what was built and how, its parameters, the signal where an input was given, and the findings.

    `errors` are mistakes of the tracer itself. `seconds` are those of building and of testing. `quantiles` are expected
    and observed ones by parameter, in standard deviations of its law.
    """

    target: str
    device: str
    torch: str
    python: str
    seeds: list[int]
    parameters: list[Row]
    findings: list[Finding]
    signal: list[SignalRow] = []
    errors: list[str] = []
    seconds: tuple[float, float] = (0.0, 0.0)
    level: float = 1e-6
    quantiles: dict[str, list[tuple[float, float]]] = {}

    @property
    def entries(self) -> int:
        """The number of entries of all parameters."""
        return sum(row.count for row in self.parameters)

    @property
    def untested(self) -> list[Row]:
        """The parameters whose numbers could not be tested, or not well enough."""
        return [row for row in self.parameters if row.untested]


class Failure(msgspec.Struct):
    """Why there is no outcome: `kind` is `usage`, `build`, `limit` or `internal`."""

    kind: str
    message: str
    details: str = ""


def encode(answer: Outcome | Failure) -> bytes:
    """An answer of the child."""
    kind = "outcome" if isinstance(answer, Outcome) else "failure"
    return msgspec.json.encode({kind: answer}, enc_hook=_encode)


def decode(answer: object) -> Outcome | Failure:
    """The answer of a child."""
    assert isinstance(answer, dict)
    (kind, value), *_ = answer.items()
    if kind == "outcome":
        return msgspec.convert(value, Outcome, dec_hook=_decode, strict=False)
    return msgspec.convert(value, Failure)


@dataclass(frozen=True, slots=True)
class Group:
    """The parameters of one law and one call that drew it, and the findings at their places."""

    law: str
    rows: list[Row]
    findings: list[Finding]

    @property
    def entries(self) -> int:
        """The number of entries of its parameters."""
        return sum(row.count for row in self.rows)

    @property
    def worst(self) -> Row | None:
        """The parameter with the smallest p-value; None where no numbers were tested."""
        tested = [row for row in self.rows if row.worst is not None]
        return min(tested, key=lambda row: row.worst or 0.0, default=None)

    @property
    def p(self) -> float | None:
        """The smallest p-value."""
        return self.worst.worst if self.worst else None

    @property
    def places(self) -> list[str]:
        """Where the calls stand, `path:line`, that of the worst parameter first."""
        rows = ([self.worst] if self.worst else []) + self.rows
        return [*dict.fromkeys(row.place for row in rows if row.place)]


def by_law(outcome: Outcome) -> list[Group]:
    """All parameters by law and call: first the groups with findings, then those with the smallest p-value."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in outcome.parameters:
        groups.setdefault((row.law, row.call), []).append(row)
    found = [
        Group(f"{law} by {call}" if call else law, rows, _at({row.place for row in rows}, outcome.findings))
        for (law, call), rows in groups.items()
    ]
    return sorted(found, key=lambda group: (not group.findings, 2.0 if group.p is None else group.p))


def elsewhere(outcome: Outcome) -> list[Finding]:
    """The findings that stand at no parameter's call."""
    placed = _at({row.place for row in outcome.parameters}, outcome.findings)
    return [finding for finding in outcome.findings if finding not in placed]


def _at(places: Collection[str], findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if f"{finding.path}:{finding.region.line}" in places]


def patterns(names: Sequence[str]) -> list[str]:
    """Names that differ in numbers alone as one, with their number: `layers.*.weight (12)`."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_NUMBER.sub("*", name), []).append(name)
    return [members[0] if len(members) == 1 else f"{pattern} ({len(members)})" for pattern, members in groups.items()]


_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
"""A part of a name that is a number."""


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value))


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
