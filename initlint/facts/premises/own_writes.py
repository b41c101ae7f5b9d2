"""Who writes the parameters that a file makes of uninitialised memory, as far as `ast` shows it.

The file alone settles most of them: it has a string with the name of the parameter, an init from outside of its class,
a method that the constructor calls.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from initlint.facts.api import memory as table
from initlint.facts.api.words import LOADING
from initlint.facts.premises.tree import Routine, Tree, last_name
from initlint.facts.premises.writing import Writing

_SERVING = frozenset({"load_weights", "weight_loader", "set_weight_attrs"})
"""Names in a file whose models only ever take their values from a checkpoint."""

_ALLOCATING = frozenset({*(name.rpartition(".")[2] for name in (*table.SIZED, *table.LIKE, *table.TYPES)), "new"})


class OwnWrites:
    """The writes of a file to parameters that it makes; `made` holds each as its name and the value, dumped."""

    def __init__(self, tree: Tree, made: Container[tuple[str, str]]) -> None:
        self.tree = tree
        self.writing = Writing(tree)
        self.made = made

    def by_name(self, name: str) -> bool:
        """Whether the file says the name of a parameter in a string, other than to register it."""
        strings = (node for node in self.tree.strings.get(name, ()) if node not in self.tree.documentation)
        return any(not self._registers(node) for node in strings)

    def _registers(self, node: ast.Constant) -> bool:
        parent = self.tree.parents[node]
        return isinstance(parent, ast.Call) and _is_registration(parent)

    def writers(self, name: str, classes: Container[ast.ClassDef]) -> tuple[str, ...] | None:
        """The methods of some classes that may write a parameter; None where something else may."""
        found: dict[str, None] = {}
        for node in self.tree.attributes.get(name, ()):
            around = self.tree.method(node)
            own = around is not None and self.tree.is_own(node)
            if (own and around is not None and around[0] not in classes) or not self._may_write(node, name):
                continue
            if not own or around is None or not _initialises(around[1]):
                return None
            found[around[1].name] = None
        return tuple(found)

    def _may_write(self, node: ast.Attribute, name: str) -> bool:
        """Whether a parameter may be written where it is used; where it is made, and where it is None, it is not."""
        statement = self.tree.parents[node]
        if isinstance(node.ctx, ast.Store) and isinstance(statement, ast.Assign | ast.AnnAssign):
            value = statement.value
            if value is None or (isinstance(value, ast.Constant) and value.value is None):
                return False
            return not self._is_birth(name, value) and not self._beside_birth(node, statement)
        return self.writing.may_write(node)

    def _is_birth(self, name: str, value: ast.expr) -> bool:
        """Whether a value is what makes the parameter."""
        return (name, ast.dump(value)) in self.made

    def _beside_birth(self, node: ast.Attribute, statement: ast.stmt) -> bool:
        """Whether an assignment stands in another branch than every statement that makes the parameter."""
        own = self.tree.branches(statement)
        for other in self.tree.attributes[node.attr]:
            birth = self.tree.parents[other]
            if isinstance(birth, ast.Assign | ast.AnnAssign) and birth.value and self._is_birth(node.attr, birth.value):
                sides = self.tree.branches(birth)
                if all(sides[test] is side for test, side in own.items() if test in sides):
                    return False
        return True

    def calls_own(self, method: str, classes: Container[ast.ClassDef]) -> bool:
        """Whether methods of some classes call one on the object itself, or on what a call gives."""
        for node in self.tree.attributes.get(method, ()):
            around = self.tree.method(node)
            own = self.tree.is_own(node) or not isinstance(node.value, ast.Name | ast.Attribute)
            if own and around is not None and around[0] in classes:
                return True
        return False

    def serves(self) -> bool:
        """Whether the file is about models that only ever take their values from a checkpoint."""
        return any(each.name in _SERVING for each in self.tree.routines) or not _SERVING.isdisjoint(self.tree.names)

    def opens(self, node: ast.ClassDef) -> bool:
        """Whether a class loops over its own parameters, or loads a checkpoint."""
        if any(self._is_own_loop(each) and self.writing.may_write(each) for each in self.writing.loops(node)):
            return True
        for each in ast.walk(node):
            match each:
                case ast.FunctionDef(name=name) if name in LOADING:
                    return True
                case ast.Attribute(attr=name) if name in LOADING and self.tree.is_own(each):
                    return True
        return False

    def _is_own_loop(self, node: ast.expr) -> bool:
        """Whether all parameters of the object itself are meant, not of a module in it."""
        called = node.func if isinstance(node, ast.Call) else node
        module = called.value if isinstance(called, ast.Attribute) else None
        return not isinstance(module, ast.Attribute)


def _initialises(method: Routine) -> bool:
    """Whether a method gives values and needs no argument: `reset_parameters(self)`."""
    needed = len(method.args.posonlyargs) + len(method.args.args) - len(method.args.defaults)
    named = "init" in method.name or "reset" in method.name
    return named and method.name != "__init__" and needed == 1 and not method.decorator_list


def _is_registration(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "register_parameter"


@dataclass(frozen=True, slots=True)
class _Newborn:
    """A parameter that may be made of uninitialised memory; `name` is None where it is computed."""

    name: str | None
    value: ast.expr
    class_: ast.ClassDef


def may_stay_unwritten(tree: Tree) -> bool:
    """Whether a class may make a parameter of uninitialised memory that the file itself leaves as it is."""
    newborns = list(_newborns(tree))
    if not newborns:
        return False
    writes = OwnWrites(tree, {(each.name, ast.dump(each.value)) for each in newborns if each.name is not None})
    return not writes.serves() and any(_may_stay(writes, each) for each in newborns)


def _may_stay(writes: OwnWrites, newborn: _Newborn) -> bool:
    if newborn.name is None:
        return True
    own = [newborn.class_]
    idle = None if writes.by_name(newborn.name) else writes.writers(newborn.name, own)
    if idle is None or any(writes.calls_own(method, own) for method in idle):
        return False
    return not writes.opens(newborn.class_)


def _newborns(tree: Tree) -> Iterator[_Newborn]:
    allocating = tree.spellings(*_ALLOCATING, *table.METHODS)
    for call in tree.called("Parameter"):
        if not _may_be_raw(call, allocating):
            continue
        value: ast.expr = call
        while isinstance(parent := tree.parents[value], ast.IfExp):
            value = parent
        around = tree.method(value)
        if around is not None:
            yield from (_Newborn(name, value, around[0]) for name in _names(tree, parent, value))


def _names(tree: Tree, statement: ast.AST, value: ast.expr) -> Iterator[str | None]:
    """The attributes of an object that a statement gives a value."""
    match statement:
        case ast.Assign(targets=targets):
            yield from (each.attr for each in targets if isinstance(each, ast.Attribute) and tree.is_own(each))
        case ast.AnnAssign(target=ast.Attribute() as target) if tree.is_own(target):
            yield target.attr
        case ast.Call() | ast.keyword():
            call = tree.parents[statement] if isinstance(statement, ast.keyword) else statement
            if isinstance(call, ast.Call) and _is_registration(call):
                key = getattr(call.args[0], "value", None) if call.args else None
                yield key if isinstance(key, str) else None


def _may_be_raw(parameter: ast.Call, allocating: Container[str]) -> bool:
    """Whether a trained parameter may be made of memory that nothing has written."""
    given: dict[str | None, ast.expr] = dict(zip(("data", "requires_grad"), parameter.args, strict=False))
    given |= {each.arg: each.value for each in parameter.keywords}
    trained, data = given.get("requires_grad"), given.get("data")
    if trained is not None and not (isinstance(trained, ast.Constant) and trained.value is True):
        return False
    made = _moved_from(data) if data is not None else None
    return isinstance(made, ast.Call) and last_name(made.func) in allocating and not _has_no_numbers(made)


def _moved_from(tensor: ast.expr) -> ast.expr:
    """A tensor without the methods that leave its numbers as they are."""
    while True:
        match tensor:
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in table.SAME_NUMBERS:
                tensor = inner
            case _:
                return tensor


def _has_no_numbers(allocation: ast.Call) -> bool:
    """Whether an allocation is of no element, of integers, or of no memory at all."""
    asked = [each.value for each in allocation.keywords if each.arg in ("dtype", "device")]
    if any(_is_integer(each) or _is_meta(each) for each in asked):
        return True
    sizes = [] if any(each.arg == "size" for each in allocation.keywords) else allocation.args
    parts = (part for size in sizes for part in _elements(size))
    return any(isinstance(part, ast.Constant) and type(part.value) is int and part.value == 0 for part in parts)


def _is_integer(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr.startswith(table.INTEGERS)


def _is_meta(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and "meta" in str(node.value)


def _elements(node: ast.expr) -> Sequence[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
