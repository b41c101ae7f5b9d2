"""Constructors of Hugging Face models as they run: what is built, and whether `post_init` comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer, LayerKind
from initlint.facts.api.modules import ADDING
from initlint.facts.execution.drawing import added, draws
from initlint.facts.execution.steps import Step, constructor, methods
from initlint.facts.networks.hugging_face import is_directly_model, is_model, is_settled, models
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File

FINISHING = "post_init"
_OLD = "init_weights"
_DRAWN = frozenset({LayerKind.LINEAR, LayerKind.CONV, LayerKind.EMBEDDING})
"""Layers that every `_init_weights` draws; a normalisation starts as it is built."""


@dataclass(frozen=True, slots=True, eq=False)
class Late:
    """A layer that is added to a model when `post_init` has run already, or that it never reaches."""

    attribute: str
    node: cst.BaseExpression
    layer: Layer


@dataclass(frozen=True, slots=True, eq=False)
class Construction:
    """How the constructor of a model stands to `post_init`.

    `finished` is the call that runs last, None where there is none; it is `inherited` where the constructor of a base
    makes it. `late` are the layers behind it that `_init_weights` would draw; `otherwise` is
    a call behind it that draws values in another way, `init_weights()` or `apply`. `builds` says that the constructor
    calls something for an attribute at all.
    """

    class_: Class
    method: Function
    finished: Call | None
    inherited: bool
    late: tuple[Late, ...]
    otherwise: Call | None
    builds: bool


def constructions(file: File) -> Iterator[Construction]:
    """The constructors of the models of a file that do not end with `post_init`.

    Only of classes directly under a `PreTrainedModel` that are no bases themselves. A class that another model of the
    file builds is finished by that one; one whose constructor runs code that is not known says nothing.
    """
    held = _held(file)
    if _finished_from_outside(file):
        return
    for class_ in models(file):
        method = class_.methods.get("__init__")
        if method is None or not is_directly_model(class_) or not is_settled(file, class_) or _is_base(file, class_):
            continue
        found = _Constructor(file, class_, method).construction()
        if found is not None and (found.finished is not None or class_ not in held):
            yield found


class _Constructor:
    """One constructor, followed to its end."""

    def __init__(self, file: File, class_: Class, method: Function) -> None:
        self.file = file
        self.class_ = class_
        self.method = method
        self.finished: Call | None = None
        self.inherited = False
        self.late: list[Late] = []
        self.otherwise: Call | None = None
        self.builds = False
        self.settled = True

    def construction(self) -> Construction | None:
        """How it ends; None where something in it is not known, or nothing is behind `post_init`."""
        for step in constructor(self.file, self.class_):
            self.add(step)
            if isinstance(step.event, Call):
                self.call(step.event, step)
        if not self.settled or (self.finished is not None and not self.late):
            return None
        late = tuple(self.late)
        return Construction(self.class_, self.method, self.finished, self.inherited, late, self.otherwise, self.builds)

    def add(self, step: Step) -> None:
        """Note the first layer of what is built that `_init_weights` would draw."""
        if isinstance(step.event, Write) and (rebound := step.own(step.event.target)) is not None:
            self.late = [each for each in self.late if each.attribute != rebound]
            self.builds = self.builds or isinstance(step.event.value, cst.Call)
        for attribute, parameter in added(self.file, step):
            layer = parameter.layer
            if attribute in {each.attribute for each in self.late} or layer is None or layer.kind not in _DRAWN:
                continue
            if draws(self.file, self.class_, layer):
                self.late.append(Late(attribute, parameter.node, layer))

    def call(self, call: Call, step: Step) -> None:
        function = call.node.func
        own = step.own(function)
        if own == FINISHING:
            self.finished, self.late, self.otherwise = call, [], None
            self.inherited = step.entered is None and step.scope is not self.method
        elif own in _DRAWING:
            self.otherwise = call
        elif own is not None and own not in methods(self.file, self.class_) and own not in _INERT:
            self.settled = False
        elif not (isinstance(function, cst.Attribute) and function.attr.value in {*ADDING, "__init__"}):
            self.touch(call, step)

    def touch(self, call: Call, step: Step) -> None:
        """Forget layers that a call is given or is made on: it may draw them."""
        given = [argument.value for argument in call.node.args]
        if isinstance(call.node.func, cst.Attribute):
            given.append(call.node.func.value)
        names = {name for node in given for name in _own_attributes(node, step)}
        self.late = [each for each in self.late if each.attribute not in names]


def _own_attributes(node: cst.BaseExpression, step: Step) -> Iterator[str]:
    """`head` of `self.head`, `self.head.weight` and `self.head[0]`."""
    while isinstance(node, cst.Attribute | cst.Subscript | cst.Call):
        own = step.own(node)
        if own is not None:
            yield own
        node = node.func if isinstance(node, cst.Call) else node.value


def _is_base(file: File, class_: Class) -> bool:
    """Whether another class derives from a class, whose constructor may call `post_init` for both."""
    here = (base.value for each in file.classes if each is not class_ for base in each.node.bases)
    elsewhere = file.elsewhere is not None and file.elsewhere.derives(class_.name)
    return elsewhere or class_.name in {text.last_name(base) for base in here}


def _held(file: File) -> set[Class]:
    """The classes that a model of the file builds in one of its methods."""
    found: set[Class] = set()
    for call in file.record.calls:
        built = file.names.definition(call.node.func, call.env)
        holder = file.class_around(call.block) if isinstance(built, Class) else None
        if isinstance(built, Class) and holder is not None and holder is not built and is_model(file, holder):
            found.add(built)
    return found


def _finished_from_outside(file: File) -> bool:
    """Whether code outside of models calls `model.post_init()` or `model.init_weights()`."""
    for call in file.record.calls:
        match call.node.func:
            case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
                scope = call.block.scope
                own = isinstance(scope, Function) and scope.arguments[:1] == (receiver,)
                if name in (FINISHING, _OLD) and not own:
                    return True
    return False


_DRAWING = frozenset({_OLD, "apply", "reset_parameters", "initialize_weights"})
_INERT = frozenset(
    {
        "add_module",
        "eval",
        "float",
        "half",
        "register_buffer",
        "register_module",
        "register_parameter",
        "requires_grad_",
    }
    | {"tie_weights", "to", "train"}
)
"""Methods of every model that build and draw nothing."""
