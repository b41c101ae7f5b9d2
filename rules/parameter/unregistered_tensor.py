"""INI604."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.execution.loose_tensors import LooseTensor
    from initlint.facts.file import File

_ASSIGNED = r"(?: ?: ?[^=\n]++)? ?= ?"
_CALL = r"(?!(?:torch\.)?(?:nn\.)?Parameter\()[\w.]++\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?"
_ASKING = re.compile(rf"self\.\w++{_ASSIGNED}{_CALL}requires_grad ?= ?True")
_ASKED = re.compile(rf"self\.\w++{_ASSIGNED}{_CALL}\)(?:\.\w++\([^()]*\))*\.requires_grad_\(")
_MADE = re.compile(rf"self\.\w++{_ASSIGNED}(?:\w++\.)*+\w*?(?:xavier|kaiming|normal|uniform|orthogonal|sparse)\w*\(")
_GIVEN = re.compile(
    rf"self\.(?P<loose>\w++){_ASSIGNED}torch\.(?:empty|zeros|ones|rand|Tensor|FloatTensor|full)\w*\("
    r"(?:[^\n]*+\n){1,100}?[^\n]*?(?:xavier|kaiming|normal|uniform|orthogonal|sparse)\w*\(\s*self\.(?P=loose)\b"
)


@rule(
    "INI604",
    "unregistered-tensor",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(
        (_ASKING, "def forward", "requires_grad"),
        (_ASKED, "def forward", "requires_grad_("),
        (_MADE, "def forward"),
        (_GIVEN, "def forward"),
    ),
    context={*CONTEXT, "self", "optim", "Adam", "AdamW", "SGD"},
    project=True,
)
def check(file: File) -> Iterator[Alarm]:
    """A tensor that is made like a parameter, and assigned to a module without being one."""
    from initlint.facts.execution.loose_tensors import loose_tensors
    from initlint.facts.reading.remarks import remarks

    for found in loose_tensors(file):
        if _FIXED.search(remarks(file.record, found.write.statement)):
            continue
        related = [(found.use, "forward uses it here")]
        if found.site is not None and found.site.node is not found.value:
            related.append((found.site.node, "it is initialised here"))
        yield Alarm(found.write.statement, _message(found), tuple(_fixes(file, found)), tuple(related))


_FIXED = re.compile(r"fixed|frozen|freez|buffer|constant|regist|(?:not|n't|non|un)[ -]?(?:train|learn)", re.IGNORECASE)
"""Words that say that a tensor is not meant to be trained."""


def _message(found: LooseTensor) -> str:
    why = "asks for a gradient" if found.asks is not None else "is initialised like a weight"
    return (
        f"self.{found.name} {why}, and is no Parameter: parameters(), state_dict() and to() pass it over, so no "
        "optimizer trains it, no checkpoint holds it, and it stays on its device"
    )


def _fixes(file: File, found: LooseTensor) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    parameter = spelled("torch.nn.Parameter", file.names, found.write.env)
    if parameter is not None and found.plain:
        change = Change(found.value, f"{parameter}({text.code(_without_gradient(found))})")
        yield Proposal("make it a parameter", Safety.UNSAFE, (change,))


def _without_gradient(found: LooseTensor) -> cst.CSTNode:
    """The value as it is before something asks for its gradient: a Parameter does that by itself."""
    import libcst as cst

    from initlint.facts.sites.rewrite import with_keywords

    asking = found.asks
    if asking is None:
        return found.value
    flag = next((each for each in asking.args if each.keyword and each.keyword.value == "requires_grad"), None)
    if isinstance(asking.func, cst.Attribute) and asking.func.attr.value == "requires_grad_":
        without: cst.CSTNode = asking.func.value
    elif text.last_name(asking.func) == "Variable":
        without = asking.args[0].value
    else:
        without = with_keywords(asking, {}, drop=(flag,) if flag is not None else ())
    return without if found.value is asking else found.value.deep_replace(asking, without)
