"""The project: what the files that are checked together say of each other, from one cheap pass over their text.

Nothing is parsed: a class header, an attribute that is set and a call that may initialise are found by their spelling.
A sketch may take something for a write that is none; what it serves for is silence, so that errs on the right side.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

_CLASS = re.compile(r"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?[ \t]*:", re.MULTILINE)
_METHOD = re.compile(r"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_ASSIGNED = re.compile(r"^[ \t]+self\.(\w+)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_REGISTERED = re.compile(r"\bself\.(?:register_\w+|add_module)\([ \t\n]*['\"](\w+)")

_CHANGED = re.compile(
    r"\b(\w+)\.(\w+)(?:\.data|\.detach\(\))?(?:\[[^\]\n]*\])?(?:\.\w+_\(|[ \t]*(?:[-+*/@]|//|\*\*)?=(?!=))"
)
"""`x.w.normal_(`, `x.w.data[0] =`, `x.w *=`."""

_INITIALISING = re.compile(
    r"\b\w*(?:init|normal|uniform|zero|ones|fill|const|xavier|kaiming|glorot|orthogonal|eye|reset|copy|load)\w*\("
    r"([^()]*(?:\([^()]*\)[^()]*)*)\)"
)
"""A call whose name says that it writes: what it is given may be written."""

_LISTED = re.compile(r"\bfor\b[^\n]*?\bin[ \t]*[\[(]([^\])]*)[\])]")
"""`for p in [x.w, x.b]:`; the body may write each."""

_ATTRIBUTE = re.compile(r"\b(\w+)\.(\w+)\b(?!\()")
_ALL_PARAMETERS = re.compile(r"\bself\.(?:named_)?(?:parameters\(|_flat_weights)")
_INIT_WORD = re.compile(r"\b\w*(?:init|reset)\w*\b")
_FUNCTION = re.compile(
    r"^def[ \t]+(\w+)\(\s*(\w+)[^)]*\)[^:\n]*:[^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\r?\n)*(?:[ \t]+[^\n]*\n?)", re.MULTILINE
)
"""A function at module level with its first parameter."""

_IMPORT = re.compile(r"^(?:import|from)[ \t][^\n(\\]*\btorch\b[^\n(\\]*$", re.MULTILINE)
_LAST = re.compile(r"([\w.]+)[ \t]*(?:\[[^\]]*\])?[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class ClassSketch:
    """A class as its text shows it.

    `bases` are spelled as in the source; `attributes` are those set or registered on `self`; `written` those of `self`
    that something may write a first value to; `loops` says that it goes through all of its parameters.
    """

    name: str
    bases: tuple[str, ...]
    methods: frozenset[str]
    attributes: frozenset[str]
    written: frozenset[str]
    loops: bool


@dataclass(frozen=True, slots=True)
class Sketch:
    """A file as its text shows it: its classes, attributes of other objects that it may write, words of init functions.

    `words` counts the identifiers that say `init` or `reset`, strings and comments included. `functions` are those that
    write the weight of what they are given first, each with its source below the imports of torch.
    """

    classes: tuple[ClassSketch, ...] = ()
    written: frozenset[str] = frozenset()
    words: Counter[str] = field(default_factory=Counter)
    functions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Sketch:
        """The sketch of a text."""
        words = Counter(_INIT_WORD.findall(text))
        if "torch" not in text:
            return cls(words=words)
        headers = list(_CLASS.finditer(text))
        starts = [header.start() for header in headers]
        own: list[set[str]] = [set() for _ in headers]
        others: set[str] = set()
        for receiver, attribute, position in _writes(text):
            holder = bisect_right(starts, position) - 1
            (own[holder] if receiver == "self" and holder >= 0 else others).add(attribute)
        ends = [*starts, len(text)][1:]
        classes = [
            _class(header, text[header.end() : end], written)
            for header, end, written in zip(headers, ends, own, strict=True)
        ]
        return cls(tuple(classes), frozenset(others), words, tuple(_functions(text)) if "weight" in others else ())


class Project:
    """The sketches of the files of one project, by path; `words`, `written` and `classes` sum them up."""

    def __init__(self, sketches: Iterable[tuple[str, Sketch]]) -> None:
        self.sketches = dict(sketches)
        self.words: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.classes: dict[str, list[tuple[str, ClassSketch]]] = {}
        for path, sketch in sorted(self.sketches.items()):
            self.words.update(sketch.words)
            self.written.update(sketch.written)
            for each in sketch.classes:
                self.classes.setdefault(each.name, []).append((path, each))

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
        return any(name in (*path.parts[:-1], path.stem) for path in map(PurePath, self.project.sketches))

    def writes(self, attribute: str) -> bool:
        """Whether another file may write a first value to this attribute of some object."""
        return self.project.written[attribute] > (attribute in self._own.written)

    def classes(self, name: str) -> tuple[ClassSketch, ...]:
        """The classes of this name in other files."""
        return tuple(each for path, each in self.project.classes.get(name, ()) if path != self.path)

    def functions(self, qualified: str) -> tuple[str, ...]:
        """The sources of the functions that a name imported from another file may be, if they write a weight."""
        module, _, name = qualified.rpartition(".")
        files = (path for path in self.project.sketches if path != self.path and _is_module(path, module))
        found = (each for path in files for each in self.project.sketches[path].functions)
        return tuple(source for function, source in found if function == name)

    def lineage(self, names: Iterable[str]) -> tuple[tuple[ClassSketch, ...], bool]:
        """The classes of other files that these base classes may be, with their bases; and whether all are known.

        `names` are spelled as in the source; `torch.nn` classes (`nn.Module`, `Module`) count as known and end a line.
        """
        found: dict[str, tuple[ClassSketch, ...]] = {}
        pending = [name.rpartition(".")[2] for name in names]
        known = True
        while pending:
            name = pending.pop()
            if name in found or name in _ROOTS:
                continue
            found[name] = self.classes(name)
            known = known and bool(found[name])
            pending += [base.rpartition(".")[2] for each in found[name] for base in each.bases]
        return tuple(each for classes in found.values() for each in classes), known

    @property
    def _own(self) -> Sketch:
        return self.project.sketches.get(self.path, _NOTHING)


_NOTHING = Sketch()
_ROOTS = frozenset({"Module", "object", "ABC", "Generic", "Protocol"})


def _is_module(path: str, module: str) -> bool:
    """Whether a file may be a module, as far as the last part of its name tells."""
    file = PurePath(path)
    return (file.parent.name if file.stem == "__init__" else file.stem) == module.rpartition(".")[2]


def _functions(text: str) -> Iterator[tuple[str, str]]:
    """The functions that write the weight of their first argument, with their sources."""
    imports = "\n".join(_IMPORT.findall(text))
    for match in _FUNCTION.finditer(text):
        if re.search(rf"\b{match[2]}\.weight\b", match[0]):
            yield match[1], f"{imports}\n{match[0]}"


def _class(header: re.Match[str], body: str, written: set[str]) -> ClassSketch:
    listed = re.sub(r"\[[^\]]*\]", "", header[2] or "")
    bases = [each.strip() for each in listed.split(",") if each.strip() and "=" not in each]
    return ClassSketch(
        header[1],
        tuple(match[1] for base in bases if (match := _LAST.search(base))),
        frozenset(_METHOD.findall(body)),
        frozenset([*_ASSIGNED.findall(body), *_REGISTERED.findall(body)]),
        frozenset(written),
        _ALL_PARAMETERS.search(body) is not None,
    )


def _writes(text: str) -> Iterator[tuple[str, str, int]]:
    """Receiver, attribute and place of everything that may be written."""
    for match in _CHANGED.finditer(text):
        yield match[1], match[2], match.start()
    for pattern in (_INITIALISING, _LISTED):
        for match in pattern.finditer(text):
            for receiver, attribute in _ATTRIBUTE.findall(match[1]):
                yield receiver, attribute, match.start()
