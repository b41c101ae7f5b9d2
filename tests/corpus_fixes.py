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

from page_harness import unbound

from initlint import catalogue, engine, fixing, pages
from initlint.config import Settings
from initlint.engine import Options, Result
from initlint.facts.project import Project, Sketch
from initlint.finding import Finding, Safety
from initlint.fixing import Fixed
from initlint.rule import Rule
from initlint.source import LineTable, Source, discover, newline_of, write_atomically

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
    left_out: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=dict)
    changed: set[Path] = field(default_factory=set)


@dataclass
class Tree:
    """A copy of packages: what its files say of each other, which of them are checked, and with which rules."""

    root: Path
    files: Sequence[Path]
    project: bool = True
    sketches: dict[Path, dict[Path, Sketch]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = Settings(select=("ALL",), preview=True, root=self.root)
        for package in sorted({self.package(path) for path in self.files if self.project}):
            found = discover([package], self.settings)
            self.sketches[package] = {path: Sketch.of(path.read_bytes().decode("utf-8", "replace")) for path in found}

    def package(self, path: Path) -> Path:
        """The first-level folder of a file."""
        return self.root / path.relative_to(self.root).parts[0]

    def options(self) -> dict[Path, Options]:
        """The options for every file; all files of a package are one project, unless files are checked alone."""
        if not self.project:
            return {path: Options().configured(self.settings, path) for path in self.files}
        projects = {
            package: Project((str(path), sketch) for path, sketch in sketches.items())
            for package, sketches in self.sketches.items()
        }
        return {
            path: Options(elsewhere=projects[self.package(path)].elsewhere(str(path))).configured(self.settings, path)
            for path in self.files
        }

    def write(self, path: Path, data: bytes) -> None:
        """Replace a file."""
        write_atomically(path, data)
        if self.project:
            self.sketches[self.package(path)][path] = Sketch.of(data.decode("utf-8", "replace"))


def run(step: Step, tree: Tree) -> None:
    """Check the files, and fix those in which something can be applied."""
    options = tree.options()
    written: dict[Path, bytes] = {}
    for path in tree.files:
        rules = tree.settings.rules_for(path)
        result = engine.check_file(path, rules, options[path])
        step.counts[path] = Counter(finding.code for finding in result.findings)
        safeties = {offer.safety for finding in result.findings if (offer := finding.applicable)}
        if safeties & step.done:
            step.wrong.append(f"{path}: a second run would change it")
        if safeties & step.safeties and (data := fix(step, result, rules, options[path])) is not None:
            written[path] = data
    for path, data in written.items():
        tree.write(path, data)


def fix(step: Step, result: Result, rules: Sequence[Rule], options: Options) -> bytes | None:
    """What fixing makes of a file, held against everything that a fix promises; None where it stays as it is."""
    source = Source.read(result.path)
    passes: list[tuple[str, tuple[Finding, ...]]] = []

    def check(text: Source) -> tuple[Finding, ...]:
        found = engine.check_source(text, rules, options)
        passes.append((text.text, found.findings))
        return found.findings

    try:
        fixed = fixing.fix_source(source, check, Safety.UNSAFE in step.safeties)
    except fixing.NoConvergence as error:
        step.wrong.append(str(error))
        return None
    step.left_out += [f"{result.path}:{each.line}: {each.message}" for each in fixed.diagnostics]
    step.wrong += [f"{result.path}: {defect}" for defect in defects(source, fixed, passes)]
    if not fixed.changed:
        return None
    step.changed.add(result.path)
    step.applied.update(finding.code for finding in fixed.applied)
    return fixed.data


def defects(source: Source, fixed: Fixed, passes: Sequence[tuple[str, tuple[Finding, ...]]]) -> Iterable[str]:
    """What is wrong with the outcome of fixing a file."""
    before, after = source.encode_text(), fixed.data
    if compiles(before) and not compiles(after):
        yield "does not compile any more"
    if names := unbound(fixed.text) - unbound(source.text):
        yield f"uses {names}, which nothing binds"
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
    print(
        f"{step.name}: {step.applied.total()} fixes applied in {len(step.changed)} files, {len(step.left_out)} left out"
    )
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
    parser.add_argument("--files", type=Path, help="a list of files, relative to the tree: check no others")
    parser.add_argument("--no-project", dest="project", action="store_false", help="check each file by itself")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = chosen.copy or Path(temporary) / "copy"
        shutil.copytree(chosen.tree, root, symlinks=True)
        if chosen.files is None:
            files = discover([root], Settings(root=root))
        else:
            files = [root / line for line in chosen.files.read_text(encoding="utf-8").splitlines()]
        return verify(Tree(root, files, chosen.project))


def verify(tree: Tree) -> int:
    """Apply the safe fixes, then all fixes, each step checked by a run of the next; 1 where something is wrong."""
    both = frozenset({Safety.SAFE, Safety.UNSAFE})
    safe = Step("safe fixes", frozenset({Safety.SAFE}))
    unsafe = Step("all fixes", both, done=frozenset({Safety.SAFE}))
    last = Step("again", both, done=both)
    run(safe, tree)
    report(safe)
    run(unsafe, tree)
    unsafe.wrong += exposed(safe.counts, unsafe.counts, safe.applied)
    report(unsafe)
    run(last, tree)
    last.wrong += exposed(unsafe.counts, last.counts, unsafe.applied)
    report(last)
    wrong = sum(len(step.wrong) for step in (safe, unsafe, last))
    print(f"{len(safe.counts)} files, {len(safe.changed | unsafe.changed)} changed, {wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
