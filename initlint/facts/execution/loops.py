"""Loops over the parameters of a model: which parameters pass the tests on the way to an init, for certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LayerKind
from initlint.facts.execution.parameters import NUMBER, UNKNOWN, Parameter, of_built, of_class, recurrent
from initlint.facts.execution.reaching import modules_of, parameter
from initlint.facts.execution.steps import Runs
from initlint.facts.meaning.guards import DimGuard, OtherGuard, TypeGuard, WordGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Block, Call, Class, Env, Function, Looped

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_STEPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class ParameterLoop:
    """An init of the parameters that a loop over `parameters()` or `named_parameters()` visits.

    Of the parameters that the loop visits, `reached` pass every test on the way to the init for certain; for those of
    `possible` no test is known to fail.
    `words` are those that a parameter's name must hold; `by_dimension` says that a test asks for the dimensions.
    """

    site: InitSite
    loop: Looped
    reached: tuple[Parameter, ...]
    possible: tuple[Parameter, ...]
    words: tuple[str, ...]
    by_dimension: bool

    def chooses(self, found: Parameter) -> bool:
        """Whether a test asks for the layer of a parameter by the name that it is held under."""
        return any(word in found.path.rpartition(".")[2] for word in self.words)

    @property
    def restores_norms(self) -> bool:
        """Whether the scales of normalisations may be set elsewhere, so that what the loop leaves in them is not seen.

        An init of theirs, a call of their `reset_parameters`, a function applied that the file does not define.
        """
        file, class_ = self.site.file, self.site.class_
        others = [site for site in file.sites if site is not self.site and site.class_ in (None, class_)]
        return any(self._writes_norm(site) for site in others) or any(
            _resets(file, call) for call in file.record.calls if file.class_around(call.block) is class_
        )

    def _writes_norm(self, site: InitSite) -> bool:
        target = site.target
        if target is None:
            return False
        if target.loop is not None and target.loop.iterable is self.loop.iterable:
            beside = parameter_loop(site)
            return beside is None or any(each.scales_norm for each in beside.possible)
        if target.attribute != "weight" or target.layers is not None:
            return any(layer.kind is LayerKind.NORM for layer in target.layers or ()) and target.attribute == "weight"
        match target.owner:
            case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
                own = site.file.modules.class_of_self(receiver, site.call.block) is not None
                return not own or any(each.path.partition(".")[0] == name for each in self.reached if each.scales_norm)
            case _:
                return True


def parameter_loop(site: InitSite) -> ParameterLoop | None:
    """The loop over parameters that a site stands in.

    None where its target is no loop variable, or where a test stands on the way that is not understood.
    """
    target = site.target
    loop = target.loop if target is not None else None
    match loop.iterable if loop is not None else None:
        case cst.Call(func=cst.Attribute(value=receiver), args=()):
            pass
        case _:
            return None
    assert loop is not None
    visits = _visited(site.file, receiver, loop.env, site.call, _STEPS)
    tests: list[Callable[[Parameter], bool | None]] = []
    words: list[str] = []
    by_dimension = False
    for guard in site.guards:
        match guard:
            case TypeGuard(subject=subject, negated=False) if subject == text.code(receiver) and guard.layers:
                visits = _of_types(visits, guard) or _of_some(guard)
            case WordGuard() if _is_name(guard, loop, site.call.env):
                tests.append(_word_test(guard))
                words += [] if guard.negated else [guard.word]
            case DimGuard() if target is not None and guard.subject == target.text:
                by_dimension = True
                tests.append(_dim_test(guard))
            case OtherGuard() if "requires_grad" in text.code(guard.node):
                continue
            case _:
                return None
    reached = tuple(each for each in visits if all(test(each) for test in tests))
    possible = tuple(each for each in visits if not any(test(each) is False for test in tests))
    return ParameterLoop(site, loop, reached, possible, tuple(words), by_dimension)


def _resets(file: File, call: Call) -> bool:
    """`norm.reset_parameters()`, `self.apply(imported)`."""
    match call.node:
        case cst.Call(func=cst.Attribute(value=module, attr=cst.Name(value="reset_parameters"))):
            plain = isinstance(module, cst.Name) and file.modules.class_of_self(module.value, call.block) is not None
            return not plain and not isinstance(module, cst.Call)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="apply")), args=[given]):
            class_ = file.class_around(call.block)
            own = given.value.attr.value if isinstance(given.value, cst.Attribute) else ""
            known = class_ is not None and own in class_.methods
            return not known and file.names.definition(given.value, call.env) is None
        case _:
            return False


def _visited(file: File, model: cst.BaseExpression, env: Env, call: Call, steps: int) -> list[Parameter]:
    """The parameters of a model, as far as they are known, at the moment of a call."""
    if steps == 0:
        return []
    if isinstance(model, cst.Name):
        class_ = file.modules.class_of_self(model.value, call.block)
        if class_ is not None:
            return [] if _resets_itself(file, class_, call.block) else list(of_class(file, class_, call))
        binding = env.lookup(model.value)
        if isinstance(binding, Looped) and (outer := modules_of(binding)) is not None:
            found = _visited(file, outer, binding.env, call, steps - 1)
            children = "children" in text.code(binding.iterable)
            return [each for p in found if (each := _child(p)) is not None] if children else found
        if isinstance(binding, Argument):
            return [p for each, at in models_given(file, binding) for p in _visited(file, each, at.env, at, steps - 1)]
    built = file.targets.built(model, env, call.block)
    runs = Runs.ALWAYS if len(built) == 1 else Runs.OPEN
    return [parameter.within("", runs) for each in built for parameter in of_built(file, each, 1)]


def _child(found: Parameter) -> Parameter | None:
    """A parameter as a child of the model names it."""
    return replace(found, path=found.path.partition(".")[2]) if found.path else None


def _resets_itself(file: File, class_: Class, block: Block) -> bool:
    """Whether a torch layer that a class derives from calls the method around a place, before the class adds to it."""
    bases = (file.names.qualified(base.value, class_.env) or "" for base in class_.node.bases)
    scope = block.scope
    method = scope.name if isinstance(scope, Function) else ""
    return method == "reset_parameters" and any(b.startswith("torch.nn.") and b != "torch.nn.Module" for b in bases)


def models_given(file: File, argument: Argument) -> Iterator[tuple[cst.BaseExpression, Call]]:
    """The models that calls in the file give a function: `init(model)`, `model.apply(init)`."""
    function = argument.function
    for call in file.record.calls:
        match call.node:
            case cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="apply")), args=[given, *_]):
                if names_function(file, given.value, call, function) and parameter(function, 0) == argument.name:
                    yield model, call
            case cst.Call(func=called, args=[given, *_]) if given.keyword is None and not given.star:
                if names_function(file, called, call, function) and parameter(function, 0) == argument.name:
                    yield given.value, call


def names_function(file: File, node: cst.BaseExpression, call: Call, function: Function) -> bool:
    """Whether an expression is a function: its name, or `self.method` in its class."""
    match node:
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
            class_ = file.modules.class_of_self(receiver, call.block)
            return class_ is not None and class_.methods.get(name) is function
        case _:
            return file.names.definition(node, call.env) is function


def _of_types(visits: list[Parameter], guard: TypeGuard) -> list[Parameter]:
    """The parameters of modules of some types, as those name them."""
    return [replace(each, path="") for each in visits if each.layer in (guard.layers or ())]


def _of_some(guard: TypeGuard) -> list[Parameter]:
    """The matrices that recurrent layers have whatever their arguments; of other types nothing is known."""
    layers = guard.layers or ()
    if any(layer.kind is not LayerKind.RECURRENT for layer in layers):
        return []
    return [replace(each, runs=Runs.OPEN) for layer in layers for each in recurrent(layer, guard.node)]


def _is_name(guard: WordGuard, loop: Looped, env: Env) -> bool:
    """Whether a test asks for the name that goes with the parameter in the loop."""
    if not guard.subject.isidentifier():
        return False
    binding = env.lookup(guard.subject)
    return isinstance(binding, Looped) and binding.iterable is loop.iterable and binding.unpacking == (0,)


def _word_test(guard: WordGuard) -> Callable[[Parameter], bool | None]:
    """Whether the name of a parameter passes a test for a word; None where that is not settled."""
    called = guard.node.func if isinstance(guard.node, cst.Call) else None
    edge = called.attr.value if isinstance(called, cst.Attribute) else ""

    def test(found: Parameter) -> bool | None:
        name, word = found.name, guard.word
        if edge == "startswith":
            has = None if UNKNOWN in name.partition(".")[0] else name.startswith(word)
        elif edge == "endswith":
            has = name.endswith(word) if len(word) <= len(found.local) or UNKNOWN not in name else None
        else:
            has = True if word in name.replace(UNKNOWN, "\n") else None if UNKNOWN in name else False
        if NUMBER in found.path and any(letter.isdigit() for letter in word.partition(found.local)[0]):
            has = None
        return None if has is None else has is not guard.negated

    return test


def _dim_test(guard: DimGuard) -> Callable[[Parameter], bool | None]:
    """Whether a parameter passes a test for its number of dimensions; None where it asks for something else."""

    def test(found: Parameter) -> bool | None:
        match guard.node:
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
                bound = text.integer(right)
                compare = _COMPARISONS.get(type(operator))
                if bound is None or compare is None or isinstance(left, cst.Subscript) or _of_one(left):
                    return None
                return compare(found.dims, bound) is not guard.negated
            case _:
                return None

    return test


def _of_one(node: cst.BaseExpression) -> bool:
    """`p.size(0)`: the size of one dimension."""
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and bool(node.args)


_COMPARISONS: dict[type, Callable[[int, int], bool]] = {
    cst.GreaterThan: lambda left, right: left > right,
    cst.GreaterThanEqual: lambda left, right: left >= right,
    cst.LessThan: lambda left, right: left < right,
    cst.LessThanEqual: lambda left, right: left <= right,
    cst.Equal: lambda left, right: left == right,
    cst.NotEqual: lambda left, right: left != right,
}
