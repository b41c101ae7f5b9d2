from pathlib import Path

import pytest

pytest.importorskip("torch")

import page_execution as execution

from initlint.pages import Block, parse

SETUP = "import torch\nfrom torch import nn\n\nweight = torch.empty(400, 500)\n"


def block(code: str) -> Block:
    silent = "## When it stays silent\n```py good\nx = 1\n```\n## References\nx\n"
    page = (
        f"# a (INI950)\nA.\n## What it finds\nx\n## Why it matters\nx\n## Examples\n```py bad run\n{code}```\n{silent}"
    )
    return parse(page, Path("a.md"), has_fix=False).blocks[0]


def raising(code: str) -> None:
    found = block(code)
    for claim in execution.raising_lines(found):
        execution.check_raises(found, claim)


def test_each_raising_line_is_run_alone() -> None:
    raising(
        "a = {}\na['x']  # error: [INI950] raises KeyError\n1 / len(a)  # error: [INI950] raises ZeroDivisionError\n"
    )


def test_raising_line_may_stand_in_a_called_function() -> None:
    raising("def f(n):\n    1 / n  # error: [INI950] raises ZeroDivisionError\n\nf(0)\n")


@pytest.mark.parametrize(
    "code",
    [
        "x = 1  # error: [INI950] raises ValueError\n",
        "def f(n):\n    1 / n  # error: [INI950] raises ZeroDivisionError\n",
        "{}['x']  # error: [INI950] raises LookupError\n",
        "1 / 0\nx = 1  # error: [INI950] raises ZeroDivisionError\n",
        "x = 1  # error: [INI950] raises ZeroDivisionError\n1 / 0\n",
    ],
    ids=["nothing", "never called", "base class", "line before", "line behind"],
)
def test_wrong_raise_is_noticed(code: str) -> None:
    with pytest.raises(AssertionError):
        raising(code)


def test_block_runs_without_its_raising_lines() -> None:
    found = block("x = 1\nx = 1 / 0  # error: [INI950] raises ZeroDivisionError\n")
    assert execution.execute(found.bare, {2})["x"] == 1


def test_std_is_that_of_the_tensor_that_the_line_writes() -> None:
    code = SETUP + "nn.init.normal_(weight, 0, float(torch.ones(()) * 0.5))\nweight.mul_(3)\n"
    assert execution.measured_std(code, 5) == pytest.approx(0.5, rel=0.02)
    assert execution.measured_std(code, 6) == pytest.approx(1.5, rel=0.02)


def test_line_without_a_tensor_cannot_be_measured() -> None:
    with pytest.raises(AssertionError, match="returns a tensor"):
        execution.measured_std(SETUP + "x = len('abc')\n", 5)


@pytest.mark.parametrize(
    ("std", "expected", "right"), [(0.5, 0.25, True), (0.51, 0.25, True), (0.55, 0.25, False), (0.5, 0.3, False)]
)
def test_stated_stds_hold_within_five_percent(std: float, expected: float, right: bool) -> None:
    bad = block(
        SETUP + f"nn.init.normal_(weight, 0, 0.5)  # error: [INI950]  # measured: std {std}, expected {expected}\n"
    )
    fixed = Block(bad.kind, True, SETUP + "scale = 0.25\nnn.init.normal_(weight, 0, scale)\n", 1, bad.section)
    if right:
        execution.check_measured(bad, fixed)
    else:
        with pytest.raises(AssertionError, match="not"):
            execution.check_measured(bad, fixed)


def test_line_is_found_again_behind_inserted_and_removed_lines() -> None:
    before = "a\nb\nold(call)\nc\n"
    assert execution.line_after_fix(before, "a\nnew\nb\nnew(call)\nc\n", 3) == 4
    assert execution.line_after_fix(before, "a\nb\nnumber = 1\nnew(call)\nc\n", 3) == 4
    assert execution.line_after_fix(before, "a\nnew(call)\nc\n", 3) == 2
    assert execution.line_after_fix(before, "d\na\nb\nold(call)\nc\n", 4) == 5
