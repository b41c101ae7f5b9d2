"""INI610."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.low_rank import ZeroPair
    from initlint.facts.file import File

_ZERO = r"(?:zeros_|\.zero_|Parameter\(torch\.zeros|constant_|fill_)\("


@rule(
    "INI610",
    "both-lora-factors-zero",
    Kind.WRONG,
    Default.ON,
    fix=Safety.DISPLAY,
    triggers=(
        re.compile(rf"zeros_\([^\n]*\n(?:[^\n]*\n){{0,9}}?[^\n]*{_ZERO}"),
        re.compile(rf"\.zero_\([^\n]*\n(?:[^\n]*\n){{0,9}}?[^\n]*{_ZERO}"),
        re.compile(rf"Parameter\(torch\.zeros\([^\n]*\n(?:[^\n]*\n){{0,9}}?[^\n]*{_ZERO}"),
        re.compile(rf"constant_\([^\n]*\n(?:[^\n]*\n){{0,9}}?[^\n]*{_ZERO}"),
        re.compile(rf"fill_\([^\n]*\n(?:[^\n]*\n){{0,9}}?[^\n]*{_ZERO}"),
    ),
    context=CONTEXT,
)
def check(file: File) -> Iterator[Alarm]:
    """Both factors of a low-rank product start at zero: the gradient of each is a product with the other."""
    from initlint.facts.execution.low_rank import zero_pairs

    for pair in zero_pairs(file):
        message = (
            f"{pair.first.tensor} and {pair.second.tensor} are only used as their product and both start at 0: the "
            "gradient of each is a product with the other, so it is 0 at every step"
        )
        yield Alarm(pair.first.node, message, tuple(_fixes(file, pair)), ((pair.second.node, "the other is zero too"),))


def _fixes(file: File, pair: ZeroPair) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    function = spelled("torch.nn.init.kaiming_uniform_", file.names, pair.first.block.env)
    if function is not None:
        change = Change(pair.first.node, f"{function}({pair.first.tensor}, a=5**0.5)")
        yield Proposal("draw one of them at random", Safety.DISPLAY, (change,))
