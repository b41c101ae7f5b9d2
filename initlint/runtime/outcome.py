"""What a run of the runtime checker says, as data: it crosses from the child process to whoever asked, and is the JSON.

Free of torch. A key that is added keeps `VERSION`, one that changes its meaning does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from initlint.finding import Finding

VERSION = 1


class Row(msgspec.Struct, omit_defaults=True):
    """A parameter.

    `names` are all its names; `law` is what its entries follow, `call` and `place` (`path:line`) who had the last word,
    `default` that torch's own initialisation of the layer had; `status` how far the trace settles it. Of the numbers:
    `mean` and `std` of the law, `ratio` of the observed over the expected std with its 99 % interval, the smallest
    p-value `worst` of test `test`, `detectable` the smallest relative error of std that is seen, `untested` why not.
    """

    name: str
    shape: list[int]
    dtype: str
    status: str
    law: str
    call: str = ""
    place: str = ""
    default: bool = False
    names: list[str] = []
    count: int = 0
    mean: float | None = None
    std: float | None = None
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    worst: float | None = None
    test: str = ""
    detectable: float | None = None
    untested: str = ""
    expected: str = ""
    quantiles: list[tuple[float, float]] = []


class SignalRow(msgspec.Struct):
    """A layer in the first pass: mean square forward, gradient energy backward, cosine of two samples, verdict."""

    name: str
    kind: str
    forward: float
    backward: float | None
    cosine: float | None
    verdict: str


class Outcome(msgspec.Struct):
    """A run: what was built and how, its parameters, the signal where an input was given, and the findings.

    `errors` are mistakes of the tracer itself. `seconds` are those of building and of testing.
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
    version: int = VERSION

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


def to_json(outcome: Outcome) -> bytes:
    """The outcome as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(outcome, enc_hook=_encode), indent=2) + b"\n"


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


def by_law(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Rows by law and the call that drew it, the groups with the smallest p-value first."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.law, row.call), []).append(row)

    def worst(members: list[Row]) -> float:
        return min((row.worst for row in members if row.worst is not None), default=2.0)

    ordered = sorted(groups.items(), key=lambda item: worst(item[1]))
    return [(f"{law} by {call}" if call else law, members) for (law, call), members in ordered]


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value))


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
