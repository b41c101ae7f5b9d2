"""How many findings each rule has, in how many files, the most frequent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from initlint.report.records import Summary

if TYPE_CHECKING:
    from initlint.engine import Result


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write the table once the last result has come, and the summary."""
    findings: Counter[tuple[str, str]] = Counter()
    files: Counter[tuple[str, str]] = Counter()
    for result in summary.count(results):
        findings.update((finding.code, finding.name) for finding in result.findings)
        files.update({(finding.code, finding.name) for finding in result.findings})
    rows = [("findings", "files", "rule")]
    rows += [
        (str(count), str(files[rule]), " ".join(rule))
        for rule, count in sorted(findings.items(), key=lambda item: (-item[1], item[0]))
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    if findings:
        stream.writelines(f"{one.rjust(widths[0])}  {two.rjust(widths[1])}  {rule}\n" for one, two, rule in rows)
    stream.write(summary.sentence + "\n")
