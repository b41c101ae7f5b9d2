"""INI106."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.gains import calculate_gain

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Call

_SELU = frozenset({"SELU", "selu", "selu_"})


@rule(
    "INI106",
    "selu-gain",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.UNSAFE,
    triggers=("selu",),
    context=CONTEXT,
)
def check(file: File) -> Iterator[Alarm]:
    """Torch's gain for SELU in a network that normalises itself, which needs gain 1."""
    for call, given in _nonlinearities(file):
        if file.values.string(given, call.env) != "selu":
            continue
        activations = file.activations_at(call.block)
        if not activations or not _SELU.issuperset(activations):
            continue
        gain = calculate_gain("selu")
        message = (
            f"nonlinearity 'selu' has gain {gain:g}, a self-normalising network of SELUs needs 1 ('linear'): "
            f"the weights have {gain:g} of the std that keeps its fixed point"
        )
        related = tuple((node, "the activation is here") for node in list(activations.values())[:1])
        yield Alarm(call.node, message, tuple(_fixes(given)), related)


def _nonlinearities(file: File) -> Iterator[tuple[Call, cst.BaseExpression]]:
    """What initialisers and `calculate_gain` are given as nonlinearity."""
    from initlint.facts.scales.gains import CALCULATE_GAIN, GAIN_PARAMETERS

    for site in file.sites:
        given = site.given("nonlinearity") if site.initializer.uses_slope else None
        if given is not None:
            yield site.call, given
    for call in file.calls_of(CALCULATE_GAIN):
        slots = text.argument_slots(call.node, GAIN_PARAMETERS) or {}
        if "nonlinearity" in slots:
            yield call, slots["nonlinearity"].value


def _fixes(given: cst.BaseExpression) -> Iterator[Proposal]:
    """Only a literal at the call: a local may be used for more."""
    if text.string_value(given) is not None:
        spelling = text.quoted_like("linear", given)
        yield Proposal(f"write {spelling}", Safety.UNSAFE, (Change(given, spelling),))
