"""What a constructor runs, judged on the whole file: methods that are not read otherwise may stand in between."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.execution.steps import lineage
from initlint.facts.premises.tree import Routine, Tree

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Class

_SWITCHES = frozenset({"no_grad", "inference_mode", "set_grad_enabled"})


def constructing(file: File, class_: Class) -> frozenset[str]:
    """The names of the methods that the constructor of a class runs, as far as they are called on the object itself."""
    methods: dict[str, list[Routine]] = {}
    for node in nodes_of(file, class_):
        for routine in _methods(node):
            methods.setdefault(routine.name, []).append(routine)
    found: set[str] = set()
    pending = ["__init__"]
    while pending:
        name = pending.pop()
        if name not in found and name in methods:
            found.add(name)
            pending += [call.attr for routine in methods[name] for call in _own_calls(file.tree, routine)]
    return frozenset(found)


def nodes_of(file: File, class_: Class) -> list[ast.ClassDef]:
    """A class and its bases in the file; those of the same name count as well."""
    names = {each.name for each in lineage(file, class_)}
    return [node for node in file.tree.classes if node.name in names]


def runs_without_gradients(file: File, class_: Class, method: str) -> bool:
    """Whether some call of a method stands where gradients may be switched off, or switches stand around anywhere."""
    tree = file.tree
    for node in nodes_of(file, class_):
        for call in _own_calls(tree, node):
            if call.attr == method and any(
                isinstance(each, ast.With) and _switches(each) for each in tree.around(call)
            ):
                return True
    return False


def _switches(node: ast.With) -> bool:
    words = (getattr(each, "attr", getattr(each, "id", "")) for item in node.items for each in ast.walk(item))
    return not _SWITCHES.isdisjoint(words)


def _methods(node: ast.ClassDef) -> Iterator[Routine]:
    yield from (each for each in node.body if isinstance(each, Routine))


def _own_calls(tree: Tree, node: ast.AST) -> Iterator[ast.Attribute]:
    """`self.method` and `super().method` inside a node, called or passed on."""
    for each in ast.walk(node):
        match each:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                yield each
            case ast.Attribute(value=ast.Name()) if tree.is_own(each):
                yield each
