"""INI602."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.containers import may_hold_modules
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.registration import Entry, PlainContainer
    from initlint.facts.file import File

_ANNOTATION = r"(?: ?: ?[^=\n]++)?"
_LINES = r"(?:[^\n]*+\n){1,100}?\s+"
_BUILT = r"\s*+(?:(?:\w++\.)*+[A-Z]\w*\(|\w++[(),\s])"
_DISPLAY = re.compile(
    rf"self\.\w++{_ANNOTATION} ?= ?(?:(?:list|tuple|dict|OrderedDict)\()?"
    r"(?:[\[{][\[({\s]*+(?:[^\[\]{}]|\[[^\[\]]*\]){0,300}?\b|(?<=list\()|(?<=tuple\())(?:\w++\.)*+[A-Z]\w*\("
)
_TUPLE = re.compile(rf"self\.\w++{_ANNOTATION} ?= ?\(\s*+(?:\w++\.)*+[A-Z]\w*\([^=]*?\),")
_GROWN = re.compile(
    rf"self\.(?P<grown>\w++){_ANNOTATION} ?= ?(?:\[|list\(){_LINES}"
    rf"self\.(?P=grown)(?:\.extend\(| ?\+=|\.(?:append|insert)\((?:\d++, ?)?{_BUILT})"
)
_FILLED = re.compile(
    rf"self\.(?P<filled>\w++){_ANNOTATION} ?= ?(?:[\[{{]|dict\(|(?:collections\.)?OrderedDict\(){_LINES}"
    rf"self\.(?P=filled)\[[^\]\n]++\] ?= ?{_BUILT}"
)
_KEPT = re.compile(rf"= \[\]{_LINES}(?P<kept>\w++)\.append\({_BUILT}{_LINES}self\.\w++ ?= ?(?P=kept)\s")


@rule(
    "INI602",
    "unregistered-container",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple((words, "def forward") for words in (_DISPLAY, _TUPLE, _GROWN, _FILLED, _KEPT)),
    context={*CONTEXT, "self", "optim", "Adam", "AdamW", "SGD"},
    project=True,
    premise=may_hold_modules,
)
def check(file: File) -> Iterator[Alarm]:
    """Modules or parameters in a plain list or dictionary of a module, which registers none of them."""
    from initlint.facts.execution.registration import plain_containers
    from initlint.facts.reading.remarks import remarks

    for found in plain_containers(file):
        if not any(_HIDDEN.search(remarks(file.record, write.statement)) for write in found.writes):
            related = ((found.use, "forward uses it here"),)
            yield Alarm(found.writes[0].statement, _message(file, found), tuple(_fixes(file, found)), related)


_HIDDEN = re.compile(r"regist|hid(?:e|den)|frozen|freez|(?:not|n't|without|un)[ -]?train|state_dict", re.IGNORECASE)
"""Words that say that modules are kept from being registered."""


def _message(file: File, found: PlainContainer) -> str:
    inside = " and ".join(dict.fromkeys(_named(file, entry) for entry in found.trained))
    return (
        f"self.{found.name} is a plain {found.contents.kind}, so the {inside} in it are not registered: parameters(), "
        f"state_dict(), to() and apply() pass them over, and no optimizer trains them"
    )


def _named(file: File, entry: Entry) -> str:
    """What is built for an entry, as the source spells it."""
    import libcst as cst

    node, _ = file.values.origin(entry.node, entry.env)
    while isinstance(node, cst.Call):
        function = node.func
        moved = isinstance(function, cst.Attribute) and isinstance(function.value, cst.Call)
        node = function.value if moved and isinstance(function, cst.Attribute) else function
    return text.code(node)


def _fixes(file: File, found: PlainContainer) -> Iterator[Proposal]:
    import libcst as cst

    from initlint.facts.sites.rewrite import spelled

    container = _registering(found)
    name = spelled(f"torch.nn.{container}", file.names, found.writes[0].env) if container is not None else None
    if container is None or name is None or not found.replaceable or not found.methods <= _METHODS[container]:
        return
    changes: list[Change] = []
    for write in found.writes:
        value = write.value
        assert value is not None
        if isinstance(value, cst.Tuple):
            made = cst.parse_expression(f"{name}([{text.code(value)}])")
            changes.append(Change(write.statement, write.statement.with_changes(value=made)))
        elif text.code(value) in ("[]", "{}", "list()", "dict()"):
            changes.append(Change(value, f"{name}()"))
        else:
            changes += [Change.before(value, f"{name}("), Change.after(value, ")")]
    yield Proposal(f"register them: {name}", Safety.UNSAFE, tuple(changes))


_METHODS = {
    "ModuleList": frozenset({"append", "extend", "insert", "pop"}),
    "ParameterList": frozenset({"append", "extend"}),
    "ModuleDict": frozenset({"items", "keys", "values", "pop", "update"}),
    "ParameterDict": frozenset({"items", "keys", "values", "pop", "update"}),
}
"""What a container of torch can do as well as a list or a dictionary."""


def _registering(found: PlainContainer) -> str | None:
    """The container of torch that can hold the same things under the same indices or keys."""
    content = "Module" if found.modules else "Parameter" if found.parameters else None
    if content is None:
        return None
    if found.contents.kind != "dict":
        return f"{content}List"
    return f"{content}Dict" if all(map(_is_key, found.contents.entries)) else None


def _is_key(entry: Entry) -> bool:
    from initlint.facts.api.modules import MODULE_DICT_NAMES

    key = text.string_value(entry.key) if entry.key is not None else None
    return key is not None and key.isidentifier() and key[0] != "_" and key not in MODULE_DICT_NAMES
