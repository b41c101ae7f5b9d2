"""Premises and islands cost no finding and make none: programs with findings, spelled otherwise, judged both ways."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from judging import ALL, Fault
from mutations import examples
from shapes import SHAPES
from spellings import SPELLINGS, Routine, Spelling

from initlint import engine
from initlint.engine import Options
from initlint.facts.premises.tree import Tree
from initlint.facts.project import Project, Sketch
from initlint.finding import Finding
from initlint.gate import Standing, gate, live
from initlint.lines import Lines
from initlint.rule import Rule
from initlint.source import Source

TESTS = Path(__file__).parent.parent
FIXTURES = TESTS.parent / "fixtures"
KINDS: tuple[Spelling, ...] = (*SPELLINGS, *SHAPES)
_BESIDE = """\
from torch import nn

def init_weights(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        nn.init.normal_(m.weight, 0.0, 0.02)
"""
"""The other file of the project of each program, `weights.py`."""


@dataclass(frozen=True)
class Variant:
    """A program in another spelling; `kinds` says how it came about."""

    data: bytes
    kinds: tuple[str, ...]


@cache
def pages_and_fixtures() -> tuple[str, ...]:
    """The examples of the pages and the fixtures in which something is found."""
    fixtures = (path.read_text(encoding="utf-8") for path in sorted((FIXTURES / "models").glob("*.py")))
    return tuple(code for code in (*(each.decode() for each in examples()), *fixtures) if _found(code))


def files(folder: Path) -> tuple[str, ...]:
    """The files below a folder in which something is found."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.rglob("*.py")))
    return tuple(text for text in texts if gate(ALL)(text.encode()) and _found(text))


def _found(code: str) -> bool:
    try:
        return bool(_findings(Source(Path("net.py"), code), Options()))
    except Fault:
        return False


def tested() -> tuple[str, ...]:
    """The programs in which a test of a rule or of a premise finds something: runs those tests."""
    import pytest

    codes: dict[str, None] = {}
    check = engine.check_source

    def recorded(source: Source, *rest: Any) -> engine.Result:
        result = check(source, *rest)
        if result.findings:
            codes[source.text] = None
        return result

    engine.check_source = recorded
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            words = ("-q", "-n", "0", "-p", "no:cacheprovider", "--continue-on-collection-errors")
            pytest.main([*words, str(TESTS / "rules"), str(TESTS / "test_premises.py")])
    finally:
        engine.check_source = check
    return tuple(codes)


def varied(random: Random, code: str, kinds: tuple[Spelling, ...] = KINDS) -> Variant | None:
    """A program after one to three changes of its spelling, and in other bytes; None where they leave no Python."""
    from page_spellings import variants, with_tabs

    done: list[str] = []
    if random.random() < 0.15:
        found = random.choice(list(variants(code)) or [None])
        code, done = (found.code, [found.name]) if found is not None else (code, [])
    wanted = random.choice((1, 2, 2, 3))
    for kind in random.sample(kinds, min(len(kinds), 12)):
        if len(done) >= wanted:
            break
        changed = _changed(random, code, kind)
        if changed is not None:
            code = changed
            done.append(kind.__name__)
    if not done:
        return None
    match random.randrange(12):
        case 0:
            return Variant(code.replace("\n", "\r\n").encode(), (*done, "crlf"))
        case 1:
            return Variant(with_tabs(code).encode(), (*done, "tabs"))
        case 2:
            return Variant(in_notebook(random, code), (*done, "notebook"))
        case _:
            return Variant(code.encode(), tuple(done))


def _changed(random: Random, code: str, kind: Spelling) -> str | None:
    tree = ast.parse(code)
    try:
        if not kind(random, tree):
            return None
        changed = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(changed, "net.py", "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return changed if changed != ast.unparse(ast.parse(code)) + "\n" else None


def in_notebook(random: Random, code: str) -> bytes:
    """A program as the cells of a notebook."""
    cells: list[list[str]] = [[]]
    for each in ast.parse(code).body:
        if random.random() < 0.3:
            cells.append([])
        cells[-1].append(ast.unparse(each))
    written = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "\n".join(lines)}
        for lines in cells
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": written, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}).encode()


def judge_losses(data: bytes, rules: Sequence[Rule] = ALL) -> bool:
    """Judge bytes with premises and islands and without; whether something is found. Raises Fault."""
    source = Source.from_bytes(Path("net.ipynb" if data.startswith(b"{") else "net.py"), data)
    project = Project([(str(source.path), Sketch.of(source.text)), ("weights.py", Sketch.of(_BESIDE))])
    options = Options(suppressions=False, init_modules=("acme.weights",), elsewhere=project.elsewhere(str(source.path)))
    whole = set(_findings(source, replace(options, islands=False), rules))
    quick = set(_findings(source, options, rules))
    tree = Tree(ast.parse(source.text)) if whole != quick else None
    reasons = {f"{each.code} is made by islands" for each in quick - whole}
    for each in whole - quick:
        rule = next(rule for rule in rules if rule.code == each.code)
        if rule.premise is not None and tree is not None and not rule.premise(tree):
            reasons.add(f"{each.code} is lost to its premise")
        elif not _is_untriggered(source, rule, each):
            reasons.add(f"{each.code} is lost to islands")
    if reasons:
        raise Fault("; ".join(sorted(reasons)))
    return bool(whole)


def _is_untriggered(source: Source, rule: Rule, finding: Finding) -> bool:
    """Whether no trigger of its rule stands in the definition of a finding and outside of all: it is not looked for.

    Where a file has such a trigger in another definition, only the whole file has the finding.
    """
    lines = source.text.splitlines(keepends=True)
    for node in ast.parse(source.text).body:
        last = node.end_lineno or node.lineno
        if isinstance(node, Routine | ast.ClassDef) and not node.lineno <= finding.region.line <= last:
            lines[node.lineno - 1 : last] = ["\n"] * (last - node.lineno + 1)
    return not live([rule], Standing(Lines("".join(lines))))


def _findings(source: Source, options: Options, rules: Sequence[Rule] = ALL) -> tuple[Finding, ...]:
    result = engine.check_source(source, rules, options)
    for diagnostic in result.diagnostics:
        if "crashed" in diagnostic.message or "cannot be read" in diagnostic.message:
            raise Fault(diagnostic.message)
    return result.findings
