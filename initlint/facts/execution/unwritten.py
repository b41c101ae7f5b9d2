"""Parameters that nothing writes: no statement of their file, and none of the project as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.facts.api.words import LOADING
from initlint.facts.execution.bases import ROOTS, foreign_bases, is_module, is_torch_layer
from initlint.facts.execution.births import Birth, births
from initlint.facts.execution.steps import lineage
from initlint.facts.premises.own_writes import OwnWrites
from initlint.facts.premises.tree import last_name
from initlint.facts.project import ClassSketch, Loop, ScopeSketch
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Class

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File

_PRETRAINED = frozenset({"PreTrainedModel", "ModelMixin", "PyTorchModelHubMixin"})
"""Bases of models that take their values from a checkpoint; those of transformers, diffusers and the hub."""

_ASKING = frozenset({"super", "isinstance", "issubclass", "hasattr", "getattr", "type", "id", "len", "print", "repr"})


@dataclass(frozen=True, slots=True, eq=False)
class Unwritten:
    """A parameter that keeps what its memory held; `idle` are the methods that would write it, which nothing calls."""

    birth: Birth
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Kin:
    """A class with its bases and heirs: those in the file, those in other files, and what uses them.

    `layered` says that a torch layer is among them, whose constructor calls methods of its heirs.
    """

    classes: tuple[Class, ...]
    nodes: tuple[ast.ClassDef, ...]
    outside: tuple[ClassSketch, ...]
    users: tuple[ScopeSketch, ...]
    known: bool
    layered: bool


def unwritten(file: File) -> Iterator[Unwritten]:
    """The parameters of a file that nothing in the project writes; none in a file that is checked alone."""
    born = [each for each in births(file) if is_module(file, each.class_)] if file.elsewhere is not None else []
    search = _Search(file, born) if born else None
    for birth in born:
        found = search.found(birth) if search is not None else None
        if found is not None:
            yield found


class _Search:
    """Looks for whatever may write a parameter."""

    def __init__(self, file: File, born: list[Birth]) -> None:
        assert file.elsewhere is not None
        self.file = file
        self.elsewhere = file.elsewhere
        self.tree = file.tree
        self.own = OwnWrites(file.tree, {(birth.name, _dump(birth.value)) for birth in born})
        self.kin: dict[Class, _Kin] = {}
        self.closed: dict[Class, bool] = {}

    def found(self, birth: Birth) -> Unwritten | None:
        """The parameter, if nothing writes it."""
        if birth.class_ not in self.kin:
            self.kin[birth.class_] = self.kin_of(birth.class_)
        kin = self.kin[birth.class_]
        if not kin.known or self.own.by_name(birth.name) or self.elsewhere.writes(birth.name):
            return None
        if any(birth.name in each.written for each in kin.outside):
            return None
        idle = self.own.writers(birth.name, kin.nodes)
        if idle is None or not all(self.is_idle(name, kin) for name in idle):
            return None
        if birth.class_ not in self.closed:
            self.closed[birth.class_] = self.is_closed(kin)
        return Unwritten(birth, idle) if self.closed[birth.class_] else None

    def kin_of(self, class_: Class) -> _Kin:
        """A class with its bases and heirs."""
        bases = lineage(self.file, class_)
        heirs = [each for each in self.file.classes if each not in bases and class_ in lineage(self.file, each)]
        names = {each.name for each in (*bases, *heirs)}
        foreign = [base for each in (*bases, *heirs) for base in foreign_bases(self.file, each)]
        layered = any(map(is_torch_layer, foreign))
        spelled = [base for base in foreign if base not in ROOTS and not is_torch_layer(base)]
        outside, known = self.elsewhere.lineage(spelled)
        users = self.elsewhere.users([each.name for each in (class_, *heirs)])
        derived = (each for each in users if isinstance(each, ClassSketch))
        outside += tuple(each for each in derived if names & {base.rpartition(".")[2] for base in each.bases})
        return _Kin((*bases, *heirs), tuple(self.nodes_of(names)), outside, users, known, layered)

    def nodes_of(self, names: set[str]) -> list[ast.ClassDef]:
        """The classes of these names in the whole file, and those that derive from them."""
        found: list[ast.ClassDef] = []
        while more := [each for each in self.tree.classes if each not in found and self.is_one_of(each, names)]:
            found += more
            names = names | {each.name for each in more}
        return found

    def is_one_of(self, node: ast.ClassDef, names: set[str]) -> bool:
        """Whether a class has one of these names, or a base of such a name."""
        return node.name in names or any(last_name(base) in names for base in node.bases)

    def is_idle(self, method: str, kin: _Kin) -> bool:
        """Whether nothing calls a method on an object of the class."""
        if kin.layered or method in self.elsewhere.project.called:
            return False
        if any(method in each.calls for each in kin.users) or any(method in each.own_calls for each in kin.outside):
            return False
        return not self.own.calls_own(method, kin.nodes)

    def is_closed(self, kin: _Kin) -> bool:
        """Whether nothing may write all parameters of the class: no loop over them, no checkpoint, no stranger."""
        if any(each.loops or each.methods & LOADING for each in kin.outside) or any(map(self.opens, kin.nodes)):
            return False
        if (
            self.own.serves()
            or any(isinstance(each, ClassSketch) and each.loops for each in kin.users)
            or self.is_looped(kin)
        ):
            return False
        own = [each for each in self.elsewhere.project.scopes if each.name in {class_.name for class_ in kin.classes}]
        around = (*own, *kin.users, *kin.outside)
        if any(isinstance(each, ClassSketch) and self.is_pretrained(each) for each in around):
            return False
        return not any(each.loads for each in around) or any(each.trains for each in around)

    def is_pretrained(self, sketch: ClassSketch) -> bool:
        """Whether a class, or a base of it, derives from a model that takes its values from a checkpoint."""
        bases, _ = self.elsewhere.lineage(sketch.bases)
        spelled = (base for each in (sketch, *bases) for base in each.bases)
        return any(base.rpartition(".")[2] in _PRETRAINED for base in spelled)

    def is_looped(self, kin: _Kin) -> bool:
        """Whether a loop over the parameters of a model may reach the class: one in what uses it, or used beside it."""
        loops = self.elsewhere.project.loops
        found = {each.loop for each in kin.users}
        found |= {loops[name] for each in kin.users for name in each.uses & loops.keys()}
        nested = any(isinstance(each, ClassSketch) and set(each.bases) - {"object"} for each in kin.users)
        return Loop.ALL in found or (nested and Loop.CHILDREN in found)

    def opens(self, node: ast.ClassDef) -> bool:
        """Whether a class loops over its own parameters, asks for them by computed names, or gives itself away."""
        calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
        given = (each for each in calls if not self.own.writing.is_forward(each))
        return self.own.opens(node) or any(map(self.gives_away, given))

    def gives_away(self, call: ast.Call) -> bool:
        """Whether a call gives the object itself to code that is not in the project, or a name that is computed."""
        around = self.tree.method(call)
        own = around[1].args.args[0].arg if around is not None and around[1].args.args else ""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in ("getattr", "setattr") and len(call.args) > 1:
            return _is(call.args[0], own) and not isinstance(call.args[1], ast.Constant)
        if name == "apply" and isinstance(call.func, ast.Attribute) and _is(call.func.value, own):
            return not all(map(self.is_ours, call.args))
        given = any(_is(argument, own) for argument in (*call.args, *(each.value for each in call.keywords)))
        qualified = self.tree.qualified(call.func) or ""
        return given and name not in _ASKING and not qualified.startswith("torch.") and not self.is_ours(call.func)

    def is_ours(self, function: ast.expr) -> bool:
        """Whether the project defines a function, a `partial` of it too."""
        match function:
            case ast.Call(args=[inner, *_]):
                return self.is_ours(inner)
            case ast.Lambda():
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name):
                known = any(routine.name == name for routine in self.tree.routines) or self.elsewhere.defines(name)
                return known and name not in self.elsewhere.project.loops
            case _:
                return False


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _dump(value: cst.BaseExpression) -> str:
    """An expression as `ast` shows it, whatever its layout."""
    return ast.dump(ast.parse(f"({text.code(value)}\n)", mode="eval").body)
