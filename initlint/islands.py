"""Islands: the statements of a file that can matter, selected with `ast`, so that LibCST parses only those.

A definition matters where a trigger of a rule stands in it; with it the definitions that it names, and those that name
a function among them. Where a rule with `context` has its trigger, definitions with a word of its context matter too.
Of a class the methods that matter remain, those with layers, and its constructor with the methods that it calls.

Lines of the rest are left out; `Islands.lines` maps the lines that remain to the original ones, columns are unchanged.
A body that would be empty holds a synthetic `pass`. Findings must be the same as on the whole file: a differential
test over pages, fixtures and any tree says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS, MODULE_HELPERS
from initlint.facts.api.words import CONTEXT as LAYER_WORDS
from initlint.gate import Live, any_of

_WORDS = re.compile(r"\w+|@")
_SHORT = 12
"""Lines up to which a plain statement at module or class level is kept without a look at its words."""

MAX_DEPTH = 400
"""Nesting of expressions and statements that is read; deeper code is one diagnostic. LibCST needs the bound: it ends
the process with a segmentation fault on thousands of levels, and the recursion of its code generation is Python's."""


class TooDeep(ValueError):
    """A statement nests deeper than `MAX_DEPTH`."""

    def __init__(self, line: int) -> None:
        super().__init__(f"expressions or blocks nest more than {MAX_DEPTH} levels deep")
        self.line = line


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Islands:
    """What remains of a file: its text, and for each of its lines the line of the original (both from 1)."""

    text: str
    lines: Sequence[int]


def whole(text: str) -> Islands:
    """The file without anything left out."""
    return Islands(text, range(1, len(split_lines(text)) + 1))


def islands(text: str, tree: ast.Module, alive: Sequence[Live]) -> Islands:
    """The statements of a file that can matter to its live rules. Raises TooDeep."""
    lines = split_lines(text)
    selection = _Selection(lines, _Interest.of(tree, alive))
    selection.module(tree)
    kept = selection.kept
    return Islands("".join(line for _, line in kept), [number for number, _ in kept])


def stretches(text: str, tree: ast.Module) -> list[str]:
    """The module-level definitions of a file, and the lines between them as one."""
    lines = split_lines(text)
    found: list[str] = []
    between: list[str] = []
    last = 0
    for node in tree.body:
        if isinstance(node, Definition):
            first, end = _first_line(node), node.end_lineno or node.lineno
            between += lines[last : first - 1]
            found.append("".join(lines[first - 1 : end]))
            last = end
    return [*found, "".join(between + lines[last:])]


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


def split_lines(text: str) -> list[str]:
    """Lines with their ends; only \\n, \\r\\n and \\r end one, as for the parser."""
    return _LINE.findall(text)


@dataclass(frozen=True, slots=True)
class _Interest:
    """What makes code matter: a trigger, a name that an import gave an init function, a word of context."""

    pattern: re.Pattern[str] | None
    names: frozenset[str]
    context: frozenset[str]

    @classmethod
    def of(cls, tree: ast.Module, alive: Sequence[Live]) -> _Interest:
        words = frozenset(word for each in alive for word in each.heads)
        context = frozenset(word for each in alive if each.together for word in each.rule.context)
        return cls(any_of(words) if words else None, _imported(tree), context)

    def holds(self, code: str, words: frozenset[str]) -> bool:
        """Whether code matters by itself; `words` are its identifiers."""
        if not words.isdisjoint(self.names) or not words.isdisjoint(self.context):
            return True
        return self.pattern is not None and self.pattern.search(code) is not None


@dataclass(slots=True)
class _Selection:
    lines: list[str]
    interest: _Interest
    kept: list[tuple[int, str]] = field(default_factory=list)
    last: int = 0
    spelled: dict[ast.stmt, frozenset[str]] = field(default_factory=dict)

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
            self.keep(_first_line(node), node.end_lineno or node.lineno)

    def splits(self, node: Definition) -> bool:
        """Whether the body begins on a line of its own, and no statement shares a line with the header."""
        return _first_line(node.body[0]) > node.lineno and _first_line(node) > self.last

    def class_definition(self, node: ast.ClassDef) -> None:
        """Keep the header, and of the methods those that matter or hold layers, with what the constructor runs."""
        self.keep(_first_line(node), _first_line(node.body[0]) - 1)
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
        words = self.words(node)
        return not words.isdisjoint(LAYER_WORDS) or self.interest.holds(self.code(node), words)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Keep a function but for its docstring."""
        first, *rest = node.body
        end = node.end_lineno or node.lineno
        if not _docstring(first):
            self.keep(_first_line(node), end)
            return
        self.keep(_first_line(node), first.lineno - 1)
        if not rest:
            self.placeholder(first)
        elif _first_line(rest[0]) > (first.end_lineno or first.lineno):
            self.keep(_first_line(rest[0]), end)
        else:
            self.keep(first.lineno, end)

    def keep(self, first: int, last: int) -> None:
        """Keep lines that are not kept yet, and the one that a backslash at their end continues on."""
        while last < len(self.lines) and self.lines[last - 1].rstrip("\r\n").endswith("\\"):
            last += 1
        for number in range(max(first, self.last + 1), last + 1):
            self.kept.append((number, self.lines[number - 1]))
        self.last = max(self.last, last)

    def placeholder(self, body: ast.stmt) -> None:
        """Stand in for a body of which nothing remains."""
        line = self.lines[body.lineno - 1]
        indentation = line[: len(line) - len(line.lstrip())]
        self.kept.append((body.lineno, f"{indentation}pass\n"))
        self.last = max(self.last, body.lineno)

    def choose(self, body: Sequence[ast.stmt]) -> set[ast.stmt]:
        """The statements of a module that matter, closed under naming.

        With a statement come the functions and base classes that it names, and whatever names a function that matters
        by itself: a helper that wraps or initialises.
        """
        chosen: set[ast.stmt] = set()
        words: dict[Definition, frozenset[str]] = {}
        for node in body:
            if isinstance(node, Definition):
                words[node] = self.words(node)
            elif self.short(node) or self.interest.holds(self.code(node), self.words(node)):
                chosen.add(node)
        matter = {node for node in words if self.interest.holds(self.code(node), words[node])}
        helpers = {node.name for node in matter if not isinstance(node, ast.ClassDef)}
        if helpers or self.interest.context:
            named = helpers | ({node.name for node in matter} if self.interest.context else set())
            matter |= _naming(words, named)
        return chosen | matter | _named(words, matter)

    def short(self, node: ast.stmt) -> bool:
        """Imports, also those under a test or a `try`, or a statement of a few lines: cheaper kept than judged."""
        return _imports(node) or (node.end_lineno or node.lineno) - _first_line(node) < _SHORT

    def code(self, node: ast.stmt) -> str:
        return "".join(self.lines[_first_line(node) - 1 : node.end_lineno or node.lineno])

    def words(self, node: ast.stmt) -> frozenset[str]:
        if node not in self.spelled:
            self.spelled[node] = frozenset(_WORDS.findall(self.code(node)))
        return self.spelled[node]


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


def _imported(tree: ast.Module) -> frozenset[str]:
    """Names under which module-level imports bind single init functions, or a module of them under another name."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            whole = (node.module or "").endswith("nn.init")
            found.update(alias.asname or alias.name for alias in node.names if whole or _is_function(alias.name))
        if isinstance(node, ast.Import | ast.ImportFrom):
            renamed = (alias for alias in node.names if alias.name.rpartition(".")[2] in _MODULES and alias.asname)
            found.update(alias.asname or "" for alias in renamed)
    return frozenset(found)


def _imports(node: ast.stmt) -> bool:
    """Whether a statement is an import, or a test or a `try` around one."""
    body: list[ast.stmt] = getattr(node, "body", []) if isinstance(node, ast.If | ast.Try) else [node]
    return any(isinstance(each, ast.Import | ast.ImportFrom) for each in body)


_MODULES = frozenset({"init", "initialization"})


def _is_function(name: str) -> bool:
    return name in INITIALIZERS or name in DEPRECATED or name in MODULE_HELPERS


def _docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(node.lineno, *(each.lineno for each in decorators)) if decorators else node.lineno


def check_depth(statement: ast.stmt, lines: Sequence[str]) -> None:
    """Raise TooDeep where a statement nests too deep; uses a stack of its own.

    What has n characters nests fewer than n levels, so only long statements and expressions are measured.
    """
    pending: list[tuple[ast.AST, int]] = [(statement, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise TooDeep(getattr(node, "lineno", statement.lineno))
        short = isinstance(node, ast.expr | ast.stmt) and depth + _length(node, lines) <= MAX_DEPTH
        if not short:
            pending.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _length(node: ast.expr | ast.stmt, lines: Sequence[str]) -> int:
    """Characters that a node spans at most, decorators and blanks of whole lines included."""
    first, last = _first_line(node) if isinstance(node, ast.stmt) else node.lineno, node.end_lineno or node.lineno
    if first == last:
        return (node.end_col_offset or 0) - node.col_offset
    return sum(len(line) for line in lines[first - 1 : last])
