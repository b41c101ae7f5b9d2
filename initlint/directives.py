"""Suppression comments in a text: where they stand, what they name, and which lines they hold for.

`# initlint: ignore[INI101] reason` and `# noqa: INI101` hold for the logical line that they stand in: a call over
several lines, the header of a compound statement. Ours holds for the next logical line where it stands above it, on a
line of its own; `# initlint: ignore-file[INI101] reason`, on a line of its own too, holds for the file.
"""

from __future__ import annotations

import difflib
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from initlint import catalogue
from initlint.finding import Region
from initlint.lines import rows

IGNORE, IGNORE_FILE = "ignore", "ignore-file"

_DIRECTIVE = re.compile(
    r"#[ \t]*(?:noqa\b(?:[ \t]*:[ \t]*(?P<codes>[A-Z]+[0-9]+(?:[, \t]+[A-Z]+[0-9]+)*))?"
    r"|(?P<ours>initlint:[ \t]*(?P<verb>[a-z][a-z-]*))(?:[ \t]*(?P<bracket>\[)(?P<words>[^\]#\r\n]*)\])?)",
    re.IGNORECASE,
)
"""`noqa` as flake8 reads it: in any case, codes between commas or blanks after a colon, then any text."""
_FOREIGN_VERBS = ("disable", "disable-file", "disable-next-line", "file-ignore", "ignore-next-line", "noqa", "skip")
"""What other tools call it."""
_WORD = re.compile(r"[^\s,]+")
_NEXT_COMMENT = re.compile(r"(?<!\s)\s+(?=#\s*[A-Za-z])")
_BETWEEN_LOGICAL_LINES = (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
END_OF_FILE = sys.maxsize
"""The last line that `ignore-file` holds for."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, its place, and the first and last line of the logical line that it stands in or, `above` it, before.

    A comment that is `alone` is the only thing on its line. For one that stands before nothing, both are its own.
    """

    text: str
    line: int
    column: int
    alone: bool
    above: bool
    first: int
    last: int

    def region(self, start: int, end: int) -> Region:
        """Columns of the comment as a region of the text."""
        return Region(self.line, self.column + start, self.line, self.column + end)


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One code or name in a directive, its columns in the comment, the codes it stands for or why it has none."""

    text: str
    start: int
    end: int
    codes: frozenset[str]
    unknown: str


@dataclass(frozen=True, slots=True, eq=False)
class Directive:
    """One suppression and its columns in the comment, reason included; `noqa` without words suppresses everything.

    `verb` is what our own says to do, and empty for `noqa`.
    """

    comment: Comment
    start: int
    end: int
    verb: str
    words: tuple[Word, ...]
    reason: str

    @property
    def ours(self) -> bool:
        """Whether this is our own form rather than `noqa`."""
        return bool(self.verb)

    @property
    def blanket(self) -> bool:
        """Whether this is a `noqa` without codes."""
        return not self.ours and not self.words

    @property
    def is_prose(self) -> bool:
        """Whether this is talk about a suppression, or code commented out, rather than a suppression."""
        return self.comment.alone and self.start > 0

    @property
    def defect(self) -> str:
        """Why nothing is suppressed, whatever the words are; empty where it is well formed."""
        if self.ours and self.verb not in (IGNORE, IGNORE_FILE):
            return f"unknown suppression {self.verb!r}"
        if self.verb == IGNORE_FILE and not self.comment.above:
            return "ignore-file must stand on a line of its own, outside of a statement"
        return ""

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line that this holds for."""
        if self.defect:
            return 1, 0
        if self.verb == IGNORE_FILE:
            return (1, 0) if self.is_prose else (1, END_OF_FILE)
        if self.comment.above and (not self.ours or self.is_prose):
            return self.comment.line, self.comment.line
        return self.comment.first, self.comment.last

    def names(self, code: str) -> bool:
        """Whether a code is suppressed; those about suppressions only by their full code or name."""
        if code in catalogue.ENGINE_CODES:
            return self.blanket or any(word.codes == {code} for word in self.words)
        return self.blanket or any(code in word.codes for word in self.words)


def may_matter(text: str, any_findings: bool) -> bool:
    """Whether some text that looks like a suppression could change what is reported. Much cheaper than tokens."""
    lowered = text.lower()
    if "noqa" not in lowered and "initlint:" not in lowered:
        return False
    for match in _DIRECTIVE.finditer(text):
        codes = match["codes"]
        if match["ours"] or (any_findings and codes is None):
            return True
        if codes and any(_is_ours(word) for word in _WORD.findall(codes)):
            return True
    return False


def comments(text: str) -> Iterator[Comment]:
    """The comments of a text. Raises tokenize.TokenError and SyntaxError."""
    first = code_line = 0
    inside: list[tuple[tokenize.TokenInfo, bool]] = []
    above: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
        line = token.start[0]
        if token.type == tokenize.COMMENT:
            if first:
                inside.append((token, line != code_line))
            else:
                above.append(token)
        elif token.type == tokenize.NEWLINE:
            yield from (Comment(each.string, *each.start, True, True, first, line) for each in above)
            yield from (Comment(each.string, *each.start, alone, False, first, line) for each, alone in inside)
            first, above, inside = 0, [], []
        elif token.type == tokenize.NL:
            if not first and not token.line.strip():
                yield from map(_above_nothing, above)
                above = []
        elif token.type not in _BETWEEN_LOGICAL_LINES:
            first, code_line = first or line, token.end[0]
    yield from map(_above_nothing, above)


def _above_nothing(token: tokenize.TokenInfo) -> Comment:
    line, column = token.start
    return Comment(token.string, line, column, True, True, line, line)


def comment_like(text: str) -> Iterator[Comment]:
    """What could be comments in a text that has no tokens; each holds for its line."""
    for number, line in enumerate(rows(text), 1):
        if match := _DIRECTIVE.search(line):
            alone = not line[: match.start()].strip()
            yield Comment(line[match.start() :], number, match.start(), alone, alone, number, number)


def directives(comment: Comment) -> Iterator[Directive]:
    """The suppressions in a comment."""
    for match in _DIRECTIVE.finditer(comment.text):
        verb = (match["verb"] or "").lower()
        if verb not in ("", IGNORE, IGNORE_FILE) and not (match["bracket"] and _is_meant(verb)):
            continue
        group = "words" if verb else "codes"
        found = _WORD.finditer(comment.text, *match.span(group)) if match[group] else ()
        words = tuple(Word(word[0], *word.span(), *_meaning(word[0], bool(verb))) for word in found)
        following = _NEXT_COMMENT.search(comment.text, match.end())
        end = following.start() if following else len(comment.text)
        yield Directive(comment, match.start(), end, verb, words, comment.text[match.end() : end].strip())


def _is_meant(verb: str) -> bool:
    """Whether a word that we do not know is meant as a suppression."""
    return bool(difflib.get_close_matches(verb, (IGNORE, IGNORE_FILE, *_FOREIGN_VERBS), n=1, cutoff=0.8))


def _meaning(word: str, ours: bool) -> tuple[frozenset[str], str]:
    """The codes that a word stands for, and what is wrong with it; both are empty for a foreign code."""
    try:
        return catalogue.codes([word if ours else word.upper()]), ""
    except catalogue.UnknownRule as error:
        return frozenset(), str(error) if ours or _is_ours(word) else ""


@lru_cache(maxsize=512)
def _is_ours(code: str) -> bool:
    """Whether a code in `noqa` is about this tool: it has our letters, or a rule of the catalogue answers to it."""
    if code.upper().startswith("INI"):
        return True
    try:
        return bool(catalogue.codes([code.upper()]))
    except catalogue.UnknownRule:
        return False
