"""The project: what the files that are checked together say of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from initlint.facts.api.modules import PLAIN_BASES
from initlint.facts.sketch import ClassSketch, Loop, ScopeSketch, Sketch

__all__ = ["ClassSketch", "Elsewhere", "Loop", "Project", "ScopeSketch", "Sketch"]


class Project:
    """The sketches of the files of one project, by path; `words`, `written`, `classes` and `bases` sum them up."""

    def __init__(self, sketches: Iterable[tuple[str, Sketch]]) -> None:
        self.sketches = dict(sorted(sketches))
        self.words: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.classes: dict[str, list[tuple[str, ClassSketch]]] = {}
        self.bases: Counter[str] = Counter()
        for path, sketch in self.sketches.items():
            self.words.update(sketch.words)
            self.written.update(sketch.written)
            for each in sketch.classes:
                self.classes.setdefault(each.name, []).append((path, each))
                self.bases.update(base.rpartition(".")[2] for base in each.bases)

    @cached_property
    def scopes(self) -> tuple[ScopeSketch, ...]:
        """The classes, functions and modules of all files."""
        return tuple(scope for sketch in self.sketches.values() for scope in (*sketch.classes, *sketch.scopes))

    @cached_property
    def defined(self) -> frozenset[str]:
        """The names of classes and functions that some file defines."""
        return frozenset(scope.name for scope in self.scopes if scope.name)

    @cached_property
    def users(self) -> dict[str, list[int]]:
        """The numbers of the scopes that use a name which some file defines."""
        found: dict[str, list[int]] = {}
        for number, scope in enumerate(self.scopes):
            for name in scope.uses & self.defined:
                found.setdefault(name, []).append(number)
        return found

    @cached_property
    def modules(self) -> dict[str, list[str]]:
        """The paths of the files by the last part of the name that each has as a module."""
        found: dict[str, list[str]] = {}
        for path in self.sketches:
            file = PurePath(path)
            found.setdefault(file.parent.name if file.stem == "__init__" else file.stem, []).append(path)
        return found

    @cached_property
    def packages(self) -> frozenset[str]:
        """The names of the folders and files."""
        paths = map(PurePath, self.sketches)
        return frozenset(name for path in paths for name in (*path.parts[:-1], path.stem))

    @cached_property
    def loops(self) -> dict[str, Loop]:
        """The functions and classes that may write the parameters of a model that they are given, and which of them."""
        found: dict[str, Loop] = {}
        for scope in self.scopes:
            if scope.name and scope.loop is not Loop.NONE and found.get(scope.name) is not Loop.ALL:
                found[scope.name] = scope.loop
        return found

    @cached_property
    def called(self) -> frozenset[str]:
        """The methods with `init` or `reset` in their name that code outside of classes calls on some object."""
        outside = (scope for scope in self.scopes if not isinstance(scope, ClassSketch))
        return frozenset(name for scope in outside for name in scope.calls)

    def elsewhere(self, path: str) -> Elsewhere:
        """What the other files say, seen from one of them."""
        return Elsewhere(self, path)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the other files of a project say; answers are the same in whatever order the files were read."""

    project: Project
    path: str

    def mentions(self, word: str) -> bool:
        """Whether another file uses an identifier; only those that say `init` or `reset` are known."""
        return self.project.words[word] > self._own.words[word]

    def occurrences(self, word: str) -> int:
        """How often an identifier that says `init` or `reset` stands in the project, this file included."""
        return self.project.words[word]

    def has_package(self, name: str) -> bool:
        """Whether an import of this name can lead into the project: one of its folders or files is called so."""
        return name in self.project.packages

    def writes(self, attribute: str) -> bool:
        """Whether another file may write a first value to this attribute of some object."""
        return self.project.written[attribute] > (attribute in self._own.written)

    def classes(self, name: str) -> tuple[ClassSketch, ...]:
        """The classes of this name in other files."""
        return tuple(each for path, each in self.project.classes.get(name, ()) if path != self.path)

    def functions(self, qualified: str) -> tuple[str, ...]:
        """The sources of the functions that a name imported from another file may be, if they write a weight."""
        module, _, name = qualified.rpartition(".")
        modules = self.project.modules.get(module.rpartition(".")[2], ())
        files = (path for path in modules if path != self.path)
        found = (each for path in files for each in self.project.sketches[path].functions)
        return tuple(source for function, source in found if function == name)

    def derives(self, name: str) -> bool:
        """Whether a class of another file has a base of this name."""
        own = sum(base.rpartition(".")[2] == name for each in self._own.classes for base in each.bases)
        return self.project.bases[name] > own

    def lineage(self, names: Iterable[str]) -> tuple[tuple[ClassSketch, ...], bool]:
        """The classes of other files that these base classes may be, with their bases; and whether all are known.

        `names` are spelled as in the source; `torch.nn` classes (`nn.Module`, `Module`) count as known and end a line.
        """
        found: dict[str, tuple[ClassSketch, ...]] = {}
        pending = list(names)
        known = True
        while pending:
            spelled = pending.pop()
            name = spelled.rpartition(".")[2]
            if name in found or name in PLAIN_BASES or spelled.startswith(_TORCH):
                continue
            found[name] = self.classes(name)
            known = known and bool(found[name])
            pending += [base for each in found[name] for base in each.bases]
        return tuple(each for classes in found.values() for each in classes), known

    def defines(self, name: str) -> bool:
        """Whether a file of the project, this one included, defines a class or function of this name."""
        return name in self.project.defined

    def users(self, names: Iterable[str]) -> tuple[ScopeSketch, ...]:
        """The scopes of the whole project that use one of these classes, directly or through what they use."""
        scopes = self.project.scopes
        found: dict[int, None] = {}
        pending = list(names)
        while pending:
            for number in self.project.users.get(pending.pop(), ()):
                if number not in found:
                    found[number] = None
                    pending += [scopes[number].name] if scopes[number].name else []
        return tuple(scopes[number] for number in found)

    @property
    def _own(self) -> Sketch:
        return self.project.sketches.get(self.path, _NOTHING)


_NOTHING = Sketch()
_TORCH = ("nn.", "torch.nn.")
