"""Findings of single rules in a piece of code, for what the pages of the rules cannot say."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from initlint import catalogue, engine, fixing
from initlint.finding import Finding
from initlint.source import Source

IMPORTS = "import math\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"


def find(code: str, *rules: str) -> tuple[Finding, ...]:
    """What these rules find in code below the usual imports, in the order of the source."""
    return _check(Source.from_bytes(Path("example.py"), (IMPORTS + dedent(code)).encode()), rules)


def messages(code: str, *rules: str) -> list[str]:
    """The messages of what these rules find."""
    return [finding.message for finding in find(code, *rules)]


def fix(code: str, *rules: str, unsafe: bool = True) -> str:
    """The code after the edits of these rules, without the imports."""
    source = Source.from_bytes(Path("example.py"), (IMPORTS + dedent(code)).encode())
    fixed = fixing.fix_source(source, lambda current: _check(current, rules), unsafe=unsafe)
    assert not fixed.diagnostics, fixed.diagnostics
    return fixed.text.removeprefix(IMPORTS)


def _check(source: Source, rules: tuple[str, ...]) -> tuple[Finding, ...]:
    result = engine.check_source(source, [catalogue.find(rule) for rule in rules], engine.Options())
    assert not result.diagnostics, result.diagnostics
    return result.findings
