"""Loose tensors: attributes of modules that are made like parameters, and are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import Draw
from initlint.facts.execution.handing import Handing
from initlint.facts.execution.steps import constructor
from initlint.facts.execution.trainable import is_module, ready
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Env, Write
from initlint.facts.sites.sites import Form

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_MOVING = frozenset({"to", "cuda", "cpu", "float", "double", "half", "type", "clone", "contiguous"})
_FIXED = frozenset({Draw.CONSTANT, Draw.EYE, Draw.DIRAC})
_VARIABLES = frozenset({"torch.autograd.Variable", "torch.autograd.variable.Variable"})


@dataclass(frozen=True, slots=True, eq=False)
class LooseTensor:
    """A tensor that a constructor assigns to an attribute of a module, and that `forward` uses.

    `asks` is the call that asks for its gradient (None where nothing does), `site` the random init that it is given
    to; `plain` says that a parameter could stand in its place: it is never assigned again, nor written in place.
    """

    class_: Class
    name: str
    write: Write
    value: cst.BaseExpression
    asks: cst.Call | None
    site: InitSite | None
    plain: bool
    use: cst.CSTNode


def loose_tensors(file: File) -> Iterator[LooseTensor]:
    """The tensors that look like parameters in the classes of a file, and that nothing registers or trains."""
    for class_ in file.classes:
        handing: Handing | None = None
        for name, writes in file.modules.writes(class_).items():
            making = [write for write in writes if not _is_move(write, name)]
            value = making[0].value if len(making) == 1 and not making[0].unpacking else None
            if value is None or making[0].operator is not None:
                continue
            asks, site = _asking(file, value, making[0].env), _init_of(file, class_, name, making[0])
            if asks is None and site is None:
                continue
            handing = handing or Handing(file, class_)
            if _is_loose(file, handing, class_, name, making[0]):
                plain = len(writes) == 1 and ready(file, class_, writes) and not _written_in_place(handing, name)
                yield LooseTensor(class_, name, making[0], value, asks, site, plain, next(handing.uses(name)))


def _is_loose(file: File, handing: Handing, class_: Class, name: str, write: Write) -> bool:
    if not is_module(file, class_) or not any(step.event is write for step in constructor(file, class_)):
        return False
    uses = set(handing.uses(name)) - _for_checkpointing(handing)
    return bool(uses) and not handing.handed_on({name})


def _for_checkpointing(handing: Handing) -> set[cst.CSTNode]:
    """What `forward` gives to `checkpoint(…)`, which needs some input that asks for a gradient."""
    calls = (event.node for method, event in handing.events() if method in handing.forward and isinstance(event, Call))
    named = (call for call in calls if "checkpoint" in (text.last_name(call.func) or ""))
    return {argument.value for call in named for argument in call.args}


def _written_in_place(handing: Handing, name: str) -> bool:
    """Whether a method changes the tensor: `self.w.uniform_()`, `self.w[0] = 1`; a leaf forbids it."""
    for method, event in handing.events():
        match event:
            case Call(node=cst.Call(func=cst.Attribute(value=tensor, attr=cst.Name(value=called)))):
                changed = tensor if called.endswith("_") and not called.endswith("__") else None
            case Write(target=cst.Subscript(value=tensor)):
                changed = tensor
            case _:
                changed = None
        if changed is not None and self_attribute(text.strip_data(changed), method) == name:
            return True
    return False


def _is_move(write: Write, name: str) -> bool:
    """`self.w = None`, `self.w = self.w.to(device)`."""
    if write.value is None:
        return False
    node = text.behind_methods(write.value, _MOVING)
    same = node is not write.value and isinstance(node, cst.Attribute) and node.attr.value == name
    return same or (isinstance(node, cst.Name) and node.value == "None")


def _asking(file: File, node: cst.BaseExpression, env: Env) -> cst.Call | None:
    """The call that makes a tensor with a gradient: `torch.randn(…, requires_grad=True)`, `….requires_grad_()`."""
    while isinstance(node, cst.Call):
        qualified = file.names.qualified(node.func, env)
        if qualified is not None:
            flag = next(
                (each.value for each in node.args if each.keyword and each.keyword.value == "requires_grad"), None
            )
            tensor = qualified in _VARIABLES or (
                qualified.startswith("torch.") and not qualified.startswith("torch.nn.")
            )
            return node if tensor and flag is not None and text.code(flag) == "True" else None
        match node.func:
            case cst.Attribute(value=inner, attr=cst.Name(value="requires_grad_")):
                made = file.builder.made(inner, env)
                return node if made is not None and not made.parameter and not node.args else None
            case cst.Attribute(value=inner, attr=cst.Name(value=name)) if name in _MOVING:
                node = inner
            case _:
                return None
    return None


def _init_of(file: File, class_: Class, name: str, write: Write) -> InitSite | None:
    """The init function that the tensor is given to, as it is made or later in its class."""
    assert write.value is not None
    made = file.builder.made(write.value, write.env)
    if made is None or made.parameter or "requires_grad" in text.code(write.value):
        return None
    for site in file.sites:
        if site.form is not Form.FUNCTION or site.class_ is not class_ or site.tensor is None:
            continue
        if site.initializer.draw in _FIXED:
            continue
        if site.node is write.value or text.code(text.strip_data(site.tensor)) == f"self.{name}":
            return site
    return None
