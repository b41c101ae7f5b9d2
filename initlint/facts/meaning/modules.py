"""Modules: what the classes of a file build and hold, by attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import libcst as cst

from initlint.facts.api.modules import ADDING
from initlint.facts.meaning.construction import Builder, Built, Made
from initlint.facts.reading.scopes import Block, Call, Class, Function, Scope, Write


class Modules:
    """Attributes of the classes of one file, read once each."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._writes: dict[Class, Mapping[str, list[Write]]] = {}
        self._built: dict[tuple[Class, str], tuple[Built, ...]] = {}

    def class_of_self(self, receiver: str, block: Block) -> Class | None:
        """The class whose instance a name is at a place: the first parameter of the method around it."""
        scope: Scope | None = block.scope
        while scope is not None:
            if isinstance(scope, Function) and scope.owner is not None:
                return scope.owner if scope.arguments[:1] == (receiver,) and not scope.is_static else None
            scope = scope.outer
        return None

    def writes(self, class_: Class) -> Mapping[str, list[Write]]:
        """Assignments to `self.<name>` in the methods of a class, by name, in the order of the source."""
        if class_ not in self._writes:
            found: dict[str, list[Write]] = {}
            for method in class_.methods.values():
                for event in method.events:
                    name = self_attribute(event.target, method) if isinstance(event, Write) else None
                    if name is not None and isinstance(event, Write):
                        found.setdefault(name, []).append(event)
            self._writes[class_] = found
        return self._writes[class_]

    def built(self, class_: Class, name: str) -> tuple[Built, ...]:
        """Everything that `self.<name>` may be built as, appended elements included; empty where that is not known."""
        key = class_, name
        if key not in self._built:
            self._built[key] = ()
            found = [
                self._builder.build(write.value, write.env)
                for write in self.writes(class_).get(name, ())
                if write.value is not None and not write.unpacking
            ]
            found = [each for each in found if not _placeholder(each)]
            appended = tuple(self._appended(class_, name))
            if appended and len(found) == 1 and found[0].container is not None:
                found = [replace(found[0], elements=found[0].elements + appended, counted=False)]
            settled = len(found) > 0 and not any(each.unknown for each in found)
            self._built[key] = tuple(found) if settled else ()
        return self._built[key]

    def made(self, class_: Class, name: str) -> Made | None:
        """The tensor or parameter that `self.<name>` is made as, where every assignment makes one of the same shape."""
        writes = [write for write in self.writes(class_).get(name, ()) if write.value is not None]
        made = [self._builder.made(write.value, write.env) for write in writes if write.value is not None]
        if not made or any(each is None or write.unpacking for each, write in zip(made, writes, strict=True)):
            return None
        shapes = {len(each.shape) if each is not None and each.shape is not None else None for each in made}
        return made[0] if len(shapes) == 1 else None

    def _appended(self, class_: Class, name: str) -> list[Built]:
        """The elements that `self.<name>.append(…)` and the like add."""
        found: list[Built] = []
        for method in class_.methods.values():
            for event in method.events:
                match event:
                    case Call(node=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=adding)))):
                        if adding in ADDING and self_attribute(holder, method) == name:
                            found += self._builder.added(event)
        return found


def self_attribute(node: cst.BaseExpression, method: Function) -> str | None:
    """`x` of `self.x`."""
    match node:
        case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
            return name if method.arguments[:1] == (receiver,) and not method.is_static else None
        case _:
            return None


def _placeholder(built: Built) -> bool:
    """`self.x = None` before the real assignment."""
    return isinstance(built.node, cst.Name) and built.node.value == "None"
