"""INI303."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.construction import LayerCall
    from initlint.facts.sites.sites import InitSite


@rule("INI303", "dirac-groups", Kind.WRONG, Default.ON, fix=Safety.UNSAFE, triggers=("dirac",))
def check(file: File) -> Iterator[Alarm]:
    """`dirac_` without `groups` on a grouped convolution: only the first group passes its input on."""
    for site in file.sites:
        target = site.target
        if site.name != "dirac_" or target is None or target.owner is None or not site.absent("groups"):
            continue
        grouped = [call for call in target.calls if _groups(call) is not None]
        if target.attribute != "weight" or not grouped or len(grouped) < len(target.calls):
            grouped = _visited(file, site) if not target.calls else []
        if not grouped:
            continue
        message = f"dirac_ without groups on a convolution with groups={_groups(grouped[0])}: {_alive(grouped)}"
        groups = f", groups={text.code(target.owner)}.groups"
        fix = Proposal("pass the groups", Safety.UNSAFE, (Change.after(site.node.args[-1].value, groups),))
        yield Alarm(site.node, message, (fix,), ((grouped[0].node, "the groups are set here"),))


def _visited(file: File, site: InitSite) -> list[LayerCall]:
    """The grouped convolutions that a loop over the `modules()` of this class comes by."""
    import libcst as cst

    from initlint.facts.execution.reaching import modules_of
    from initlint.facts.meaning.guards import TypeGuard
    from initlint.facts.reading.scopes import Looped

    target = site.target
    class_ = site.class_
    if class_ is None or target is None or not isinstance(target.owner, cst.Name) or target.attribute != "weight":
        return []
    looped = site.call.env.lookup(target.owner.value)
    over = modules_of(looped) if isinstance(looped, Looped) else None
    if not isinstance(over, cst.Name) or file.modules.class_of_self(over.value, site.call.block) is not class_:
        return []
    if not isinstance(target.guard, TypeGuard) or len(site.guards) != 1:
        return []
    built = [each for name in file.modules.writes(class_) for each in file.modules.built(class_, name)]
    calls = [leaf.layer for each in built for leaf in each.leaves() if leaf.layer is not None]
    return [call for call in calls if call.layer in (target.layers or ()) and _groups(call) is not None]


def _groups(call: LayerCall) -> str | None:
    """The groups of a convolution as they are written, where they are more than one for certain."""
    given, channels = call.given("groups"), call.given("in_channels")
    if given is None:
        return None
    number, inputs = call.number("groups"), call.number("in_channels")
    if number is not None:
        return text.code(given) if number > 1 else None
    depthwise = channels is not None and text.code(channels) == text.code(given) and inputs is None
    return text.code(given) if depthwise else None


def _alive(calls: Sequence[LayerCall]) -> str:
    """How many output channels pass an input on: at most in_channels / groups."""
    call = calls[0]
    inputs, outputs, groups = call.number("in_channels"), call.number("out_channels"), call.number("groups")
    if inputs is None or outputs is None or groups is None:
        return "only in_channels / groups of its output channels pass an input on, the others start at zero"
    alive = min(inputs / groups, outputs)
    return f"only {alive:g} of {outputs:g} output channels pass an input on, the others start at zero"
