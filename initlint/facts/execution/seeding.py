"""Seeding: calls that start torch's generator anew, and the initial values that are drawn after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LayerKind
from initlint.facts.api.torch_init import Draw
from initlint.facts.execution.applying import Taken, takers
from initlint.facts.execution.steps import Runs, Step, constructor, lineage
from initlint.facts.meaning.guards import ClassNameGuard, OtherGuard, Presence, TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Argument, Branch, Call, Class, Function, Looped, Module

if TYPE_CHECKING:
    from initlint.facts.file import File

SEEDING = frozenset(
    {
        *("torch.manual_seed", "torch.random.manual_seed"),
        *("torch.default_generator.manual_seed", "torch.random.default_generator.manual_seed"),
        *("pytorch_lightning.seed_everything", "lightning.seed_everything", "lightning.pytorch.seed_everything"),
        *(
            "lightning.fabric.seed_everything",
            "lightning_fabric.seed_everything",
            "pytorch_lightning.utilities.seed_everything",
        ),
        *("transformers.set_seed", "transformers.trainer_utils.set_seed", "accelerate.utils.set_seed"),
    }
)
"""Functions that set torch's global generator to a given state."""

_RESTORING = frozenset({"set_rng_state", "set_rng_state_all", "seed", "initial_seed"})
_RANDOM_KINDS = frozenset(
    {
        *(LayerKind.LINEAR, LayerKind.CONV, LayerKind.EMBEDDING, LayerKind.RECURRENT),
        *(LayerKind.ATTENTION, LayerKind.COMPOSITE),
    }
)
_OTHER_DRAWS = frozenset(
    {
        *(f"torch.{name}" for name in ("rand", "randn", "randint", "randperm", "multinomial", "bernoulli", "normal")),
        *("torch.rand_like", "torch.randn_like", "torch.utils.data.DataLoader", "torch.utils.data.random_split"),
        *("torch.utils.data.RandomSampler", "sklearn.model_selection.train_test_split"),
    }
)
_DEPTH = 3
_CONSTANT = frozenset({Draw.CONSTANT, Draw.EYE, Draw.DIRAC})
_MODULES = frozenset(
    {"pytorch_lightning.LightningModule", "lightning.LightningModule", "lightning.pytorch.LightningModule"}
)


class Repeats(StrEnum):
    """Why the same values are drawn more than once."""

    MODULE = "module that it is given"
    TURN = "turn of the loop"
    CALL = "call"
    INSTANCE = "instance"


@dataclass(frozen=True, slots=True, eq=False)
class Reseed:
    """A call that starts the generator anew before initial values are drawn.

    `draw` is the first call that draws them. `repeats` says what happens again with the same values; `class_` is the
    class in whose constructor it stands.
    """

    call: Call
    draw: cst.Call
    repeats: Repeats
    class_: Class | None = None


def repeated(file: File) -> Iterator[Reseed]:
    """Seeds that are set again for every layer that is initialised."""
    taken = takers(file)
    for seed in file.record.calls:
        function = seed.block.scope
        if not isinstance(function, Function) or not _sets_seed(file, seed) or not _is_plain(file, seed):
            continue
        for draw, module in _draws(file, function):
            repeats = _repeats(file, seed, module, draw, taken) if _follows(seed, draw) else None
            if repeats is not None:
                yield Reseed(seed, draw.node, repeats)
                break


def constructed(file: File) -> Iterator[Reseed]:
    """Seeds that the constructor of a module sets before it draws weights, each call once."""
    found: dict[cst.Call, Reseed] = {}
    for class_ in file.classes:
        seed: Call | None = None
        for step in constructor(file, class_) if is_module_class(file, class_) else ():
            call = step.event
            if not isinstance(call, Call):
                continue
            if step.runs is Runs.ALWAYS and _sets_seed(file, call) and not _is_undone(file, call):
                seed = call
            elif seed is not None and (draws := _draws_weights(file, call, step)) is not None:
                if draws:
                    found.setdefault(seed.node, Reseed(seed, call.node, Repeats.INSTANCE, class_))
                seed = None
    yield from found.values()


def is_module_class(file: File, class_: Class) -> bool:
    """Whether a class is a module for certain: a base of it, or of its bases in the file, is one of torch's."""
    bases = [(base.value, each.env) for each in lineage(file, class_) for base in each.node.bases]
    names = [file.names.qualified(base, env) or "" for base, env in bases]
    return any(name.startswith("torch.nn.") or name in _MODULES for name in names)


def _sets_seed(file: File, call: Call) -> bool:
    """Whether a call seeds: one of `SEEDING`, or a function of the file that does so in any case and draws nothing."""
    if file.names.qualified(call.node.func, call.env) in SEEDING:
        return bool(call.node.args)
    function = file.names.definition(call.node.func, call.env)
    if not isinstance(function, Function) or not call.node.args or any(_draws(file, function)):
        return False
    inner = [event for event in function.events if isinstance(event, Call) and event.block.parent is None]
    return any(file.names.qualified(each.node.func, each.env) in SEEDING for each in inner)


def _is_plain(file: File, call: Call) -> bool:
    """Whether a seed is set whatever the configuration, and stays set: only the kind of a module is asked for."""
    for guard in file.guards.around(call.block):
        if isinstance(guard, OtherGuard) or (isinstance(guard, Presence) and "." not in guard.subject):
            return False
    return not _is_undone(file, call)


def _is_undone(file: File, call: Call) -> bool:
    """Whether the generator is put back: under `fork_rng`, or by `set_rng_state` or `seed` in the same function."""
    for block in call.block.path():
        items = block.node.items if block.branch is Branch.WITH and isinstance(block.node, cst.With) else ()
        if any(isinstance(item.item, cst.Call) and text.last_name(item.item.func) == "fork_rng" for item in items):
            return True
    inner = [event for event in call.block.scope.events if isinstance(event, Call)]
    return any(
        (file.names.qualified(each.node.func, each.env) or "").startswith("torch.")
        and text.last_name(each.node.func) in _RESTORING
        for each in inner
    )


def _follows(seed: Call, draw: Call) -> bool:
    """Whether a call comes after a seed wherever it runs."""
    events = seed.block.scope.events
    return seed.block in draw.block.path() and events.index(seed) < events.index(draw)


def _draws(file: File, function: Function) -> Iterator[tuple[Call, cst.BaseExpression]]:
    """The calls of a function that draw initial values, with the tensor or module that they are for."""
    sites = {site.node: site for site in file.sites}
    for event in function.events:
        if not isinstance(event, Call):
            continue
        site = sites.get(event.node)
        if site is not None and site.target is not None and site.initializer.draw not in _CONSTANT:
            yield event, site.target.tensor
        elif isinstance(event.node.func, cst.Attribute) and event.node.func.attr.value == "reset_parameters":
            yield event, event.node.func.value


def _repeats(file: File, seed: Call, drawn: cst.BaseExpression, draw: Call, taken: frozenset[Taken]) -> Repeats | None:
    """What draws the same values again: nothing where the seed differs, or where one seed serves all layers."""
    local = _local_names(seed)
    root = text.root(drawn)
    binding = draw.env.lookup(root) if root is not None else None
    if local is None:
        return None
    if isinstance(binding, Looped):
        loops = [block.node for block in seed.block.path() if block.branch is Branch.LOOP]
        inside = any(isinstance(loop, cst.For) and loop.iter is binding.iterable for loop in loops)
        steady = all(isinstance(seed.env.lookup(name), Argument) for name in local)
        return Repeats.TURN if inside and steady else None
    if not isinstance(binding, Argument) or binding.function is not seed.block.scope:
        return None
    function = binding.function
    if (function, binding.name) in taken or (function.owner is None and _asks_for_kind(file, draw, binding.name)):
        arguments = [seed.env.lookup(name) for name in local if name != binding.name]
        steady = all(isinstance(each, Argument) and (each.default or each.index == 0) for each in arguments)
        return Repeats.MODULE if steady and binding.name not in local else None
    if local:
        return None
    if function.owner is not None:
        made = file.targets.made(drawn, draw.env, draw.block)
        named = function.name != "__init__" and any(word in function.name for word in ("init", "reset"))
        return Repeats.INSTANCE if named and binding.index == 0 and made is not None and made.parameter else None
    within = (call for call in file.record.calls if not isinstance(call.block.scope, Module))
    calls = [each for each in within if file.names.definition(each.node.func, each.env) is function]
    again = len(calls) > 1 or any(block.branch is Branch.LOOP for each in calls for block in each.block.path())
    return Repeats.CALL if again else None


def _asks_for_kind(file: File, draw: Call, name: str) -> bool:
    """Whether a test on the way asks what kind of module a name is: the function is for modules of several kinds."""
    guards = file.guards.around(draw.block)
    return any(isinstance(guard, TypeGuard | ClassNameGuard) and guard.subject == name for guard in guards)


def _local_names(seed: Call) -> frozenset[str] | None:
    """The names of the function that a seed is computed from; None where it may differ each time by itself."""
    given = [argument.value for argument in seed.node.args]
    if any(inside(each, cst.Call) for each in given):
        return None
    names = {name.value for value in given for name in inside(value, cst.Name)}
    return frozenset(name for name in names if seed.env.local(name) is not None)


def _draws_weights(file: File, call: Call, step: Step, depth: int = _DEPTH) -> bool | None:
    """Whether what a step draws is weights; None where it draws nothing, as far as is known.

    Beside layers and inits, only the constructor itself is asked, and those of the modules that it builds.
    """
    layer = file.builder.layer_call(call.node, call.env)
    if layer is not None:
        return True if layer.layer.kind in _RANDOM_KINDS else None
    if any(site.node is call.node and site.initializer.draw not in _CONSTANT for site in file.sites):
        return True
    if not isinstance(step.scope, Function) or step.scope.name != "__init__":
        return None
    qualified = file.names.qualified(call.node.func, call.env) or ""
    if qualified in _OTHER_DRAWS or text.last_name(call.node.func) == "random_split":
        value = call.statement.value if isinstance(call.statement, cst.Assign) else None
        made = file.builder.made(value, call.env) if value is not None else None
        return made is not None and made.parameter
    definition = file.names.definition(call.node.func, call.env)
    if not isinstance(definition, Class) or not is_module_class(file, definition) or depth == 0:
        return None
    inner = ((each.event, each) for each in constructor(file, definition))
    drawn = (_draws_weights(file, event, each, depth - 1) for event, each in inner if isinstance(event, Call))
    return True if any(drawn) else None
