"""INI503."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import GIVING, MODULE_CLASSES
from initlint.facts.premises.dispatching import may_be_never_true
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.mismatches import Mismatch
    from initlint.facts.file import File

_CLASS = r"(?!None\b|True\b|False\b)(?:\w+\.)*[A-Z]\w*[a-z]\w*(?![\w(.])"
_LAYER = (
    r"(?:\w+\.)*(?:nn\.[A-Z]\w*|Linear|Bilinear|(?:Lazy)?Conv(?:Transpose)?[123]d|\w*Norm(?:[123]d)?|Embedding(?:Bag)?"
    r"|LSTM|GRU|RNN|MultiheadAttention|PReLU)(?![\w(.])"
)
_SUBJECT = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_STRINGS = r"\s*(?:==|!=|is|in|not)\s*(?:not\s+|in\s+)?[\[(]?['\"]"
_COMPARED = (
    re.compile(rf"==\s*{_CLASS}"),
    re.compile(rf"!=\s*{_CLASS}"),
    re.compile(rf"is\s+(?:not\s+)?(?:{_LAYER}|{_CLASS}\)*\s*(?::|\]|(?:and|or|else)\b))"),
    re.compile(rf"in\s*[\[({{]\s*{_LAYER}"),
    re.compile(r"nn\.[A-Z]\w*\s*(?:==|!=|is\b)"),
)
_INSTANCES = ("modules(", "children(", ".apply(", ".weight", ".bias")


@rule(
    "INI503",
    "dispatch-never-true",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(
        *((pattern, instance) for pattern in _COMPARED for instance in _INSTANCES),
        re.compile(rf"type\([^()]*\){_STRINGS}"),
        re.compile(rf"__class__{_STRINGS}"),
        *((word, name) for word in ("'nn.", '"nn.', "'torch.nn.", '"torch.nn.') for name in ("__name__", "_get_name")),
        re.compile(rf"isinstance\((?:type\(|[\w.]+\.__class__|{_SUBJECT}?,\s*(?:[\[{{'\"]|\([^()]*['\"]))"),
        ("isinstance(", re.compile(rf"=\s*\[\s*{_LAYER}\s*[,\]]")),
    ),
    context=MODULE_CLASSES | GIVING,
    premise=may_be_never_true,
)
def check(file: File) -> Iterator[Alarm]:
    """A test that no module passes: a module compared with a class, a class with a string."""
    from initlint.facts.execution.mismatches import mismatches

    for found in mismatches(file):
        passes = (
            "it raises TypeError" if found.raises else f"{'every' if found.denies else 'no'} module passes this test"
        )
        yield Alarm(found.node, f"{found.reason}: {passes}", tuple(_fixes(found)))


def _fixes(found: Mismatch) -> Iterator[Proposal]:
    if not found.module or not found.classes:
        return
    classes = ", ".join(found.classes)
    code = f"isinstance({found.module}, {classes if len(found.classes) == 1 else f'({classes})'})"
    test = f"not {code}" if found.denies else code
    yield Proposal("test with isinstance", Safety.UNSAFE, (Change(found.node, test),))
