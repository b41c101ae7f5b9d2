"""The whole file as `ast` has it, for facts that say that something stands nowhere: LibCST reads only what matters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

Routine = ast.FunctionDef | ast.AsyncFunctionDef


def last_name(node: ast.expr) -> str:
    """`c` of `c` and of `<anything>.c`; empty for anything else."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


class Tree:
    """A file with what stands around each node, and its definitions, attributes, names and strings by their text."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.parents: dict[ast.AST, ast.AST] = {}
        self.attributes: dict[str, list[ast.Attribute]] = {}
        self.names: dict[str, list[ast.Name]] = {}
        self.strings: dict[str, list[ast.Constant]] = {}
        self.classes: list[ast.ClassDef] = []
        self.routines: list[Routine] = []
        self.imports: dict[str, str] = {}
        pending: list[ast.AST] = [module]
        while pending:
            node = pending.pop()
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                pending.append(child)
                self._enter(child)

    def _enter(self, node: ast.AST) -> None:
        match node:
            case ast.Attribute(attr=name):
                self.attributes.setdefault(name, []).append(node)
            case ast.Name(id=name):
                self.names.setdefault(name, []).append(node)
            case ast.Constant(value=str(value)):
                self.strings.setdefault(value, []).append(node)
            case ast.ClassDef():
                self.classes.append(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.routines.append(node)
            case ast.Import():
                for alias in node.names:
                    root = alias.name.partition(".")[0]
                    self.imports[alias.asname or root] = alias.name if alias.asname else root
            case ast.ImportFrom():
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = f"{module}.{alias.name}"

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def branches(self, statement: ast.stmt) -> dict[ast.If, bool]:
        """The tests on the way to a statement, with the side that leads there."""
        found: dict[ast.If, bool] = {}
        inner: ast.AST = statement
        for around in self.around(statement):
            if isinstance(around, ast.If):
                found[around] = inner in around.body
            inner = around
        return found

    def routine(self, node: ast.AST) -> Routine | None:
        """The innermost function around a node."""
        return next((each for each in self.around(node) if isinstance(each, Routine)), None)

    def method(self, node: ast.AST) -> tuple[ast.ClassDef, Routine] | None:
        """The class and the method around a node; functions inside the method belong to it."""
        inner: Routine | None = None
        for each in self.around(node):
            if isinstance(each, Routine):
                inner = each
            elif isinstance(each, ast.ClassDef):
                return (each, inner) if inner is not None else None
        return None

    def qualified(self, node: ast.expr) -> str | None:
        """`torch.nn.functional.linear` of `F.linear`; None for what no import binds."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        root = self.imports.get(node.id) if isinstance(node, ast.Name) else None
        return ".".join((root, *reversed(attributes))) if root is not None else None

    def is_own(self, node: ast.Attribute) -> bool:
        """Whether an attribute is of the object whose method it stands in: `self.x`."""
        found = self.method(node)
        if found is None or not isinstance(node.value, ast.Name):
            return False
        arguments = [*found[1].args.posonlyargs, *found[1].args.args]
        return bool(arguments) and arguments[0].arg == node.value.id

    @cached_property
    def words(self) -> frozenset[str]:
        """The names and attributes of the file."""
        return frozenset((*self.names, *self.attributes, *self.imports))

    @cached_property
    def documentation(self) -> frozenset[ast.AST]:
        """The strings that are statements of their own."""
        found = (node for nodes in self.strings.values() for node in nodes)
        return frozenset(node for node in found if isinstance(self.parents[node], ast.Expr))
