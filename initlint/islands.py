"""Islands: the statements of a file that can matter, selected with `ast`, so that LibCST parses only those.

A definition matters where a trigger of a rule stands in it, or another name that the module gives to what a trigger
speaks of; with it the definitions that it names, and those that name a function among them. Where a rule with `context`
has its trigger, definitions with a word of its context matter too. Of a class the methods that matter remain, those
with layers, and its constructor with the methods that it calls.

Lines of the rest are left out; `Islands.lines` maps the lines that remain to the original ones, columns are unchanged.
A body that would be empty holds a synthetic `pass`. Findings must be the same as on the whole file: a differential
test over pages, fixtures and any tree says so.
"""

from __future__ import annotations

import ast
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain

from initlint.depth import check_depth, first_line
from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS, MODULE_HELPERS
from initlint.facts.api.words import CONTEXT as LAYER_WORDS
from initlint.gate import Live, Standing
from initlint.lines import Lines, split_lines
from initlint.renames import INIT_MODULES, Rename, meanings, renames
from initlint.rule import Word

_WORDS = re.compile(r"\w+|@")
_UNSPOKEN = re.compile(r"'[^'\\\n]*'|\"[^\"\\\n]*\"|#[^\n]*")
_SHORT = 12
"""Lines up to which a plain statement at module or class level is kept without a look at its words."""

_BLOCKS = ast.If | ast.Try | ast.With

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Islands:
    """What remains of a file: its text, and for each of its lines the line of the original (both from 1)."""

    text: str
    lines: Sequence[int]


def whole(text: str) -> Islands:
    """The file without anything left out."""
    return Islands(text, range(1, len(split_lines(text)) + 1))


def islands(tree: ast.Module, standing: Standing, alive: Sequence[Live]) -> Islands:
    """The statements of a file that can matter to its live rules. Raises TooDeep."""
    if not alive:
        return Islands("", ())
    selection = _Selection(standing.lines, _Interest.of(tree, standing, alive))
    selection.module(tree)
    return selection.islands()


@dataclass(frozen=True, slots=True)
class _Interest:
    """What makes code matter: a line with a trigger, another name for one or for an init function, a word of context.

    `standing_for` has what other names of the module stand for.
    """

    lines: Sequence[int]
    words: frozenset[str]
    context: bool
    standing_for: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, tree: ast.Module, standing: Standing, alive: Sequence[Live]) -> _Interest:
        lines = {line for each in alive for words in each.triggers for line in standing.places(words[0])}
        definitions = [
            (first_line(node), node.end_lineno or node.lineno) for node in tree.body if isinstance(node, Definition)
        ]
        known = list(renames(tree.body))
        around = _Around(standing, definitions, known)
        contexts = [each.rule.context for each in alive if each.rule.context and around.together(each)]
        context = frozenset[str]().union(*contexts)
        standing_for = meanings(known)
        triggers = (words[0] for each in alive for words in each.triggers)
        spoken = {_WORDS.findall(word)[-1] for word in triggers if isinstance(word, str) and _WORDS.search(word)}
        return cls(sorted(lines), _renamed(tree, standing_for, spoken) | context, bool(context), standing_for)

    def holds(self, first: int, last: int, words: frozenset[str]) -> bool:
        """Whether lines matter by themselves; `words` are their identifiers."""
        return bisect_left(self.lines, first) < bisect_right(self.lines, last) or not words.isdisjoint(self.words)


@dataclass(frozen=True, slots=True)
class _Around:
    """Which definitions words stand in."""

    standing: Standing
    definitions: Sequence[tuple[int, int]]
    renames: Sequence[Rename]

    def together(self, live: Live) -> bool:
        """Whether all words of a trigger stand in one definition, or outside of all, or need not."""
        return live.rule.across or any(
            len(words) == 1 or set.intersection(*map(self.stretches, words)) for words in live.triggers
        )

    def stretches(self, word: Word) -> set[int]:
        """The definitions that a word or another name for it stands in, by the line that they begin on; 0 outside."""
        lines = self.standing.places(word)
        there = (each for each in self.renames if bisect_left(lines, each.first) < bisect_right(lines, each.last))
        other = {re.compile(rf"{each.name}\b") for each in there}
        return {self.definition(line) for each in (word, *other) for line in self.standing.places(each)}

    def definition(self, line: int) -> int:
        """The line that the definition around a line begins on, or 0."""
        position = bisect_right(self.definitions, (line, math.inf)) - 1
        return self.definitions[position][0] if position >= 0 and line <= self.definitions[position][1] else 0


@dataclass(slots=True)
class _Selection:
    lines: Lines
    interest: _Interest
    kept: list[tuple[int, int, str]] = field(default_factory=list)
    last: int = 0
    spelled: dict[ast.stmt, frozenset[str]] = field(default_factory=dict)

    def islands(self) -> Islands:
        """What is kept, put together."""
        numbers = chain.from_iterable(range(first, last + 1) for first, last, _ in self.kept)
        return Islands("".join(text for *_, text in self.kept), list(numbers))

    def module(self, tree: ast.Module) -> None:
        body = [node for node in tree.body if not _docstring(node)]
        chosen = self.choose(body)
        for node in body:
            if node in chosen:
                check_depth(node, self.lines)
                self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ClassDef) and self.splits(node):
            self.class_definition(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and self.splits(node):
            self.function(node)
        else:
            self.keep(*_span(node))

    def splits(self, node: Definition) -> bool:
        """Whether what is kept of a definition can leave parts of its body out."""
        return self.is_apart(node) and first_line(node) > self.last

    def is_apart(self, node: Definition) -> bool:
        """Whether neither the header nor a docstring shares a line with a statement of the body."""
        first, *rest = node.body
        line = self.lines.code(first.lineno, first.lineno)
        begins = first_line(first) < first.lineno or not line[: first.col_offset].strip()
        return begins and not (_docstring(first) and rest and first_line(rest[0]) <= _span(first)[1])

    def class_definition(self, node: ast.ClassDef) -> None:
        """Keep the header, and of the methods those that matter or hold layers, with what the constructor runs."""
        self.keep(first_line(node), first_line(node.body[0]) - 1)
        body = [child for child in node.body if not _docstring(child)]
        run = self.run_by_constructor(body)
        chosen = [child for child in body if child in run or self.matters_in_class(child)]
        if not chosen:
            self.placeholder(node.body[0])
        for child in chosen:
            self.statement(child)

    def run_by_constructor(self, body: Sequence[ast.stmt]) -> set[ast.stmt]:
        """The constructor, and the methods that it names, transitively."""
        methods = {node.name: node for node in body if isinstance(node, Definition)}
        found: set[ast.stmt] = set()
        pending = {"__init__"} & methods.keys()
        while pending:
            node = methods[pending.pop()]
            found.add(node)
            pending |= {name for name in self.words(node) & methods.keys() if methods[name] not in found}
        return found

    def matters_in_class(self, node: ast.stmt) -> bool:
        if not isinstance(node, Definition) and self.short(node):
            return True
        return not self.words(node).isdisjoint(LAYER_WORDS) or self.matters(node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Keep a function but for its docstring."""
        for first, last in self.undocumented(node):
            self.keep(first, last)
        if len(node.body) == 1 and _docstring(node.body[0]):
            self.placeholder(node.body[0])

    def undocumented(self, node: ast.stmt) -> list[tuple[int, int]]:
        """The lines of a statement, from and to; of a function those but for its docstring."""
        first, last = _span(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return [(first, last)]
        documentation, *rest = node.body
        if not _docstring(documentation) or not self.is_apart(node):
            return [(first, last)]
        header = (first, documentation.lineno - 1)
        return [header, (first_line(rest[0]), last)] if rest else [header]

    def keep(self, first: int, last: int) -> None:
        """Keep lines that are not kept yet, and the one that a backslash at their end continues on."""
        while last < len(self.lines) and self.lines.code(last, last).rstrip("\r\n").endswith("\\"):
            last += 1
        first = max(first, self.last + 1)
        if first <= last:
            self.kept.append((first, last, self.lines.code(first, last)))
            self.last = last

    def placeholder(self, body: ast.stmt) -> None:
        """Stand in for a body of which nothing remains."""
        line = self.lines.code(body.lineno, body.lineno)
        indentation = line[: len(line) - len(line.lstrip())]
        self.kept.append((body.lineno, body.lineno, f"{indentation}pass\n"))
        self.last = max(self.last, body.lineno)

    def choose(self, body: Sequence[ast.stmt]) -> set[ast.stmt]:
        """The statements of a module that matter, closed under naming.

        With a statement come the functions and base classes that it names, and whatever names a function that matters
        by itself: a helper that wraps or initialises; tables of constants where something names them.
        """
        chosen: set[ast.stmt] = set()
        tables: dict[ast.stmt, str] = {}
        words: dict[Definition, frozenset[str]] = {}
        for node in body:
            if isinstance(node, Definition):
                words[node] = self.words(node)
            elif self.is_wanted(node):
                chosen.add(node)
            elif self.short(node):
                tables[node] = _table(node)
        matter = {node for node in words if self.matters(node)}
        helpers = {node.name for node in matter if not isinstance(node, ast.ClassDef)}
        blocks = (node for node in body if isinstance(node, _BLOCKS) and self.matters(node))
        helpers |= {name for node in blocks for name in _functions(node)}
        if helpers or self.interest.context:
            named = helpers | ({node.name for node in matter} if self.interest.context else set())
            matter |= _naming(words, named)
        chosen |= matter | _named(words, matter)
        if tables:
            words_used = frozenset[str]().union(*map(self.words, chosen))
            chosen.update(node for node, name in tables.items() if name in words_used)
        return chosen

    def is_wanted(self, node: ast.stmt) -> bool:
        """Whether a plain statement is kept whoever names it: a short one that is no table, a long one that matters."""
        plain = self.short(node) and not _table(node)
        return plain or self.interest.holds(*_span(node), self.spoken(node))

    def matters(self, node: ast.stmt) -> bool:
        """Whether a statement matters by itself."""
        return self.interest.holds(*_span(node), self.words(node))

    def short(self, node: ast.stmt) -> bool:
        """Imports, also those under a test or a `try`, or a statement of a few lines: cheaper kept than judged."""
        return _imports(node) or (node.end_lineno or node.lineno) - first_line(node) < _SHORT

    def spoken(self, node: ast.stmt) -> frozenset[str]:
        """The identifiers of a plain statement outside of strings and comments: a table of settings is no model."""
        return frozenset(_WORDS.findall(_UNSPOKEN.sub("", self.lines.code(*_span(node)))))

    def words(self, node: ast.stmt) -> frozenset[str]:
        """The identifiers of a statement, with what they stand for; documentation apart.

        Of a definition they are those of its header and its body. `self` is one of a method, whatever its first
        parameter is called.
        """
        if node not in self.spelled:
            if isinstance(node, ast.ClassDef) and self.is_apart(node):
                header = self.lines.code(first_line(node), first_line(node.body[0]) - 1)
                inside = [self.method_words(child) for child in node.body if not _docstring(child)]
                self.spelled[node] = self.meant(header).union(*inside)
            else:
                self.spelled[node] = self.meant("".join(self.lines.code(*lines) for lines in self.undocumented(node)))
        return self.spelled[node]

    def method_words(self, node: ast.stmt) -> frozenset[str]:
        """The identifiers of a statement of a class."""
        words = self.words(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.args.args:
            words = self.spelled[node] = words | {"self"}
        return words

    def meant(self, code: str) -> frozenset[str]:
        """The identifiers in a text, and what those stand for."""
        words = frozenset(_WORDS.findall(code))
        known = words & self.interest.standing_for.keys()
        return words.union(*(self.interest.standing_for[name] for name in known)) if known else words


def _naming(words: dict[Definition, frozenset[str]], names: set[str]) -> set[Definition]:
    """The definitions that use a name, and those that use the name of a function among them."""
    found: set[Definition] = set()
    while names:
        using = {node for node, used in words.items() if node not in found and not used.isdisjoint(names - {node.name})}
        found |= using
        names = {node.name for node in using if not isinstance(node, ast.ClassDef)}
    return found


def _named(words: dict[Definition, frozenset[str]], start: set[Definition]) -> set[Definition]:
    """The functions that definitions name, transitively, and the bases of their classes."""
    functions = {node.name: node for node in words if not isinstance(node, ast.ClassDef)}
    classes = {node.name: node for node in words if isinstance(node, ast.ClassDef)}
    found: set[Definition] = set()
    pending = list(start)
    while pending:
        node = pending.pop()
        bases = {base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)}
        named: set[Definition] = {functions[name] for name in words[node] & functions.keys()}
        named |= {classes[name] for name in bases & classes.keys()}
        pending += named - found - start
        found |= named
    return found


def _renamed(tree: ast.Module, standing_for: Mapping[str, frozenset[str]], spoken: Set[str]) -> frozenset[str]:
    """The names by which a module has init functions, modules of them, or what triggers speak of."""
    known = INIT_MODULES | spoken
    found = {name for name, others in standing_for.items() if others & known or any(map(_is_function, others))}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            whole = (node.module or "").endswith("nn.init")
            found.update(alias.asname or alias.name for alias in node.names if whole or _is_function(alias.name))
            found.update((*INITIALIZERS, *DEPRECATED) if whole and "*" in found else ())
    return frozenset(found)


def _table(node: ast.stmt) -> str:
    """The name that is given a display of constants; empty for anything else."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            return name if not isinstance(value, ast.Constant) and _is_constant(value) else ""
        case _:
            return ""


def _is_constant(value: ast.expr | None) -> bool:
    match value:
        case ast.Dict(keys=keys, values=values):
            return all(map(_is_constant, (*keys, *values)))
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return all(map(_is_constant, elements))
        case _:
            return isinstance(value, ast.Constant)


def _functions(node: ast.AST) -> Iterator[str]:
    """The names of the functions that a test, a `try` or a `with` defines."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield each.name
        elif isinstance(each, _BLOCKS | ast.ExceptHandler):
            yield from _functions(each)


def _imports(node: ast.stmt) -> bool:
    """Whether a statement is an import, or a test or a `try` around one."""
    body: list[ast.stmt] = getattr(node, "body", []) if isinstance(node, ast.If | ast.Try) else [node]
    return any(isinstance(each, ast.Import | ast.ImportFrom) for each in body)


def _is_function(name: str) -> bool:
    return name in INITIALIZERS or name in DEPRECATED or name in MODULE_HELPERS


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _span(node: ast.stmt) -> tuple[int, int]:
    return first_line(node), node.end_lineno or node.lineno
