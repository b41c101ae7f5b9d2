"""INI701."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.lost_inits import may_lose_init
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.execution.holding import Wrapping
    from initlint.facts.execution.reparametrised import LostInit
    from initlint.facts.file import File


@rule(
    "INI701",
    "init-after-weight-norm",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("weight_norm", "parametrizations", "_unstructured", "_structured", "custom_from_mask", "prune.identity"),
    context=CONTEXT,
    project=True,
    premise=may_lose_init,
)
def check(file: File) -> Iterator[Alarm]:
    """An init of a weight that is already reparametrised: it is recomputed before it is ever used."""
    from initlint.facts.execution.reparametrised import lost_inits

    for found in lost_inits(file):
        wrap = found.wraps[0].call
        wrapper = text.code(wrap.func)
        holder = f"{text.code(found.subject)} is" if found.whole else f"layers of {text.code(found.subject)} are"
        where = f"where {found.where}, " if found.where else ""
        message = (
            f"{where}{holder} under {wrapper} already, which computes the weight anew from other parameters: "
            f"what {found.site.spelled} writes is lost, the weight keeps the scale that it had when it was wrapped"
        )
        related = [(wrap, "it is wrapped here")] if any(each.node is wrap for each in file.record.calls) else []
        if found.node is not found.site.node and found.site.file is file:
            related.append((found.site.node, "the init is here"))
        yield Alarm(found.node, message, tuple(_fixes(found)), tuple(related))


def _fixes(found: LostInit) -> Iterator[Proposal]:
    """Initialise, then wrap: the function is applied inside each wrap, or the wrap moves behind the init."""
    if found.call.node is not found.node or not found.call.discarded or not found.together:
        return
    if found.applied is not None:
        yield from _apply_inside(found, found.applied)
    elif found.node is found.site.node and len(found.wraps) == 1:
        yield from _move_wrap(found, found.wraps[0])


def _apply_inside(found: LostInit, applied: cst.BaseExpression) -> Iterator[Proposal]:
    import libcst as cst

    inner = [wrap.inner for wrap in found.wraps]
    if not found.whole or found.local or not all(isinstance(each, cst.Call) for each in inner):
        return
    changes = [Change.after(each, f".apply({text.code(applied)})") for each in inner if each is not None]
    changes.append(Change(found.call.statement, ""))
    yield Proposal("initialise inside the wrap", Safety.UNSAFE, tuple(changes))


def _move_wrap(found: LostInit, wrap: Wrapping) -> Iterator[Proposal]:
    """`self.conv = weight_norm(…)` becomes the construction, the init, and `self.conv = weight_norm(self.conv)`."""
    import libcst as cst

    subject = text.code(found.subject)
    if found.call.block is not wrap.block or wrap.call.args[0].keyword is not None:
        return
    match wrap.statement:
        case cst.Assign(targets=[target], value=value) if value is wrap.call and text.code(target.target) == subject:
            assign = f"{subject} = "
        case cst.Expr(value=value) if value is wrap.call and text.code(wrap.call.args[0].value) == subject:
            assign = ""
        case _:
            return
    rest = [text.code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for argument in wrap.call.args[1:]]
    again = f"{assign}{text.code(wrap.call.func)}({', '.join((subject, *rest))})"
    bare = text.code(wrap.call.args[0].value) == subject
    first = Change(wrap.statement, "") if bare else Change(wrap.call, wrap.call.args[0].value)
    changes = (first, Change.line_after(found.call.statement, again))
    yield Proposal("wrap after the init", Safety.UNSAFE, changes)
