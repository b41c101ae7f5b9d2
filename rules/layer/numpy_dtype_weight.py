"""INI806."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Env


_DOUBLE = ("double", "float64", "set_default_dtype")


@rule(
    "INI806",
    "numpy-dtype-weight",
    Kind.SUSPICIOUS,
    Default.PREVIEW,
    fix=Safety.DISPLAY,
    triggers=tuple(
        (taken, place, "random")
        for taken in ("from_numpy(", ".tensor(", "as_tensor(")
        for place in ("Parameter(", ".data =", ".data=")
    ),
    context=_DOUBLE,
)
def check(file: File) -> Iterator[Alarm]:
    """A weight made from a draw of numpy without a type: it is float64, and the rest of the model float32."""
    from initlint.facts.arguments.dtypes import taken_as_float64

    for value, env in _weights(file):
        draw = taken_as_float64(file, value, env)
        if draw is None or _in_double(file):
            continue
        message = (
            f"{text.code(draw.func)} draws float64 and nothing converts it: the weight is float64, and its first "
            f"product with a float32 input raises RuntimeError"
        )
        fix = Proposal("convert to float32", Safety.DISPLAY, (Change.after(value, ".float()"),))
        yield Alarm(value, message, (fix,), ((draw, "it is drawn here"),))


def _weights(file: File) -> Iterator[tuple[cst.BaseExpression, Env]]:
    """What parameters are made from, and what is put into the place of their data."""
    import libcst as cst

    from initlint.facts.reading.scopes import Scope, Write

    for call in file.calls_of("torch.nn.Parameter"):
        if call.node.args and not call.node.args[0].star:
            yield call.node.args[0].value, call.env
    scopes: tuple[Scope, ...] = (file.record.module, *file.record.functions)
    for event in (event for scope in scopes for event in scope.events):
        match event:
            case Write(target=cst.Attribute(value=tensor, attr=cst.Name(value="data"))) if event.value is not None:
                if file.targets.resolve(tensor, event.env, event.block).is_parameter:
                    yield event.value, event.env


def _in_double(file: File) -> bool:
    """Whether the file speaks of float64 elsewhere, so that it may be meant."""
    from initlint.facts.reading.inside import named

    return bool(named(file.record.node, *_DOUBLE))
