"""Init helpers that take a module, not a tensor: those of mmcv and mmengine, and functions of the file like them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts import text
from initlint.facts.guards import Presence
from initlint.facts.scopes import Call, Function

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.targets import Target

MODULE_HELPERS = frozenset(
    {
        "constant_init", "normal_init", "trunc_normal_init", "xavier_init", "kaiming_init", "uniform_init",
        "caffe2_xavier_init",
    }
)  # fmt: skip
"""Helpers of mmcv and mmengine: each tests `hasattr(module, 'weight')` and does nothing for a tensor."""

_ROOTS = ("mmcv", "mmengine")


@dataclass(frozen=True, slots=True, eq=False)
class HelperCall:
    """A call of a module helper: its name, the first argument, and the target if that argument is a tensor."""

    call: Call
    name: str
    argument: cst.BaseExpression
    target: Target


def helper_calls(file: File) -> Iterator[HelperCall]:
    """Calls of helpers that take a module, in the order of the source."""
    for call in file.record.calls:
        arguments = [argument.value for argument in call.node.args if argument.keyword is None and not argument.star]
        if not arguments:
            continue
        qualified = file.names.qualified(call.node.func, call.env)
        name = qualified.rpartition(".")[2] if qualified is not None else ""
        imported = qualified is not None and qualified.partition(".")[0] in _ROOTS and name in MODULE_HELPERS
        definition = None if imported else file.names.definition(call.node.func, call.env)
        if imported or (isinstance(definition, Function) and only_for_modules(file, definition)):
            called = name or text.code(call.node.func)
            yield HelperCall(call, called, arguments[0], file.targets.resolve(arguments[0], call.env, call.block))


def only_for_modules(file: File, function: Function) -> bool:
    """Whether a function of the file does nothing unless its first argument has a `weight` or a `bias`."""
    if not function.arguments or not function.events:
        return False
    subject = function.arguments[0]
    sites = [site for site in file.sites if site.function is function]
    asked = {f"{subject}.weight", f"{subject}.bias"}

    def guarded(call: Call) -> bool:
        guards = file.guards.of_kind(call.block, Presence)
        return any(guard.kind == "hasattr" and guard.subject in asked and not guard.negated for guard in guards)

    return bool(sites) and all(guarded(site.call) for site in sites)
