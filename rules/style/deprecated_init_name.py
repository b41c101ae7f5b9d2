"""INI901."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import DEPRECATED, INIT_MODULE
from initlint.facts.premises.init_names import may_be_deprecated
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Call


@rule(
    "INI901",
    "deprecated-init-name",
    Kind.STYLE,
    Default.ON,
    fix=Safety.SAFE,
    triggers=tuple(sorted({"init." + name for name in DEPRECATED} | {"init import", "init as"})),
    premise=may_be_deprecated,
)
def check(file: File) -> Iterator[Alarm]:
    """An initialiser under its deprecated name, without the underscore."""
    from initlint.facts.scales.mean_std import mean_std_in_uniform

    mistaken = {found.site.call for found in mean_std_in_uniform(file)}
    for call in file.calls_of(*(f"{INIT_MODULE}.{name}" for name in DEPRECATED)):
        if call in mistaken:
            continue
        qualified = file.names.qualified(call.node.func, call.env) or ""
        old = qualified.rpartition(".")[2]
        message = f"{old} is the deprecated name of {DEPRECATED[old]}: torch warns (FutureWarning) and calls that"
        yield Alarm(call.node, message, tuple(_fixes(file, call, old)))


def _fixes(file: File, call: Call, old: str) -> Iterator[Proposal]:
    import libcst as cst

    new = DEPRECATED[old]
    function = call.node.func
    if isinstance(function, cst.Attribute):
        yield Proposal(f"call {new}", Safety.SAFE, (Change(function.attr, new),))
    elif isinstance(function, cst.Name) and (changes := _import_changes(file, function.value, old, new)):
        yield Proposal(f"import and call {new}", Safety.SAFE, changes)


def _import_changes(file: File, bound: str, old: str, new: str) -> tuple[Change, ...]:
    """Rename in the import, and at every use where the import gives no other name; nothing where a use is no call."""
    import libcst as cst

    from initlint.facts.reading.inside import inside, named

    module = file.record.node
    imported = [alias for alias in inside(module, cst.ImportAlias) if _is_name(alias.name, old)]
    aliases = [alias for alias in imported if (alias.evaluated_alias or old) == bound]
    if len(aliases) != 1:
        return ()
    (alias,) = aliases
    changes = [Change(alias.name, new)]
    if bound != old:
        return tuple(changes)
    called = [call.node.func for call in file.record.calls if _is_name(call.node.func, bound)]
    if len(called) != len(named(module, bound)) - 1:
        return ()
    return (*changes, *(Change(function, new) for function in called))


def _is_name(node: cst.BaseExpression, name: str) -> bool:
    import libcst as cst

    return isinstance(node, cst.Name) and node.value == name
