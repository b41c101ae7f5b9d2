"""Findings of single rules in a piece of code, for what the pages of the rules cannot say."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from initlint import catalogue, engine, fixing
from initlint.facts.project import Project, Sketch
from initlint.finding import Finding
from initlint.source import Source

IMPORTS = "import math\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"


PATH = Path("example.py")


def find(code: str, *rules: str, elsewhere: str = "") -> tuple[Finding, ...]:
    """What these rules find in code below the usual imports, in the order of the source.

    The code is all of its project, but for another file that says `elsewhere` below the same imports.
    """
    return _check(_source(code), rules, dedent(elsewhere))


def messages(code: str, *rules: str) -> list[str]:
    """The messages of what these rules find."""
    return [finding.message for finding in find(code, *rules)]


def fix(code: str, *rules: str, unsafe: bool = True) -> str:
    """The code after the edits of these rules, without the imports."""
    fixed = fixing.fix_source(_source(code), lambda current: _check(current, rules), unsafe=unsafe)
    assert not fixed.diagnostics, fixed.diagnostics
    return fixed.text.removeprefix(IMPORTS)


def _source(code: str) -> Source:
    return Source.from_bytes(PATH, (IMPORTS + dedent(code)).encode())


def _check(source: Source, rules: tuple[str, ...], elsewhere: str = "") -> tuple[Finding, ...]:
    project = Project([(str(PATH), Sketch.of(source.text)), ("other.py", Sketch.of(IMPORTS + elsewhere))])
    options = engine.Options(elsewhere=project.elsewhere(str(PATH)))
    result = engine.check_source(source, [catalogue.find(rule) for rule in rules], options)
    assert not result.diagnostics, result.diagnostics
    return result.findings
