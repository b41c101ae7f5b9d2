"""INI712."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.hugging_face import may_pass_guard
from initlint.rule import Alarm, Default, Kind, Safety, rule

from .hf_init_bypasses_guard import TRIGGERS, alarms

if TYPE_CHECKING:
    from initlint.facts.file import File


@rule(
    "INI712",
    "hf-init-without-guard",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.UNSAFE,
    triggers=TRIGGERS,
    project=True,
    premise=may_pass_guard,
)
def check(file: File) -> Iterator[Alarm]:
    """The same as INI706 where the version of transformers is not known: right below 5, wrong from there on."""
    from initlint.facts.networks.hugging_face import guards_loaded_weights

    if guards_loaded_weights(file) is None:
        yield from alarms(file)
