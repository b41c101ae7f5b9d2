"""Drawings of the page, as SVG elements that take the colours of the page around them."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from initlint.runtime.outcome import SignalRow

Pairs = Sequence[tuple[float, float]]

_COLOURS = {"ink": "#010101", "faint": "#020202", "first": "#030303", "second": "#040404", "bad": "#050505"}
"""Stand-ins, each replaced by the variable of the page that has its name."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "initlint",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _COLOURS["ink"],
    "axes.edgecolor": _COLOURS["ink"],
    "axes.labelcolor": _COLOURS["ink"],
    "xtick.color": _COLOURS["ink"],
    "ytick.color": _COLOURS["ink"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
}
_SMALLEST = 1e-30
_LAYERS = 48
"""Layers that the drawing of the signal has room for."""

_BAND = 2.576
"""Standard errors of a quantile on both sides that hold 99 % of what a law gives."""


def quantiles(worst: Pairs, others: Sequence[Pairs], count: int, name: str) -> str:
    """Quantiles of a parameter against those of its law, and below how far they are off; its siblings behind it.

    The band holds each quantile of `count` entries of the law with a probability of 99 %.
    """
    expected, observed = (np.array(each) for each in zip(*worst, strict=True))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(4.2, 4.4), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        ends = [float(expected.min()), float(expected.max())]
        upper.plot(ends, ends, color=_COLOURS["faint"], linewidth=1)
        for pairs in others:
            x, y = (np.array(each) for each in zip(*pairs, strict=True))
            upper.plot(x, y, color=_COLOURS["faint"], linewidth=0.8)
            lower.plot(x, y - x, color=_COLOURS["faint"], linewidth=0.8)
        band = _band(expected, count)
        off = bool((np.abs(observed - expected) > 2 * band).any())
        colour = _COLOURS["bad" if off else "first"]
        upper.plot(expected, observed, "o", color=colour, markersize=3.5)
        lower.fill_between(expected, -band, band, color=_COLOURS["first"], alpha=0.15, linewidth=0)
        lower.plot(expected, observed - expected, "o-", color=colour, markersize=2.5, linewidth=1)
        upper.set_ylabel("numbers, in std")
        upper.set_title(_short(name), fontsize=10, loc="left")
        lower.set_xlabel("quantiles of the law, in std")
        lower.set_ylabel("difference")
        return _svg(figure, "Quantiles of the numbers against those of the law")


def signal(layers: Sequence[SignalRow]) -> str:
    """Mean square of the outputs and energy of the gradient, from the first layer at the top to the last."""
    shown = layers[:: math.ceil(len(layers) / _LAYERS)]
    depth = range(len(shown))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.0, 1.2 + 0.2 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for key, colour, mark, label in (
            ("forward", "first", "o", "output, mean square"),
            ("backward", "second", "s", "gradient, energy per sample"),
        ):
            values = [_positive(getattr(layer, key)) for layer in shown]
            if any(map(math.isfinite, values)):
                axes.semilogx(values, depth, f"-{mark}", color=_COLOURS[colour], markersize=3.5, label=label)
        axes.set_yticks(list(depth), [_short(layer.name) for layer in shown])
        axes.invert_yaxis()
        axes.grid(axis="x", color=_COLOURS["faint"], linewidth=0.5, alpha=0.5)
        if axes.get_legend_handles_labels()[0]:
            figure.legend(*axes.get_legend_handles_labels(), frameon=False, loc="outside upper left", ncols=1)
        return _svg(figure, "Signal by depth")


def _band(expected: np.ndarray[Any, np.dtype[np.float64]], count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Half the width of the interval of each quantile: its standard error is sqrt(p (1 - p) / n) over the density."""
    levels = (np.arange(len(expected)) + 0.5) / len(expected)
    width: np.ndarray[Any, np.dtype[np.float64]] = np.gradient(expected, levels)
    return _BAND * np.sqrt(levels * (1 - levels) / count) * width


def _positive(number: float | None) -> float:
    return math.nan if number is None or not math.isfinite(number) else max(number, _SMALLEST)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else "…" + name[-_LONGEST + 1 :]


_LONGEST = 32


def _svg(figure: Figure, label: str) -> str:
    """The drawing as an element with a label; the same figure gives the same text."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    _, start, rest = text.getvalue().partition("<svg")
    found = f'{start} role="img" aria-label="{label}"{rest}'
    for name, colour in _COLOURS.items():
        found = found.replace(colour, f"var(--{name})")
    # What refers to an element of the drawing must not meet that of another drawing on the page.
    return re.sub(r"<metadata>.*?</metadata>", "", found, flags=re.DOTALL)
