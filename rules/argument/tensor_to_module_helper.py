"""INI412."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.helpers import HelperCall

_SAME_ARGUMENTS: Mapping[str, str] = {
    "constant_init": "constant_",
    "normal_init": "normal_",
    "trunc_normal_init": "trunc_normal_",
    "uniform_init": "uniform_",
}
"""The initialiser behind a helper that, apart from `bias`, takes the same arguments."""


@rule(
    "INI412",
    "tensor-to-module-helper",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("constant_init", "normal_init", "xavier_init", "kaiming_init", "uniform_init", "'weight')", '"weight")'),
)
def check(file: File) -> Iterator[Alarm]:
    """A tensor given to an init helper that takes a module: nothing is initialised."""
    for helper in file.helper_calls:
        if helper.given_tensor:
            message = f"{helper.name} takes a module: {text.code(helper.module.value)} is a tensor and stays as it is"
            related = ((helper.definition.node.name, "the helper"),) if helper.definition is not None else ()
            yield Alarm(helper.call.node, message, tuple(_fixes(file, helper)), related)


def _fixes(file: File, helper: HelperCall) -> Iterator[Proposal]:
    """Write the tensor with `torch.nn.init` where the arguments are the same, else pass the module."""
    from initlint.facts.sites.rewrite import spelled

    name = _SAME_ARGUMENTS.get(helper.name) if helper.definition is None and "bias" not in helper.slots else None
    function = spelled(f"torch.nn.init.{name}", file.names, helper.call.env) if name is not None else None
    if function is not None:
        changes = [Change(helper.call.node.func, function)]
        if helper.module.keyword is not None:
            changes.append(Change(helper.module.keyword, "tensor"))
        yield Proposal(f"call {name}", Safety.UNSAFE, tuple(changes))
    elif helper.target.attribute == "weight" and helper.target.owner is not None:
        module = Change(helper.module.value, text.code(helper.target.owner))
        yield Proposal("pass the module", Safety.UNSAFE, (module,))
