"""Clones: stacks of layers that are copies of one layer, and start out equal unless something initialises them anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.handing import comprehension_env
from initlint.facts.execution.steps import lineage
from initlint.facts.execution.trainable import has_parameters, is_module
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Call, Class, Env, Function, Looped, Returned

if TYPE_CHECKING:
    from initlint.facts.file import File

_STACKS = frozenset({"TransformerEncoder", "TransformerDecoder"})
_LOADING = ("load", "from_pretrained", "restore")


@dataclass(frozen=True, slots=True, eq=False)
class Clones:
    """A call in a method of a module that stacks copies of one layer.

    `layer` is what is copied, by its constructor or its name, and `number` how often; `attribute` holds the stack, None
    where another expression takes it.
    """

    class_: Class
    call: Call
    layer: str
    number: str
    attribute: cst.Attribute | None


@dataclass(frozen=True, slots=True, eq=False)
class _Copies:
    """`[copy.deepcopy(layer) for _ in range(number)]`, with the names in force in it."""

    layer: cst.BaseExpression
    number: cst.BaseExpression
    env: Env


def clones(file: File) -> Iterator[Clones]:
    """The stacks of equal layers in the modules of a file in which nothing initialises the layers of a model anew."""
    found = [each for call in file.record.calls if (each := _clones(file, call)) is not None]
    if found and not _initialises_models(file):
        yield from (each for each in found if not _may_initialise(file, each.class_))


def _clones(file: File, call: Call) -> Clones | None:
    class_ = file.class_around(call.block)
    copies = _stacked(file, call) or _copied(file, call.node, call.env) or _by_helper(file, call)
    if class_ is None or copies is None or not is_module(file, class_):
        return None
    if file.values.number(copies.number, copies.env) in (0, 1):
        return None
    held = None
    match call.statement:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)], value=value) if (
            value is call.node
        ):
            held = target
    layer = copies.layer.func if isinstance(copies.layer, cst.Call) else copies.layer
    return Clones(class_, call, text.code(layer), text.code(copies.number), held)


def _stacked(file: File, call: Call) -> _Copies | None:
    """`nn.TransformerEncoder(layer, number)`, which copies its layer."""
    built = file.builder.layer_call(call.node, call.env)
    if built is None or built.layer.name not in _STACKS:
        return None
    layer, number = (built.given(name) for name in built.layer.parameters[:2])
    return _Copies(layer, number, call.env) if layer is not None and number is not None else None


def _copied(file: File, node: cst.Call, env: Env) -> _Copies | None:
    """`nn.ModuleList([copy.deepcopy(layer) for _ in range(number)])` where the layer has parameters."""
    copies = _comprehension(file, node, env)
    trained = copies is not None and has_parameters(file, file.builder.build(copies.layer, copies.env))
    return copies if trained else None


def _comprehension(file: File, node: cst.Call, env: Env) -> _Copies | None:
    if file.names.qualified(node.func, env) != "torch.nn.ModuleList":
        return None
    match node.args:
        case [cst.Arg(value=(cst.ListComp() | cst.GeneratorExp()) as made)]:
            pass
        case _:
            return None
    match made.elt, made.for_in.iter:
        case cst.Call(func=copying, args=[copied]), cst.Call(func=cst.Name(value="range"), args=[number]):
            inner = comprehension_env(made, env)
            binding = inner.lookup(copied.value.value) if isinstance(copied.value, cst.Name) else None
            if file.names.qualified(copying, env) == "copy.deepcopy" and not isinstance(binding, Looped):
                return _Copies(copied.value, number.value, inner)
    return None


def _by_helper(file: File, call: Call) -> _Copies | None:
    """`clones(layer, number)`, where a function of the file returns the list of copies."""
    helper = file.names.definition(call.node.func, call.env)
    slots = text.argument_slots(call.node, helper.arguments) if isinstance(helper, Function) else None
    if not isinstance(helper, Function) or slots is None:
        return None
    returns = [event for event in helper.events if isinstance(event, Returned)]
    if len(returns) != 1 or not isinstance(returns[0].value, cst.Call):
        return None
    copies = _comprehension(file, returns[0].value, returns[0].env)
    names = [_parameter(node, copies.env) for node in (copies.layer, copies.number)] if copies is not None else []
    given = [slots[name].value for name in names if name is not None and name in slots]
    if len(given) != 2 or not has_parameters(file, file.builder.build(given[0], call.env)):
        return None
    return _Copies(given[0], given[1], call.env)


def _parameter(node: cst.BaseExpression, env: Env) -> str | None:
    binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
    return binding.name if isinstance(binding, Argument) else None


def _initialises_models(file: File) -> bool:
    """Whether the file applies a function to models, or initialises what it is given or finds in a loop."""
    applies = any(_calls(call, ("apply",)) and len(call.node.args) == 1 for call in file.record.calls)
    return applies or any(
        _of_any_module(site.target.tensor, site.call) for site in file.sites if site.target is not None
    )


def _of_any_module(tensor: cst.BaseExpression, call: Call) -> bool:
    """Whether a tensor belongs to a loop variable, or to what a function is given."""
    name = text.root(tensor)
    binding = call.env.lookup(name) if name is not None else None
    own = isinstance(binding, Argument) and binding.function.owner is not None and binding.index == 0
    return isinstance(binding, Argument | Looped) and not own


def _may_initialise(file: File, class_: Class) -> bool:
    """Whether a class loads weights, calls an init that the file does not show, or inherits from such a class."""
    family = lineage(file, class_)
    known = {name for each in family for name in each.methods}
    for each in family:
        for argument in each.node.bases:
            qualified = file.names.qualified(argument.value, each.env) or ""
            if not qualified.startswith("torch.nn.") and file.names.definition(argument.value, each.env) is None:
                return True
        for method in each.methods.values():
            calls = (event for event in method.events if isinstance(event, Call))
            if any(_calls(call, _LOADING) or _foreign_init(file, call, known) for call in calls):
                return True
    return False


def _foreign_init(file: File, call: Call, known: set[str]) -> bool:
    """A call whose name says that it initialises, of no method of the class and no function of torch."""
    name = text.last_name(call.node.func) or ""
    torch = (file.names.qualified(call.node.func, call.env) or "").startswith("torch.")
    return _calls(call, ("init", "reset")) and name not in known | {"__init__"} and not torch


def _calls(call: Call, words: tuple[str, ...]) -> bool:
    name = text.last_name(call.node.func) or ""
    return any(word in name for word in words)
