"""Loops over the parameters of a model: which parameters pass the tests on the way to an init, for certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LayerKind
from initlint.facts.execution.graph import NUMBER, UNKNOWN
from initlint.facts.execution.parameters import Parameter, parameters, recurrent
from initlint.facts.execution.steps import Runs
from initlint.facts.meaning.guards import DimGuard, OtherGuard, TypeGuard, WordGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Env, Looped

if TYPE_CHECKING:
    from initlint.facts.execution.trees import Tree
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


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
    trees = site.file.trees.of(receiver, loop.env, site.call)
    visits = _inside(site.file, trees)
    tests: list[Callable[[Parameter], bool | None]] = []
    words: list[str] = []
    by_dimension = False
    for guard in site.guards:
        match guard:
            case TypeGuard(subject=subject, negated=False) if subject == text.code(receiver) and guard.layers:
                visits = _of_types(site.file, trees, guard) or _of_some(guard)
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


def _inside(file: File, trees: Iterable[Tree]) -> list[Parameter]:
    """The parameters of modules, as those name them."""
    return [parameter for tree in trees for parameter in parameters(file, tree.parts)]


def _of_types(file: File, trees: Iterable[Tree], guard: TypeGuard) -> list[Parameter]:
    """The parameters of those modules that are of some types."""
    layers = guard.layers or ()
    return _inside(file, (tree for tree in trees if tree.root.layer is not None and tree.root.layer.layer in layers))


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
