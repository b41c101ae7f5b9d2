"""Suppression comments: `# noqa`, `# noqa: INI101`, `# initlint: ignore[INI101, leaky-relu-slope] reason`.

A comment holds for the logical line that it stands in: a call over several lines, the header of a compound statement.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from initlint import catalogue
from initlint.finding import Edit, Finding, Fix, Region, Safety, Severity, Suppressed
from initlint.rule import Rule

UNUSED = "INI003"

_DIRECTIVE = re.compile(
    r"#[ \t]*(?:noqa\b(?:[ \t]*:[ \t]*(?P<codes>[A-Z]+[0-9]+(?:[, \t]+[A-Z]+[0-9]+)*))?"
    r"|(?P<ours>initlint:[ \t]*ignore\b)(?:[ \t]*\[(?P<words>[^\]#\r\n]*)\])?)",
    re.IGNORECASE,
)
"""`noqa` as flake8 reads it: in any case, codes between commas or blanks after a colon, then any text."""
_WORD = re.compile(r"[^\s,]+")
_NEXT_COMMENT = re.compile(r"\s+(?=#\s*[A-Za-z])")
_LINE_END = re.compile(r"\r\n?|\n")
_BETWEEN_LOGICAL_LINES = (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment, its place, whether its line holds nothing else, and the first and last line that it holds for."""

    text: str
    line: int
    column: int
    alone: bool
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class _Word:
    """One code or name in a directive, its columns in the comment, the codes it stands for or why it has none."""

    text: str
    start: int
    end: int
    codes: frozenset[str]
    unknown: str


@dataclass(frozen=True, slots=True, eq=False)
class _Directive:
    """One suppression and its columns in the comment, reason included; `noqa` without words suppresses everything."""

    comment: _Comment
    start: int
    end: int
    ours: bool
    words: tuple[_Word, ...]
    reason: str

    @property
    def blanket(self) -> bool:
        return not self.ours and not self.words

    @property
    def is_prose(self) -> bool:
        """Whether this is talk about a suppression, or code commented out, rather than a suppression."""
        return self.comment.alone and self.start > 0

    def covers(self, code: str) -> bool:
        """Whether findings with a code are suppressed; those about suppressions only by their full code or name."""
        if code == UNUSED:
            return self.blanket or any(word.codes == {UNUSED} for word in self.words)
        return self.blanket or any(code in word.codes for word in self.words)


@dataclass(frozen=True, slots=True)
class Applied:
    """The findings that are left to report, and those that comments suppress."""

    kept: list[Finding]
    suppressed: list[Suppressed] = field(default_factory=list)


def apply(
    findings: Iterable[Finding],
    text: str,
    rules: Sequence[Rule],
    *,
    path: Path,
    unused: bool = True,
    noqa: bool = True,
) -> Applied:
    """Tell the findings that comments suppress from the others; `unused` adds one for each comment that was not needed.

    Only codes whose rules ran are judged, and never a foreign code or a `noqa` without codes. Without `noqa` only our
    own comments count: flake8 applies the others by itself.
    """
    found = list(findings)
    if not _may_matter(text, bool(found)):
        return Applied(found)
    try:
        directives = [directive for comment in _comments(text) for directive in _directives(comment)]
    except (tokenize.TokenError, SyntaxError):
        directives = [directive for comment in _comment_like(text) for directive in _directives(comment)]
        unused = False
    directives = [directive for directive in directives if directive.ours or noqa]
    by_line: dict[int, list[_Directive]] = defaultdict(list)
    for directive in directives:
        for line in range(directive.comment.first, directive.comment.last + 1):
            by_line[line].append(directive)

    every = list(found)
    if unused:
        judge = _Judge(text, path, found, frozenset(rule.code for rule in rules))
        every += filter(None, map(judge.finding, directives))
    applied = Applied([])
    for finding in every:
        here = by_line.get(finding.region.line, ())
        covering = [directive for directive in here if directive.covers(finding.code)]
        if covering:
            reason = next((directive.reason for directive in covering if directive.reason), "")
            applied.suppressed.append(Suppressed(finding, reason))
        else:
            applied.kept.append(finding)
    return applied


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges which directives of a file were needed."""

    text: str
    path: Path
    found: Sequence[Finding]
    ran: frozenset[str]

    def finding(self, directive: _Directive) -> Finding | None:
        """The finding about a directive that is not needed in full."""
        if directive.is_prose or directive.blanket:
            return None
        here = {each.code for each in self.found if _holds_for(directive.comment, each)}
        if not directive.words:
            codes = ", ".join(sorted(here)) or "CODE"
            return self._report(directive, f"suppresses nothing without codes: `# initlint: ignore[{codes}] reason`")
        unknown = [word for word in directive.words if word.unknown]
        idle = [word for word in directive.words if self._ran(word) and word.codes.isdisjoint(here)]
        if not unknown and not idle:
            return None
        reasons = [f"no {word.text} is found here" for word in idle] + [word.unknown for word in unknown]
        message = "unused suppression: " + "; ".join(reasons)
        fix = self._removal(directive, [word for word in directive.words if word not in (*unknown, *idle)])
        return self._report(directive, message, fix)

    def _ran(self, word: _Word) -> bool:
        codes = word.codes - catalogue.ENGINE_CODES.keys()
        return bool(codes) and codes <= self.ran

    def _report(self, directive: _Directive, message: str, *fixes: Fix) -> Finding:
        region = _region(directive.comment, directive.start, directive.end)
        name = catalogue.ENGINE_CODES[UNUSED]
        return Finding(self.path, region, UNUSED, name, Severity.WARNING, message, fixes)

    def _removal(self, directive: _Directive, kept: Sequence[_Word]) -> Fix:
        """Takes out all words but some, or the directive with the blanks before it."""
        comment, words = directive.comment, directive.words
        if kept:
            gaps = {words[i + 1]: comment.text[words[i].end : words[i + 1].start] for i in range(len(words) - 1)}
            rest = kept[0].text + "".join(gaps[word] + word.text for word in kept[1:])
            removed = ", ".join(word.text for word in words if word not in kept)
            edit = Edit(_region(comment, words[0].start, words[-1].end), rest)
            return Fix(f"remove {removed} from the comment", Safety.SAFE, (edit,))
        start, end = directive.start, directive.end
        if directive.end < len(comment.text):
            end += len(comment.text[end:]) - len(comment.text[end:].lstrip())
            return Fix("remove the suppression", Safety.SAFE, (Edit(_region(comment, start, end), ""),))
        if comment.alone:
            return Fix("remove the comment", Safety.SAFE, (Edit(self._whole_line(comment.line), ""),))
        before = self._line(comment.line)[: comment.column + start]
        region = _region(comment, len(before.rstrip()) - comment.column, end)
        return Fix("remove the comment" if start == 0 else "remove the suppression", Safety.SAFE, (Edit(region, ""),))

    def _line(self, number: int) -> str:
        return _LINE_END.split(self.text)[number - 1]

    def _whole_line(self, number: int) -> Region:
        lines = _LINE_END.split(self.text)
        if number < len(lines):
            return Region(number, 0, number + 1, 0)
        return Region(number, 0, number, len(lines[-1]))


def _may_matter(text: str, any_findings: bool) -> bool:
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


def _comments(text: str) -> Iterator[_Comment]:
    """The comments of a text. Raises tokenize.TokenError and SyntaxError."""
    first = code_line = 0
    waiting: list[tuple[tokenize.TokenInfo, bool]] = []
    for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
        line = token.start[0]
        if token.type == tokenize.COMMENT:
            if first:
                waiting.append((token, line != code_line))
            else:
                yield _Comment(token.string, line, token.start[1], True, line, line)
        elif token.type == tokenize.NEWLINE:
            for comment, alone in waiting:
                yield _Comment(comment.string, *comment.start, alone, first, line)
            first, waiting = 0, []
        elif token.type not in _BETWEEN_LOGICAL_LINES:
            first, code_line = first or line, token.end[0]


def _comment_like(text: str) -> Iterator[_Comment]:
    """What could be comments in a text that has no tokens; each holds for its line."""
    for number, line in enumerate(_LINE_END.split(text), 1):
        if match := _DIRECTIVE.search(line):
            alone = not line[: match.start()].strip()
            yield _Comment(line[match.start() :], number, match.start(), alone, number, number)


def _directives(comment: _Comment) -> Iterator[_Directive]:
    for match in _DIRECTIVE.finditer(comment.text):
        ours = match["ours"] is not None
        group = "words" if ours else "codes"
        found = _WORD.finditer(comment.text, *match.span(group)) if match[group] else ()
        words = tuple(_Word(word[0], *word.span(), *_meaning(word[0], ours)) for word in found)
        following = _NEXT_COMMENT.search(comment.text, match.end())
        end = following.start() if following else len(comment.text)
        yield _Directive(comment, match.start(), end, ours, words, comment.text[match.end() : end].strip())


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


def _holds_for(comment: _Comment, finding: Finding) -> bool:
    return comment.first <= finding.region.line <= comment.last


def _region(comment: _Comment, start: int, end: int) -> Region:
    """Columns of a comment as a region of the text."""
    return Region(comment.line, comment.column + start, comment.line, comment.column + end)
