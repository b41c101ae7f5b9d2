"""Rebuilt: modules and parameters that `forward` makes anew each time it runs, and uses at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.trainable import has_parameters, is_module, makes_parameter
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Assigned, Block, Branch, Call, Class, Env, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

Held = Callable[[cst.BaseExpression, Env], bool]
"""Whether an expression, with the names in force there, is the layer in question."""

_MOVING = frozenset(
    {"to", "cuda", "cpu", "float", "double", "half", "train", "eval", "type", "type_as", "requires_grad_"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """A construction in `forward`.

    `stored` is the attribute that it is assigned to, None where it is only used; `use` is where a local that holds it
    is called.
    """

    file: File
    class_: Class
    node: cst.Call
    env: Env
    statement: cst.CSTNode
    use: cst.CSTNode | None
    stored: str | None
    parameter: bool

    @property
    def place(self) -> cst.BaseStatement | None:
        """The last line of the constructor, behind which it could be built instead.

        None where the construction names something that only `forward` has.
        """
        constructor = self.class_.methods.get("__init__")
        if constructor is None or not isinstance(constructor.node.body, cst.IndentedBlock):
            return None
        names = [each.value for each in inside(self.node, cst.Name)]
        if any(self.env.local(name) is not None for name in names if name != "self"):
            return None
        last = constructor.node.body.body[-1]
        return last if isinstance(last, cst.SimpleStatementLine) else None

    @property
    def attribute(self) -> str | None:
        """The attribute that could hold it: the one that does, or a free one that is called like its class."""
        name = self.stored or (text.last_name(self.node.func) or "").lower()
        taken = self.stored is None and name in self.file.modules.writes(self.class_)
        return name if name and not taken else None


def rebuilt(file: File) -> Iterator[Rebuilt]:
    """The modules with parameters, and the parameters, that the `forward` of the modules of a file makes."""
    for class_ in file.classes:
        forward = class_.methods.get("forward")
        if forward is None or not is_module(file, class_):
            continue
        found = [*_called(file, class_, forward), *_stored(file, class_, forward)]
        yield from {each.node: each for each in found}.values()


def _called(file: File, class_: Class, forward: Function) -> Iterator[Rebuilt]:
    """`nn.Linear(n, m)(x)`, and `layer(x)` where `layer` is built in the same `forward`."""
    for event in forward.events:
        if not isinstance(event, Call):
            continue
        called, env = event.node.func, event.env
        if isinstance(called, cst.Name):
            binding = env.local(called.value)
            if not isinstance(binding, Assigned) or binding.unpacking or _prepared(forward, _holds(binding)):
                continue
            called, env = binding.value, binding.env
        built = _construction(called)
        if built is not None and has_parameters(file, file.builder.build(built, env)):
            use = event.node if isinstance(event.node.func, cst.Name) else None
            yield Rebuilt(file, class_, built, env, event.statement, use, None, parameter=False)


def _stored(file: File, class_: Class, forward: Function) -> Iterator[Rebuilt]:
    """`self.layer = nn.Linear(n, m)`, `self.scale = nn.Parameter(…)`, where no test says that it happens once."""
    for event in forward.events:
        if not isinstance(event, Write) or event.value is None or event.operator is not None:
            continue
        name, built = self_attribute(event.target, forward), _construction(event.value)
        if name is None or built is None or event.unpacking or not _every_time(event.block):
            continue
        parameter = makes_parameter(file, built, event.env)
        layer = not parameter and has_parameters(file, file.builder.build(built, event.env))
        if parameter or (layer and not _prepared(forward, _stores(name, forward))):
            yield Rebuilt(file, class_, built, event.env, event.statement, None, name, parameter)


def _construction(node: cst.BaseExpression) -> cst.Call | None:
    """The call that makes something, without the calls that move it."""
    node = text.behind_methods(node, _MOVING)
    return node if isinstance(node, cst.Call) else None


def _holds(binding: Assigned) -> Held:
    """Whether an expression is a local."""
    return lambda node, env: isinstance(node, cst.Name) and env.local(node.value) is binding


def _stores(attribute: str, forward: Function) -> Held:
    """Whether an expression is an attribute of the module."""
    return lambda node, env: self_attribute(node, forward) == attribute


def _prepared(forward: Function, held: Held) -> bool:
    """Whether something is done to a layer besides calling and moving it: its weights may be set, it may be kept."""
    for event in forward.events:
        if isinstance(event, Write):
            touched = [] if held(event.target, event.env) else [event.target]
            touched += [event.value] if event.value is not None else []
        elif isinstance(event, Call):
            moved = isinstance(event.node.func, cst.Attribute) and event.node.func.attr.value in _MOVING
            touched = [argument.value for argument in event.node.args]
            touched += [] if moved or held(event.node.func, event.env) else [event.node.func]
        else:
            continue
        if any(_begins_with(node, event.env, held) for node in touched):
            return True
    return False


def _begins_with(node: cst.BaseExpression, env: Env, held: Held) -> bool:
    """Whether an expression is a layer, or attributes and items of it."""
    while not held(node, env) and isinstance(node, cst.Attribute | cst.Subscript):
        node = node.value
    return held(node, env)


def _every_time(block: Block) -> bool:
    """Whether a place in `forward` is reached by every call, as far as no test stands on the way."""
    return all(each.branch in (Branch.BODY, Branch.LOOP, Branch.WITH) for each in block.path())
