"""INI210."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import rooted
from initlint.facts.premises.fans import may_leave_out_kernel
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.scales.kernels import ShortKernel
    from initlint.facts.sites.sites import InitSite


@rule(
    "INI210",
    "missing-kernel-dimension",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=rooted("normal_", "init.normal"),
    context=("Conv1d", "Conv2d", "Conv3d", "groups"),
    premise=may_leave_out_kernel,
)
def check(file: File) -> Iterator[Alarm]:
    """A hand-rolled scale of a 2-D or 3-D convolution that leaves out a dimension of its kernel."""
    from initlint.facts.scales.kernels import short_kernel

    for site in file.sites:
        found = short_kernel(site)
        if found is not None:
            related = ((found.built[0], "the kernel is here"),) if found.built is not None else ()
            yield Alarm(site.node, _message(found), tuple(_fixes(file, site, found)), related)


def _message(found: ShortKernel) -> str:
    factor = f"sqrt({found.missing})"
    if found.built is not None:
        factor += f" = {math.sqrt(found.built[1]):.3g}"
    return (
        f"n counts {found.reading.kernel_factors} of the {found.spatial} kernel dimensions of {found.layer}: "
        f"std is too large by {factor}"
    )


_NONLINEARITIES = {1.0: "linear", math.sqrt(2): "relu"}


def _fixes(file: File, site: InitSite, found: ShortKernel) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    kaiming = spelled("torch.nn.init.kaiming_normal_", file.names, site.call.env)
    name = next((name for gain, name in _NONLINEARITIES.items() if math.isclose(gain, found.gain)), None)
    mode = found.reading.fan
    if kaiming is None or name is None or site.target is None or site.given("generator") is not None:
        return
    if not (found.reading.grouped and mode == "fan_out"):
        code = f'{kaiming}({site.target.text}, mode="{mode}", nonlinearity="{name}")'
        yield Proposal("call kaiming_normal_, which counts the whole kernel", Safety.UNSAFE, (Change(site.node, code),))
