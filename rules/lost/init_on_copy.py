"""INI702."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.dropped_writes import may_drop
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.dropped import DroppedWrite

_PICKED = r"\[(?:[^\]\n]*(?:[<>=~&|[(]|, ?[a-z]+\])|[a-z]\w*\])"
_CALLED = (
    r"(?:clone\(|double\(|half\(|bfloat16\(|contiguous\(|flatten\(|ravel\(|reshape\(|index_select\(|masked_select\(|repeat\("
    r"|tile\(|diag\(|mul\(|add\(|div\(|sub\(|(?:to|type)\((?:dtype=)?torch\.(?:float64|double|float16|half|bfloat16))"
)
_CHAIN = r"(?:\[[^\]\n]*\]|\(\)|\([-\d, ]+\)|[\w.])*"
_FUNCTION = r"(?:torch\.(?:diag|clone|index_select|masked_select|cat|stack|flatten|ravel)\(|copy\.deepcopy\()"
_WRITING = r"(?:normal|uniform|fill|zero|copy|mul|div|add|sub|clamp)_\("
_SIZED = r"(?:full|zeros|ones|rand|randn|empty)(?:_like\([\w.]+|\(\s*[\w.]+\.(?:size\(\)|shape))[^\n]*\) *\r?\n"
_TRIGGERS = (
    rf"_\(\s*(?:tensor=)?(?:{_FUNCTION}|\w[\w.]*(?:{_PICKED}|\.(?:weight|bias|data) ?[-+*/])|\w{_CHAIN}\.{_CALLED})",
    rf"\](?<=[a-z)\]]\])\.(?:data\.)?{_WRITING}",
    rf"\.(?:clone|double|half)\(\)[\w.\[\]]*\.{_WRITING}",
    r"\.(?:weight|bias|data)\[[^\n=]*\]\[[^\n=]*\] ?[-+*/]?=[^=]",
    r"\.(?:weight|bias|data)\.(?:mul|add|div|sub|clamp|masked_fill|pow|abs|neg)\(",
    r"self\.(?<=\s\sself\.)\w+\.(?:mul|div|sub|clamp|masked_fill)\(",
    rf"torch\.(?:(?<=\s\storch\.)|(?<=\ntorch\.)){_SIZED}",
)


@rule(
    "INI702",
    "init-on-copy",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=tuple(re.compile(pattern) for pattern in _TRIGGERS),
    context=CONTEXT,
    premise=may_drop,
)
def check(file: File) -> Iterator[Alarm]:
    """An init whose values go to a copy of the parameter, or to a new tensor, and are dropped with it."""
    from initlint.facts.sites.dropped import dropped_writes

    for found in dropped_writes(file):
        copy = found.access.copy
        related = ((copy, "this copies"),) if copy is not None else ()
        yield Alarm(found.node, _message(found), tuple(_fixes(found)), related)


def _message(found: DroppedWrite) -> str:
    target, kept = found.target.text, f"{found.target.text} keeps the values that it had"
    match found.means:
        case "arithmetic":
            return f"{found.name} returns a new tensor, which nothing takes: {kept}; {found.name}_ writes to it"
        case "new":
            return f"torch.{found.name} makes a new tensor like {target}, which nothing takes: {kept}"
        case _:
            assert found.access.copy is not None
            return f"{text.code(found.access.copy)} is a copy: what {found.name} writes there is dropped, {kept}"


def _fixes(found: DroppedWrite) -> Iterator[Proposal]:
    import libcst as cst

    copy, data = found.access.copy, text.strip_data(found.written) is not found.written
    match found.means, found.node, copy:
        case "new", _, _:
            yield from _init(found)
        case "arithmetic", cst.Call(func=cst.Attribute(attr=name) as function), _:
            changes = [Change.after(name, "_")] + ([] if data else [Change.after(function.value, ".data")])
            yield Proposal("write in place", Safety.UNSAFE, tuple(changes))
        case "function" | "method", cst.Call() as call, cst.Subscript(value=inner) if copy is found.written:
            items = text.code(copy.with_changes(value=cst.parse_expression(_storage(inner))))
            yield Proposal("assign the values", Safety.UNSAFE, (Change(call, f"{items} = {_value(found, call)}"),))
        case "function" | "method", _, cst.Call(func=cst.Attribute(value=inner, attr=name), args=()):
            written = text.code(inner) if found.means == "function" else _storage(inner)
            if name.value in ("clone", "contiguous"):
                yield Proposal("write to the parameter", Safety.UNSAFE, (Change(copy, written),))
            elif name.value in ("double", "half", "bfloat16") and copy is found.written:
                copied = f"{_storage(inner)}.copy_({text.code(found.node)})"
                yield Proposal("copy the values back", Safety.UNSAFE, (Change(found.node, copied),))


def _storage(tensor: cst.BaseExpression) -> str:
    """A tensor whose items can be assigned although it is a leaf."""
    return text.code(tensor) + ("" if text.strip_data(tensor) is not tensor else ".data")


def _value(found: DroppedWrite, call: cst.Call) -> str:
    """The values that a call would have written."""
    match found.name, list(call.args):
        case "zero_", []:
            return "0"
        case "fill_" | "copy_", [argument] if argument.keyword is None and not argument.star:
            return text.code(argument.value)
        case _:
            return text.code(call)


def _init(found: DroppedWrite) -> Iterator[Proposal]:
    """`torch.full(w.size(), c)` meant `nn.init.constant_(w, c)`."""
    import libcst as cst

    from initlint.facts.sites.rewrite import spelled

    name = _INITIALIZERS.get(found.name.removesuffix("_like"))
    function = spelled(f"torch.nn.init.{name}", found.file.names, found.env) if name is not None else None
    if function is None or not isinstance(found.node, cst.Call):
        return
    values = [text.code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for argument in found.node.args[1:]]
    if len(values) == (name == "constant_"):
        call = f"{function}({', '.join((found.target.text, *values))})"
        yield Proposal(f"initialise with {name}", Safety.UNSAFE, (Change(found.node, call),))


_INITIALIZERS = {"full": "constant_", "zeros": "zeros_", "ones": "ones_", "rand": "uniform_", "randn": "normal_"}
