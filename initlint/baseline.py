"""The baseline: how many findings of which rule each file had when it was written, so that only new ones count.

Line numbers rot, counts do not. A file that has more findings of a rule than the baseline holds shows all of them;
where it has as many or fewer, none is shown.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from initlint import repository
from initlint.finding import Finding
from initlint.table import shown

VERSION = 1
"""Version of the file: keys are added within a version, never renamed or removed."""

Counts = Mapping[str, Mapping[str, int]]
"""Findings by path, relative to the root and with forward slashes, and by code."""


class BaselineError(Exception):
    """A baseline cannot be read or written; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Stale:
    """A count that is higher than what was found."""

    path: str
    code: str
    held: int
    found: int

    def __str__(self) -> str:
        what = f"{self.found} instead of {self.held} {self.code}" if self.found else f"no {self.code} any more"
        return f"{self.path} has {what}; --prune mends this stale entry"


@dataclass(frozen=True)
class Baseline:
    """The counts of a file, whose paths are relative to the repository around it, else to its folder."""

    file: Path
    counts: Counts

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """The baseline that `write` wrote. Raises BaselineError."""
        import msgspec

        name = shown(file)

        class Content(msgspec.Struct, forbid_unknown_fields=True):
            version: int
            findings: dict[str, dict[str, int]]

        try:
            content = msgspec.json.decode(file.read_bytes(), type=Content)
        except FileNotFoundError as error:
            hint = f"write it with `initlint check --write-baseline {name}`"
            raise BaselineError(f"the baseline {name} does not exist; {hint}") from error
        except OSError as error:
            raise BaselineError(f"the baseline {name} cannot be read: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BaselineError(f"{name} is no baseline: {error}; write it anew with --write-baseline") from error
        if content.version != VERSION:
            hint = "write it anew with --write-baseline"
            raise BaselineError(f"the baseline {name} has version {content.version}, not {VERSION}; {hint}")
        return cls(file, content.findings)

    @classmethod
    def of(cls, file: Path, findings: Iterable[Finding]) -> Baseline:
        """The baseline that holds findings."""
        counts: dict[str, Counter[str]] = {}
        empty = cls(file, {})
        for finding in findings:
            counts.setdefault(empty.name_of(finding.path), Counter())[finding.code] += 1
        return cls(file, counts)

    @property
    def text(self) -> str:
        """The content of the file: sorted, one count a line."""
        import json

        findings = {path: dict(sorted(codes.items())) for path, codes in sorted(self.counts.items()) if codes}
        return json.dumps({"version": VERSION, "findings": findings}, ensure_ascii=False, indent=2) + "\n"

    def write(self) -> None:
        """Write the file. Raises BaselineError."""
        try:
            self.file.write_text(self.text, encoding="utf-8", errors="surrogatepass", newline="\n")
        except OSError as error:
            raise BaselineError(f"the baseline {shown(self.file)} cannot be written: {error.strerror}") from error

    def name_of(self, path: Path) -> str:
        """A path as the file names it."""
        folder, name = os.path.split(os.path.abspath(path))
        return os.path.relpath(os.path.join(os.path.realpath(folder), name), self.root).replace(os.sep, "/")

    @cached_property
    def root(self) -> str:
        """The folder that paths are relative to."""
        folder = os.path.dirname(os.path.realpath(self.file))
        return repository.root(folder) or folder

    def held(self, path: Path, findings: Iterable[Finding]) -> frozenset[str]:
        """The codes whose findings in a file are held: those with no more findings than the count."""
        counts = self.counts.get(self.name_of(path), {})
        found = Counter(finding.code for finding in findings)
        return frozenset(code for code, number in found.items() if number <= counts.get(code, 0))

    def left(self, path: Path, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings of a file that are not held."""
        codes = self.held(path, findings)
        return tuple(finding for finding in findings if finding.code not in codes)


@dataclass(slots=True)
class Review:
    """A baseline beside what a run finds: `held` counts what it hid, `stale` is what it holds for nothing."""

    baseline: Baseline
    held: int = 0
    stale: list[Stale] = field(default_factory=list)

    def left(self, path: Path, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings of a file that the baseline does not hold."""
        left = self.baseline.left(path, findings)
        self.held += len(findings) - len(left)
        return left

    def judge(self, path: Path, findings: Iterable[Finding], ran: frozenset[str]) -> None:
        """Note which counts of a file are higher than what its rules found; those of rules that did not run may be."""
        name = self.baseline.name_of(path)
        found = Counter(finding.code for finding in findings)
        for code, number in sorted(self.baseline.counts.get(name, {}).items()):
            if code in ran and found[code] < number:
                self.stale.append(Stale(name, code, number, found[code]))

    def judge_missing(self) -> None:
        """Note the counts of files that are there no more."""
        root = self.baseline.root
        for name, codes in self.baseline.counts.items():
            if not os.path.lexists(os.path.join(root, name)):
                self.stale += (Stale(name, code, number, 0) for code, number in sorted(codes.items()))

    @property
    def lines(self) -> list[str]:
        """What is stale, one line for each count."""
        return [f"{shown(self.baseline.file)}: {each}" for each in sorted(self.stale)]

    @property
    def pruned(self) -> Baseline:
        """The baseline without what is stale."""
        counts = {path: dict(codes) for path, codes in self.baseline.counts.items()}
        for each in self.stale:
            if each.found:
                counts[each.path][each.code] = each.found
            else:
                del counts[each.path][each.code]
        return Baseline(self.baseline.file, counts)
