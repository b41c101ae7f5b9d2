"""Applies suppression comments to the findings of a file, and reports those that were not needed."""

from __future__ import annotations

import tokenize
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from initlint import catalogue
from initlint.directives import (
    END_OF_FILE,
    IGNORE,
    IGNORE_FILE,
    Directive,
    Word,
    comment_like,
    comments,
    directives,
    may_matter,
)
from initlint.finding import Edit, Finding, Fix, Region, Safety, Severity, Suppressed
from initlint.lines import rows
from initlint.rule import Rule

UNUSED = "INI003"


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
    if not may_matter(text, bool(found)):
        return Applied(found)
    try:
        present = [directive for comment in comments(text) for directive in directives(comment)]
    except (tokenize.TokenError, SyntaxError):
        present = [directive for comment in comment_like(text) for directive in directives(comment)]
        unused = False
    present = [directive for directive in present if directive.ours or noqa]
    whole_file: list[Directive] = []
    by_line: dict[int, list[Directive]] = defaultdict(list)
    for directive in present:
        first, last = directive.lines
        if last == END_OF_FILE:
            whole_file.append(directive)
            continue
        for line in range(first, last + 1):
            by_line[line].append(directive)

    every = list(found)
    if unused:
        judge = _Judge(text, path, found, frozenset(rule.code for rule in rules))
        every += filter(None, (judge.finding(each) for each in present if not each.names(UNUSED)))
    applied = Applied([])
    for finding in every:
        here = (*by_line.get(finding.region.line, ()), *whole_file)
        reasons = [directive.reason for directive in here if directive.names(finding.code)]
        if reasons:
            applied.suppressed.append(Suppressed(finding, next(filter(None, reasons), "")))
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

    def finding(self, directive: Directive) -> Finding | None:
        """The finding about a directive that is not needed in full."""
        if directive.is_prose or directive.blanket:
            return None
        first, last = directive.lines
        if directive.defect:
            first, last = directive.comment.first, directive.comment.last
        here = {each.code for each in self.found if first <= each.region.line <= last}
        if directive.defect or not directive.words:
            names = [word.text for word in directive.words] or sorted(here) or ["CODE"]
            verb = directive.verb if directive.verb in (IGNORE, IGNORE_FILE) else IGNORE
            reason = directive.defect or "suppresses nothing without codes"
            return self._report(directive, f"{reason}: `# initlint: {verb}[{', '.join(names)}] reason`")
        unknown = [word for word in directive.words if word.unknown]
        idle = [word for word in directive.words if self._ran(word) and word.codes.isdisjoint(here)]
        if not unknown and not idle:
            return None
        reasons = [f"no {word.text} is found here" for word in idle] + [word.unknown for word in unknown]
        message = "unused suppression: " + "; ".join(reasons)
        fix = self._removal(directive, [word for word in directive.words if word not in (*unknown, *idle)])
        return self._report(directive, message, fix)

    def _ran(self, word: Word) -> bool:
        codes = word.codes - catalogue.ENGINE_CODES.keys()
        return bool(codes) and codes <= self.ran

    def _report(self, directive: Directive, message: str, *fixes: Fix) -> Finding:
        region = directive.comment.region(directive.start, directive.end)
        name = catalogue.ENGINE_CODES[UNUSED]
        return Finding(self.path, region, UNUSED, name, Severity.WARNING, message, fixes)

    def _removal(self, directive: Directive, kept: Sequence[Word]) -> Fix:
        """Takes out all words but some, or the directive with the blanks before it."""
        comment, words = directive.comment, directive.words
        if kept:
            gaps = {words[i + 1]: comment.text[words[i].end : words[i + 1].start] for i in range(len(words) - 1)}
            rest = kept[0].text + "".join(gaps[word] + word.text for word in kept[1:])
            removed = ", ".join(word.text for word in words if word not in kept)
            edit = Edit(comment.region(words[0].start, words[-1].end), rest)
            return Fix(f"remove {removed} from the comment", Safety.SAFE, (edit,))
        start, end = directive.start, directive.end
        if directive.end < len(comment.text):
            end += len(comment.text[end:]) - len(comment.text[end:].lstrip())
            return Fix("remove the suppression", Safety.SAFE, (Edit(comment.region(start, end), ""),))
        if comment.alone:
            return Fix("remove the comment", Safety.SAFE, (Edit(self._whole_line(comment.line), ""),))
        before = self._line(comment.line)[: comment.column + start]
        region = comment.region(len(before.rstrip()) - comment.column, end)
        return Fix("remove the comment" if start == 0 else "remove the suppression", Safety.SAFE, (Edit(region, ""),))

    def _line(self, number: int) -> str:
        return rows(self.text)[number - 1]

    def _whole_line(self, number: int) -> Region:
        lines = rows(self.text)
        if number < len(lines):
            return Region(number, 0, number + 1, 0)
        return Region(number, 0, number, len(lines[-1]))
