"""INI610."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.products import Products
from initlint.facts.premises.tree import receiver
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.low_rank import ZeroPair
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Routine, Tree

_ZERO = r"(?:zeros_|\.zero_|Parameter\(torch\.zeros|constant_|fill_)\("


def _may_hold(tree: Tree) -> bool:
    """Whether one method may make two attributes of its object zero that are multiplied with one another."""
    zeroed: dict[Routine, set[str]] = {}
    for call in tree.called("zeros_", "zero_", "constant_", "fill_", "zeros"):
        for routine in tree.routines_around(call):
            zeroed.setdefault(routine, set()).update(_attributes(tree, call, receiver(routine)))
    products = Products(tree, drops_out=lambda _: True)
    pairs = {pair for names in zeroed.values() for pair in permutations(names, 2)}
    return any(
        products.factors(use, other)
        for one, other in pairs
        for use in tree.attributes.get(one, ())
        if isinstance(use.ctx, ast.Load) and tree.is_own(use)
    )


def _attributes(tree: Tree, call: ast.Call, own: str) -> Iterator[str]:
    """`x` of the `self.x` or `self.x.weight` that a call may make zero: what it is given, called on, or assigned to."""
    nodes = [call.func, *call.args[:1], *(keyword.value for keyword in call.keywords)]
    for around in tree.around(call):
        if isinstance(around, ast.Assign | ast.AnnAssign):
            nodes += around.targets if isinstance(around, ast.Assign) else [around.target]
    for node in nodes:
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute | ast.Call | ast.Subscript):
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == own:
                yield inner.attr
            inner = inner.func if isinstance(inner, ast.Call) else inner.value


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
    premise=_may_hold,
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
