"""The whole file as `ast` has it, for facts that say that something stands nowhere: LibCST reads only what matters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

Routine = ast.FunctionDef | ast.AsyncFunctionDef
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr
Loop = ast.For | ast.AsyncFor | ast.comprehension
Display = ast.List | ast.Tuple | ast.Dict | ast.ListComp | ast.GeneratorExp | ast.DictComp
"""A list, tuple or dictionary that is written out."""

Leaving = ast.Return | ast.Raise | ast.Continue | ast.Break
"""A statement behind which the next one does not run."""

_BARE = frozenset(
    {"ctx", "op", "ops", "id", "attr", "name", "arg", "asname", "module", "level", "type_comment", "kind"}
)
"""Fields in which no statement and no expression stands."""

_FIELDS = {
    each: tuple(field for field in each._fields if field not in _BARE)
    for each in vars(ast).values()
    if isinstance(each, type) and issubclass(each, ast.AST) and each not in (ast.Load, ast.Store, ast.Del)
}


def last_name(node: ast.expr) -> str:
    """`c` of `c` and of `<anything>.c`; empty for anything else."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def root_name(node: ast.expr) -> str:
    """`a` of `a` and of `a.b.c`; empty for anything else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def receiver(routine: Routine) -> str:
    """The first parameter of a function, `self` of a method; empty where there is none."""
    return next((each.arg for each in (*routine.args.posonlyargs, *routine.args.args)), "")


def is_static(routine: Routine) -> bool:
    """Whether a function is decorated with `staticmethod`, so that its first parameter is no object of its class."""
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in routine.decorator_list)


def assigned(assignment: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every target of an assignment with the value; nothing for `x += y`, and for an annotation alone."""
    match assignment:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield target, value


def arguments(call: ast.Call) -> list[ast.expr]:
    """What a call is given, by position and by name."""
    return [*call.args, *(each.value for each in call.keywords)]


def hides_arguments(call: ast.Call) -> bool:
    """Whether `*args` or `**kwargs` hide which parameters a call gives something."""
    return any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords)


def defaults(routine: Routine) -> list[tuple[ast.arg, ast.expr]]:
    """The parameters of a function that have a default, each with it."""
    parameters = routine.args
    positional = (*parameters.posonlyargs, *parameters.args)
    named = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    return [
        *zip(reversed(positional), reversed(parameters.defaults), strict=False),
        *((each, default) for each, default in named if default is not None),
    ]


def is_same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two expressions are spelled alike."""
    match one, other:
        case ast.Name(id=name), ast.Name(id=another):
            return name == another
        case ast.Attribute(value=inner, attr=name), ast.Attribute(value=outer, attr=another):
            return name == another and is_same(inner, outer)
        case _:
            return type(one) is type(other) and ast.dump(one) == ast.dump(other)


class Tree:
    """A file with what stands around each node, and its definitions, assignments, and what is found by its spelling."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.parents: dict[ast.AST, ast.AST] = {}
        self.attributes: dict[str, list[ast.Attribute]] = {}
        self.names: dict[str, list[ast.Name]] = {}
        self.strings: dict[str, list[ast.Constant]] = {}
        self.calls: dict[str, list[ast.Call]] = {}
        self.classes: list[ast.ClassDef] = []
        self.routines: list[Routine] = []
        self.assignments: list[Assignment] = []
        self.choices: list[ast.BoolOp] = []
        self.comparisons: list[ast.Compare] = []
        self.products: list[ast.BinOp] = []
        self.loops: list[Loop] = []
        self.keywords: set[str | None] = set()
        self.imported: list[tuple[str, str]] = []
        self._meanings: dict[str, frozenset[str]] = {}
        self._walk()

    def _walk(self) -> None:
        """One pass over all nodes; names and constants, which are most of them, have nothing inside."""
        parents, names, strings, enter = self.parents, self.names, self.strings, self._entering()
        pending: list[ast.AST] = [self.module]
        while pending:
            node = pending.pop()
            for field in _FIELDS[node.__class__]:
                value: Any = getattr(node, field, None)
                children: Sequence[Any] = value if value.__class__ is list else (value,)
                for child in children:
                    kind = child.__class__
                    if kind is ast.Name:
                        parents[child] = node
                        names.setdefault(child.id, []).append(child)
                    elif kind is ast.Constant:
                        parents[child] = node
                        if child.value.__class__ is str:
                            strings.setdefault(child.value, []).append(child)
                    elif kind in _FIELDS:
                        parents[child] = node
                        pending.append(child)
                        if kind in enter:
                            enter[kind](child)

    def _entering(self) -> dict[type, Callable[[Any], object]]:
        """What is done with the nodes of each type."""
        assigned, routine = self.assignments.append, self.routines.append
        return {
            ast.Attribute: lambda node: self.attributes.setdefault(node.attr, []).append(node),
            ast.Call: lambda node: self.calls.setdefault(last_name(node.func), []).append(node),
            **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr), assigned),
            **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), routine),
            ast.ClassDef: self.classes.append,
            ast.BoolOp: self.choices.append,
            ast.Compare: self.comparisons.append,
            ast.BinOp: self._operation,
            **dict.fromkeys((ast.For, ast.AsyncFor, ast.comprehension), self.loops.append),
            ast.keyword: lambda node: self.keywords.add(node.arg),
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
        }

    def _operation(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Mult):
            self.products.append(node)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            self.imported.append((alias.asname or root, alias.name if alias.asname else root))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            self.imported.append((alias.asname or alias.name, f"{module}.{alias.name}"))

    @cached_property
    def imports(self) -> dict[str, str]:
        """What the imports bind; where two of them bind one name, the last one counts."""
        return dict(self.imported)

    @cached_property
    def pairs(self) -> list[tuple[ast.expr, ast.expr]]:
        """The targets of all assignments, each with its value."""
        return [pair for each in self.assignments for pair in assigned(each)]

    @cached_property
    def values(self) -> dict[str, list[ast.expr]]:
        """What is assigned to plain names, anywhere."""
        found: dict[str, list[ast.expr]] = {}
        for target, value in self.pairs:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
        return found

    def binders(self, name: str) -> Iterator[ast.AST]:
        """What binds a plain name: assignments, loops, tuples of targets."""
        return (self.parents[each] for each in self.names.get(name, ()) if isinstance(each.ctx, ast.Store))

    def stores(self, attribute: str) -> Iterator[ast.AST]:
        """What stores something in an attribute of this name: assignments, loops, tuples of targets."""
        return (self.parents[each] for each in self.attributes.get(attribute, ()) if isinstance(each.ctx, ast.Store))

    def stored(self, attribute: str) -> list[ast.expr]:
        """What attributes of this name are assigned, anywhere; what is unpacked is not among it."""
        values = (getattr(each, "value", None) for each in self.stores(attribute))
        return [value for value in values if isinstance(value, ast.expr)]

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions of the file."""
        return frozenset(routine.name for routine in self.routines)

    @cached_property
    def definitions(self) -> frozenset[str]:
        """The names of the functions and classes of the file."""
        return self.functions.union(each.name for each in self.classes)

    @cached_property
    def _renames(self) -> dict[str, set[str]]:
        """By the names that imports and assignments give to something: the last parts of the names it has there."""
        found: dict[str, set[str]] = {}
        for name, target in self.imported:
            found.setdefault(name, set()).add(target.rpartition(".")[2])
        for name, values in self.values.items():
            found.setdefault(name, set()).update(filter(None, map(last_name, values)))
        return {name: targets for name, targets in found.items() if targets - {name}}

    def meanings(self, name: str) -> frozenset[str]:
        """A name, and the last parts of the names of what it may stand for."""
        if name not in self._meanings:
            found, pending = {name}, [name]
            while pending:
                others = self._renames.get(pending.pop(), set()) - found
                found |= others
                pending += others
            self._meanings[name] = frozenset(found)
        return self._meanings[name]

    @cached_property
    def _other_names(self) -> dict[str, set[str]]:
        """By the last part of a name: the names that imports and assignments give to what has it."""
        found: dict[str, set[str]] = {}
        for name, targets in self._renames.items():
            for target in targets:
                found.setdefault(target, set()).add(name)
        return found

    def spellings(self, *names: str) -> frozenset[str]:
        """Some names, and the others that may stand for one of them."""
        found, pending = set(names), list(names)
        while pending:
            others = self._other_names.get(pending.pop(), set()) - found
            found |= others
            pending += others
        return frozenset(found)

    def called(self, *names: str) -> Iterator[ast.Call]:
        """The calls of what may have one of these names."""
        return (call for name in self.spellings(*names) for call in self.calls.get(name, ()))

    @cached_property
    def roots(self) -> frozenset[str]:
        """The names that imports bind, and those that are assigned one of them or something in it."""
        return self.bound_to({name for name, _ in self.imported})

    def bound_to(self, names: Iterable[str]) -> frozenset[str]:
        """Some names, and those that are assigned one of them or something in it."""
        found = set(names)
        roots = {name: set(map(root_name, values)) - {""} for name, values in self.values.items()}
        while more := {name for name, holders in roots.items() if name not in found and holders & found}:
            found |= more
        return frozenset(found)

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def branches(self, node: ast.AST) -> dict[ast.If, bool]:
        """The tests on the way to a node, innermost first, each with whether it holds there."""
        found: dict[ast.If, bool] = {}
        inner = node
        for around in self.around(node):
            if isinstance(around, ast.If):
                found[around] = inner in around.body
            inner = around
        return found

    def routine(self, node: ast.AST) -> Routine | None:
        """The innermost function around a node."""
        return next(self.routines_around(node), None)

    def routines_around(self, node: ast.AST) -> Iterator[Routine]:
        """The routines around a node, innermost first."""
        return (each for each in self.around(node) if isinstance(each, Routine))

    def callers(self, names: Iterable[str]) -> set[str]:
        """The names of routines in which one of these names is called, and of those that call them in turn.

        Constructors are not among them: they are called by the name of their class.
        """
        found: set[str] = set()
        pending = list(names)
        while pending:
            for call in self.called(pending.pop()):
                around = {routine.name for routine in self.routines_around(call)} - found - {"__init__"}
                found |= around
                pending += around
        return found

    def position(self, node: ast.stmt | ast.expr, outer: Routine) -> tuple[int, int] | None:
        """Where a node begins: line and column, None where it does not stand in a routine."""
        return (node.lineno, node.col_offset) if outer in self.around(node) else None

    def start(self, node: ast.stmt | ast.expr, outer: Routine) -> tuple[int, int] | None:
        """Where a node, or the outermost loop around it in a routine, begins: all that may run before or after it."""
        start: ast.stmt | ast.expr = node
        for each in self.around(node):
            if each is outer:
                return start.lineno, start.col_offset
            start = each if isinstance(each, ast.For | ast.AsyncFor | ast.While) else start
        return None

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
        return receiver(found[1]) == node.value.id

    @cached_property
    def words(self) -> frozenset[str]:
        """The names and attributes of the file."""
        return frozenset((*self.names, *self.attributes, *self.imports))

    @cached_property
    def documentation(self) -> frozenset[ast.AST]:
        """The strings that are statements of their own."""
        found = (node for nodes in self.strings.values() for node in nodes)
        return frozenset(node for node in found if isinstance(self.parents[node], ast.Expr))
