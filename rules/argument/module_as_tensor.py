"""INI411."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import INIT_MODULE_USES
from initlint.facts.premises.given_modules import may_be_module
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.api.layers import Layer
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI411",
    "module-as-tensor",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=INIT_MODULE_USES,
    premise=may_be_module,
)
def check(file: File) -> Iterator[Alarm]:
    """A module given to an initialiser, which takes a tensor: it raises."""
    from initlint.facts.sites.given import given_module

    for site in file.sites:
        given, module = site.given("tensor"), given_module(site)
        if given is None or module is None or site.tolerated:
            continue
        kinds = " or ".join(f"nn.{layer.name}" for layer in module.layers[:2])
        message = f"{text.code(given)} is a module, {kinds}, and {site.spelled} takes a tensor: AttributeError"
        related = tuple((node, "it is built here") for node in module.calls)
        yield Alarm(site.node, message, tuple(_fixes(site, given, module.layers)), related)


def _fixes(site: InitSite, given: cst.BaseExpression, layers: tuple[Layer, ...]) -> Iterator[Proposal]:
    """The weight; where 0 or a constant may be meant for a bias, that is open."""
    if not layers or not all(_fits(site, layer) for layer in layers):
        return
    biased = any(layer.bias_dims for layer in layers)
    is_open = biased and site.name in ("zeros_", "constant_")
    yield Proposal("pass its weight", Safety.DISPLAY if is_open else Safety.SAFE, (Change.after(given, ".weight"),))
    if is_open:
        yield Proposal("pass its bias", Safety.DISPLAY, (Change.after(given, ".bias"),))


def _fits(site: InitSite, layer: Layer) -> bool:
    """Whether the initialiser takes the weight of a layer."""
    dims = layer.weight_dims
    if dims is None:
        return False
    if site.name in ("eye_", "sparse_"):
        return dims == 2
    return 3 <= dims <= 5 if site.name == "dirac_" else dims > 1 or not site.initializer.needs_matrix
