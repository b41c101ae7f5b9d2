"""Places alarms, which speak of LibCST nodes, in the original text: regions, edits, related places."""

from __future__ import annotations

from functools import cached_property

import libcst as cst

from initlint.facts.reading.scopes import Record
from initlint.facts.reading.text import code
from initlint.finding import Edit, Finding, Fix, Region, Related
from initlint.islands import Islands
from initlint.lines import split_lines
from initlint.positions import Positions
from initlint.rule import Alarm, Change, Proposal, Rule
from initlint.source import Source


class Placing:
    """Places what is said of the nodes of one file."""

    def __init__(self, source: Source, islands: Islands, record: Record) -> None:
        self._source = source
        self._islands = islands
        self._record = record
        self._positions = Positions(record.node, islands.text)

    def finding(self, rule: Rule, alarm: Alarm) -> Finding:
        """The finding that an alarm is."""
        return Finding(
            self._source.path,
            self.region(alarm.node),
            rule.code,
            rule.name,
            rule.kind.severity,
            alarm.message,
            tuple(self._fix(proposal) for proposal in alarm.fixes),
            tuple(Related(self.region(node), message) for node, message in alarm.related),
        )

    def region(self, node: cst.CSTNode) -> Region:
        """Where a node stands in the original text, without the parentheses around it."""
        found = self._positions[node]
        lines = self._islands.lines
        start, end = found.start, found.end
        first, last = (place.column + self._shifts.get(place.line, 0) for place in (start, end))
        return Region(lines[start.line - 1], first, lines[end.line - 1], last)

    @cached_property
    def _shifts(self) -> dict[int, int]:
        """How much longer an indentation is than LibCST thinks, by line: it forgets form feeds, or repeats them."""
        if "\f" not in self._islands.text:
            return {}
        pairs = zip(split_lines(self._islands.text), split_lines(self._record.node.code), strict=False)
        return {line: _indentation(read) - _indentation(made) for line, (read, made) in enumerate(pairs, 1)}

    @cached_property
    def _lines(self) -> list[str]:
        return split_lines(self._source.text)

    def _fix(self, proposal: Proposal) -> Fix:
        edits = sorted(self._edit(change) for change in proposal.changes)
        return Fix(proposal.title, proposal.safety, tuple(edits))

    def _edit(self, change: Change) -> Edit:
        region = self._contiguous(change.node)
        text = change.code if isinstance(change.code, str) else code(change.code)
        match change.where:
            case "before":
                return Edit(Region(region.line, region.column, region.line, region.column), text)
            case "after":
                return Edit(Region(region.end_line, region.end_column, region.end_line, region.end_column), text)
            case "line_after":
                return self._line_after(change.node, text)
            case _ if not text:
                return self._removal(change.node)
            case _:
                return Edit(region, text)

    def _contiguous(self, node: cst.CSTNode) -> Region:
        """The region of a node all of whose lines are in the islands; an edit of any other would lose text."""
        found = self._positions[node]
        region = self.region(node)
        if region.end_line - region.line != found.end.line - found.start.line:
            raise ValueError("an edit spans lines that were not read")
        return region

    def _line_after(self, node: cst.CSTNode, text: str) -> Edit:
        """A statement on lines of its own behind the statement that a node is or stands in."""
        line = self._record.statements.get(node, node)
        region = self._contiguous(line)
        first = self._lines[region.line - 1]
        indentation = first[: len(first) - len(first.lstrip())]
        last = self._lines[region.end_line - 1]
        bare = last.rstrip("\r\n")
        ending = last[len(bare) :]
        newline = ending or ("\r\n" if "\r\n" in self._source.text else "\n")
        lines = newline.join(indentation + added for added in text.split("\n"))
        if not ending:
            return Edit(Region(region.end_line, len(bare), region.end_line, len(bare)), newline + lines)
        return Edit(Region(region.end_line + 1, 0, region.end_line + 1, 0), lines + newline)

    def _removal(self, node: cst.CSTNode) -> Edit:
        """Take a statement away with its line; where it is alone in its block, `pass` stays."""
        line = self._record.statements.get(node, node)
        region = self._contiguous(line)
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 and self._record.siblings.get(line) != 1:
            return Edit(Region(region.line, 0, region.end_line + 1, 0), "")
        return Edit(region, "pass")


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))
