"""INI406."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import INIT_MODULE, INITIALIZERS
from initlint.facts.api.words import INIT_MODULE_USES
from initlint.facts.premises.init_names import may_be_unknown
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import UnknownInit

_MEANT: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("zero", "zero_", "zeros"), ("zeros_", "")),
    **dict.fromkeys(("one", "one_", "ones"), ("ones_", "")),
    **dict.fromkeys(("const_", "constants", "constants_", "fill", "fill_"), ("constant_", "")),
    **dict.fromkeys(("identity", "identity_"), ("eye_", "")),
    **dict.fromkeys(("trunc_normal", "truncated_normal", "truncated_normal_"), ("trunc_normal_", "")),
    **{
        f"{author}_{law}{underscore}": (f"{ours}_{law}_", nonlinearity)
        for author, ours, nonlinearity in (
            ("he", "kaiming", "relu"),
            ("msra", "kaiming", "relu"),
            ("lecun", "kaiming", "linear"),
            ("glorot", "xavier", ""),
        )
        for law in ("normal", "uniform")
        for underscore in ("", "_")
    },
    "msra_": ("kaiming_normal_", "relu"),
}
"""Names that people ask `torch.nn.init` for: what torch calls them, and the nonlinearity that makes it the same law."""

_SIMILAR = 0.85
"""How similar a misspelled name is, as `difflib` measures it."""


@rule(
    "INI406",
    "unknown-init-function",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=INIT_MODULE_USES,
    premise=may_be_unknown,
)
def check(file: File) -> Iterator[Alarm]:
    """A function that `torch.nn.init` does not have: it raises."""
    for found in file.unknown_inits:
        if file.tolerated(found.call) or file.asked_for(found.call, found.name):
            continue
        module = found.qualified.rpartition(".")[0]
        error = "ImportError" if found.imported else "AttributeError"
        missing = f"{module} has no {found.name}" if module == INIT_MODULE else f"torch has no {module.split('.')[1]}"
        name, _ = _meant(found)
        meant = f"; {name} is meant" if module == INIT_MODULE else f"; {INIT_MODULE}.{name} is meant"
        yield Alarm(found.call.node, f"{missing}: {error}{meant if name else ''}", tuple(_fixes(file, found)))


def _meant(found: UnknownInit) -> tuple[str, str]:
    """The function that is meant and the nonlinearity that it needs; empty where neither is known."""
    if found.name in INITIALIZERS:
        return found.name, ""
    similar = get_close_matches(found.name, INITIALIZERS, 1, _SIMILAR)
    return _MEANT.get(found.name, (similar[0] if similar else "", ""))


def _fixes(file: File, found: UnknownInit) -> Iterator[Proposal]:
    """Call what is meant, where it takes the arguments that are given."""
    import libcst as cst

    from initlint.facts.reading.text import argument_slots
    from initlint.facts.sites.rewrite import spelled

    call, (name, nonlinearity) = found.call.node, _meant(found)
    initializer = INITIALIZERS.get(name)
    slots = argument_slots(call, ("tensor", *initializer.parameters)) if initializer is not None else None
    if initializer is None or not slots or not slots.keys() <= {"tensor", *initializer.parameters}:
        return
    if found.imported or not isinstance(call.func, cst.Attribute):
        return
    if found.qualified.startswith(f"{INIT_MODULE}."):
        changes = [Change(call.func.attr, name)]
    elif (function := spelled(f"{INIT_MODULE}.{name}", file.names, found.call.env)) is not None:
        changes = [Change(call.func, function)]
    else:
        return
    if nonlinearity and "nonlinearity" not in slots:
        changes.append(Change.after(call.args[-1], f', nonlinearity="{nonlinearity}"'))
    yield Proposal(f"call {name}", Safety.SAFE, tuple(changes))
