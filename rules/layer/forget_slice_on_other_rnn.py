"""INI807."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File

_MEETS = {
    "GRU": "in GRU, which stacks 3, it is the end of the reset gate and the first half of the update gate",
    "RNN": "in RNN, which has none, it is a quarter of the units",
}


@rule(
    "INI807",
    "forget-slice-on-other-rnn",
    Kind.WRONG,
    Default.ON,
    triggers=((re.compile(r"/\s*4\b"), "bias"),),
    context=("GRU", "RNN", "LSTM", "GRUCell", "RNNCell", "LSTMCell", "RNNBase", "RNNCellBase"),
)
def check(file: File) -> Iterator[Alarm]:
    """The quarter of an LSTM's bias that is its forget gate, set in a GRU or RNN as well."""
    from initlint.facts.execution.forget_gates import forget_writes

    for found in forget_writes(file):
        layers = found.layers or ()
        others = {layer.name.removesuffix("Cell"): node for layer, node in layers if "LSTM" not in layer.name}
        if not found.quarters or found.tested or found.write.number == 0 or not others:
            continue
        message = (
            f"n // 4 to n // 2 is the forget gate of an LSTM, which stacks 4 gates; "
            f"{', and '.join(_MEETS[name] for name in sorted(others))}"
        )
        related = tuple((node, f"{name} comes from here") for name, node in sorted(others.items()))
        yield Alarm(found.write.node, message, (), related)
