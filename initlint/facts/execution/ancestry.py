"""Where a class comes from, in this file and in the others of its project, and which attributes its objects have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import Layer, layers_named
from initlint.facts.execution.steps import lineage
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Call, Class, Env, Function

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.project import ClassSketch, Elsewhere

_MODULES = frozenset(f"torch.nn.{name}" for name in ("Module", "Sequential", "ModuleList", "ModuleDict"))
_ROOTS = _MODULES | {"object", "abc.ABC", "typing.Generic", "typing.Protocol"}
_OPEN = frozenset({"__getattr__", "__getattribute__"})
_REGISTERING = frozenset({"register_parameter", "register_buffer", "register_module", "add_module"})


@dataclass(frozen=True, slots=True)
class Ancestry:
    """A class and its bases: those of the file, those of other files, the torch layers among them.

    `known` says that every line ends in `nn.Module`, a container or `object`, so that nothing else can stand among
    them; `is_module` that it is a module for certain.
    """

    classes: tuple[Class, ...] = ()
    outside: tuple[ClassSketch, ...] = ()
    layers: tuple[Layer, ...] = ()
    known: bool = True
    is_module: bool = False


@dataclass(frozen=True, slots=True)
class Attributes:
    """Names of attributes that objects of a class have; `complete` where they can have no other."""

    names: frozenset[str]
    complete: bool


def ancestry(file: File, class_: Class) -> Ancestry:
    """Where a class of the file comes from."""
    classes = tuple(lineage(file, class_))
    bases = [(_unsubscripted(base.value), each.env) for each in classes for base in each.node.bases]
    names = [
        (file.names.qualified(base, env), text.last_name(base))
        for base, env in bases
        if file.names.definition(base, env) not in classes
    ]
    layers = tuple(layer for qualified, _ in names for layer in layers_named(qualified or ""))
    foreign = [(qualified, name) for qualified, name in names if qualified not in _ROOTS]
    outside, known = _elsewhere(file, foreign)
    is_module = any(qualified in _MODULES for qualified, _ in names) or _reaches_module(outside)
    return Ancestry(classes, outside, layers, known, is_module)


def ancestry_elsewhere(file: File, qualified: str) -> Ancestry | None:
    """Where a class of another file of the project comes from, by its qualified name; None where there is none."""
    name = qualified.rpartition(".")[2]
    if file.elsewhere is None or not file.elsewhere.classes(name):
        return None
    outside, known = _elsewhere(file, [(qualified, name)])
    return Ancestry((), outside, (), known, _reaches_module(outside)) if outside else None


def attributes(file: File, origin: Ancestry) -> Attributes:
    """The attributes of the objects of a class; those that `nn.Module` gives every module are left out."""
    names: set[str] = set()
    complete = origin.known
    for class_ in origin.classes:
        names.update(class_.methods, class_.final.names_since(_root(class_)), file.modules.writes(class_))
        for method in class_.methods.values():
            for name in _registered(file, method):
                complete = complete and name is not None
                names.add(name or "")
    for sketch in origin.outside:
        names.update(sketch.methods, sketch.attributes)
    return Attributes(frozenset(names), complete and names.isdisjoint(_OPEN))


def _elsewhere(file: File, names: list[tuple[str | None, str | None]]) -> tuple[tuple[ClassSketch, ...], bool]:
    """The classes of other files that names lead to, with their bases; and whether those are all."""
    if not names:
        return (), True
    if file.elsewhere is None:
        return (), False
    spelled = [name for qualified, name in names if name is not None and _leads_into(file.elsewhere, qualified)]
    outside, known = file.elsewhere.lineage(spelled)
    plain = not any(_is_layer(base) for each in outside for base in each.bases)
    return outside, known and plain and len(spelled) == len(names)


def _is_layer(base: str) -> bool:
    """Whether a base, as another file spells it, is a torch layer, which brings attributes of its own."""
    return base.startswith(("nn.", "torch.nn.")) and f"torch.nn.{base.rpartition('.')[2]}" not in _MODULES


def _leads_into(elsewhere: Elsewhere, qualified: str | None) -> bool:
    """Whether an imported name can be one of the project's: it is relative, or begins with a folder or file of it."""
    return qualified is not None and (qualified.startswith(".") or elsewhere.has_package(qualified.partition(".")[0]))


def _unsubscripted(node: cst.BaseExpression) -> cst.BaseExpression:
    """`Generic` of `Generic[T]`."""
    return node.value if isinstance(node, cst.Subscript) else node


def _reaches_module(sketches: tuple[ClassSketch, ...]) -> bool:
    return any(base.rpartition(".")[2] == "Module" for each in sketches for base in each.bases)


def _root(class_: Class) -> Env:
    """The names of a class body before its first statement."""
    env = class_.final
    while env.parent is not None:
        env = env.parent
    return env


def _registered(file: File, method: Function) -> Iterator[str | None]:
    """What a method registers or sets by a name in a string; None where the name is not known."""
    for event in method.events:
        match event:
            case Call(node=cst.Call(func=cst.Name(value="setattr"), args=[given, key, _])):
                if isinstance(given.value, cst.Name) and given.value.value in method.arguments[:1]:
                    yield file.values.string(key.value, event.env)
            case Call(node=cst.Call(func=cst.Attribute(value=cst.Attribute(attr=cst.Name(value="__dict__"))))):
                yield None
            case Call(node=cst.Call(func=cst.Attribute(attr=cst.Name(value=name)) as called, args=[key, *_])):
                if name in _REGISTERING and self_attribute(called, method) is not None:
                    known = file.values.string(key.value, event.env)
                    yield known or ("" if name.endswith("module") else None)
