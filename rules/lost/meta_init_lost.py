"""INI711."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File


@rule(
    "INI711",
    "meta-init-lost",
    Kind.WRONG,
    Default.ON,
    triggers=(".to_empty(", "skip_init("),
)
def check(file: File) -> Iterator[Alarm]:
    """A module that `to_empty` or `skip_init` leaves without values, and that runs before anything writes them."""
    from initlint.facts.execution.emptied import empty_modules

    for found in empty_modules(file):
        function = text.last_name(found.made.func)
        message = (
            f"{function} leaves the parameters and buffers of {found.name} as it finds the memory, whatever was "
            f"written before, and nothing writes them until {found.name} runs"
        )
        yield Alarm(found.made, message, related=((found.run, "it runs here"),))
