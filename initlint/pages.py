"""The page of a rule: parses its Markdown into sections, code blocks and what those blocks claim.

The grammar is small and closed, so that every example of every page can be executed: an unknown heading, a missing
section, a fence of another kind or a claim that is spelled differently is an error, never text.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from initlint.rule import Rule

FINDS = "What it finds"
MATTERS = "Why it matters"
EXAMPLES = "Examples"
SILENT = "When it stays silent"
FIX_SAFETY = "Fix safety"
LIMITS = "Known limits"
REFERENCES = "References"

SECTIONS = (FINDS, MATTERS, EXAMPLES, SILENT, FIX_SAFETY, LIMITS, REFERENCES)
"""All headings in their order; `Fix safety` stands where the rule has a fix, `Known limits` may be left out."""

ILLUSTRATIONS = ("text", "toml")
"""Fences that show something and claim nothing."""


class PageError(ValueError):
    """A page breaks the grammar; says in which file and line, and how."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


class BlockKind(StrEnum):
    """What a code block promises.

    A model block defines `build()`, which returns a module, and may define `inputs()`, the arguments of a forward pass,
    `expect` and `lock`, declared and locked laws;
    it is built and judged, and marks what is found there like a bad block.
    """

    BAD = "bad"
    FIXED = "fixed"
    GOOD = "good"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The findings on one line of a block (from 1): `# error: [INI301] raises ValueError`; missed ones: `# todo:`."""

    line: int
    codes: tuple[str, ...]
    raises: str | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The standard deviation that a line of a block (from 1) leaves behind, and the one that the tensor needs."""

    line: int
    std: float
    expected: float


@dataclass(frozen=True, slots=True)
class Block:
    """A Python example; `line` is the line of the page on which its code begins; with `run` it runs as it stands."""

    kind: BlockKind
    run: bool
    code: str
    line: int
    section: str
    errors: tuple[Expectation, ...] = ()
    todos: tuple[Expectation, ...] = ()
    measured: tuple[Measurement, ...] = ()

    @property
    def bare(self) -> str:
        """The code without the comments that state expectations and measurements."""
        lines = self.code.splitlines(keepends=True)
        claims: tuple[Expectation | Measurement, ...] = (*self.errors, *self.todos, *self.measured)
        for number in {claim.line for claim in claims}:
            lines[number - 1] = _CLAIMS.sub("", lines[number - 1])
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, its line, and the text below it, code blocks included."""

    title: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page. `summary` is its one sentence on one line, without the full stop."""

    path: Path
    name: str
    code: str
    summary: str
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]

    def blocks_of(self, *kinds: BlockKind) -> tuple[Block, ...]:
        """The blocks of these kinds in the order of the page."""
        return tuple(block for block in self.blocks if block.kind in kinds)

    def fixed_after(self, bad: Block) -> Block | None:
        """The `py fixed` block that follows a bad block."""
        following = self.blocks[self.blocks.index(bad) + 1 :][:1]
        return next((block for block in following if block.kind is BlockKind.FIXED), None)

    @property
    def successors(self) -> frozenset[str]:
        """The codes that fixing may expose, declared by lines `Successor: INI101` under `Fix safety`."""
        safety = "\n".join(section.text for section in self.sections if section.title == FIX_SAFETY)
        return frozenset(re.findall(r"^Successor: ([A-Z]+\d+)$", safety, re.MULTILINE))


_CODE = r"[A-Z]+\d+"
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_TITLE = re.compile(rf"# (?P<name>[a-z0-9]+(?:-[a-z0-9]+)*) \((?P<code>{_CODE})\)")
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<title>.*?)\s*")
_FENCE = re.compile(r"(?P<ticks>```+|~~~+)(?P<info>.*)")
_BLOCK = re.compile(r"py (?P<kind>bad|fixed|good|model)(?P<run> run)?")
_CLAIMS = re.compile(r"[ \t]*#[ \t]*(?:error|todo|measured):.*")
_CLAIM = re.compile(
    rf"# (?:(?P<verdict>error|todo): \[(?P<codes>{_CODE}(?:, {_CODE})*)\](?: raises (?P<raises>[A-Za-z_]\w*))?"
    rf"|measured: std (?P<std>{_NUMBER}), expected (?P<expected>{_NUMBER}))(?:\s+(?=#)|$)"
)


def read(rule: Rule) -> Page:
    """Parse the page of a rule and hold its title and sentence against the rule's name, code and summary.

    Raises PageError, also where the page is missing.
    """
    path = rule.page
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PageError(path, 1, f"{rule.code} has no readable page: {error.strerror}") from error
    page = parse(text, path, has_fix=rule.fix is not None)
    if (page.name, page.code) != (rule.name, rule.code):
        raise PageError(path, 1, f"the title is {page.name} ({page.code}), the rule is {rule.name} ({rule.code})")
    if page.summary.replace("`", "") != rule.summary.replace("`", ""):
        raise PageError(path, 1, f"the sentence below the title is not the rule's summary: {rule.summary}")
    return page


def parse(text: str, path: Path, *, has_fix: bool) -> Page:
    """Parse a page; `has_fix` says whether it must argue the safety of a fix or must not. Raises PageError."""
    lines = text.splitlines()
    title = _TITLE.fullmatch(lines[0].rstrip()) if lines else None
    if title is None:
        raise PageError(path, 1, "a page begins with a title like '# leaky-relu-slope (INI101)'")
    headings: list[tuple[int, str]] = []
    blocks: list[Block] = []
    for number, line, fenced in _outline(lines, path):
        if fenced is not None:
            _add_block(blocks, number, line, fenced, headings[-1][1] if headings else "", path)
        elif number > 1:
            headings.append((number, _heading(line, number, path)))
    _check_order(headings, len(lines), has_fix, path)
    ends = [number for number, _ in headings[1:]] + [len(lines) + 1]
    sections = []
    for (number, heading), end in zip(headings, ends, strict=True):
        body = "\n".join(lines[number : end - 1]).strip()
        if not body:
            raise PageError(path, number, f"section {heading!r} is empty")
        sections.append(Section(heading, number, body))
    summary = _sentence(lines[1 : headings[0][0] - 1], path)
    return Page(path, title["name"], title["code"], summary, tuple(sections), tuple(blocks))


def _outline(lines: list[str], path: Path) -> Iterator[tuple[int, str, list[str] | None]]:
    """Headings (line number, line, None) and fences (line number, info string, content)."""
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        fence = _FENCE.fullmatch(line)
        if fence is None:
            if line.lstrip().startswith(("```", "~~~")):
                raise PageError(path, number, "a fence begins in the first column")
            if _HEADING.fullmatch(line):
                yield number, line, None
            continue
        begin = number
        while number < len(lines) and lines[number].rstrip() != fence["ticks"]:
            number += 1
        if number == len(lines):
            raise PageError(path, begin, "this fence is never closed")
        yield begin, fence["info"].strip(), lines[begin:number]
        number += 1


def _heading(line: str, number: int, path: Path) -> str:
    match = _HEADING.fullmatch(line)
    assert match is not None
    if match["marks"] != "##" or match["title"] not in SECTIONS:
        raise PageError(path, number, f"unknown heading {line.strip()!r}; a page has {', '.join(SECTIONS)}")
    return match["title"]


def _check_order(headings: list[tuple[int, str]], last: int, has_fix: bool, path: Path) -> None:
    expected = [title for title in SECTIONS if title != FIX_SAFETY or has_fix]
    position = 0
    for number, title in headings:
        if title == FIX_SAFETY and not has_fix:
            raise PageError(path, number, "section 'Fix safety' on the page of a rule that has no fix")
        if title not in expected[position:]:
            raise PageError(path, number, f"section {title!r} stands twice or too late")
        for skipped in expected[position : expected.index(title)]:
            if skipped != LIMITS:
                raise PageError(path, number, f"section {skipped!r} is missing before {title!r}")
        position = expected.index(title) + 1
    if position < len(expected):
        missing = next(title for title in expected[position:] if title != LIMITS)
        raise PageError(path, max(last, 1), f"section {missing!r} is missing")


def _sentence(lines: list[str], path: Path) -> str:
    paragraph = " ".join(" ".join(lines).split())
    blank_inside = "" in [line.strip() for line in "\n".join(lines).strip().split("\n")]
    if not paragraph.endswith(".") or blank_inside:
        raise PageError(path, 2, "below the title stands one sentence that ends with a full stop")
    return paragraph.rstrip(".")


def _add_block(blocks: list[Block], line: int, info: str, content: list[str], section: str, path: Path) -> None:
    if info in ILLUSTRATIONS:
        return
    match = _BLOCK.fullmatch(info)
    if match is None or (match["run"] and match["kind"] not in ("bad", "good")):
        raise PageError(path, line, f"unknown fence {info!r}")
    if not section:
        raise PageError(path, line, "an example stands before the first section")
    kind = BlockKind(match["kind"])
    block = _block(kind, bool(match["run"]), "".join(text + "\n" for text in content), line + 1, section, path)
    if kind is BlockKind.FIXED and (not blocks or blocks[-1].kind is not BlockKind.BAD):
        raise PageError(path, line, "a 'py fixed' block follows a 'py bad' block")
    blocks.append(block)


def _block(kind: BlockKind, run: bool, code: str, line: int, section: str, path: Path) -> Block:
    claims = [
        claim
        for number, comment in _comments(code, line, path)
        for claim in _claims(comment, line + number - 1, number, path)
    ]
    errors = tuple(claim for verdict, claim in claims if verdict == "error" and isinstance(claim, Expectation))
    todos = tuple(claim for verdict, claim in claims if verdict == "todo" and isinstance(claim, Expectation))
    measured = tuple(claim for _, claim in claims if isinstance(claim, Measurement))
    if kind is BlockKind.MODEL and (measured or any(each.raises for each in errors)):
        raise PageError(path, line, "a 'py model' block says what is found in the model, nothing else")
    if claims and kind not in (BlockKind.BAD, BlockKind.MODEL):
        raise PageError(path, line + claims[0][1].line - 1, f"a 'py {kind}' block expects nothing")
    if measured and not run:
        raise PageError(path, line + measured[0].line - 1, "what is measured stands in a 'py bad run' block")
    if kind is BlockKind.BAD and not errors and not todos:
        raise PageError(path, line, "a 'py bad' block marks what is found by '# error: [CODE]'")
    return Block(kind, run, code, line, section, errors, todos, measured)


def _comments(code: str, first: int, path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every comment from the first claim on. Raises PageError for code that does not parse."""
    try:
        ast.parse(code)
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except SyntaxError as error:
        raise PageError(path, first + (error.lineno or 1) - 1, f"the example does not parse: {error.msg}") from error
    for token in tokens:
        claims = _CLAIMS.search(token.string) if token.type == tokenize.COMMENT else None
        if claims is None:
            continue
        if not token.line[: token.start[1]].strip():
            raise PageError(path, first + token.start[0] - 1, "an expectation trails the line that it speaks of")
        yield token.start[0], claims.group().strip()


def _claims(comment: str, page_line: int, number: int, path: Path) -> Iterator[tuple[str, Expectation | Measurement]]:
    position = 0
    while position < len(comment):
        match = _CLAIM.match(comment, position)
        if match is None or (match["verdict"] == "todo" and match["raises"]):
            raise PageError(path, page_line, f"cannot read the expectation {comment[position:]!r}")
        position = match.end()
        if match["verdict"]:
            codes = tuple(match["codes"].split(", "))
            yield match["verdict"], Expectation(number, codes, match["raises"])
        else:
            yield "measured", Measurement(number, float(match["std"]), float(match["expected"]))
