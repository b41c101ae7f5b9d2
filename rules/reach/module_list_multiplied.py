"""INI512."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.containers import may_repeat_modules
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Repetition

_CALL = r"(?:\s+|#[^\n]*)*+(?:\w++\.)*+\w++\("
_LIST_TIMES = re.compile(rf"\[{_CALL}[^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)*+\]\s*\*\s*[\w(]")
_TUPLE_TIMES = re.compile(r"\),\s*\)\s*\*\s*[\w(]")
_TIMES_LIST = re.compile(rf"\*(?:(?<=[\w)\]]\*)|(?<=[\w)\]] \*))\s*\[{_CALL}")

_SHARED = re.compile(
    r"(?<![a-z])(?:shar(?:e|ed|es|ing)|tied?|ties|tying|re-?us(?:e|ed|es|ing)|recurs\w*|recurren\w*|universal"
    r"|same (?:\w+ )?(?:layer|module|block|weight|parameter)s?)(?![a-z])",
    re.IGNORECASE,
)
"""Words that say that one module in several places is meant."""


@rule(
    "INI512",
    "module-list-multiplied",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(_LIST_TIMES, _TUPLE_TIMES, _TIMES_LIST),
    context=CONTEXT,
    premise=may_repeat_modules,
)
def check(file: File) -> Iterator[Alarm]:
    """A list of modules that is multiplied: every repetition is the same module with the same weights."""
    for found in file.record.repetitions:
        shared = _trained(file, found)
        if shared and not _at_most_once(file, found) and not _meant(file, found):
            yield Alarm(found.node, _message(found, shared), tuple(_fixes(found)))


def _trained(file: File, found: Repetition) -> list[cst.Call]:
    """The constructions in a repeated list that have parameters."""
    import libcst as cst

    from initlint.facts.execution.trainable import has_parameters, makes_parameter

    calls = [element.value for element in found.repeated.elements if isinstance(element.value, cst.Call)]
    built = [(call, file.builder.build(call, found.env)) for call in calls]
    return [call for call, each in built if has_parameters(file, each) or makes_parameter(file, call, found.env)]


def _at_most_once(file: File, found: Repetition) -> bool:
    """Whether a list is repeated at most once: by a number, or by a truth value that says whether it is wanted."""
    from initlint.facts.meaning.flags import is_flag

    number = file.values.number(found.times, found.env)
    return number < 2 if number is not None else is_flag(found.times, found.env, file.names, file.values)


def _meant(file: File, found: Repetition) -> bool:
    """Whether a comment, the name of the list or a test on the way says that the modules are to be shared."""
    import libcst as cst

    from initlint.facts.reading.remarks import remarks

    targets = found.statement.targets if isinstance(found.statement, cst.Assign) else ()
    said = [remarks(file.record, found.statement), *(text.code(target.target) for target in targets)]
    said += [text.code(block.node) for block in found.block.path() if block.branch == "test" and block.node is not None]
    return any(_SHARED.search(each) for each in said)


def _message(found: Repetition, shared: list[cst.Call]) -> str:
    built = " and ".join(dict.fromkeys(text.code(call.func) for call in shared))
    times = text.code(found.times)
    once, each = ("is", "it is") if len(shared) == 1 else ("are", "each is")
    return (
        f"{built} {once} built once and listed {times} times: {each} the same module in every place, "
        f"so one set of weights is trained instead of {times}"
    )


def _fixes(found: Repetition) -> Iterator[Proposal]:
    """A comprehension, which builds what the list holds anew for every turn."""
    import libcst as cst

    from initlint.facts.reading.inside import inside
    from initlint.facts.reading.remarks import commented
    from initlint.facts.reading.scopes import Class

    built = [element.value for element in found.repeated.elements if isinstance(element, cst.Element)]
    bound = {name.value for each in built for name in inside(each, cst.Name)}
    if len(built) != len(found.repeated.elements) or isinstance(found.block.scope, Class):
        return
    unlike = commented(found.node) or inside(found.node, cst.NamedExpr, cst.Await, cst.Yield)
    if unlike or {"_", "layer", "range"} & bound:
        return
    turns = f"for _ in range({text.code(found.times)})"
    several = ", ".join(map(text.code, built))
    code = f"{several} {turns}" if len(built) == 1 else f"layer {turns} for layer in ({several})"
    opened, closed = "[]" if isinstance(found.repeated, cst.List) else ("tuple(", ")")
    change = Change(found.node, f"{opened}{code}{closed}")
    yield Proposal("build one for every place", Safety.UNSAFE, (change,))
