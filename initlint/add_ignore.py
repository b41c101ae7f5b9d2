"""Suppression comments for findings, each behind the last line of its statement, where a comment may always be."""

from __future__ import annotations

import io
import tokenize
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from initlint.finding import Edit, Finding, Fix, Region, Safety
from initlint.suppress import UNUSED


def with_comments(text: str, findings: Iterable[Finding], reason: str) -> tuple[Finding, ...]:
    """Findings whose fix is the comment that suppresses them: one for each statement, with all of its codes.

    A finding about a suppression has none, and nor has one outside of any statement.
    """
    ends = _statement_ends(text)
    lines = [line for line, _ in ends]
    by_end: dict[int, list[Finding]] = defaultdict(list)
    left: list[Finding] = []
    for finding in findings:
        at = bisect_left(lines, finding.region.line)
        if finding.code == UNUSED or at == len(ends):
            left.append(replace(finding, fixes=()))
        else:
            by_end[at].append(finding)
    commented = []
    for at, group in sorted(by_end.items()):
        line, column = ends[at]
        codes = ", ".join(sorted({finding.code for finding in group}))
        comment = f"  # initlint: ignore[{codes}] {reason}"
        edit = Edit(Region(line, column, line, column), comment)
        commented.append(replace(group[0], fixes=(Fix("suppress it", Safety.SAFE, (edit,)),)))
        left += (replace(finding, fixes=()) for finding in group[1:])
    return (*commented, *left)


def _statement_ends(text: str) -> list[tuple[int, int]]:
    """The line and column where each logical line ends, behind its last comment and before its line end."""
    ends = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.NEWLINE:
                ends.append(token.start)
    except (tokenize.TokenError, SyntaxError):
        return []
    return ends
