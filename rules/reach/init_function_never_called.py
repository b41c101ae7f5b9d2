"""INI511."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File

_METHOD = re.compile(r"def \w*(?:init|reset)\w*(?<!__init__)\(self")


@rule(
    "INI511",
    "init-function-never-called",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    triggers=((_METHOD, ".weight"), (_METHOD, ".bias"), (_METHOD, "parameters("), (_METHOD, "Parameter(")),
    context=CONTEXT | {"Module"},
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """A method that initialises and that nothing in the project names: its init never runs."""
    from initlint.facts.execution.unused import unused_inits

    for found in unused_inits(file):
        message = (
            f"nothing in the project names {found.method.name}, so {found.site.spelled} never runs: "
            f"{found.class_.name} keeps the values of its constructors"
        )
        yield Alarm(found.method.node.name, message, (), ((found.site.node, "the init is here"),))
