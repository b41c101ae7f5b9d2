"""Islands give the same findings as the whole file; what is left out, and what is too deep to read.

`INITLINT_TREE=DIR` adds the differential test over every file below a folder.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from initlint import catalogue
from initlint.config import Settings
from initlint.depth import MAX_DEPTH
from initlint.engine import Options, Result, check_file, check_source
from initlint.gate import Standing, live
from initlint.islands import Islands, islands, whole
from initlint.lines import Lines, split_lines
from initlint.source import Source, discover

FIXTURES = Path(__file__).parent.parent / "fixtures"
ALL = catalogue.select(("ALL",), preview=True)


def differs(path: Path, rules: tuple[catalogue.Rule, ...]) -> tuple[Result, Result] | None:
    quick, slow = (check_file(path, rules, Options(islands=flag)) for flag in (True, False))
    return None if (quick.findings, quick.diagnostics) == (slow.findings, slow.diagnostics) else (quick, slow)


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.py")), ids=lambda path: path.name)
def test_islands_of_a_fixture_give_the_findings_of_the_whole_file(path: Path) -> None:
    assert differs(path, ALL) is None


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_islands_for_a_single_rule_give_the_findings_of_the_whole_file(rule: catalogue.Rule) -> None:
    assert [path for path in sorted(FIXTURES.rglob("*.py")) if differs(path, (rule,))] == []


@pytest.mark.skipif("INITLINT_TREE" not in os.environ, reason="INITLINT_TREE names no folder")
def test_islands_of_a_tree_give_the_findings_of_its_files() -> None:
    files = discover([Path(os.environ["INITLINT_TREE"])], Settings.default())
    found = {str(path): pair for path in files if (pair := differs(path, ALL)) is not None}
    assert {path: (quick.findings, slow.findings) for path, (quick, slow) in found.items()} == {}


MODEL = '''"""Module docstring."""
import math
import torch
from torch import nn


DEFAULTS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
}


class Block(nn.Module):
    """A block that initialises nothing."""

    def forward(self, x):
        return x + 1


class Net(nn.Module):
    """A net."""

    def __init__(self):
        """Build and initialise."""
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        nn.init.eye_(self.conv.weight)

    def forward(self, x):
        """Forward."""
        return self.conv(x)
'''


def selected(text: str) -> Islands:
    standing = Standing(Lines(text))
    return islands(ast.parse(text), standing, live(catalogue.select(), standing))


def kept(text: str) -> str:
    return selected(text).text


def test_docstrings_unrelated_classes_and_long_constants_are_left_out() -> None:
    remains = kept(MODEL)
    assert "docstring" not in remains
    assert "class Block" not in remains
    assert "eleven" not in remains
    assert "def forward" not in remains
    assert "nn.init.eye_(self.conv.weight)" in remains


def test_a_table_of_constants_remains_where_something_names_it() -> None:
    tables = 'USED = {"zero": 0}\nFREE = {"one": 1}\nLINES = ["nn.init.eye_"]\n'
    remains = kept(f"{tables}from torch import nn\n\n\ndef f(w):\n    nn.init.eye_(w, USED)\n")
    assert "USED = " in remains
    assert "FREE" not in remains
    assert "LINES" in remains


def test_findings_keep_their_place() -> None:
    (finding,) = check_source(Source(Path("net.py"), MODEL), catalogue.select(), Options()).findings
    line = MODEL.splitlines().index("        nn.init.eye_(self.conv.weight)") + 1
    assert (finding.code, finding.region.line, finding.region.column) == ("INI301", line, 8)


@pytest.mark.parametrize(
    "text",
    [
        "from torch import nn\nclass A(nn.Module): pass\nnn.init.eye_(A().w)\n",
        'from torch import nn\ndef f(w):\n    """Docstring."""; nn.init.eye_(w)\n',
        'from torch import nn\ndef f(w):\n    """Docstring only, nn.init.eye_."""\n',
        "from torch import nn\nclass A(nn.Module):\n    x = 1; y = 2\n    def f(self): nn.init.eye_(self.w)\n",
        "from torch import nn\n@nn.init.eye_\n@staticmethod\ndef f(): pass\n",
        "from torch import nn\nif True:\n    def f(w):\n        nn.init.eye_(w)\nelse:\n    f = None\n",
        "from torch import nn\nasync def f(w):\n    '''Text'''\n    nn.init.eye_(w)\n",
        "from torch import nn\r\ndef f(w):\r\n    '''Text\r\n    more'''\r\n    nn.init.eye_(w)\r\n",
        "from torch import nn\nclass A:\n    '''Text nn.init.eye_'''\n\n\nclass B: nn.init.eye_\n",
        "from torch import nn\ndef f(w): x = 1; nn.init.eye_(w)\n",
        "from torch import nn\nclass A:\n    def f(w):\n        return nn.init.eye_(w), \\\n\n    def g(w): pass\n",
        "from torch import nn\nclass A(\n    object): x = 1\nclass B:\n    def f(self, w): nn.init.eye_(w); A\n",
        "from torch import nn\nclass A(\n    nn.Module): x = 1\nnn.init.eye_(A().w)\n",
        "from torch import nn\ndef f(a,\n  w): 'Text'\ndef g(a,\n  w): 'Text'; nn.init.eye_(w); f()\n",
        "from torch import nn\ndef f(w):\n    '''Text\n    more'''; x = w\n    nn.init.eye_(w)\n",
        "from torch import nn\nclass A:\n    '''Text\n    more'''; x = nn.init.eye_(w)\n    def f(self): pass\n",
        "from torch import nn\nx = (1 +\n     2); nn.init.eye_(x)\ndef f(w):\n\tnn.init.eye_(w)",
    ],
)
def test_what_remains_parses(text: str) -> None:
    ast.parse(kept(text))


def test_methods_that_the_constructor_runs_remain() -> None:
    remains = kept(
        """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.build()
        nn.init.eye_(self.weight)

    def build(self):
        self.freeze()

    def freeze(self):
        self.frozen = True

    def extra(self):
        self.frozen = False
"""
    )
    assert "def build" in remains
    assert "def freeze" in remains
    assert "def extra" not in remains


def test_imports_under_a_long_try_remain() -> None:
    names = [f"name{number}" for number in range(12)]
    lines = ["try:", *(f"    from package import {name}" for name in names), "except ImportError:"]
    lines += [*(f"    {name} = None" for name in names), "from torch import nn", "nn.init.eye_(name3)"]
    text = "\n".join(lines) + "\n"
    assert kept(text) == text


def test_lines_map_to_the_original() -> None:
    remains = selected(MODEL)
    original = MODEL.splitlines()
    for line, number in zip(split_lines(remains.text), remains.lines, strict=True):
        assert line.strip() in (original[number - 1].strip(), "pass")


def test_the_whole_file_keeps_every_line() -> None:
    assert whole(MODEL).text == MODEL
    assert list(whole(MODEL).lines) == list(range(1, len(MODEL.splitlines()) + 1))


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_only_newlines_end_a_line(ends: str) -> None:
    text = f"a = 1\x0c{ends}b = '\x85\u2028'{ends}c = 3"
    assert split_lines(text) == [f"a = 1\x0c{ends}", f"b = '\x85\u2028'{ends}", "c = 3"]


DEEP = {
    "parentheses": "(" * 3000 + "1" + ")" * 3000,
    "attributes": "a" + ".b" * 6000,
    "operators": " + ".join(["1"] * 5000),
    "lists": "[" * 150 + "]" * 150 + " + " + " + ".join(["1"] * (MAX_DEPTH + 50)),
    "calls": "f" + "()" * 2500,
}


@pytest.mark.parametrize("kind", DEEP)
def test_deep_nesting_is_one_diagnostic(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.py"
    path.write_text(f"import torch\ntorch.nn.init.eye_(w)\nx = {DEEP[kind]}\n")
    result = check_file(path, catalogue.select(), Options())
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["INI001"]
    assert result.findings == ()


def test_nesting_below_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep.py"
    depth = MAX_DEPTH - 20
    path.write_text(
        f"import torch\nfrom torch import nn\nx = {' + '.join(['1'] * depth)}\n"
        "torch.nn.init.eye_(nn.Conv2d(1, 1, 1).weight)\n"
    )
    result = check_file(path, catalogue.select(), Options())
    assert [finding.code for finding in result.findings] == ["INI301"]
    assert result.diagnostics == ()
