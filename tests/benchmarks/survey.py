"""What the runtime checker says of models that others wrote: every finding of `initlint verify` over a zoo.

python tests/benchmarks/survey.py [NAME …] [--timm FOLDER] [--preview] [--json FILE]

Each model is built, traced, tested and run forward and backward as `initlint verify` does it, one after the other in
this process. transformers has to be installed; timm is imported from FOLDER where it is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zoo

from initlint.runtime.evidence import Status
from initlint.runtime.outcome import Outcome
from initlint.runtime.request import Request
from initlint.runtime.verify import verify

HERE = Path(__file__).parent


def requests(names: list[str], *, with_timm: bool, preview: bool) -> Iterator[tuple[str, Request]]:
    """A request per model: those of the zoo, or those that are named."""
    listed = [("hugging_face", name, given) for name, (given, _) in zoo.HUGGING_FACE.items()]
    if with_timm:
        listed += [("timm", name, given) for name, given in zoo.TIMM.items()]
    for factory, name, given in listed:
        if not names or name in names:
            target = f"{HERE / 'zoo.py'}:{factory}"
            yield name, Request(target, [f"name={name}"], input=given, device="cpu", preview=preview)


def surveyed(name: str, request: Request) -> dict[str, Any]:
    """What is said of one model."""
    started = time.perf_counter()
    try:
        outcome = verify(request)
    except Exception as error:
        return {"model": name, "failed": f"{type(error).__name__}: {error}"}
    return {"model": name, "seconds": round(time.perf_counter() - started, 1), **_counted(outcome)}


def _counted(outcome: Outcome) -> dict[str, Any]:
    rows = outcome.parameters
    tested = [row for row in rows if row.worst is not None]
    return {
        "parameters": len(rows),
        "entries": outcome.entries,
        "resolved": sum(row.status != Status.UNKNOWN for row in rows),
        "unresolved": {row.name: row.law for row in rows if row.status == Status.UNKNOWN},
        "tested": len(tested),
        "smallest p": min((row.worst for row in tested if row.worst is not None), default=1.0),
        "layers": len(outcome.signal),
        "errors": outcome.errors,
        "findings": [
            {"code": each.code, "place": f"{_short(each.path)}:{each.region.line}", "message": each.message}
            for each in outcome.findings
        ],
    }


def _short(path: Path) -> str:
    """The path from the package on."""
    parts = path.parts
    return "/".join(parts[parts.index("site-packages") + 1 :] if "site-packages" in parts else parts[-3:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--timm", metavar="FOLDER", help="the folder that timm is imported from")
    parser.add_argument("--preview", action="store_true", help="with the findings that are held back")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as well")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.timm:
        sys.path.insert(0, options.timm)
    found = []
    for name, request in requests(options.names, with_timm=bool(options.timm), preview=options.preview):
        found.append(surveyed(name, request))
        _say(found[-1])
    _sum(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _say(row: dict[str, Any]) -> None:
    if "failed" in row:
        print(f"{row['model']:32} failed: {row['failed'][:120]}", flush=True)
        return
    print(
        f"{row['model']:32} {row['resolved']:5} of {row['parameters']:5} resolved {row['tested']:5} tested, smallest p "
        f"{row['smallest p']:7.1e} {row['layers']:4} layers {row['seconds']:5} s {len(row['findings'])} findings",
        flush=True,
    )
    for each in row["findings"]:
        print(f"    {each['code']} {each['place']} {each['message']}", flush=True)
    for each in row["errors"]:
        print(f"    the trace is not complete: {each}", flush=True)


def _sum(found: list[dict[str, Any]]) -> None:
    built = [row for row in found if "failed" not in row]
    parameters, resolved, tested = (sum(row[key] for row in built) for key in ("parameters", "resolved", "tested"))
    findings = sum(len(row["findings"]) for row in built)
    print(
        f"{len(built)} models, {len(found) - len(built)} failed; {parameters:,} parameters, "
        f"{resolved / max(parameters, 1):.2%} resolved, {tested:,} tested; {findings} findings"
    )


if __name__ == "__main__":
    main()
