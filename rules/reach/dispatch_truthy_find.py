"""INI504."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import MODULE_CLASSES
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File

_ASKED = re.compile(r"find\((?:[^()]|\([^()]*\))*\)\)*\s*(?::|\]|\n|and\b|or\b|if\b|else\b)")


@rule(
    "INI504",
    "dispatch-truthy-find",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple((_ASKED, name) for name in ("__name__", "_get_name", "named_", "state_dict", "type(", "__class__")),
    context=MODULE_CLASSES,
)
def check(file: File) -> Iterator[Alarm]:
    """The position that `find` gives as a truth value: names without the word pass, those that begin with it fail."""
    import libcst as cst

    from initlint.facts.execution.dispatch import Dispatch

    dispatch = Dispatch(file)
    for part in dispatch.asked:
        match part.node:
            case cst.Call(func=cst.Attribute(value=name, attr=cst.Name(value="find" | "rfind")), args=[word, *_]):
                looked_for = [file.values.string(word.value, part.env)]
            case _:
                continue
        if part.negation is None and dispatch.picks(part.node, part.env, looked_for):
            message = (
                f"find gives a position: -1, which is true, where {text.code(name)} holds no {text.code(word.value)}, "
                "and 0, which is false, where it begins with it"
            )
            fix = Proposal("compare with -1", Safety.UNSAFE, (Change.after(part.node, " != -1"),))
            yield Alarm(part.node, message, (fix,))
