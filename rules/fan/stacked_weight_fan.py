"""INI205."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import PRODUCTS
from initlint.facts.premises.fans import may_be_stacked
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.stacks import Stack
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI205",
    "stacked-weight-fan",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=(("kaiming_", "Parameter"), ("xavier_", "Parameter")),
    context=PRODUCTS,
    premise=may_be_stacked,
)
def check(file: File) -> Iterator[Alarm]:
    """A stack of matrices given whole to an initialiser that counts the fans of one."""
    from initlint.facts.scales.stacks import stacked_bias, stacked_weight

    for site in file.sites:
        weight, bias = stacked_weight(site), stacked_bias(site)
        if weight is not None:
            related = ((weight.made.node, "it is made here"), (weight.use.node, "its slices are multiplied here"))
            yield Alarm(site.node, _message(file, site, weight), tuple(_fixes(site, weight)), related)
        elif bias is not None and site.tensor is not None:
            message = (
                f"{text.code(site.tensor)} is a stack of biases, one for each matrix beside it: a bias has no fan, the "
                "scale comes from the size of the stack"
            )
            yield Alarm(site.node, message, related=((bias.use.others[0][0], "it is added here"),))


def _message(file: File, site: InitSite, stack: Stack) -> str:
    from initlint.facts.scales.fan_std import comparison, counted
    from initlint.facts.scales.stacks import fans

    assert site.tensor is not None
    sizes = f" ({', '.join(text.code(size) for size in stack.sizes)})" if stack.sizes is not None else ""
    message = f"{text.code(site.tensor)}{sizes} is a stack of matrices, the fans of the whole are not those of a matrix"
    found = fans(file, stack)
    if found is None or (stack.inputs is None and not _symmetric(site)):
        return message
    whole, one = (counted(site, *each) for each in found)
    return message if whole is None or one is None else f"{message}: {comparison(site, whole, one)}"


def _symmetric(site: InitSite) -> bool:
    """Whether both fans count alike, so that it does not matter which dimension is which."""
    return site.name.startswith("xavier_")


def _fixes(site: InitSite, stack: Stack) -> Iterator[Proposal]:
    """A loop over the matrices, each turned to (out, in)."""
    import libcst as cst

    line = site.file.record.statements.get(site.call.statement)
    open_layout = stack.inputs is None and not _symmetric(site)
    if stack.sizes is None or len(stack.sizes) != 3 or open_layout or stack.remade or site.slots is None:
        return
    if line is None or len(line.body) != 1 or not site.call.discarded:
        return
    name = next(each for each in ("weight", "matrix", "each") if site.call.env.lookup(each) is None)
    tensor = site.slots["tensor"]
    rest = [
        argument.with_changes(comma=cst.MaybeSentinel.DEFAULT) for argument in site.node.args if argument is not tensor
    ]
    call = f"{text.code(site.node.func)}({', '.join((name, *map(text.code, rest)))})"
    turned = "" if _symmetric(site) or stack.inputs == 2 else ".mT"
    loop = Change(site.node, f"for {name} in {text.code(tensor.value)}{turned}:")
    changes = (loop, Change.line_after(site.call.statement, f"    {call}"))
    yield Proposal("initialise the matrices one by one", Safety.UNSAFE, changes)
