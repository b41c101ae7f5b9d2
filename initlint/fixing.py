"""Applies fixes to the original text, pass by pass, until nothing applicable is left.

Edits are replacements of character ranges, so that all that no edit touches stays as it is: newlines, byte order mark,
encoding, tabs, a missing final newline.
"""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from initlint.finding import Diagnostic, Finding, Fix, Safety
from initlint.source import LineTable, Source, SourceError, newline_of

MAX_PASSES = 50
RULE_CRASHED = "INI002"

Check = Callable[[Source], Iterable[Finding]]
"""The findings of a text that no comment suppresses."""

_LONE_NEWLINE = re.compile(r"(?<!\r)\n")


class NoConvergence(RuntimeError):
    """Fixes undo each other or never end; nothing is written. The message names the file and the rules."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The outcome of fixing one file. Regions of `applied` are those of the pass that applied them."""

    source_before: Source
    text: str
    applied: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.source_before.text

    @property
    def data(self) -> bytes:
        """The fixed file in its encoding."""
        return self.source_before.encode(self.text)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An applicable fix with its edits as ranges of the text, in the order in which the rule gave them."""

    finding: Finding
    fix: Fix
    edits: tuple[tuple[int, int, str], ...]

    @property
    def order(self) -> tuple[int, tuple[object, ...], tuple[tuple[int, int, str], ...]]:
        return min(start for start, _, _ in self.edits), self.finding.order, self.edits


def fix_text(text: str, findings: Iterable[Finding], unsafe: bool = False) -> tuple[str, tuple[Finding, ...]]:
    """One pass: the text with the applicable fixes that do not overlap, in order of position, and their findings.

    Raises ValueError for an edit outside the text or a fix whose own edits overlap.
    """
    candidates, broken = _candidates(text, findings, unsafe)
    if broken:
        raise ValueError(broken[0][1])
    chosen = _compatible(candidates)
    return _applied(text, chosen), tuple(each.finding for each in chosen)


def fix_source(source: Source, check: Check, unsafe: bool = False) -> Fixed:
    """Check and fix until nothing applicable is left. Raises NoConvergence after 50 passes or when a text comes back.

    A fix after which the text does not compile (where it did before), does not parse or cannot be encoded as the file
    is, is left out and becomes a diagnostic.
    """
    current = source
    applied: list[Finding] = []
    compiles = _syntax_error(source.text, compiling=True) is None
    seen = {source.text}
    for _ in range(MAX_PASSES + 1):
        findings = tuple(check(current))
        text, taken, diagnostics = _sound_pass(current, findings, unsafe, compiles)
        if not taken:
            return Fixed(source, current.text, tuple(applied), findings, diagnostics)
        applied += map(current.located, taken)
        if text in seen:
            break
        seen.add(text)
        current = replace(current, text=text)
    rules = ", ".join(sorted({f"{finding.code} {finding.name}" for finding in taken}))
    raise NoConvergence(f"{source.path}: fixes of {rules} do not come to an end; the file is left as it was")


def diff(fixed: Fixed) -> str:
    """The unified diff that makes the fixed file of the original, empty where nothing changed.

    Lines are those of `patch` and `git apply`, which know \\n alone, so that it can be applied.
    """
    path = str(fixed.source_before.path)
    mark = "\ufeff" if fixed.source_before.bom else ""
    edited = fixed.source_before.edited(fixed.text)
    before, after = _lines(mark + fixed.source_before.content), _lines(mark + edited.content)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(before, after, path, path)
    )


def _lines(text: str) -> list[str]:
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _sound_pass(
    source: Source, findings: Sequence[Finding], unsafe: bool, compiles: bool
) -> tuple[str, list[Finding], tuple[Diagnostic, ...]]:
    """One pass without the fixes that break the text: the text, what was applied, what was left out.

    Nothing is applied only where every candidate breaks the text: one that does keeps no other from its turn.
    """
    candidates, left_out = _candidates(source.text, findings, unsafe)
    sound: list[_Candidate] = []
    while candidates and not sound:
        sound, breaking = _bisected(source, _compatible(candidates), compiles)
        left_out += [(candidate.finding, reason) for candidate, reason in breaking]
        candidates = [each for each in candidates if all(each is not candidate for candidate, _ in breaking)]
    diagnostics = tuple(_left_out(finding, reason) for finding, reason in left_out)
    return _applied(source.text, sound), [each.finding for each in sound], diagnostics


def _bisected(
    source: Source, chosen: list[_Candidate], compiles: bool
) -> tuple[list[_Candidate], list[tuple[_Candidate, str]]]:
    """The fixes that can be applied together, and each other one with what is wrong with the text after it."""
    sound: list[_Candidate] = []
    breaking: list[tuple[_Candidate, str]] = []
    pending = [chosen]
    while pending:
        group = pending.pop()
        defect = _defect(source, _applied(source.text, [*sound, *group]), compiles)
        if defect is None:
            sound += group
        elif len(group) == 1:
            breaking.append((group[0], defect))
        else:
            middle = len(group) // 2
            pending += [group[middle:], group[:middle]]
    return sound, breaking


def _candidates(
    text: str, findings: Iterable[Finding], unsafe: bool
) -> tuple[list[_Candidate], list[tuple[Finding, str]]]:
    """The fixes that may be applied, in order of position, and the findings whose edits make no sense, with why."""
    table, newline = LineTable(text), newline_of(text)
    candidates, broken = [], []
    for finding in findings:
        fix = finding.applicable
        if fix is None or not fix.edits or (fix.safety is Safety.UNSAFE and not unsafe):
            continue
        try:
            edits = tuple(
                (*table.span(edit.region), _LONE_NEWLINE.sub(lambda _: newline, edit.text)) for edit in fix.edits
            )
        except ValueError as error:
            broken.append((finding, str(error)))
            continue
        if any(one[1] > two[0] for one, two in pairwise(sorted(edits))):
            broken.append((finding, "its edits overlap"))
            continue
        candidates.append(_Candidate(finding, fix, edits))
    return sorted(candidates, key=lambda each: each.order), broken


def _compatible(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The fixes that touch nothing that an earlier one changes; the others wait for the next pass."""
    taken: list[tuple[int, int]] = []
    chosen = []
    for candidate in candidates:
        ranges = [(start, end) for start, end, _ in candidate.edits]
        if any(_overlaps(taken, each) for each in ranges):
            continue
        for each in ranges:
            insort(taken, each)
        chosen.append(candidate)
    return chosen


def _overlaps(taken: Sequence[tuple[int, int]], new: tuple[int, int]) -> bool:
    """Whether a range shares a character with one that is taken; an insertion also where it touches its edge."""
    index = bisect_left(taken, new)
    for start, end in taken[max(index - 1, 0) : index + 1]:
        touching = start <= new[1] and new[0] <= end
        if touching and (start == end or new[0] == new[1] or (start < new[1] and new[0] < end)):
            return True
    return False


def _applied(text: str, chosen: Iterable[_Candidate]) -> str:
    """The text after edits; insertions at one place keep the order in which their fix gives them."""
    edits = sorted((edit for candidate in chosen for edit in candidate.edits), key=lambda edit: edit[:2])
    pieces, position = [], 0
    for start, end, new in edits:
        pieces += [text[position:start], new]
        position = end
    return "".join([*pieces, text[position:]])


def _defect(source: Source, text: str, compiles: bool) -> str | None:
    """Why a text cannot replace the original one."""
    try:
        if Source.from_bytes(source.path, source.encode(text)) != replace(source, text=text):
            return "the result is read back in another way than it is written"
    except UnicodeEncodeError as error:
        return f"{text[error.start]!r} cannot be written in the file's encoding, {source.encoding}"
    except SourceError as error:
        return f"the result {error.message}"
    return _syntax_error(text, compiles)


def _syntax_error(text: str, compiling: bool) -> str | None:
    """Why a text does not parse or, where asked, not compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            if compiling:
                compile(tree, "<fixed>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"the result does not parse: {error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"the result does not parse: {error or type(error).__name__}"
    return None


def _left_out(finding: Finding, reason: str) -> Diagnostic:
    title = finding.applicable.title if finding.applicable else ""
    message = f"fix of {finding.code} {finding.name} ({title}) left out: {reason}"
    return Diagnostic(finding.path, RULE_CRASHED, message, finding.region.line, finding.region.column)
