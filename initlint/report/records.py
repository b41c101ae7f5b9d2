"""The one step from findings to what reporters print: records with lines and columns that both count from 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypedDict

from initlint.catalogue import ENGINE_CODES
from initlint.finding import Diagnostic, Edit, Finding, Fix, Region, Related, Safety

if TYPE_CHECKING:
    from initlint.engine import Result


class Span(TypedDict):
    """A range of the original text: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


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


class DiagnosticRecord(TypedDict):
    """A reason why a file could not be checked, or not by every rule."""

    path: str
    line: int
    column: int
    code: str
    name: str
    message: str


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

    def record(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


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
        path=str(diagnostic.path),
        line=diagnostic.line,
        column=diagnostic.column + 1,
        code=diagnostic.code,
        name=ENGINE_CODES[diagnostic.code],
        message=diagnostic.message,
    )


def one_line(record: FindingRecord | DiagnosticRecord) -> str:
    """`path:line:column: CODE message`, whatever the message holds."""
    message = " ".join(record["message"].split())
    return printable(f"{record['path']}:{record['line']}:{record['column']}: {record['code']} {message}")


def place(finding: Finding, region: Region) -> str:
    """`path:line:column` of a region in the finding's file, as editors and terminals follow it."""
    return printable(f"{finding.path}:{region.line}:{region.column + 1}")


def printable(text: str) -> str:
    """The text with its control characters made visible, so that no source line can steer a terminal."""
    return text.translate(_VISIBLE)


def _span(region: Region) -> Span:
    return Span(
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
