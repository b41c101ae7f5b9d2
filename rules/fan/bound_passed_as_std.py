"""INI207."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import rooted
from initlint.facts.premises.fans import may_be_bound
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.bounds import PassedBound


@rule(
    "INI207",
    "bound-passed-as-std",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=rooted("normal_", "init.normal"),
    premise=may_be_bound,
)
def check(file: File) -> Iterator[Alarm]:
    """The bound of a uniform law, sqrt(3) times its std, passed as the std of a normal one."""
    from initlint.facts.scales.bounds import passed_bound

    for site in file.sites:
        found = passed_bound(site)
        if found is not None:
            message = (
                f"std {found.std} is the bound of {found.law}'s uniform initialisation, which has std "
                f"{found.std / 3**0.5}: the weights are × sqrt(3) = 1.73 too large"
            )
            yield Alarm(site.node, message, tuple(_fixes(found)))


def _fixes(found: PassedBound) -> Iterator[Proposal]:
    if found.literal is not None:
        code = text.code(found.literal)
        change = Change(found.literal, code.replace(code[0], {"6": "2", "3": "1"}[code[0]], 1))
        yield Proposal("divide by sqrt(3)", Safety.UNSAFE, (change,))
