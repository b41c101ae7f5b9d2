"""Forget gates: writes to the second quarter of the biases of recurrent layers, and the layers that have them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer, LayerKind
from initlint.facts.execution.afterwards import excludes
from initlint.facts.execution.applying import models_given
from initlint.facts.execution.constructors import Constructor, constructors
from initlint.facts.execution.reaching import modules_of
from initlint.facts.execution.served import served
from initlint.facts.execution.steps import lineage
from initlint.facts.meaning.guards import TypeGuard, WordGuard
from initlint.facts.reading import text
from initlint.facts.reading.inside import named
from initlint.facts.reading.scopes import Argument, Block, Class, Env, Looped
from initlint.facts.sites.parts import PartWrite, part_writes
from initlint.theory.scale import Scale, Symbol

if TYPE_CHECKING:
    from initlint.facts.file import File

BIASES = ("bias_ih", "bias_hh")
_STEPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class ForgetWrite:
    """A write to the second quarter of the biases of some module.

    `biases` are the kinds that it reaches; `layers` the recurrent layers that the module may be or hold, each with what
    says so, None where nothing is known; `quarters` says that the bounds are quarters of the size of the tensor itself;
    `tested` that some test on the way is not understood.
    """

    write: PartWrite
    module: cst.BaseExpression
    biases: tuple[str, ...]
    layers: tuple[Constructor, ...] | None
    quarters: bool
    tested: bool

    def beside(self, other: ForgetWrite) -> bool:
        """Whether two writes of one body of code reach different biases of one module."""
        one, two = self.write.block, other.write.block
        same = one.scope is two.scope and text.code(self.module) == text.code(other.module)
        return same and self.biases != other.biases and not excludes(one, two)

    @property
    def sets_gate(self) -> bool:
        """Whether a value that is neither 0 nor a half goes to the gate of an LSTM, as far as the source tells."""
        value, number = self.write.value, self.write.number
        halved = isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Divide)
        lstm = self.layers is None or any("LSTM" in layer.name for layer, _ in self.layers)
        return lstm and not halved and (number not in (0, 0.5) if number is not None else value is not None)


def forget_writes(file: File) -> Iterator[ForgetWrite]:
    """The writes to second quarters of biases, in the order of the source."""
    for write in part_writes(file):
        quarters = _second_quarter(file, write)
        named = _named(file, write) if quarters is not None else None
        if quarters is None or named is None:
            continue
        biases = tuple(bias for bias in BIASES if named.passes(bias))
        if biases:
            layers, tested = _layers(file, named.module, write)
            yield ForgetWrite(write, named.module, biases, layers, quarters, tested or named.tested)


def both_biases(file: File) -> Iterator[tuple[ForgetWrite, ...]]:
    """The writes that set the forget gate of an LSTM in both of its biases: one that reaches both, or one for each.

    What halves its value means the sum.
    """
    single: list[ForgetWrite] = []
    for found in forget_writes(file):
        if not found.sets_gate or not (found.quarters or found.layers):
            continue
        if len(found.biases) > 1:
            yield (found,)
            continue
        yield from ((other, found) for other in single if other.beside(found))
        single.append(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """A bias by the name that it has in its module: one name, or those that pass the tests for words."""

    module: cst.BaseExpression
    name: str
    words: tuple[WordGuard, ...]
    tested: bool = False

    def passes(self, bias: str) -> bool:
        if self.name:
            return self.name.startswith(bias)
        return all(_holds(f"{bias}_l0", guard) for guard in self.words)


def _holds(name: str, guard: WordGuard) -> bool:
    method = guard.node.func if isinstance(guard.node, cst.Call) else None
    edge = method.attr.value if isinstance(method, cst.Attribute) else ""
    found = {"startswith": name.startswith, "endswith": name.endswith}.get(edge, name.__contains__)(guard.word)
    return found is not guard.negated


def _second_quarter(file: File, write: PartWrite) -> bool | None:
    """Whether the bounds of a slice are a quarter and a half of the size of its tensor; False for `h : 2 * h`."""
    if write.bounds is None:
        return None
    lower, upper = (file.values.scale(bound, write.env) for bound in write.bounds)
    if lower is None or upper is None or lower.sign <= 0 or lower.number is not None or (upper / lower).number != 2:
        return None
    tensor = text.code(write.tensor)
    sizes = {Symbol("size(0)", tensor), Symbol("numel()", tensor), Symbol(f"len({tensor})")}
    if not sizes.isdisjoint(lower.symbols):
        return True if any(upper * 2 == Scale.symbol(size) for size in sizes) else None
    return False if any(lower == Scale.symbol(symbol) for symbol in lower.symbols) else None


def _named(file: File, write: PartWrite) -> _Named | None:
    """The module and the name of the bias that is written; None for any other tensor."""
    tensor, env = file.values.origin(write.tensor, write.env)
    match tensor:
        case cst.Attribute(value=module, attr=cst.Name(value=name)) if name.startswith(BIASES):
            return _Named(module, name, ())
        case cst.Call(func=cst.Name(value="getattr"), args=[cst.Arg(value=module), cst.Arg(value=key), *_]):
            literal = file.values.string(key, env)
            if literal is not None:
                return _Named(module, literal, ()) if literal.startswith(BIASES) else None
            looped = env.lookup(key.value) if isinstance(key, cst.Name) else None
            source = _names_of(file, looped) if isinstance(looped, Looped) else None
            same = source is not None and text.code(source[0]) == text.code(module)
            return _tested(file, write, *source, text.code(key)) if source is not None and same else None
        case cst.Name(value=variable):
            looped = env.lookup(variable)
            match looped:
                case Looped(iterable=cst.Call(func=cst.Attribute(value=module, attr=cst.Name(value=name)))):
                    named = name == "named_parameters" and looped.unpacking == (1,)
                    return _tested(file, write, module, (), _sibling(write.env, looped)) if named else None
    return None


def _names_of(file: File, looped: Looped) -> tuple[cst.BaseExpression, tuple[WordGuard, ...]] | None:
    """The module whose parameters' names a loop visits, and what a `filter` around them asks of a name."""
    words: tuple[WordGuard, ...] = ()
    iterable, env = looped.iterable, looped.env
    match iterable:
        case cst.Call(func=cst.Name(value="filter"), args=[cst.Arg(value=cst.Lambda(body=body)), cst.Arg(value=inner)]):
            words = tuple(each for each in file.guards.read(body, env) if isinstance(each, WordGuard))
            iterable = inner
    match iterable:
        case cst.Call(func=cst.Attribute(value=module, attr=cst.Name(value="named_parameters"))):
            return (module, words) if looped.unpacking == (0,) else None
        case cst.Name(value=name):
            outer = env.lookup(name)
            match outer:
                case Looped(iterable=cst.Attribute(value=module, attr=cst.Name(value="_all_weights"))):
                    return module, words
    return None


def _sibling(env: Env, looped: Looped) -> str:
    """The variable that goes through the names beside one that goes through the parameters."""
    at: Env | None = env
    while at is not None:
        binding = at.binding
        if isinstance(binding, Looped) and binding.iterable is looped.iterable and binding.unpacking == (0,):
            return at.name
        at = at.parent
    return ""


def _tested(
    file: File, write: PartWrite, module: cst.BaseExpression, words: tuple[WordGuard, ...], variable: str
) -> _Named | None:
    """What the tests on the way ask of the name; None where one that is not understood reads it."""
    tested = False
    for guard in file.guards.around(write.block):
        match guard:
            case WordGuard(subject=subject) if subject == variable:
                words = (*words, guard)
            case TypeGuard(subject=subject) if subject == text.code(module):
                continue
            case _ if named(guard.node, variable):
                return None
            case _:
                tested = tested or "requires_grad" not in text.code(guard.node)
    return _Named(module, "", words, tested)


def _layers(file: File, module: cst.BaseExpression, write: PartWrite) -> tuple[tuple[Constructor, ...] | None, bool]:
    """The recurrent layers that a module may be or hold, if known; and whether a test of its type is not understood."""
    found: list[Constructor] | None = None
    excluded: set[Layer] = set()
    for guard in file.guards.of_kind(write.block, TypeGuard):
        if guard.subject != text.code(module):
            continue
        if guard.layers is None:
            return (), True
        if guard.negated:
            excluded |= set(guard.layers)
        elif found is None:
            found = [(layer, guard.node) for layer in guard.layers]
    if found is None:
        if _is_open(file, module, write.env):
            return None, False
        found = list(_possible(file, module, write.env, write.block))
    recurrent = {layer: (layer, node) for layer, node in found if layer.kind is LayerKind.RECURRENT}
    return tuple(each for layer, each in recurrent.items() if layer not in excluded), False


def _is_receiver(argument: Argument) -> bool:
    """Whether a parameter is the object that a method is called on."""
    return argument.index == 0 and argument.function.owner is not None and not argument.function.is_static


def _is_open(file: File, module: cst.BaseExpression, env: Env) -> bool:
    """Whether a module is a parameter that no call in the file fills."""
    binding = env.lookup(module.value) if isinstance(module, cst.Name) else None
    around = modules_of(binding) if isinstance(binding, Looped) else None
    if isinstance(binding, Looped) and around is not None:
        return _is_open(file, around, binding.env)
    if not isinstance(binding, Argument) or _is_receiver(binding):
        return False
    return next(iter(models_given(file, binding)), None) is None


def _possible(
    file: File, module: cst.BaseExpression, env: Env, block: Block, steps: int = _STEPS
) -> Iterator[Constructor]:
    """The layers that a module may be or hold: as it is built, or as the calls in the file give it to a function."""
    binding = env.lookup(module.value) if isinstance(module, cst.Name) and steps > 0 else None
    around = modules_of(binding) if isinstance(binding, Looped) else None
    if isinstance(binding, Looped) and around is not None:
        yield from _possible(file, around, binding.env, block, steps - 1)
    elif isinstance(module, cst.Name) and file.modules.class_of_self(module.value, block) is not None:
        yield from _in_classes(file, served(file, block.scope))
    elif isinstance(binding, Argument):
        for model, call in models_given(file, binding):
            yield from _possible(file, model, call.env, call.block, steps - 1)
    else:
        yield from _built(file, module, env, block)


def _built(file: File, module: cst.BaseExpression, env: Env, block: Block) -> Iterator[Constructor]:
    for leaf in (leaf for each in file.targets.built(module, env, block) for leaf in each.leaves()):
        if leaf.layer is not None:
            yield leaf.layer.layer, leaf.node
        elif leaf.class_ is not None:
            yield from _in_classes(file, file.built_from(lineage(file, leaf.class_)))
    match module:
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
            class_ = file.modules.class_of_self(receiver, block)
            for write in file.modules.writes(class_).get(name, ()) if class_ is not None else ():
                if isinstance(write.value, cst.Call):
                    yield from constructors(file, write.value.func, write.env, write.block)


def _in_classes(file: File, classes: Collection[Class]) -> Iterator[Constructor]:
    for call in file.record.calls:
        if file.class_around(call.block) in classes:
            yield from constructors(file, call.node.func, call.env, call.block)
