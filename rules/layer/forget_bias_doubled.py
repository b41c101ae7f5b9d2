"""INI805."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.forget_gates import ForgetWrite
    from initlint.facts.file import File


@rule(
    "INI805",
    "forget-bias-doubled",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=tuple((re.compile(bound), "bias") for bound in (r"/\s*4\b", r":\s*2\s*\*", r":\s*\w+\s*\*\s*2\b")),
    context=("LSTM", "LSTMCell", "RNNBase"),
)
def check(file: File) -> Iterator[Alarm]:
    """The forget gate of an LSTM set in both of its biases, which are added."""
    from initlint.facts.execution.forget_gates import both_biases

    for found in both_biases(file):
        first, last = found[0], found[-1]
        related = ((first.write.node, "the other bias is set here"),) if first is not last else ()
        yield Alarm(last.write.node, _message(last), tuple(_fixes(last)), related)


def _message(found: ForgetWrite) -> str:
    number = found.write.number
    message = "torch adds bias_ih and bias_hh, and the forget gate is set in both: it starts with"
    if number is None:
        return f"{message} the sum of the two"
    once, twice = (1 / (1 + math.exp(-bias)) for bias in (number, 2 * number))
    return f"{message} {2 * number:g}, open to {twice:.2f}, where {number:g} would open it to {once:.2f}"


def _fixes(found: ForgetWrite) -> Iterator[Proposal]:
    import libcst as cst

    value = found.write.value
    if isinstance(value, cst.Name | cst.Attribute | cst.Integer | cst.Float) and len(found.biases) > 1:
        yield Proposal("write half of it into each", Safety.DISPLAY, (Change.after(value, " / 2"),))
