"""The run as one JSON object, whose schema lies beside this module in `verify.schema.json`.

python -m initlint.runtime.report.json

writes the schema anew.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, TextIO

import msgspec
from msgspec import Meta

from initlint.report.records import FindingRecord, finding_record
from initlint.runtime.outcome import Outcome, Row, SignalRow

VERSION = 1
"""Version of the schema; a key that is added keeps it, one that changes its meaning or goes away does not."""

SCHEMA = "verify.schema.json"


class Seconds(msgspec.Struct):
    """Wall time, in seconds."""

    build: Annotated[float, Meta(description="Of building the model under watch.")]
    test: Annotated[float, Meta(description="Of everything after that.")]


class Totals(msgspec.Struct):
    """What the run amounts to."""

    parameters: Annotated[int, Meta(description="How many parameters the model has.")]
    entries: Annotated[int, Meta(description="How many entries they have.")]
    tested: Annotated[int, Meta(description="How many parameters had their numbers tested.")]
    untested: Annotated[int, Meta(description="How many could not be tested, or not well enough.")]
    findings: Annotated[int, Meta(description="How many findings there are.")]


class Document(msgspec.Struct):
    """What `initlint verify --format json` writes."""

    version: Annotated[int, Meta(description="The version of this schema.")]
    target: Annotated[str, Meta(description="The factory, with the arguments that it was given.")]
    device: Annotated[str, Meta(description="The device that the model was built on.")]
    torch: Annotated[str, Meta(description="The version of torch.")]
    python: Annotated[str, Meta(description="The version of Python.")]
    seeds: Annotated[list[int], Meta(description="The seeds that were drawn.")]
    level: Annotated[float, Meta(description="The probability of any false alarm by the tests of the numbers.")]
    seconds: Seconds
    summary: Totals
    findings: Annotated[list[FindingRecord], Meta(description="What is wrong, as `initlint check` reports it.")]
    parameters: Annotated[list[Row], Meta(description="All parameters, in the order of the model.")]
    signal: Annotated[list[SignalRow], Meta(description="The layers in the first pass; empty without an input.")]
    errors: Annotated[list[str], Meta(description="What the trace could not follow.")]


def report(outcome: Outcome, stream: TextIO) -> None:
    """Write the object."""
    document = Document(
        VERSION, outcome.target, outcome.device, outcome.torch, outcome.python, outcome.seeds, outcome.level,
        Seconds(*(round(each, 3) for each in outcome.seconds)),
        Totals(
            len(outcome.parameters), outcome.entries, sum(row.worst is not None for row in outcome.parameters),
            len(outcome.untested), len(outcome.findings),
        ),
        [*map(finding_record, outcome.findings)], outcome.parameters, outcome.signal, outcome.errors,
    )  # fmt: skip
    stream.write(_printed(msgspec.to_builtins(document)))


def schema() -> dict[str, Any]:
    """The JSON Schema of the object, from the types above."""
    found = msgspec.json.schema(Document)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "initlint verify", **found}


def shipped() -> dict[str, Any]:
    """The schema in the file beside this module."""
    found: dict[str, Any] = json.loads((files(__package__) / SCHEMA).read_text(encoding="utf-8"))
    return found


def _printed(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / SCHEMA).write_text(_printed(schema()), encoding="utf-8")
