"""INI105."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import ACTIVATIONS
from initlint.facts.premises.arguments import may_be_misread
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.gains import NONLINEARITIES, calculate_gain, canonical, nearest

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Env


@rule(
    "INI105",
    "unsupported-nonlinearity",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=("kaiming_", "calculate_gain"),
    premise=may_be_misread,
)
def check(file: File) -> Iterator[Alarm]:
    """A nonlinearity that `calculate_gain` does not know: it raises."""
    from initlint.facts.arguments.misplaced import misplaced
    from initlint.facts.scales.gains import CALCULATE_GAIN, GAIN_PARAMETERS

    for site in file.sites:
        given = site.given("nonlinearity")
        if not site.initializer.uses_slope or given is None or site.tolerated:
            continue
        if all(found.slot != "nonlinearity" for found in misplaced(site)):
            yield from _alarms(file, given, site.call.env)
    for call in file.calls_of(CALCULATE_GAIN):
        slots = text.argument_slots(call.node, GAIN_PARAMETERS)
        if slots is not None and "nonlinearity" in slots and not file.tolerated(call):
            yield from _alarms(file, slots["nonlinearity"].value, call.env)


def _alarms(file: File, given: cst.BaseExpression, env: Env) -> Iterator[Alarm]:
    written, default = file.values.literal(given, env), file.values.default(given, env)
    found = written or default
    if found is None:
        name = _activation_object(file, given, env)
        if name is not None:
            message = f"{text.code(given)} is no name of a nonlinearity: torch takes a string and raises ValueError"
            yield Alarm(given, message, tuple(_alternatives(given, canonical(name) or nearest(name))))
        return
    if isinstance(found.value, str) and found.value in NONLINEARITIES:
        return
    origin = "" if written is not None else f", the default of {text.code(given)},"
    message = f"nonlinearity {found.value!r}{origin} is not one of torch's twelve names: ValueError"
    name = found.value if isinstance(found.value, str) else ""
    literal, meant = text.string_value(given) is not None, canonical(name)
    if meant is not None:
        spelling = text.quoted_like(meant, given)
        fixes = (Proposal(f"write {spelling}", Safety.SAFE, (Change(given, spelling),)),) if literal else ()
        yield Alarm(given, f"{message}; {meant!r} is meant", fixes)
        return
    near = nearest(name)
    if near is not None:
        message += f"; nearest is {near!r}, gain {calculate_gain(near):.4f}"
    yield Alarm(given, message, tuple(_alternatives(given, near)) if literal else ())


def _alternatives(given: cst.BaseExpression, name: str | None) -> Iterator[Proposal]:
    if name is not None:
        spelling = text.quoted_like(name, given)
        yield Proposal(f"take the gain of {name!r}", Safety.DISPLAY, (Change(given, spelling),))


def _activation_object(file: File, given: cst.BaseExpression, env: Env) -> str | None:
    """`nn.ReLU()`, `nn.ReLU` or `F.relu` instead of a string."""
    import libcst as cst

    given, env = file.values.origin(given, env)
    node = given.func if isinstance(given, cst.Call) else given
    qualified = file.names.qualified(node, env)
    if qualified is None or not qualified.startswith("torch."):
        return None
    name = qualified.rpartition(".")[2]
    return name if name in ACTIVATIONS else None
