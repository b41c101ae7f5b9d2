"""Init helpers that take a module, not a tensor: those of mmcv and mmengine, and functions of the file like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import HELPER_PACKAGES, MODULE_HELPERS
from initlint.facts.meaning.guards import Presence
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Function

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.targets import Target


@dataclass(frozen=True, slots=True, eq=False)
class HelperCall:
    """A call of a module helper: its name, its arguments by parameter, the module among them, read as a target.

    `definition` is the helper where it stands in this file, None for one of mmcv or mmengine.
    """

    call: Call
    name: str
    definition: Function | None
    slots: Mapping[str, cst.Arg]
    module: cst.Arg
    target: Target

    @property
    def given_tensor(self) -> bool:
        """Whether that is a tensor for certain: `X.weight`, `X.bias`, `X.data`, what the source makes as one."""
        stripped = self.target.tensor is not self.module.value
        return self.target.is_parameter or self.target.made is not None or stripped


def helper_calls(file: File) -> Iterator[HelperCall]:
    """Calls of helpers that take a module, in the order of the source."""
    for call in file.record.calls:
        qualified = file.names.qualified(call.node.func, call.env)
        name = qualified.rpartition(".")[2] if qualified is not None else text.code(call.node.func)
        imported = qualified is not None and qualified.partition(".")[0] in HELPER_PACKAGES and name in MODULE_HELPERS
        definition = None if imported else file.names.definition(call.node.func, call.env)
        if not imported and not (isinstance(definition, Function) and only_for_modules(file, definition)):
            continue
        function = definition if isinstance(definition, Function) else None
        parameters = function.arguments if function is not None else ("module", *MODULE_HELPERS[name])
        slots = text.argument_slots(call.node, parameters)
        module = slots.get(parameters[0]) if slots is not None else None
        if slots is not None and module is not None and not file.targets.built(module.value, call.env, call.block):
            target = file.targets.resolve(module.value, call.env, call.block)
            yield HelperCall(call, name, function, slots, module, target)


def only_for_modules(file: File, function: Function) -> bool:
    """Whether a function of the file does nothing unless its first argument has a `weight` or a `bias`.

    Its body is tests of `hasattr(argument, 'weight')` and the like without `else`; docstrings, assertions and returns
    of the argument may stand beside them.
    """
    if not function.arguments or function.owner is not None:
        return False
    subject = function.arguments[0]
    body = function.node.body.body
    tests = [statement for statement in body if isinstance(statement, cst.If)]
    if not tests or any(not _inert(statement, subject) for statement in body if statement not in tests):
        return False
    asked = {f"{subject}.weight", f"{subject}.bias"}

    def passed_by_modules(test: cst.If) -> bool:
        guards = file.guards.read(test.test, function.env)
        found = (guard for guard in guards if isinstance(guard, Presence) and guard.kind == "hasattr")
        return test.orelse is None and any(guard.subject in asked and not guard.negated for guard in found)

    return all(map(passed_by_modules, tests))


def _inert(statement: cst.CSTNode, subject: str) -> bool:
    """Whether a statement is a docstring, `pass`, an assertion, or returns nothing but the argument."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString()) | cst.Pass() | cst.Assert()]):
            return True
        case cst.SimpleStatementLine(body=[cst.Return(value=value)]):
            return value is None or (isinstance(value, cst.Name) and value.value == subject)
        case _:
            return False
