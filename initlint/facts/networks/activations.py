"""Activations: the rectifiers of a class or file with their slopes, and what makes the gain of a layer irrelevant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.words import ACTIVATIONS, LEAKY
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Env, Mention, Scope

if TYPE_CHECKING:
    from initlint.facts.file import File

_BOUNDED = frozenset({"tanh", "Tanh", "sigmoid", "Sigmoid"})
_DEFAULT_SLOPE = 0.01
_INIT_FUNCTIONS = re.compile(r"(?:kaiming|xavier|orthogonal).*|calculate_gain")
_RESCALE = re.compile(
    r"""weight(?:\.data)?\)?\s*(?:\*=|/=|\*(?!\*)|/)            # self.weight * scale, m.weight.data *= scale
    |[*/]\s*(?:\w+\.)*weight\b(?!\.(?:size|shape|data\.s))     # scale * self.weight
    |\.(?:mul|div)_\(
    |[*/]\s*self\.(?:scale|gain|std|c)\b                       # x * self.scale""",
    re.VERBOSE,
)
"""Code after which the magnitude of a weight is not the one that the init gave it."""


@dataclass(frozen=True, slots=True, eq=False)
class Rectifier:
    """A use of a rectifying activation; `slope` is None for any other than a leaky one, and for a slope not settled.

    `given` is the expression that the slope is passed as, with the names in force there.
    """

    node: cst.BaseExpression
    name: str
    slope: float | None
    given: cst.BaseExpression | None = None
    env: Env | None = None


@dataclass(frozen=True, slots=True)
class Slope:
    """The one slope that every rectifier of a stretch of code has, and where they are."""

    value: float
    uses: tuple[Rectifier, ...]

    def written(self, env: Env) -> str:
        """The slope as code: the name that every rectifier takes it from if it means the same here, or the number."""
        names = {use.given.value if isinstance(use.given, cst.Name) else None for use in self.uses}
        name = names.pop() if len(names) == 1 else None
        if name is None:
            return f"{self.value:g}"
        bindings = {env.lookup(name), *(use.env.lookup(name) for use in self.uses if use.env is not None)}
        return name if len(bindings) == 1 and None not in bindings else f"{self.value:g}"


class Activations:
    """Rectifiers and normalisations of one file, by scope."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._rescaling: dict[cst.CSTNode, bool] = {}
        self._strings = {
            argument.value
            for call in file.record.calls
            if _INIT_FUNCTIONS.fullmatch(text.last_name(call.node.func) or "")
            for argument in call.node.args
        }
        self._rectifiers: list[tuple[Call | Mention, Rectifier]] = [
            found for call in file.record.calls if (found := self._of_call(call)) is not None
        ]
        self._rectifiers += [(mention, Rectifier(mention.node, mention.word, None)) for mention in self._mentions()]

    def slope(self, classes: Collection[Class] | None) -> Slope | None:
        """The literal slope of all rectifiers in classes (in the file, if None); None where they differ or are open."""
        return _one_slope(rectifier for event, rectifier in self._rectifiers if _inside(event, classes))

    def slope_of(self, calls: Sequence[cst.Call]) -> Slope | None:
        """The one literal slope of the rectifiers that calls are; None where one is something else."""
        by_node = {rectifier.node: rectifier for _, rectifier in self._rectifiers}
        return _one_slope(by_node[call] for call in calls) if all(call in by_node for call in calls) else None

    def used(self, classes: Collection[Class] | None) -> dict[str, cst.BaseExpression]:
        """All activations in classes (in the file, if None) with a use of each, those of gates and outputs included."""
        used: list[tuple[Call | Mention, str]] = [
            (call, text.last_name(call.node.func) or "") for call in self._file.record.calls
        ]
        used += [
            (mention, mention.word)
            for mention in self._file.record.mentions
            if mention.node not in self._strings and not _is_module_access(mention.node, self._file, mention)
        ]
        return {name: event.node for event, name in used if name in ACTIVATIONS and _inside(event, classes)}

    def used_in(self, classes: Collection[Class]) -> bool:
        """Whether classes use a rectifier at all."""
        return any(_inside(event, classes) for event, _ in self._rectifiers)

    def scale_free(self, classes: Collection[Class] | None) -> bool:
        """Whether a normalisation or a rescaling of the weights stands in classes (in the file, if None).

        There the gain of an init cannot matter.
        """
        calls = (call for call in self._file.record.calls if _inside(call, classes))
        return any(_normalises(text.last_name(call.node.func) or "") for call in calls) or self.rescaled(classes)

    def rescaled(self, classes: Collection[Class] | None) -> bool:
        """Whether classes (the file, if None) multiply or divide weights by something."""
        nodes = [self._file.record.node] if classes is None else [class_.node for class_ in classes]
        return any(map(self._rescales, nodes))

    def _rescales(self, node: cst.Module | cst.ClassDef) -> bool:
        if node not in self._rescaling:
            code = node.code if isinstance(node, cst.Module) else text.code(node)
            self._rescaling[node] = _RESCALE.search(code) is not None
        return self._rescaling[node]

    def _of_call(self, call: Call) -> tuple[Call, Rectifier] | None:
        name = text.last_name(call.node.func)
        if name is None or name not in ACTIVATIONS or name in _BOUNDED:
            return None
        if name not in LEAKY:
            return call, Rectifier(call.node, name, None)
        qualified = self._file.names.qualified(call.node.func, call.env)
        if qualified is None or not qualified.startswith("torch."):
            return call, Rectifier(call.node, name, None)
        parameters = ("negative_slope", "inplace") if name == "LeakyReLU" else ("input", "negative_slope", "inplace")
        slots = text.argument_slots(call.node, parameters)
        if slots is None:
            return call, Rectifier(call.node, name, None)
        given = slots.get("negative_slope")
        slope = _DEFAULT_SLOPE
        if given is not None:
            number = self._file.values.number(given.value, call.env, defaults=True)
            return call, Rectifier(call.node, name, number, given.value, call.env)
        return call, Rectifier(call.node, name, slope)

    def _mentions(self) -> list[Mention]:
        """Activations passed on by name; the `nonlinearity` strings of init functions are none."""
        return [
            mention
            for mention in self._file.record.mentions
            if mention.word in ACTIVATIONS
            and mention.word not in _BOUNDED
            and mention.node not in self._strings
            and not _is_module_access(mention.node, self._file, mention)
        ]


def _one_slope(rectifiers: Iterable[Rectifier]) -> Slope | None:
    uses = tuple(rectifiers)
    slopes = {use.slope for use in uses}
    value = slopes.pop() if len(slopes) == 1 else None
    return Slope(value, uses) if value is not None else None


def _is_module_access(node: cst.BaseExpression, file: File, mention: Mention) -> bool:
    """`self.relu` and the like name a layer that was counted where it was built."""
    return isinstance(node, cst.Attribute) and file.names.qualified(node, mention.env) is None


def _inside(event: Call | Mention, classes: Collection[Class] | None) -> bool:
    scope: Scope | None = event.block.scope
    while classes is not None and scope is not None and scope not in classes:
        scope = scope.outer
    return classes is None or scope is not None


def _normalises(name: str) -> bool:
    low = name.lower()
    return "norm" in low and not low.rstrip("_").endswith("normal")
