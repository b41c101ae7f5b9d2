"""INI706."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.hugging_face import may_pass_guard
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, Trigger, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.networks.load_guard import Unguarded

_BODY = r"def _init_weights\([^\n]*\n(?:(?![ \t]*(?:async def|def|class) )[^\n]*\n)*?[^\n]*"
_WRITING = r"(?<!init)(?<!initialization)\.(?:normal|uniform|fill|zero|copy|mul|div|add|sub|clamp|random)_\("
_PART = r"_\([\w.]+(?:\[|\.m?T\b|\.(?:t|view|chunk|split|unbind|narrow|transpose|flatten)\()"
_LOOP = r"in [\w.]+\.(?:chunk|split|unbind)\("
_INSIDE = re.compile(rf"{_BODY}(?:\.data\b|\.detach\(\)|\.(?:weight|bias)\[|{_WRITING}|{_PART}|{_LOOP})")
_BOUND = ("nn.init import", "= nn.init.", "= torch.nn.init.", "timm", "mmengine", "mmcv")
TRIGGERS: tuple[Trigger, ...] = (
    (_INSIDE, "PreTrainedModel"),
    *(("def _init_weights", "PreTrainedModel", bound) for bound in _BOUND),
)


@rule(
    "INI706",
    "hf-init-bypasses-guard",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=TRIGGERS,
    project=True,
    premise=may_pass_guard,
)
def check(file: File) -> Iterator[Alarm]:
    """A write in `_init_weights` of a Hugging Face model that draws weights anew which were loaded."""
    from initlint.facts.networks.hugging_face import guards_loaded_weights

    if guards_loaded_weights(file):
        yield from alarms(file)


def alarms(file: File) -> Iterator[Alarm]:
    """The writes past the guard, whichever version of transformers is there."""
    from initlint.facts.networks.load_guard import unguarded_writes

    for found in unguarded_writes(file):
        yield Alarm(found.node, _message(found), tuple(_fixes(file, found)))


def _message(found: Unguarded) -> str:
    import libcst as cst

    from initlint.facts.networks.load_guard import Way

    parameter = text.code(found.parameter)
    written = text.last_name(found.node.func) if isinstance(found.node, cst.Call) else "this assignment"
    match found.way:
        case Way.IN_PLACE:
            how = f"{written} writes {parameter} whether it was loaded or not"
        case Way.VIEW:
            how = f"{written} writes a part of {parameter}, which has no mark of being loaded"
        case Way.STRIPPED:
            how = f"{written} writes {parameter}.data, which has no mark of being loaded"
        case Way.IMPORTED:
            how = f"{written}, bound before torch.nn.init is guarded, writes {parameter} whether it was loaded or not"
    return (
        f"{how}: from_pretrained of transformers 5 calls _init_weights after loading, and the weight of the checkpoint "
        "is gone (before 5.13 always, since then in a module that it covers in part)"
    )


def _fixes(file: File, found: Unguarded) -> Iterator[Proposal]:
    """Call the guarded function; where there is none for it, ask for the mark."""
    from initlint.facts.networks.load_guard import MARK, Way
    from initlint.facts.sites.functional import function_call, init_module

    site, parameter, statement = found.site, text.code(found.parameter), found.event.statement
    if site is not None and site.call.discarded and found.way is not Way.VIEW:
        module = init_module(file, site.call.env)
        call = function_call(site, parameter, module) if module is not None else None
        if call is not None:
            title = "draw it with a function that leaves loaded weights alone"
            yield Proposal(title, Safety.UNSAFE, (Change(site.node, call),))
            return
    line = file.record.statements.get(statement)
    if line is not None and len(line.body) == 1:
        test = f'if not getattr({parameter}, "{MARK}", False):'
        changes = (Change(statement, test), Change.line_after(statement, f"    {text.code(statement)}"))
        yield Proposal("leave a loaded weight alone", Safety.UNSAFE, changes)
