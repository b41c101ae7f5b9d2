"""Sketches: what the text of a file says without being parsed, found by its spelling in one cheap pass.

A sketch may take something for a write that is none; what it serves for is silence, so that errs on the right side.
Patterns begin with literal text wherever they can: the search for it is ten times as fast.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

_CLASS = re.compile(
    r"\n([ \t]*)class[ \t]+(\w+)[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?[ \t]*:"
)
_DEF = re.compile(r"def[ \t]+(\w+)")
_ASSIGNED = re.compile(r"\n[ \t]+self\.(\w+)[ \t]*(?::[^=\n]+)?=(?!=)")
_REGISTERED = re.compile(r"self\.(?:register_\w+|add_module)\([ \t\n]*['\"](\w+)")
_IMPORTED = re.compile(r"\n[ \t]*from [\w.]+ import (\([^)]*\)|[^\n]+)")

_TENSOR = r"\.(\w+)(?:\.data\b|\.detach\(\))*"
_ITEM = r"(?:\[[^\]\n]*\])?"
_WRITTEN = _ITEM + r"(?:\.(?!requires_grad_)\w+_\(|[ \t]*(?:[-+*/@]|//|\*\*)?=(?!=))"
_CHANGED = re.compile(_TENSOR + _WRITTEN)
"""`x.w.normal_(`, `x.w.data[0] =`, `x.w *=`."""

_GIVEN = re.compile(_TENSOR + _ITEM + r"[ \t\n]*[,)\]]")
"""`init(x.w, …)`, `for p in [x.w, x.b]`."""

_BY_NAME = re.compile(r"etattr\([\w.]+,[ \t\n]*['\"](\w+)['\"]")
_NO_OBJECTS = ("torch", "(nn", " nn", "np")
_WRITERS = (
    *("init", "normal", "uniform", "zero", "ones", "fill", "const", "xavier", "kaiming", "glorot", "orthogonal"),
    *("eye", "reset", "copy", "load"),
)
"""Parts of the names of functions that may write what they are given."""

_CALLEE = re.compile(rf"(?:(?:{'|'.join(_WRITERS)})\w*|_|\bin[ \t]*)\Z")
_NEAR = (*_WRITERS, "_(", "in [", "in (")
"""One of these stands near what is given to a writer, or is in a list that a loop goes through."""


_FUNCTION = re.compile(
    r"\ndef[ \t]+(\w+)\(\s*(\w+)[^)]{0,2000}\)[^:\n]{0,200}:[^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\r?\n)*(?:[ \t]+[^\n]*\n?)"
)
"""A function at module level with its first parameter."""

_TORCH_IMPORT = re.compile(r"^(?:import|from)[ \t][^\n(\\]*\btorch\b[^\n(\\]*$", re.MULTILINE)
_LAYERS = (
    *("Linear", "Bilinear", "Conv(?:Transpose)?[123]d", "(?:LSTM|GRU|RNN)(?:Cell)?", "Embedding(?:Bag)?", "PReLU"),
    *("(?:Layer|Group|Batch|RMS)Norm(?:[123]d)?", "MultiheadAttention", "Transformer(?:En|De)coder(?:Layer)?"),
)
_TRAINED = re.compile(
    r"\b(?:Parameter(?!\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*requires_grad ?= ?False)|" + "|".join(_LAYERS) + r")\("
)
"""A parameter that is trained, or a layer that has some."""

_INIT_WORD = re.compile(r"init|reset")
_INIT_CALL = re.compile(r"\.(\w*(?:init|reset)\w*)\(")
_LOADING = re.compile(r"load_state_dict|(?<!Embedding\.)from_pretrained|load_checkpoint|load_weights")
_TRAINING = re.compile(r"\.backward\(|ptimizer|optim\.|training_step|rainer\b")
_TRAINING_PARTS = (".backward(", "ptimi", "optim.", "training_step", "rainer")
_PARAMETERS = re.compile(r"parameters\(|_flat_weights|all_weights")
_OF_MODULE = re.compile(r"(super\([^()]*\)|[\w.]*)\.(?:named_)?\Z")
_FOR = re.compile(r"\bfor\b(.+?)\bin\b")
_CHILD = re.compile(r"\bfor\b([^\n]{1,80}?)\bin\b[^\n]{0,120}?children\(\)")
_LINES = re.compile(r"[^\n]*\n?")
_WORD = re.compile(r"\w+")
_CAPITAL = re.compile(r"[A-Z]\w*")
_WORD_START = re.compile(r"\w*")
_BRACKET = re.compile(r"[\[\](){}]")
_INDENT = re.compile(r"[ \t]*")
_LAST = re.compile(r"([\w.]+)[ \t]*(?:\[[^\]]*\])?[ \t]*\Z")

_COLLECTING = frozenset({"append", "add", "extend", "id", "len", "sum", "print", "isinstance", "norm", "str", "list"})
"""Functions that do not write what they are given."""

_LONGEST = 60
"""Characters of a word."""

_BACK = 240
"""Characters before a place in which the call around it begins."""

_BODY = 1200
"""Characters of the body of a loop that are read."""


class Loop(StrEnum):
    """Which parameters loops may write: none, those of the children of a model, or all that it has."""

    NONE = "none"
    CHILDREN = "children"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSketch:
    """A class, a function of the module, or the statements of the module around them (with an empty name).

    `uses` are the names of classes in it, and of what the file defines or imports. `loop` says which parameters of
    other objects it may write in a loop. `calls` and `own_calls` are the methods with `init` or `reset` in their names
    that it calls on other objects and on `self`. `loads` and `trains`: it reads values from a file, it optimises.
    """

    name: str
    uses: frozenset[str] = frozenset()
    loop: Loop = Loop.NONE
    calls: frozenset[str] = frozenset()
    own_calls: frozenset[str] = frozenset()
    loads: bool = False
    trains: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSketch(ScopeSketch):
    """A class as its text shows it.

    `bases` are spelled as in the source; `attributes` are those set or registered on `self`; `written` those of `self`
    that something may write a first value to; `loops` says that it may write all of its own parameters in a loop;
    `trained`, that it makes parameters, or layers that have some.
    """

    bases: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    loops: bool = False
    trained: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """A file as its text shows it: its classes and other scopes, attributes of other objects that it may write.

    `words` counts the identifiers that say `init` or `reset`, strings and comments included, but for `__init__`.
    `functions` are those that write the weight of what they are given first, each with its source below the imports of
    torch.
    """

    classes: tuple[ClassSketch, ...] = ()
    scopes: tuple[ScopeSketch, ...] = ()
    written: frozenset[str] = frozenset()
    words: Counter[str] = field(default_factory=Counter)
    functions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Sketch:
        """The sketch of a text."""
        text = "\n" + text
        places = (match.start() for match in _INIT_WORD.finditer(text))
        words = Counter(_word_at(text, place) for place in places if not text.startswith("__", place - 2))
        return _Sketching(text).sketch(words) if "torch" in text else cls(words=words)


@dataclass(slots=True)
class _Draft:
    """A scope while its file is read; `indent` is that of its header."""

    name: str
    start: int
    indent: int
    header: re.Match[str] | None = None
    text: list[str] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    own_calls: set[str] = field(default_factory=set)
    loop: Loop = Loop.NONE
    loops: bool = False
    loads: bool = False
    trains: bool = False


class _Sketching:
    """Sketches one text, which begins with a newline."""

    def __init__(self, text: str) -> None:
        self.text = text
        classes = [_Draft(m[2], m.start(), len(m[1].expandtabs()), m) for m in _CLASS.finditer(text)]
        self.definitions = [(m.start(), m[1]) for m in _DEF.finditer(text) if text[m.start() - 1] in " \t\n"]
        functions = [_Draft(name, at, 0) for at, name in self.definitions if self.indent(at) == 0]
        self.drafts = sorted([_Draft("", 0, -1), *classes, *functions], key=lambda draft: draft.start)
        self.starts = [draft.start for draft in self.drafts]

    def sketch(self, words: Counter[str]) -> Sketch:
        others: set[str] = set()
        for receiver, attribute, position in self.writes():
            draft = self.at(position) if receiver == "self" else self.drafts[0]
            (draft.written if draft.header is not None else others).add(attribute)
        self.read_members()
        self.read_calls()
        self.read_loops()
        names = self.names()
        scopes = tuple(_finished(draft, names) for draft in self.drafts)
        classes = tuple(scope for scope in scopes if isinstance(scope, ClassSketch))
        rest = tuple(scope for scope in scopes if not isinstance(scope, ClassSketch))
        functions = tuple(_functions(self.text)) if "weight" in others else ()
        return Sketch(classes, rest, frozenset(map(sys.intern, others)), words, functions)

    def at(self, position: int) -> _Draft:
        """The scope that a place is in: the last one before it with less indentation."""
        return self.holder(position, self.indent(position))

    def indent(self, position: int) -> int:
        """The indentation of the line of a place."""
        line = self.text.rfind("\n", 0, position) + 1
        found = _INDENT.match(self.text, line)
        return len(found[0].expandtabs()) if found is not None else 0

    def holder(self, position: int, indent: int) -> _Draft:
        at = bisect_right(self.starts, position) - 1
        while at > 0 and self.drafts[at].indent >= indent:
            at -= 1
        return self.drafts[at]

    def writes(self) -> Iterator[tuple[str, str, int]]:
        """Receiver, attribute and place of everything that may be written."""
        text = self.text
        for match in _CHANGED.finditer(text):
            yield self.before(match.start()), match[1], match.start()
        for match in _GIVEN.finditer(text):
            start = match.start()
            near = text[max(0, start - _BACK) : start]
            if not near.endswith(_NO_OBJECTS) and any(word in near for word in _NEAR) and _given_to_writer(near):
                yield self.before(start), match[1], start
        for match in _BY_NAME.finditer(text):
            yield "", match[1], match.start()

    def before(self, position: int) -> str:
        """The word that ends at a place."""
        return _word_before(self.text, position)

    def read_members(self) -> None:
        for position, name in self.definitions:
            self.at(position).methods.add(name)
        for pattern in (_ASSIGNED, _REGISTERED):
            for match in pattern.finditer(self.text):
                self.at(match.start(1)).attributes.add(match[1])

    def read_calls(self) -> None:
        for match in _INIT_CALL.finditer(self.text):
            draft, start = self.at(match.start()), match.start()
            own = (
                self.before(start) == "self" or "super(" in self.text[max(0, start - _BACK) : start].rpartition("\n")[2]
            )
            (draft.own_calls if own else draft.calls).add(match[1])
        for match in _LOADING.finditer(self.text) if "load" in self.text or "from_pre" in self.text else ():
            self.at(match.start()).loads = True
        for match in _TRAINING.finditer(self.text) if any(word in self.text for word in _TRAINING_PARTS) else ():
            self.at(match.start()).trains = True

    def read_loops(self) -> None:
        for match in _PARAMETERS.finditer(self.text):
            start = match.start()
            line = self.text.rfind("\n", 0, start) + 1
            head = self.text[line:start]
            bound = list(_FOR.finditer(head))
            if not bound or not _writes_any(bound[-1][1], _statement(self.text, line)):
                continue
            draft = self.at(start)
            module = _OF_MODULE.search(head[-_BACK:])
            receiver = module[1] if module is not None else ""
            child = any(receiver in _WORD.findall(each[1]) for each in _CHILD.finditer(self.text, draft.start, start))
            if draft.header is not None and (receiver == "self" or receiver.startswith("super(")):
                draft.loops = True
            else:
                draft.loop = Loop.CHILDREN if child and draft.loop is not Loop.ALL else Loop.ALL

    def names(self) -> set[str]:
        """The names that the file defines or imports."""
        imported = (name for match in _IMPORTED.finditer(self.text) for name in _WORD.findall(match[1]))
        found = {*(draft.name for draft in self.drafts), *imported}
        ends = [*self.starts, len(self.text)][1:]
        for draft, end in zip(self.drafts, ends, strict=True):
            stretch = self.text[draft.start : end]
            holder: _Draft | None = draft
            while holder is not None:
                holder.text.append(stretch)
                holder = self.holder(holder.start, holder.indent) if holder.indent > 0 else None
        return found


def _finished(draft: _Draft, names: set[str]) -> ScopeSketch:
    text = "".join(draft.text)
    words = {*_CAPITAL.findall(text), *(name for name in names if name in text)}
    uses = frozenset(map(sys.intern, words)) - {draft.name}
    scope = ScopeSketch(
        name=draft.name,
        uses=uses,
        loop=draft.loop,
        calls=frozenset(draft.calls),
        own_calls=frozenset(draft.own_calls),
        loads=draft.loads,
        trains=draft.trains,
    )
    if draft.header is None:
        return scope
    listed = re.sub(r"\[[^\]]*\]", "", draft.header[3] or "")
    bases = [each.strip() for each in listed.split(",") if each.strip() and "=" not in each]
    return ClassSketch(
        name=scope.name,
        uses=scope.uses,
        loop=scope.loop,
        calls=scope.calls,
        own_calls=scope.own_calls,
        loads=scope.loads,
        trains=scope.trains,
        bases=tuple(match[1] for base in bases if (match := _LAST.search(base))),
        methods=frozenset(draft.methods),
        attributes=frozenset(draft.attributes),
        written=frozenset(draft.written),
        loops=draft.loops,
        trained=_TRAINED.search(text) is not None,
    )


def _functions(text: str) -> Iterator[tuple[str, str]]:
    """The functions that write the weight of their first argument, with their sources."""
    imports = "\n".join(_TORCH_IMPORT.findall(text))
    for match in _FUNCTION.finditer(text):
        if re.search(rf"\b{match[2]}\.weight\b", match[0]):
            yield match[1], imports + match[0]


def _word_at(text: str, position: int) -> str:
    """The identifier around a place."""
    after = _WORD.match(text, position)
    return sys.intern(_word_before(text, position) + (after[0] if after is not None else ""))


def _word_before(text: str, position: int) -> str:
    """The word that ends at a place."""
    found = _WORD_START.match(text[max(0, position - _LONGEST) : position][::-1])
    return found[0][::-1] if found is not None else ""


def _given_to_writer(text: str) -> bool:
    """Whether some call around the end of a text may write what it is given, or a loop goes through a list there."""
    depth = 0
    for match in _BRACKET.finditer(text[::-1]):
        if match[0] in ")]}":
            depth += 1
        elif depth:
            depth -= 1
        elif _CALLEE.search(text[: len(text) - match.end()][-40:]):
            return True
    return False


def _statement(text: str, line: int) -> str:
    """A line and the lines below it that are indented more."""
    lines = _LINES.finditer(text, line, min(len(text), line + _BODY))
    first = next(lines)[0]
    indent = len(first) - len(first.lstrip())
    body = [first]
    for match in lines:
        each = match[0]
        if each.strip() and len(each) - len(each.lstrip()) <= indent:
            break
        body.append(each)
    return "".join(body)


def _writes_any(target: str, statement: str) -> bool:
    """Whether a loop may write one of its variables."""
    for name in _WORD.findall(target):
        changed = (
            rf"\b{name}(?:\.data\b|\.detach\(\))*(?:\[[^\]\n]*\])?(?:\.(?!requires_grad_)\w+_\(|[ \t]*[-+*/]?=(?!=))"
        )
        if re.search(changed, statement):
            return True
        given = (match[1] for match in re.finditer(rf"(\w+)\([ \t\n]*{name}(?:\.data)?[ \t\n]*[,)]", statement))
        if any(callee not in _COLLECTING for callee in given):
            return True
    return False
