"""One self-contained page: findings, the signal by depth, and per law the quantiles of its worst parameter."""

from __future__ import annotations

import io
import linecache
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TextIO

import matplotlib as mpl
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from initlint.runtime.outcome import Outcome, Row, SignalRow, by_law
from initlint.runtime.report.text import sentence

PLOTS = 24
"""Groups of parameters that get a plot; the others follow without one."""

_STYLE: dict[Any, Any] = {"svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
_SMALLEST = 1e-30


@dataclass(frozen=True, slots=True)
class _Group:
    law: str
    rows: list[Row]
    entries: int
    worst: float | None
    plot: str
    place: str
    source: str


def report(outcome: Outcome, stream: TextIO) -> None:
    """Write the page; it needs no network and no script."""
    template = (files("initlint.runtime.report") / "page.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(template).render(
        outcome=outcome,
        sentence=sentence(outcome),
        sources=[_line(str(finding.path), finding.region.line) for finding in outcome.findings],
        signal=_signal(outcome.signal) if outcome.signal else "",
        groups=[_group(law, rows, number) for number, (law, rows) in enumerate(by_law(outcome.parameters))],
    )
    stream.write(page + "\n")


def _group(law: str, rows: list[Row], number: int) -> _Group:
    tested = [row for row in rows if row.worst is not None]
    worst = min(tested, key=lambda row: row.worst or 0.0, default=None)
    plot = _quantiles(worst) if worst is not None and worst.quantiles and number < PLOTS else ""
    place = (worst or rows[0]).place
    path, _, line = place.rpartition(":")
    source = _line(path, int(line)) if line.isdigit() else ""
    entries = sum(row.count for row in rows)
    return _Group(law, rows, entries, worst.worst if worst else None, plot, place, source)


def _line(path: str, line: int) -> str:
    return linecache.getline(path, line).rstrip("\n")


def _quantiles(row: Row) -> str:
    """Observed against expected quantiles, both in standard deviations of the law."""
    figure, axes = _figure(3.4, 3.0)
    expected, observed = zip(*row.quantiles, strict=True)
    low, high = min(expected), max(expected)
    axes.plot([low, high], [low, high], color="#bbb", linewidth=1)
    axes.plot(expected, observed, "o", color="#1668b8", markersize=3)
    axes.set_xlabel("quantile of the law, in std")
    axes.set_ylabel(row.name)
    return _svg(figure)


def _signal(layers: Sequence[SignalRow]) -> str:
    figure, axes = _figure(7.0, 2.8)
    places = range(len(layers))
    forward = [max(layer.forward, _SMALLEST) if math.isfinite(layer.forward) else math.nan for layer in layers]
    axes.semilogy(places, forward, "-o", color="#1668b8", markersize=3, label="forward")
    backward = [layer.backward if layer.backward and math.isfinite(layer.backward) else math.nan for layer in layers]
    if any(map(math.isfinite, backward)):
        axes.semilogy(places, backward, "-s", color="#c2571a", markersize=3, label="backward")
    step = max(1, len(layers) // 12)
    axes.set_xticks(list(places)[::step], [layer.name for layer in layers][::step], rotation=40, ha="right")
    axes.legend(frameon=False)
    return _svg(figure)


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """The drawing as an element; the same figure gives the same text."""
    text = io.StringIO()
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "initlint"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]
