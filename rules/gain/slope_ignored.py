"""INI102."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_have_slope
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.gains import NONLINEARITIES

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_MODES = ("fan_in", "fan_out")


@rule(
    "INI102",
    "slope-ignored",
    Kind.SUSPICIOUS,
    Default.ON,
    fix=Safety.SAFE,
    triggers=("kaiming_",),
    premise=may_have_slope,
)
def check(file: File) -> Iterator[Alarm]:
    """A slope beside a nonlinearity that never reads it."""
    from initlint.facts.arguments.misplaced import misplaced

    for site in file.sites:
        if not site.initializer.uses_slope or misplaced(site):
            continue
        nonlinearity, slope = site.string("nonlinearity"), site.literal("a")
        if nonlinearity not in NONLINEARITIES or nonlinearity == "leaky_relu":
            continue
        given = site.given("a")
        if given is None or (slope is not None and slope.value in (0, None)):
            continue
        written = text.code(given)
        message = f"a={written} is never read: with nonlinearity={nonlinearity!r} torch ignores the slope"
        is_mode = slope is not None and slope.value in _MODES
        if is_mode:
            message += _mode_in_force(site, site.string("a"))
        yield Alarm(site.node, message, tuple(_fixes(site, given, is_mode=is_mode)))


def _mode_in_force(site: InitSite, meant: str | None) -> str:
    mode = "fan_in" if site.absent("mode") else site.string("mode")
    if mode not in _MODES:
        return f"; {meant!r} is a mode"
    if mode == meant:
        return f"; {meant!r} is a mode, the one in force anyway"
    return f"; {meant!r} is a mode, but the mode stays {mode!r}: std × sqrt({meant} / {mode})"


def _fixes(site: InitSite, given: cst.BaseExpression, *, is_mode: bool) -> Iterator[Proposal]:
    """Dropping a slope is safe; of a mode in the wrong slot only the author knows whether it was meant."""
    from initlint.facts.sites.rewrite import with_keywords, with_values

    assert site.slots is not None
    slope = site.slots["a"]
    followed = any(other.keyword is None for other in site.node.args[site.node.args.index(slope) + 1 :])
    if is_mode and site.absent("mode"):
        moved = with_keywords(site.node, {"mode": text.code(given)}, (slope,))
        yield Proposal("pass it as mode", Safety.DISPLAY, (Change(site.node, moved),))
    applied = not is_mode and site.file.values.inert(given, site.call.env)
    changed = with_values(site.node, {slope: "0"}) if followed else with_keywords(site.node, {}, (slope,))
    title = "pass slope 0" if followed else "drop the slope"
    yield Proposal(title, Safety.SAFE if applied else Safety.DISPLAY, (Change(site.node, changed),))
