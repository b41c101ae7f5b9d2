"""What a file initialises, how, and with which scale: the facts as a table and as JSON.

For rule writers it is the window into the facts; for anyone else the answer to "which std does this draw with".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from initlint.facts.api.torch_init import Draw
from initlint.facts.reading import text

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite
    from initlint.facts.sites.targets import Target


def records(file: File) -> Iterator[dict[str, Any]]:
    """One record per init site, in the order of the source; lines are those of the text that was read."""
    for site in file.sites:
        yield {
            "initializer": site.name,
            "form": str(site.form),
            "target": _target(site.target),
            "arguments": _arguments(site),
            "law": law(site),
            "function": site.function.name if site.function is not None else None,
            "class": site.class_.name if site.class_ is not None else None,
            "guards": [
                text.code(guard.node) if not guard.negated else f"not ({text.code(guard.node)})"
                for guard in site.guards
            ],
        }


def law(site: InitSite) -> str:
    """The law that a site draws from with its symbolic scale: `N(0, sqrt(2 / (…)))`; `?` for what is not settled."""

    def value(name: str, default: object) -> str:
        if site.slots is None or (name in site.slots and site.scale(name) is None):
            return "?"
        scale = site.scale(name)
        return str(scale) if scale is not None else str(default)

    defaults = site.initializer.defaults
    match site.initializer.draw:
        case Draw.NORMAL:
            return f"N({value('mean', 0)}, {value('std', 1)})"
        case Draw.TRUNC_NORMAL:
            bounds = f"[{value('a', -2)}, {value('b', 2)}]"
            return f"N({value('mean', 0)}, {value('std', 1)}) in {bounds}"
        case Draw.UNIFORM:
            low, high = site.initializer.parameters[:2]
            return f"U({value(low, 0)}, {value(high, 1)})"
        case Draw.CONSTANT:
            constant = {"ones_": "1", "zeros_": "0", "zero_": "0"}
            return constant.get(site.name) or value(site.initializer.parameters[0], "?")
        case Draw.KAIMING_NORMAL | Draw.KAIMING_UNIFORM:
            return _kaiming(site)
        case Draw.XAVIER_NORMAL | Draw.XAVIER_UNIFORM:
            spread = f"{value('gain', 1)} * sqrt(2 / (fan_in + fan_out))"
            return f"std {spread.removeprefix('1 * ')}"
        case Draw.ORTHOGONAL:
            return f"orthogonal, gain {value('gain', 1)}"
        case Draw.SPARSE:
            return f"N(0, {value('std', defaults.get('std'))}), {value('sparsity', '?')} zero"
        case _:
            return str(site.initializer.draw)


def _kaiming(site: InitSite) -> str:
    from initlint.theory.gains import calculate_gain

    mode = site.string("mode") if site.given("mode") is not None else "fan_in"
    nonlinearity = site.string("nonlinearity") if site.given("nonlinearity") is not None else "leaky_relu"
    slope = site.number("a") if site.given("a") is not None else 0.0
    if site.slots is None or mode is None or nonlinearity is None or slope is None:
        return "std ?"
    try:
        return f"std {calculate_gain(nonlinearity, slope):.5g} / sqrt({mode.lower()})"
    except ValueError:
        return "raises ValueError"


def _arguments(site: InitSite) -> dict[str, str] | None:
    if site.slots is None:
        return None
    return {name: text.code(argument.value) for name, argument in site.slots.items() if name != "tensor"}


def _target(target: Target | None) -> dict[str, Any] | None:
    if target is None:
        return None
    made = target.made
    return {
        "tensor": target.text,
        "layers": [layer.name for layer in target.layers] if target.layers is not None else None,
        "dims": sorted(target.dims) if target.dims is not None else None,
        "shape": [text.code(dim) for dim in made.shape] if made is not None and made.shape is not None else None,
    }
