"""What is found, in terms of the original text: regions, edits, fixes, findings, diagnostics.

Free of LibCST and torch: static rules and the runtime checker share these types, and so do all reporters.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """How loudly a finding is reported."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Safety(StrEnum):
    """What a fix promises.

    `SAFE` keeps every drawn number (same RNG stream) or turns a certain crash into its only sensible meaning;
    `UNSAFE` changes numbers; `DISPLAY` is an alternative that is shown and never applied.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A range of the original text: lines count from 1, columns are characters from 0, the end is exclusive.

    `cell` is the number of the cell of a notebook that lines are counted in, from 1; 0 for all other text.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replacement of a region; an insertion has an empty region."""

    region: Region
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that belong together, applied all or none."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding speaks of: the activation, the layer, the wrap."""

    region: Region
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at one place. At most one fix is applicable; the others are alternatives for display."""

    path: Path
    region: Region
    code: str
    name: str
    severity: Severity
    message: str
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()

    @property
    def applicable(self) -> Fix | None:
        """The fix that `initlint fix` may apply, if there is one."""
        return next((fix for fix in self.fixes if fix.safety is not Safety.DISPLAY), None)

    @property
    def order(self) -> tuple[str, int, Region, str, str]:
        """Key that sorts findings by path, place and code."""
        return (str(self.path), self.region.cell, self.region, self.code, self.message)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment in the source suppresses, and the reason that it gives; empty where it gives none."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """The tool could not do its job for a file: it does not parse, cannot be read, or a rule crashed. Exit code 2."""

    path: Path
    code: str
    message: str
    line: int = 1
    column: int = 0
    cell: int = 0

    @property
    def order(self) -> tuple[str, int, int, int, str]:
        """Key that sorts diagnostics by path and place."""
        return (str(self.path), self.cell, self.line, self.column, self.message)
