"""INI204."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import PRODUCTS, rooted
from initlint.facts.premises.fans import may_count_columns
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI204",
    "transposed-weight-fan",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(("kaiming_", "Parameter"), *rooted("normal_", "uniform_", beside=("Parameter",))),
    context=PRODUCTS,
    premise=may_count_columns,
)
def check(file: File) -> Iterator[Alarm]:
    """The scale of an (in, out) matrix, the right operand of a product, taken from its second dimension."""
    from initlint.facts.scales.fan_std import comparison
    from initlint.facts.scales.matrices import counts_columns, right_operand

    for site in file.sites:
        matrix = right_operand(site) if counts_columns(site) else None
        if matrix is not None:
            rows, columns = (text.code(size) for size in matrix.sizes)
            message = (
                f"{matrix.name} ({rows}, {columns}) is the right operand of a product, with fan_in {rows}, but the "
                f"scale counts {columns}: {comparison(site, matrix.columns, matrix.rows)}"
            )
            yield Alarm(site.node, message, tuple(_fixes(site)), ((matrix.use.node, "it is multiplied here"),))


def _fixes(site: InitSite) -> Iterator[Proposal]:
    import libcst as cst

    from initlint.facts.reading.inside import inside
    from initlint.facts.scales.matrices import columns_in

    if site.initializer.uses_fan and site.tensor is not None:
        turned = Change.after(site.tensor, ".T")
        yield Proposal("initialise the transposed view", Safety.UNSAFE, (turned,))
        return
    places = list(columns_in(site))
    if len(places) == 1:
        (place,) = places
        axis = inside(place, cst.UnaryOperation, cst.Integer)[0]
        yield Proposal("take the other dimension", Safety.UNSAFE, (Change(axis, "0"),))
