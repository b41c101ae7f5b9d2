"""INI507."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.lacking import may_lack_tensors
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, Trigger, Word, rule

if TYPE_CHECKING:
    from initlint.facts.execution.absent import Absent
    from initlint.facts.execution.misdirected import Misdirected
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_BIASLESS, _RECURRENT = "(?:Embedding|LSTM|GRU|RNN|RMSNorm|PReLU)", "(?:LSTM|GRU|RNN)"


def _triggers(attribute: str, types: str, *words: str) -> tuple[Trigger, ...]:
    """An init or a method that writes an attribute, beside what builds layers without it or a test for such types."""
    written = re.compile(rf"\.{attribute}(?:\.data|\.detach\(\))?(?:[,)\s]|\.(?:zero|fill|normal|uniform)_\()")
    one, several = (re.compile(rf"isinstance\([\w.]+, *{start}{types}") for start in (r"[\w.]*", r"\([^()]*"))
    beside: tuple[Word, ...] = (*words, one, several)
    return tuple((written, word) for word in beside)


_ASKED = re.compile(r"hasattr\([\w.]+, *['\"](?:bias|weight)['\"]\)")


@rule(
    "INI507",
    "none-bias",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=(
        *_triggers("bias", _BIASLESS, "bias=False", "affine=False", "InstanceNorm"),
        *_triggers("weight", _RECURRENT, "affine=False", "InstanceNorm"),
        (_ASKED, ".bias"),
    ),
    context=CONTEXT | {"Module", "setattr", "__getattr__", "__getattribute__"},
    across=True,
    project=True,
    premise=may_lack_tensors,
)
def check(file: File) -> Iterator[Alarm]:
    """An init of a bias or weight that a layer of the model does not have, or whose test asks another module for it."""
    from initlint.facts.execution.absent import absent
    from initlint.facts.execution.misdirected import misdirected
    from initlint.facts.execution.selection import Selection

    selection = Selection(file)
    for site in file.sites:
        lacking = absent(selection, site)
        if lacking is not None:
            related = ((lacking.tree.root.node, "the layer is built here"),)
            yield Alarm(site.node, _message(site, lacking), tuple(_fixes(site, lacking)), related)
        elif (wrong := misdirected(selection, site)) is not None:
            related = ((wrong.part.node, f"{wrong.written} is built here"),)
            yield Alarm(wrong.test, _never(wrong), tuple(_redirections(wrong)), related)


def _message(site: InitSite, found: Absent) -> str:
    from initlint.facts.execution.absent import Lack

    layer = f"{found.layer.layer.name} {found.tree.name}".rstrip()
    raises = f"{site.spelled} raises AttributeError"
    match found.lack:
        case Lack.NONE:
            return f"{found.written} is None in the {layer}, which is built {found.flag}: {raises}"
        case Lack.ATTRIBUTE:
            return f"the {layer} has no {found.attribute}: {raises}"
        case Lack.BOOL:
            return f"{found.written} of the {layer} is a bool that says whether it has biases: {raises}"


def _fixes(site: InitSite, found: Absent) -> Iterator[Proposal]:
    from initlint.facts.execution.absent import Lack

    if found.lack is Lack.NONE and site.stands_alone:
        test, call = f"if {found.written} is not None:", f"    {text.code(site.node)}"
        changes = (Change(site.node, test), Change.line_after(site.call.statement, call))
        yield Proposal(f"write the {found.attribute} where there is one", Safety.SAFE, changes)


def _never(found: Misdirected) -> str:
    return (
        f"hasattr asks {found.asked}, which has no {found.attribute}, but the {found.attribute} of {found.written} is "
        f"written: that never runs, and it keeps the values of its constructor"
    )


def _redirections(found: Misdirected) -> Iterator[Proposal]:
    test = f'hasattr({found.written}, "{found.attribute}")'
    yield Proposal(f"ask {found.written}", Safety.DISPLAY, (Change(found.test, test),))
