"""The one step from findings to what reporters print: records with lines and columns that both count from 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, NotRequired, TypedDict

from initlint.catalogue import ENGINE_CODES
from initlint.finding import Diagnostic, Edit, Finding, Fix, Region, Related, Safety
from initlint.source import LineTable

if TYPE_CHECKING:
    from initlint.engine import Result


class Span(TypedDict):
    """A range of the original text: lines and columns count from 1, the end is exclusive.

    In a notebook they count in the cell with the number `cell`; the key is there for notebooks alone.
    """

    cell: NotRequired[int]
    line: int
    column: int
    end_line: int
    end_column: int


class CellRecord(TypedDict, total=False):
    """The number of a cell; empty for what is in no notebook."""

    cell: int


class EditRecord(Span):
    """The replacement of a span."""

    text: str


class FixRecord(TypedDict):
    """Edits that belong together."""

    title: str
    safety: str
    edits: list[EditRecord]


class RelatedRecord(Span):
    """Another place of the same file."""

    message: str


class FindingRecord(Span):
    """A finding; `fixes` and `related` are there even where they are empty."""

    path: str
    code: str
    name: str
    severity: str
    message: str
    fixes: list[FixRecord]
    related: list[RelatedRecord]


class PlaceRecord(TypedDict):
    """A place of a file, and what is said of it under which code."""

    cell: NotRequired[int]
    path: str
    line: int
    column: int
    code: str
    name: str
    message: str


class DiagnosticRecord(PlaceRecord):
    """A reason why a file could not be checked, or not by every rule."""


class AppliedRecord(PlaceRecord):
    """An unsafe fix that was applied: what it mended, where that stood in the text that it changed, what it did."""

    title: str


@dataclass(slots=True)
class Summary:
    """What the results of a run amount to.

    `commented` findings are those that `--add-ignore` wrote comments for; those `in_baseline` are not reported.
    """

    files: int = 0
    files_with_findings: int = 0
    files_with_diagnostics: int = 0
    findings: int = 0
    diagnostics: int = 0
    safe_fixes: int = 0
    unsafe_fixes: int = 0
    fixed: int = 0
    files_fixed: int = 0
    commented: int = 0
    files_commented: int = 0
    in_baseline: int = 0
    unsafe_applied: list[AppliedRecord] = field(default_factory=list)

    def count(self, results: Iterable[Result]) -> Iterator[Result]:
        """Pass results on and count them."""
        for result in results:
            safeties = [fix.safety for finding in result.findings if (fix := finding.applicable)]
            self.files += 1
            self.files_with_findings += bool(result.findings)
            self.files_with_diagnostics += bool(result.diagnostics)
            self.findings += len(result.findings)
            self.diagnostics += len(result.diagnostics)
            self.safe_fixes += safeties.count(Safety.SAFE)
            self.unsafe_fixes += safeties.count(Safety.UNSAFE)
            yield result

    def count_fixed(self, applied: Sequence[Finding]) -> None:
        """Count what was applied in one file; each unsafe fix is kept, to be named."""
        self.fixed += len(applied)
        self.files_fixed += 1
        self.unsafe_applied += map(_applied_record, filter(_is_unsafe, applied))

    @property
    def sentence(self) -> str:
        """The last line of the human formats."""
        found, fixed, failed = "No findings", "", ""
        if self.findings:
            found = f"Found {count(self.findings, 'finding')} in {count(self.files_with_findings, 'file')}"
        if self.fixed:
            fixed = f"Fixed {count(self.fixed, 'finding')} in {count(self.files_fixed, 'file')}. "
        if self.commented:
            files = count(self.files_commented, "file")
            fixed += f"Wrote comments for {count(self.commented, 'finding')} in {files}. "
        if self.in_baseline:
            found += f", {self.in_baseline} in the baseline"
        if self.diagnostics:
            failed = f", {self.files_with_diagnostics} with errors"
        return f"{fixed}{found}{self._offer}; {count(self.files, 'file')} checked{failed}."

    @property
    def unsafe_lines(self) -> list[str]:
        """A line for each unsafe fix that was applied, with the place where it was found."""
        return [f"{one_line(record)} (unsafe fix applied: {record['title']})" for record in self.unsafe_applied]

    @property
    def _offer(self) -> str:
        match self.safe_fixes, self.unsafe_fixes:
            case 0, 0:
                return ""
            case safe, 0:
                return f" ({safe} fixable)"
            case 0, unsafe:
                return f" ({unsafe} fixable with --unsafe-fixes)"
            case safe, unsafe:
                return f" ({safe} fixable, {unsafe} more with --unsafe-fixes)"

    @property
    def prediction(self) -> str:
        """What `fix --diff` says beside the diff."""
        if not self.fixed:
            return "Would fix nothing."
        return f"Would fix {count(self.fixed, 'finding')} in {count(self.files_fixed, 'file')}."

    def record(self) -> dict[str, object]:
        """The counts by name, and the unsafe fixes that were applied."""
        return asdict(self)


def cell_record(number: int) -> CellRecord:
    """The key that says which cell, where there is one."""
    return CellRecord(cell=number) if number else CellRecord()


def finding_record(finding: Finding) -> FindingRecord:
    """A finding in terms that every format prints."""
    return FindingRecord(
        path=str(finding.path),
        **_span(finding.region),
        code=finding.code,
        name=finding.name,
        severity=finding.severity.value,
        message=finding.message,
        fixes=[_fix_record(fix) for fix in finding.fixes],
        related=[_related_record(related) for related in finding.related],
    )


def diagnostic_record(diagnostic: Diagnostic) -> DiagnosticRecord:
    """A diagnostic in terms that every format prints."""
    return DiagnosticRecord(
        **cell_record(diagnostic.cell),
        path=str(diagnostic.path),
        line=diagnostic.line,
        column=diagnostic.column + 1,
        code=diagnostic.code,
        name=ENGINE_CODES[diagnostic.code],
        message=diagnostic.message,
    )


def _is_unsafe(finding: Finding) -> bool:
    return finding.applicable is not None and finding.applicable.safety is Safety.UNSAFE


def _applied_record(finding: Finding) -> AppliedRecord:
    return AppliedRecord(
        **cell_record(finding.region.cell),
        path=str(finding.path),
        line=finding.region.line,
        column=finding.region.column + 1,
        code=finding.code,
        name=finding.name,
        message=finding.message,
        title=finding.applicable.title if finding.applicable else "",
    )


def one_line(record: FindingRecord | DiagnosticRecord | AppliedRecord) -> str:
    """`path:line:column: CODE message`, whatever the message holds."""
    message = " ".join(record["message"].split())
    where = _place(record["path"], record.get("cell", 0), record["line"], record["column"])
    return printable(f"{where}: {record['code']} {message}")


def place(finding: Finding, region: Region) -> str:
    """`path:line:column` of a region in the finding's file, as editors and terminals follow it."""
    return printable(_place(str(finding.path), region.cell, region.line, region.column + 1))


def in_file(result: Result) -> Result:
    """A result about the cells of a notebook as one about the lines of its file, for formats that know no cells.

    Messages say the place in the cell; fixes are left out, since edits of cells are none of the file's text.
    """
    if result.source is None or result.source.json is None:
        return result
    from initlint.notebook import file_lines

    table = LineTable(result.source.json)
    lines = file_lines(result.source.json)

    def whole(region: Region) -> Region:
        if not region.cell:
            return region
        first, last = (
            lines[region.cell][min(line, len(lines[region.cell])) - 1] for line in (region.line, region.end_line)
        )
        return Region(first, 0, last, len(table.line(last)))

    def named(message: str, cell: int, line: int, column: int) -> str:
        return f"{_place('', cell, line, column + 1).lstrip(':')}: {message}" if cell else message

    def placed(found: Finding) -> Finding:
        return replace(
            found,
            region=whole(found.region),
            message=named(found.message, found.region.cell, found.region.line, found.region.column),
            fixes=(),
            related=tuple(replace(related, region=whole(related.region)) for related in found.related),
        )

    suppressed = (replace(each, finding=placed(each.finding)) for each in result.suppressed)
    diagnostics = (
        replace(
            each,
            line=whole(Region(each.line, 0, each.line, 0, each.cell)).line,
            column=0,
            cell=0,
            message=named(each.message, each.cell, each.line, each.column),
        )
        for each in result.diagnostics
    )
    source = replace(result.source, text=result.source.json, json=None)
    return replace(
        result,
        findings=tuple(map(placed, result.findings)),
        diagnostics=tuple(diagnostics),
        suppressed=tuple(suppressed),
        source=source,
    )


def _place(path: str, cell: int, line: int, column: int) -> str:
    return ":".join([path, *([f"cell {cell}"] if cell else []), str(line), str(column)])


def printable(text: str) -> str:
    """The text with its control characters made visible, so that no source line can steer a terminal."""
    return text.translate(_VISIBLE)


def _span(region: Region) -> Span:
    return Span(
        **cell_record(region.cell),
        line=region.line,
        column=region.column + 1,
        end_line=region.end_line,
        end_column=region.end_column + 1,
    )


def _fix_record(fix: Fix) -> FixRecord:
    return FixRecord(title=fix.title, safety=fix.safety.value, edits=[_edit_record(edit) for edit in fix.edits])


def _edit_record(edit: Edit) -> EditRecord:
    return EditRecord(**_span(edit.region), text=edit.text)


def _related_record(related: Related) -> RelatedRecord:
    return RelatedRecord(**_span(related.region), message=related.message)


def count(number: int, noun: str, nouns: str = "") -> str:
    """A number of things in words."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


_CONTROL_PICTURES = 0x2400
_VISIBLE = {code: _CONTROL_PICTURES + code for code in range(0x20)}
_VISIBLE |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
