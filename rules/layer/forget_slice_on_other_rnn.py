"""INI807."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.rule import Alarm, Default, Kind, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree

_MEETS = {
    "GRU": "in GRU, which stacks 3, it is the end of the reset gate and the first half of the update gate",
    "RNN": "in RNN, which has none, it is a quarter of the units",
}


def _may_hold(tree: Tree) -> bool:
    """Whether a file names recurrent layers that are no LSTM."""
    return any(
        "GRU" in word or "RNN" in word for word in (*tree.words, *tree.strings, *(name for _, name in tree.imported))
    )


@rule(
    "INI807",
    "forget-slice-on-other-rnn",
    Kind.WRONG,
    Default.ON,
    triggers=((re.compile(r"/\s*4\b"), "bias"),),
    context=("GRU", "RNN", "LSTM", "GRUCell", "RNNCell", "LSTMCell", "RNNBase", "RNNCellBase"),
    premise=_may_hold,
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
