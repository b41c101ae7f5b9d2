"""Notebooks: the code cells of a JSON text as one program, and an edited program as that JSON text again.

In the program every cell follows a line that names it. What only IPython reads becomes `pass` with a comment, and a
cell in another language is left out. Both begin with a character that no cell holds, so that the program alone says
what stands where, also behind edits; a cell without a final line end has one in the program. Cells are counted from 1,
those with text too. Magics are those of IPython.core.inputtransformer2, the format is that of nbformat 4.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from initlint.finding import Diagnostic, Edit, Finding, Fix, Region, Related

PYTHON_CELL_MAGICS = frozenset({"capture", "debug", "prun", "time", "timeit"})
"""Cell magics that run their cell as Python in the notebook's own namespace."""

_PRIVATE_USE = range(0xE000, 0xF900)
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
_MAGIC = re.compile(
    r"[ \t]*(?:[%!?/,;]"
    r"|[^#'\"\r\n]*\?[ \t]*\r?\n?\Z"
    r"|[A-Za-z_][\w.]*(?:\[[^\]'\"]*\])?(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*[ \t]*=[ \t]*[%!])"
)
"""A line that begins with an escape, one that ends by asking for help, one that assigns what a magic gives."""
_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<triple>'''|\"\"\")|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
    r"|(?P<bracket>[()\[\]{}])|(?P<continued>\\\r?\n?\Z)"
)
_UNIT = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[^\\]+")
_BLANK = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


class NotebookError(ValueError):
    """The text is no notebook that can be read; says why and what to do, and where."""

    def __init__(self, message: str, line: int = 1, column: int = 0) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class _Described:
    """What matters of a cell in the JSON text."""

    cell_type: str
    source: str | list[str] = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Document:
    """What matters of a notebook's JSON text."""

    cells: list[_Described]
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell of a program: its number, the line of the program before its first one, its text there."""

    number: int
    before: int
    text: str


@dataclass(frozen=True, slots=True)
class Cells:
    """The code cells of a program in order."""

    program: str
    cells: tuple[Cell, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = []
        if mark := self.program[1:2]:
            pieces = re.split(rf"(?:\A|(?<=[\r\n]))#{re.escape(mark)}(\d+)\n", self.program)
            line = 1
            for number, text in zip(pieces[1::2], pieces[2::2], strict=True):
                found.append(Cell(int(number), line, text))
                line += len(re.findall(r"\r\n?|\n", text)) + 1
        object.__setattr__(self, "cells", tuple(found))

    def text(self, number: int) -> str:
        """A cell as a user wrote it, with a final line end where it is not empty."""
        mark = self.program[1:2]
        return next(_plain(cell.text, mark) for cell in self.cells if cell.number == number)

    def region(self, region: Region) -> Region:
        """A region of the program as one of the cell that it begins in."""
        first = self._cell(region.line)
        last = self._cell(region.end_line)
        line = region.line - first.before
        if first is not last:
            return Region(line, region.column, line, region.column, first.number)
        return Region(line, region.column, region.end_line - first.before, region.end_column, first.number)

    def _cell(self, line: int) -> Cell:
        """The cell of a line; the one that names a cell is the end of the cell before it."""
        return self.cells[max(bisect_left([cell.before for cell in self.cells], line) - 1, 0)]

    def finding(self, found: Finding) -> Finding:
        """A finding about the program as one about cells."""
        return replace(
            found,
            region=self.region(found.region),
            fixes=tuple(
                Fix(fix.title, fix.safety, tuple(Edit(self.region(edit.region), edit.text) for edit in fix.edits))
                for fix in found.fixes
            ),
            related=tuple(Related(self.region(each.region), each.message) for each in found.related),
        )

    def diagnostic(self, failed: Diagnostic) -> Diagnostic:
        """A diagnostic about the program as one about a cell."""
        place = self.region(Region(failed.line, failed.column, failed.line, failed.column))
        return replace(failed, line=place.line, cell=place.cell)


def program(text: str) -> str:
    """The program of a notebook; empty where its kernel runs another language. Raises NotebookError."""
    codes = _code_cells(text)
    everything = "".join(code for _, code in codes)
    mark = next(character for character in map(chr, _PRIVATE_USE) if character not in everything)
    cells = ((number, _readable(code, mark)) for number, code in codes)
    return "".join(f"#{mark}{number}\n{code}" for number, code in cells if code is not None)


def written(text: str, edited: str) -> str:
    """The notebook whose program is the edited one: only the JSON strings of lines that differ are other."""
    before, after = Cells(program(text)), Cells(edited)
    changed = {new.number: new for old, new in zip(before.cells, after.cells, strict=False) if old.text != new.text}
    pieces, position = [], 0
    for number, (start, end) in enumerate(_sources(text), 1):
        if number in changed and start < end:
            pieces += [text[position:start], _Value(text, start, end).replaced(after.text(number))]
            position = end
    return "".join([*pieces, text[position:]])


def file_lines(text: str) -> dict[int, list[int]]:
    """For every cell the lines of the JSON text (from 1) on which the lines of its source stand."""
    found = {}
    for number, (start, end) in enumerate(_sources(text), 1):
        if start < end:
            value = _Value(text, start, end)
            places = [at for at, _ in value.spans] if value.is_lines else [start] * (len(value.lines) or 1)
            found[number] = [text.count("\n", 0, at) + 1 for at in places or [start]]
    return found


def _code_cells(text: str) -> list[tuple[int, str]]:
    """Number and source of the Python cells. Raises NotebookError."""
    import msgspec

    try:
        document = json.loads(text)
        if isinstance(document, dict) and (version := document.get("nbformat", 4)) != 4:
            raise NotebookError(
                f"is a notebook of format {version}, not 4; convert it: jupyter nbconvert --to notebook --inplace"
            )
        notebook = msgspec.convert(document, _Document)
    except json.JSONDecodeError as error:
        raise NotebookError(f"is no notebook: {error.msg}; save it again", error.lineno, error.colno - 1) from None
    except (msgspec.ValidationError, RecursionError) as error:
        raise NotebookError(f"is no notebook: {error or 'nests too deep'}; save it again") from None
    if not _is_python(notebook.metadata):
        return []
    return [
        (number, cell.source if isinstance(cell.source, str) else "".join(cell.source))
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and _names_python(cell.metadata.get("vscode"), "languageId")
    ]


def _is_python(metadata: dict[str, Any]) -> bool:
    return _names_python(metadata.get("language_info"), "name") and _names_python(
        metadata.get("kernelspec"), "language"
    )


def _names_python(described: object, key: str) -> bool:
    """Whether a table says that something is Python, or nothing about it."""
    language = described.get(key) if isinstance(described, dict) else None
    return not isinstance(language, str) or "python" in language.lower()


def _readable(code: str, mark: str) -> str | None:
    """A cell with its magics out of the way and a final line end; None for one in another language."""
    if (magic := _CELL_MAGIC.match(code)) and magic[1] not in PYTHON_CELL_MAGICS:
        return None
    lines, state, magical = [], _State(), False
    for line in _LINE.findall(code):
        if magical:
            lines.append(f"#{mark}|{line}")
        elif state.at_statement and _MAGIC.match(line):
            rest = line.lstrip(" \t")
            lines.append(f"{line[: len(line) - len(rest)]}pass#{mark}|{rest}")
            magical = True
        else:
            state.read(line)
            lines.append(line)
        magical = magical and line.rstrip("\r\n").endswith("\\")
    readable = "".join(lines)
    return readable if not readable or readable.endswith(("\n", "\r")) else readable + "\n"


def _plain(readable: str, mark: str) -> str:
    """The inverse of `_readable`, the final line end apart."""
    return re.sub(rf"^([ \t]*)(?:pass)?#{re.escape(mark)}\|", r"\1", readable, flags=re.MULTILINE)


@dataclass(slots=True)
class _State:
    """Whether a line continues a string, a bracket or the line before it."""

    depth: int = 0
    quote: str = ""
    continued: bool = False

    @property
    def at_statement(self) -> bool:
        return not (self.depth or self.quote or self.continued)

    def read(self, line: str) -> None:
        self.continued = False
        at = 0
        while True:
            if self.quote:
                end = re.compile(rf"(?:\\.|[^\\])*?{self.quote}", re.DOTALL).match(line, at)
                if end is None:
                    return
                self.quote, at = "", end.end()
            token = _TOKEN.search(line, at)
            if token is None:
                return
            at = token.end()
            self.quote = token["triple"] or ""
            self.continued = token["continued"] is not None
            if bracket := token["bracket"]:
                self.depth = max(self.depth + (1 if bracket in "([{" else -1), 0)


def _sources(text: str) -> list[tuple[int, int]]:
    """Where the source of each cell stands in the JSON text of a notebook; an empty range for a cell without one."""
    cells = dict(_values(text, _BLANK.match(text).end()))["cells"]  # type: ignore[union-attr]
    return [dict(_values(text, start)).get("source", (0, 0)) for _, (start, _) in _values(text, cells[0])]


def _values(text: str, at: int) -> Iterator[tuple[str | None, tuple[int, int]]]:
    """Key and range of the values of the object (or array: no keys) that begins at an index of a valid JSON text."""

    def skip(position: int) -> int:
        blank = _BLANK.match(text, position)
        assert blank is not None
        return blank.end()

    keyed = text[at] == "{"
    at = skip(at + 1)
    while text[at] not in "]}":
        key = None
        if keyed:
            key, at = _decode(text, at)
            at = skip(skip(at) + 1)
        end = _decode(text, at)[1]
        yield key, (at, end)
        at = skip(end)
        if text[at] == ",":
            at = skip(at + 1)


class _Value:
    """The source of a cell in its JSON text: its lines, how each is spelled there, and what stands around them."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.raw = text, text[start:end]
        decoded = _decode(text, start)[0]
        self.is_array = isinstance(decoded, list)
        self.spans = [span for _, span in _values(text, start)] if self.is_array else []
        self.lines: list[str] = _LINE.findall("".join(decoded) if self.is_array else decoded)
        self.is_lines = self.is_array and decoded == self.lines
        self.spelled = [text[low + 1 : high - 1] for low, high in self.spans] if self.is_lines else self._spelled()
        self.prefixes = [text[before:low] for before, (low, _) in zip(self._ends(start), self.spans, strict=False)]
        self.tail = text[self.spans[-1][1] : end] if self.spans else "]"

    def replaced(self, source: str) -> str:
        """The JSON of another source, without its final line end where this one has none."""
        if self.lines and not self.lines[-1].endswith(("\n", "\r")):
            source = re.sub(r"\r?\n\Z", "", source)
        new = _LINE.findall(source)
        if not self.is_array:
            return '"' + "".join(spelled for spelled, _ in self._lines(new)) + '"'
        if not new:
            return "[]"
        first = self.prefixes[0] if self.prefixes else ""
        between = self.prefixes[1] if len(self.prefixes) > 1 else f",{first or ' '}"
        pieces: list[str] = []
        for spelled, prefix in self._lines(new):
            kept = prefix if prefix is not None and prefix.lstrip().startswith(",") else between
            pieces.append(f'{kept if pieces else f"[{first}"}"{spelled}"')
        return "".join(pieces) + self.tail

    def _lines(self, new: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """How new lines are spelled, and what stands before those that were there."""
        for kind, low, high, start, end in SequenceMatcher(None, self.lines, new, autojunk=False).get_opcodes():
            if kind == "equal" and self.spelled:
                for index in range(low, high):
                    yield self.spelled[index], self.prefixes[index] if self.is_lines else None
            else:
                for line in new[start:end]:
                    yield json.dumps(line, ensure_ascii=self.text.isascii())[1:-1], None

    def _spelled(self) -> list[str]:
        """The lines of a single string as they stand there; none where a line ends in another way than `\\n`."""
        if self.is_array:
            return []
        found, line = [], ""
        for unit in _UNIT.findall(self.raw[1:-1]):
            line += unit
            if unit == "\\n":
                found.append(line)
                line = ""
        found += [line] if line else []
        return found if len(found) == len(self.lines) else []

    def _ends(self, start: int) -> list[int]:
        """Where what stands before each element begins."""
        return [start + 1, *(high for _, high in self.spans)]
