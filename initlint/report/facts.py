"""The facts of a file as a table and as JSON: what it initialises, how, and with which scale."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from initlint.depth import TooDeep, check_depth
from initlint.engine import Options, Unparsable, parse, read_facts
from initlint.finding import Region
from initlint.islands import whole
from initlint.lines import Lines
from initlint.report.records import cell_record
from initlint.source import Source, SourceError

VERSION = 1
"""Version of the JSON: keys are added within a version, never renamed or removed."""


def render(source: Source, options: Options, *, as_json: bool) -> str:
    """The init sites of a file. Raises SourceError for a file that does not parse."""
    found = [
        {**cell_record(region.cell), "line": region.line, "column": region.column + 1, **record}
        for region, record in sites(source, options)
    ]
    if as_json:
        return json.dumps({"version": VERSION, "path": str(source.path), "sites": found}, indent=2)
    return _table(found) if found else f"{source.path}: no init site"


def sites(source: Source, options: Options) -> Iterator[tuple[Region, dict[str, Any]]]:
    """The place of every init site, and what is known of it. Raises SourceError for a file that does not parse."""
    from initlint.facts.scales.spread import spread
    from initlint.facts.sites.table import records
    from initlint.placing import Placing

    try:
        lines = Lines(source.text)
        for statement in parse(source.text).body:
            check_depth(statement, lines)
    except Unparsable as error:
        place = source.placed(Region(error.line, error.column, error.line, error.column))
        message = f"cell {place.cell}: {error.message}" if place.cell else error.message
        raise SourceError(source.path, message, place.line, place.column) from None
    except TooDeep as error:
        place = source.placed(Region(error.line, 0, error.line, 0))
        raise SourceError(
            source.path, f"cell {place.cell}: {error}" if place.cell else str(error), place.line
        ) from None
    everything = whole(source.text)
    file = read_facts(everything, options)
    placing = Placing(source, everything, file.record)
    for site, record in zip(file.sites, records(file), strict=True):
        yield source.placed(placing.region(site.node)), record | asdict(spread(site))


def _table(sites: list[dict[str, Any]]) -> str:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table("line", "target", "layers", "dims", "initializer", "law", "where", box=SIMPLE, pad_edge=False)
    for site in sites:
        target = site["target"] or {}
        where = ".".join(name for name in (site["class"], site["function"]) if name)
        table.add_row(
            f"cell {site['cell']}:{site['line']}" if "cell" in site else str(site["line"]),
            target.get("tensor") or "?",
            _joined(target.get("layers")),
            _joined(target.get("shape") or target.get("dims")),
            site["initializer"],
            site["law"],
            where or "module",
        )
    stream = io.StringIO()
    Console(file=stream, width=1000, highlight=False, markup=False, emoji=False).print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n")


def _joined(values: list[Any] | None) -> str:
    return ", ".join(map(str, values)) if values else "?"
