"""What the `_init_weights` of a Hugging Face model reaches: layers by their type, parameters by their name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer, layers_named
from initlint.facts.api.modules import ADDING
from initlint.facts.execution.parameters import Parameter, parameters
from initlint.facts.execution.reaching import Reach
from initlint.facts.execution.steps import constructor, lineage
from initlint.facts.meaning.guards import ClassNameGuard, Guard, TypeGuard
from initlint.facts.networks.hugging_face import (
    ROOT,
    drawing_method,
    guards_loaded_weights,
    has_own_drawing,
    is_model,
    model_bases,
    models,
)
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Function, Write

if TYPE_CHECKING:
    from initlint.facts.execution.steps import Step
    from initlint.facts.file import File

GENERAL = frozenset(
    {
        *(f"Conv{turned}{n}d" for turned in ("", "Transpose") for n in (1, 2, 3)),
        *("Linear", "Embedding", "LSTM", "MultiheadAttention"),
        *("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "LayerNorm", "RMSNorm"),
    }
) - {"ConvTranspose3d"}
"""The layers of torch that `PreTrainedModel._init_weights` draws itself (transformers 5.0 and later)."""


@dataclass(frozen=True, slots=True, eq=False)
class Undrawn:
    """A layer that `_init_weights` does not reach since an override does not call that of the base.

    `base` is the method that drew it, None for that of `PreTrainedModel`; `holder` the model that builds the layer.
    """

    drawing: Function
    base: Function | None
    holder: Class
    layer: Parameter


def undrawn(file: File) -> Iterator[Undrawn]:
    """For each `_init_weights` that replaces another one, the first layer that only the other one draws."""
    found = list(models(file))
    for class_ in found:
        drawing = drawing_method(class_)
        if drawing is None or chains(drawing) or not _draws_anything(drawing):
            continue
        above = next((method for each in lineage(file, class_)[1:] if (method := drawing_method(each))), None)
        if above is None and not guards_loaded_weights(file):
            continue
        for holder in found:
            lines = [each for each in lineage(file, holder) if drawing_method(each) is not None]
            layers = of_model(file, holder) if lines[:1] == [class_] else ()
            layer = next((each for each in layers if _lost(file, drawing, above, each.layer)), None)
            if layer is not None:
                yield Undrawn(drawing, above, holder, layer)
                break


def draws(file: File, class_: Class, layer: Layer) -> bool:
    """Whether `_init_weights` of a model draws the weight of a layer, as far as the source tells."""
    for each in lineage(file, class_):
        drawing = drawing_method(each)
        if drawing is None:
            continue
        if _reaches(file, drawing, layer):
            return True
        if not chains(drawing):
            return False
    return has_own_drawing(file, class_)


def chains(drawing: Function) -> bool:
    """Whether an `_init_weights` calls that of a base: by `super()`, or by the name of the base."""
    for event in drawing.events:
        match event:
            case Call(node=cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name)))) if name == drawing.name:
                if not (isinstance(base, cst.Name) and base.value in drawing.arguments):
                    return True
    return False


def mentions(file: File, attribute: str) -> bool:
    """Whether some `_init_weights` speaks of an attribute; of one in another file, whether that writes it."""
    drawings = (drawing_method(class_) for class_ in models(file))
    word = re.compile(rf"\b{attribute}\b")
    if any(word.search(text.code(drawing.node)) for drawing in drawings if drawing is not None):
        return True
    inside = all(model_bases(file, class_) <= {ROOT} for class_ in models(file))
    return not inside and file.elsewhere is not None and file.elsewhere.writes(attribute)


def of_model(file: File, class_: Class) -> Iterator[Parameter]:
    """The weights of the torch layers that the constructor of a model builds; other models draw their own."""
    for step in constructor(file, class_):
        yield from (parameter.within(attribute, step.runs) for attribute, parameter in added(file, step))


def added(file: File, step: Step) -> Iterator[tuple[str, Parameter]]:
    """The layers that a step of a constructor adds, by the weight of each, with the attribute that holds it."""
    match step.event:
        case Write(value=cst.BaseExpression() as value, operator=None, unpacking=()) as write:
            attribute = step.own(write.target)
            sides = (value.body, value.orelse) if isinstance(value, cst.IfExp) else (value,)
            built = tuple(file.builder.build(side, write.env) for side in sides if attribute is not None)
        case Call(node=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=name)))) as call:
            attribute = step.own(holder) if name in ADDING else None
            built = file.builder.added(call) if attribute is not None else ()
        case _:
            return
    for leaf in (leaf for each in built for leaf in each.leaves()):
        if leaf.class_ is None or not is_model(file, leaf.class_):
            for parameter in parameters(file, file.trees.graph.of_built(leaf)):
                if parameter.layer is not None and attribute is not None:
                    yield attribute, parameter


def _lost(file: File, drawing: Function, above: Function | None, layer: Layer | None) -> bool:
    """Whether a layer is drawn by the method that is replaced, and certainly not by the one that replaces it."""
    if layer is None or _may_reach(file, drawing, layer):
        return False
    return layer.name in GENERAL if above is None else _reaches(file, above, layer)


def _reaches(file: File, drawing: Function, layer: Layer) -> bool:
    site = Reach(file).given(drawing, drawing.arguments[1], (layer,), reclassed=False)
    return site is not None


def _may_reach(file: File, drawing: Function, layer: Layer) -> bool:
    """Whether an `_init_weights` does something to a layer that it is given, unless its tests rule that out."""
    subject = drawing.arguments[1]
    for event in drawing.events:
        if not isinstance(event, Call | Write) or (isinstance(event, Call) and _asks(event)):
            continue
        if all(_admits(guard, subject, layer) for guard in file.guards.around(event.block)):
            return True
    return False


def _asks(call: Call) -> bool:
    return isinstance(call.node.func, cst.Name) and call.node.func.value in _ASKING


def _admits(guard: Guard, subject: str, layer: Layer) -> bool:
    """Whether a layer passes a test, or may pass it."""
    match guard:
        case TypeGuard(subject=tested, negated=False) if tested == subject:
            return any(name in (None, "torch.nn.Module") or layer in layers_named(name or "") for name in guard.classes)
        case ClassNameGuard(subject=tested, negated=False) if tested == subject:
            return layer in guard.layers
        case _:
            return True


def _draws_anything(drawing: Function) -> bool:
    return any(isinstance(event, Call | Write) for event in drawing.events)


_ASKING = frozenset({"getattr", "hasattr", "isinstance", "issubclass", "len", "type"})
