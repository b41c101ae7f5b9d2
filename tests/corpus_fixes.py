"""Applies all fixes to a copy of a tree of packages, and verifies what came of it: `python tests/corpus_fixes.py TREE`.

First the safe fixes of all rules, preview and those that are off included, then the unsafe ones too. After each step:
every changed file compiles where it did before, nothing is left that the step would fix, no rule finds more in a file
than before (successors that its page declares apart), and the bytes are those of the original with the edits spliced
in, done here once more by other means, so that encoding, byte order mark, line ends and all that no edit names stay.
"""

from __future__ import annotations

import argparse
import codecs
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from initlint import catalogue, engine, fixing, pages
from initlint.config import Settings
from initlint.engine import Options, Result
from initlint.finding import Finding, Safety
from initlint.fixing import Fixed
from initlint.rule import Rule
from initlint.source import LineTable, Source, newline_of, write_atomically

Counts = dict[Path, Counter[str]]


@dataclass
class Step:
    """One run over the copy: what it applied, by code, and everything that is not as it should be.

    Fixes of safeties in `done` were applied in an earlier step, and must not be offered again.
    """

    name: str
    safeties: frozenset[Safety]
    done: frozenset[Safety] = frozenset()
    applied: Counter[str] = field(default_factory=Counter)
    files: int = 0
    left_out: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=dict)
    changed: set[Path] = field(default_factory=set)
    offered: set[Path] = field(default_factory=set)


def settings(root: Path) -> Settings:
    """All rules, those in preview and those that are off included."""
    return Settings(select=("ALL",), preview=True, root=root)


def run(step: Step, folders: Sequence[Path], root: Path, jobs: int) -> None:
    """Check all packages, and fix the files in which something can be applied."""
    chosen = settings(root)
    results = engine.check_paths(
        folders, chosen, jobs, Options(), project_of=lambda path: path.relative_to(root).parts[0]
    )
    for result in results:
        step.counts[result.path] = Counter(finding.code for finding in result.findings)
        safeties = {offer.safety for finding in result.findings if (offer := finding.applicable)}
        if safeties:
            step.offered.add(result.path)
        if safeties & step.done:
            step.wrong.append(f"{result.path}: a second run would change it")
        if safeties & step.safeties:
            fix(step, result, chosen.rules_for(result.path))


def fix(step: Step, result: Result, rules: Sequence[Rule]) -> None:
    """Fix a file, hold the outcome against everything that a fix promises, and write it."""
    source = Source.read(result.path)
    assert result.options is not None
    passes: list[tuple[str, tuple[Finding, ...]]] = []

    def check(text: Source) -> tuple[Finding, ...]:
        assert result.options is not None
        found = engine.check_source(text, rules, result.options)
        passes.append((text.text, found.findings))
        return found.findings

    try:
        fixed = fixing.fix_source(source, check, Safety.UNSAFE in step.safeties)
    except fixing.NoConvergence as error:
        step.wrong.append(str(error))
        return
    step.left_out += [f"{result.path}:{each.line}: {each.message}" for each in fixed.diagnostics]
    step.wrong += [f"{result.path}: {defect}" for defect in defects(source, fixed, passes)]
    if fixed.changed:
        step.files += 1
        step.changed.add(result.path)
        step.applied.update(finding.code for finding in fixed.applied)
        write_atomically(result.path, fixed.data)


def defects(source: Source, fixed: Fixed, passes: Sequence[tuple[str, tuple[Finding, ...]]]) -> Iterable[str]:
    """What is wrong with the outcome of fixing a file."""
    before, after = source.encode_text(), fixed.data
    if compiles(before) and not compiles(after):
        yield "does not compile any more"
    if after != spliced(source, fixed, passes):
        yield "bytes that no edit names have changed"
    again = Source.from_bytes(source.path, after)
    if (again.encoding, again.bom) != (source.encoding, source.bom):
        yield "the encoding has changed"
    if line_ends(again.text) - line_ends(source.text) and line_ends(source.text):
        yield f"line ends have changed: {line_ends(source.text)} became {line_ends(again.text)}"


def spliced(source: Source, fixed: Fixed, passes: Sequence[tuple[str, tuple[Finding, ...]]]) -> bytes:
    """The bytes of the original with the edits of every pass in the place of their ranges."""
    applied = {id(finding) for finding in fixed.applied}
    data = source.encode_text()
    mark = len(codecs.BOM_UTF8) if source.bom else 0
    for text, findings in passes:
        table, newline = LineTable(text), newline_of(text)
        edits = []
        for finding in findings:
            if id(finding) in applied and finding.applicable is not None:
                for number, edit in enumerate(finding.applicable.edits):
                    start, end = table.span(edit.region)
                    ends = edit.text.replace("\r\n", "\n").replace("\n", newline)
                    edits.append((start, end, number, ends))
        for start, end, _, new in sorted(edits, reverse=True):
            low, high = (mark + len(text[:index].encode(source.encoding)) for index in (start, end))
            data = data[:low] + new.encode(source.encoding) + data[high:]
    return data


def compiles(data: bytes) -> bool:
    """Whether Python compiles a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(data, "<file>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def line_ends(text: str) -> set[str]:
    """The kinds of line ends in a text."""
    bare = text.replace("\r\n", "")
    return {end for end, where in (("\r\n", text), ("\r", bare), ("\n", bare)) if end in where}


def exposed(before: Counts, after: Counts, applied: Iterable[str]) -> list[str]:
    """Where a rule finds more than before, declared successors of the rules that fixed something apart."""
    declared = {code for rule in catalogue.rules() if rule.code in set(applied) for code in pages.read(rule).successors}
    found = []
    for path, counts in after.items():
        more = {code: count for code, count in (counts - before.get(path, Counter())).items() if code not in declared}
        if more:
            found.append(f"{path}: new findings {more}")
    return found


def report(step: Step) -> None:
    """Print what a step did, and what is wrong."""
    print(f"{step.name}: {step.applied.total()} fixes applied in {step.files} files, {len(step.left_out)} left out")
    for code, count in sorted(step.applied.items()):
        print(f"  {code} {count}")
    for line in (*step.left_out, *(f"WRONG {each}" for each in step.wrong)):
        print(f"  {line}")
    sys.stdout.flush()


def main() -> int:
    """Copy, fix, verify; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path, help="a folder of packages")
    parser.add_argument("--copy", type=Path, help="where to copy it to, and leave it; by default a temporary folder")
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = chosen.copy or Path(temporary) / "copy"
        shutil.copytree(chosen.tree, root, symlinks=True)
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
        return verify(root, folders, chosen.jobs)


def verify(root: Path, folders: Sequence[Path], jobs: int) -> int:
    """Apply the safe fixes, then all fixes, to packages, each step checked by a run of the next."""
    both = frozenset({Safety.SAFE, Safety.UNSAFE})
    safe = Step("safe fixes", frozenset({Safety.SAFE}))
    unsafe = Step("all fixes", both, done=frozenset({Safety.SAFE}))
    last = Step("again", both, done=both)
    run(safe, folders, root, jobs)
    report(safe)
    folders = sorted({root / path.relative_to(root).parts[0] for path in safe.offered})
    run(unsafe, folders, root, jobs)
    unsafe.wrong += exposed(safe.counts, unsafe.counts, safe.applied)
    report(unsafe)
    run(last, folders, root, jobs)
    last.wrong += exposed(unsafe.counts, last.counts, unsafe.applied)
    report(last)
    wrong = sum(len(step.wrong) for step in (safe, unsafe, last))
    print(f"{len(safe.counts)} files, {len(safe.changed | unsafe.changed)} changed, {wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
