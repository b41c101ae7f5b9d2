"""INI103."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.gains import DEFAULT_SLOPE, calculate_gain, leaky_relu_gain

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.scales.gains import PassedGain


@rule("INI103", "gain-passed-as-slope", Kind.WRONG, Default.ON, fix=Safety.UNSAFE, triggers=("calculate_gain",))
def check(file: File) -> Iterator[Alarm]:
    """The result of `calculate_gain` passed as the slope `a`, of which torch computes a gain once more."""
    from initlint.facts.scales.gains import gains_passed_as_slope

    by_call: dict[cst.Call, list[PassedGain]] = {}
    for passed in gains_passed_as_slope(file):
        by_call.setdefault(passed.call, []).append(passed)
    for call, uses in by_call.items():
        meant = _gain(file, uses[0])
        related = tuple((use.site.node, "it is passed as a slope here") for use in uses if not use.direct)
        yield Alarm(call if related else uses[0].site.node, _message(meant), tuple(_fixes(file, uses, meant)), related)


def _gain(file: File, passed: PassedGain) -> float | None:
    """The gain that is computed and was meant."""
    name = _name(file, passed)
    slope = file.values.number(passed.slots["param"].value, passed.env) if "param" in passed.slots else DEFAULT_SLOPE
    try:
        return calculate_gain(name, slope) if name is not None and slope is not None else None
    except ValueError:
        return None


def _name(file: File, passed: PassedGain) -> str | None:
    given = passed.slots.get("nonlinearity")
    return file.values.string(given.value, passed.env) if given is not None else None


def _message(meant: float | None) -> str:
    message = "a gain is passed as the slope a, and torch takes the gain of that slope once more"
    if meant is None:
        return message
    used = leaky_relu_gain(meant)
    if meant == 1.0:
        return f"{message}: this only happens to be right, because the gain of slope 1 is 1 as well"
    return f"{message}: {used:.4f} instead of {meant:.4f}, std × {used / meant:.3f}"


def _fixes(file: File, uses: list[PassedGain], meant: float | None) -> Iterator[Proposal]:
    given = uses[0].slots.get("nonlinearity")
    name = _name(file, uses[0])
    slope = uses[0].slots.get("param")
    if (
        given is None
        or (not uses[0].direct and (name is None or _named(slope)))
        or (name is None and slope is not None)
    ):
        return
    if name == "leaky_relu":
        written = text.code(slope.value) if slope is not None else _slope(file, uses[0])
        changes = [Change(use.site.given("a") or use.call, written) for use in uses]
        yield Proposal(f"pass the slope {written} itself", Safety.UNSAFE, tuple(changes))
        return
    written = text.code(given.value) if name is None else text.quoted_like(name, given.value)
    changes = [Change(use.site.node, _with_nonlinearity(use, written)) for use in uses]
    safety = Safety.SAFE if meant == 1.0 else Safety.UNSAFE
    yield Proposal(f"pass nonlinearity={written}", safety, tuple(changes))


def _named(slope: cst.Arg | None) -> bool:
    """Whether a slope is more than a literal, so that its code may mean something else at another place."""
    import libcst as cst

    return slope is not None and not isinstance(slope.value, cst.Integer | cst.Float)


def _slope(file: File, passed: PassedGain) -> str:
    """The slope of the activations where it is settled, else the default of `calculate_gain`."""
    slope = file.slope_at(passed.site.call.block)
    return slope.written(passed.site.call.env) if slope is not None else f"{DEFAULT_SLOPE:g}"


def _with_nonlinearity(passed: PassedGain, written: str) -> cst.Call:
    """The site without its slope (slope 0 where positional arguments follow) and with the nonlinearity."""
    from initlint.facts.sites.rewrite import with_keywords, with_values

    call, slots = passed.site.node, passed.site.slots
    assert slots is not None
    slope, nonlinearity = slots["a"], slots.get("nonlinearity")
    if all(behind.keyword is not None for behind in call.args[call.args.index(slope) + 1 :]):
        return with_keywords(call, {"nonlinearity": written}, (slope,))
    if nonlinearity is not None and nonlinearity.keyword is None:
        return with_values(call, {slope: "0", nonlinearity: written})
    return with_keywords(with_values(call, {slope: "0"}), {"nonlinearity": written})
