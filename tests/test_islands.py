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


HEAD = "import torch\nfrom torch import nn\n"
NET = "class Net(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
OTHER = (
    "class Other(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.w = nn.Parameter(x)\n"
)
LOSSES = {
    "INI405 assigned init": f"{HEAD}K = nn.init.kaiming_normal_\ndef init(w, x):\n    K(w, 0, 'relu')\n",
    "INI209 name that a constant has": (f"{HEAD}lstm = nn.LSTM(8, 8)\ngate = 1\nnn.init.eye_(lstm.weight_hh_l0)\n"),
    "INI405 walrus": f"{HEAD}if (K := nn.init.kaiming_normal_):\n    pass\ndef init(w, x):\n    K(w, 0, 'relu')\n",
    "INI407 star import": f"{HEAD}from torch.nn.init import *\ndef init(w, x):\n    constant_(w)\n",
    "INI406 assigned from the module of inits": f"{HEAD}C = nn.init.constants_\ndef init(w):\n    C(w, val=1)\n",
    "INI205 imported init and products": (
        f"{HEAD}from torch.nn.init import kaiming_uniform_ as draw\nfrom torch import matmul as product\n"
        f"{NET}        self.w = nn.Parameter(torch.empty(n, n, n))\n        draw(self.w)\n"
        "    def forward(self, x):\n        return product(x, self.w)\n"
    ),
    "INI503 imported base": (
        "from torch import nn\nfrom torch.nn import Module as Base\nclass Block(Base):\n    pass\n"
        "def f(m):\n    return isinstance(m, 'Block')\n"
    ),
    "INI602 object of another name": (
        f"{HEAD}{NET}        self.fcs = [nn.Linear(3, 3) for _ in range(n)]\n"
        "    def forward(this, x):\n        for fc in this.fcs:\n            x = fc(x)\n        return x\n"
    ),
    "INI603 trigger in another class": (
        f"{HEAD}P = nn.Parameter\n{NET}        self.w = P(torch.zeros(3)).cuda()\n{OTHER}"
    ),
    "INI412 helper inside of a block": (
        f"{HEAD}with torch.no_grad():\n    def draw(m):\n        if hasattr(m, 'weight'):\n"
        "            nn.init.normal_(m.weight)\ndef build(fc):\n    fc = nn.Linear(2, 2)\n    draw(fc.weight)\n"
    ),
    "INI412 helper of another name": (
        f"{HEAD}def init(module, v):\n    if hasattr(module, 'weight') and module.weight is not None:\n"
        "        nn.init.constant_(module.weight, val=v)\nrun = init\ndef f(m):\n    run(m.weight, 0)\n"
    ),
}


@pytest.mark.parametrize("case", LOSSES)
def test_other_names_lose_no_finding(case: str) -> None:
    source = Source(Path("net.py"), LOSSES[case])
    quick, slow = (check_source(source, ALL, Options(islands=flag)).findings for flag in (True, False))
    assert case.partition(" ")[0] in {finding.code for finding in slow}
    assert quick == slow
