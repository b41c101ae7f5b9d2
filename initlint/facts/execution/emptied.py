"""Modules whose parameters are memory that nothing has written, and that run like that.

`to_empty` and `skip_init` leave them so, for an init or a checkpoint to follow. Only what one function shows counts: a
module that is stored, returned or handed to anything that may write is taken to be written there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.meaning.names import BUILTINS
from initlint.facts.reading.inside import inside, named
from initlint.facts.reading.scopes import Assigned, Binding, Call, Module, Returned, Scope, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

_SKIP_INIT = frozenset({"torch.nn.utils.skip_init", "torch.nn.utils.init.skip_init"})
_HARMLESS = frozenset({"train", "eval", "to", "cuda", "cpu", "float", "half", "bfloat16", "double", "requires_grad_"})
_READING = frozenset({"parameters", "named_parameters", "state_dict", "buffers", "numel", "nelement", "size", "dim"})


@dataclass(frozen=True, slots=True, eq=False)
class EmptyModule:
    """A module without values: the call that leaves it so, its name, and the call that runs it."""

    made: cst.Call
    name: str
    run: cst.Call


def empty_modules(file: File) -> Iterator[EmptyModule]:
    """The modules of a file that run before anything writes their parameters."""
    for scope in (*file.functions, file.record.module):
        for position, event in enumerate(scope.events):
            held = _held(file, event) if isinstance(event, Call) else None
            if isinstance(event, Call) and held is not None:
                run = _Search(file, scope, *held).run(event, position)
                if run is not None:
                    yield EmptyModule(event.node, held[0], run)


def _held(file: File, call: Call) -> tuple[str, Binding] | None:
    """The name that holds what `to_empty` or `skip_init` leaves, and its binding."""
    function = call.node.func
    assignment = file.assignment_of(call.node)
    if isinstance(function, cst.Attribute) and function.attr.value == "to_empty":
        if assignment is None and call.discarded and isinstance(function.value, cst.Name):
            binding = call.env.local(function.value.value)
            return (function.value.value, binding) if isinstance(binding, Assigned) else None
    elif file.names.qualified(function, call.env) not in _SKIP_INIT:
        return None
    return (assignment.name, Assigned(call.node, call.env)) if assignment is not None else None


class _Search:
    """Follows one name through the events of its scope."""

    def __init__(self, file: File, scope: Scope, name: str, binding: Binding) -> None:
        self.file = file
        self.scope = scope
        self.name = name
        self.value = binding.value if isinstance(binding, Assigned) else None

    def run(self, made: Call, position: int) -> cst.Call | None:
        """The call that runs the module; None where something may have written it by then, or may at any time."""
        if self._is_shared():
            return None
        for event in self.scope.events[position + 1 :]:
            if isinstance(event, Call):
                if isinstance(event.node.func, cst.Name) and self._is(event.node.func, event):
                    return event.node if made.block in event.block.path() else None
                if not self._leaves_alone(event):
                    return None
            elif isinstance(event, Write | Returned) and any(map(self._names, (event.value, _target(event)))):
                return None
        return None

    def _is_shared(self) -> bool:
        """Whether the object has another name, or a function inside uses it."""
        inner = [each.node for each in self.file.functions if each.outer is self.scope]
        aliases = [
            assignment.value
            for assignment in self.file.record.assignments
            if assignment.block.scope is self.scope and isinstance(assignment.value, cst.Name | cst.Tuple | cst.List)
        ]
        return any(map(self._names, (*inner, *aliases)))

    def _is(self, node: cst.BaseExpression, at: Call) -> bool:
        binding = at.env.local(node.value) if isinstance(node, cst.Name) and node.value == self.name else None
        return isinstance(binding, Assigned) and binding.value is self.value

    def _names(self, node: cst.CSTNode | None) -> bool:
        return node is not None and bool(named(node, self.name))

    def _leaves_alone(self, call: Call) -> bool:
        """Whether a call does nothing to the values, as far as the source tells."""
        function = call.node.func
        if any(self._names(argument.value) for argument in call.node.args):
            return self._reads(call.node, call)
        match function:
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method)) if name == self.name:
                loop = isinstance(call.statement, cst.For)
                calls = inside(call.statement, cst.Call)
                return method in _HARMLESS or (not loop and all(self._reads(each, call) for each in calls))
            case cst.Name():
                known = self.file.names.qualified(function, call.env) is not None
                return known or not isinstance(self.scope, Module)
            case _:
                return not self._names(function)

    def _reads(self, node: cst.Call, at: Call) -> bool:
        """Whether a call only reads: a builtin, an optimizer that is made, `parameters()`."""
        qualified = self.file.names.qualified(node.func, at.env) or ""
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        return qualified.startswith("torch.optim.") or qualified in BUILTINS or method in _READING


def _target(event: Write | Returned) -> cst.BaseExpression | None:
    return event.target if isinstance(event, Write) else None
