"""The harness itself: a toy rule whose page is right, and pages that are wrong in one way each."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import page_harness as harness
import pytest
from page_spellings import variants

from initlint import catalogue, pages
from initlint.fixing import NoConvergence
from initlint.pages import BlockKind, PageError
from initlint.rule import Rule

MODULE = '''\
"""A rule that takes exception to sevens."""

from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule


@rule("INI950", "seven", Kind.WRONG, Default.OFF, fix=Safety.UNSAFE, triggers=("constant_",))
def check(file):
    """A constant that is `7`."""
    for site in file.sites:
        given = site.given("val") if site.initializer.name == "constant_" else None
        if getattr(given, "value", None) in ("7", "8"):
            changes = tuple([CHANGE])
            yield Alarm(site.node, "seven", (Proposal("another", Safety.UNSAFE, changes),))
'''
ONE = 'Change(given, "1")'
OTHER = 'Change(given, "8" if given.value == "7" else "7")'
EXPOSING = """Change(site.node, "nn.init.kaiming_normal_(layer.weight, a=0.2, nonlinearity='relu')")"""

SETUP = "from torch import nn\n\nlayer = nn.Linear(4, 8)\n"
SEVEN = SETUP + "nn.init.constant_(layer.weight, 7)  # error: [INI950]\n"
FIXED = SETUP + "nn.init.constant_(layer.weight, 1)\n"
PAGE = f"""\
# seven (INI950)

A constant that is `7`.

## What it finds
Sevens.

## Why it matters
7 times.

## Examples
```py bad run
{SEVEN}```
```py fixed
{FIXED}```

## When it stays silent
```py good
{SETUP}nn.init.constant_(layer.weight, 6)
nn.init.normal_(layer.weight, 7)
```

## Fix safety
Unsafe.

## Known limits
```py bad
{SETUP}nn.init.constant_(layer.weight, 6 + 1)  # todo: [INI950]
```

## References
None.
"""

Make = Callable[..., Rule]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Write the toy rule and its page, load it, and let the catalogue know it."""
    known = catalogue.rules()

    def load(page: str | None = PAGE, change: str = ONE) -> Rule:
        file = tmp_path / "seven.py"
        file.write_text(MODULE.replace("CHANGE", change))
        if page is not None:
            file.with_suffix(".md").write_text(page)
        spec = importlib.util.spec_from_file_location("toy_rules.seven", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        rule = module.check
        assert isinstance(rule, Rule)
        monkeypatch.setattr(catalogue, "rules", lambda: (*known, rule))
        monkeypatch.setattr(catalogue, "_keys", getattr(catalogue._keys, "__wrapped__", catalogue._keys))
        return rule

    return load


def examples(rule: Rule, *kinds: BlockKind) -> list[harness.Example]:
    return harness.examples_of(rule, pages.read(rule), *kinds)


def first(rule: Rule, kind: BlockKind = BlockKind.BAD) -> harness.Example:
    return examples(rule, kind)[0]


def test_right_page_passes_every_check(make: Make) -> None:
    rule = make()
    bad, limit = examples(rule, BlockKind.BAD)
    for example in (bad, limit):
        harness.check_bad(example)
        harness.check_fix(example)
        harness.check_fix_is_final(example)
        harness.check_suppression(example)
    harness.check_good(first(rule, BlockKind.GOOD))
    for example in examples(rule, BlockKind.BAD, BlockKind.GOOD):
        harness.check_islands(example)
        for variant in variants(example.code):
            harness.check_variant(example, variant)


def test_examples_are_named_by_code_kind_and_number(make: Make) -> None:
    rule = make()
    assert [str(example) for example in harness.examples([rule], BlockKind.BAD, BlockKind.GOOD)] == [
        "INI950-bad-1",
        "INI950-bad-2",
        "INI950-good-1",
    ]


def test_own_rule_runs_whatever_its_default(make: Make) -> None:
    rule = make()
    assert rule in first(rule).rules


@pytest.mark.parametrize(
    "bad",
    [
        SEVEN.replace("7)", "6)"),
        SEVEN + "nn.init.constant_(layer.bias, 7)\n",
        SEVEN.replace("INI950", "INI950, INI950"),
        SEVEN.replace("INI950", "INI951"),
        SEVEN.replace("error", "todo"),
    ],
    ids=["nothing found", "another found", "found once", "other code", "known to be missed"],
)
def test_bad_example_that_yields_something_else_fails(make: Make, bad: str) -> None:
    with pytest.raises(AssertionError):
        harness.check_bad(first(make(PAGE.replace(SEVEN, bad))))


def test_missed_alarm_that_is_found_fails(make: Make) -> None:
    rule = make(PAGE.replace("6 + 1", "7"))
    with pytest.raises(AssertionError):
        harness.check_bad(examples(rule, BlockKind.BAD)[1])


@pytest.mark.parametrize(
    "call", ["constant_(layer.weight, 7)", "kaiming_normal_(layer.weight, a=0.2, nonlinearity='relu')"]
)
def test_good_example_with_a_finding_fails(make: Make, call: str) -> None:
    rule = make(PAGE.replace("constant_(layer.weight, 6)", call))
    with pytest.raises(AssertionError):
        harness.check_good(first(rule, BlockKind.GOOD))


def test_other_fixed_example_fails(make: Make) -> None:
    rule = make(PAGE.replace("layer.weight, 1)", "layer.weight,  1)"))
    with pytest.raises(AssertionError):
        harness.check_fix(first(rule))


def test_fix_without_end_fails(make: Make) -> None:
    with pytest.raises(NoConvergence):
        harness.check_fix(first(make(change=OTHER)))


def test_fix_that_exposes_another_finding_fails(make: Make) -> None:
    with pytest.raises(AssertionError, match="INI102"):
        harness.check_fix_is_final(first(make(change=EXPOSING)))


def test_fix_may_expose_a_declared_successor(make: Make) -> None:
    rule = make(PAGE.replace("Unsafe.", "Unsafe.\n\nSuccessor: INI102"), change=EXPOSING)
    harness.check_fix_is_final(first(rule))


def test_variant_with_other_findings_fails(make: Make) -> None:
    example = first(make())
    variant = next(variants(example.code.replace("7)", "6)")))
    with pytest.raises(AssertionError):
        harness.check_variant(example, variant)


def test_fixed_spelling_is_whole_code(make: Make) -> None:
    example = first(make())
    fixed = {variant.name: harness.fixed_variant(example, variant) for variant in variants(example.code)}
    assert fixed["tabs"] == FIXED
    assert (fixed["in-function"] or "").endswith("    nn.init.constant_(layer.weight, 1)\nwrapped()\n")


def test_spelling_without_a_fix_has_no_fixed_form(make: Make) -> None:
    example = first(make(change=""))
    assert harness.fixed_variant(example, next(variants(example.code))) is None


def test_suppression_that_suppresses_nothing_fails(make: Make) -> None:
    with pytest.raises(AssertionError):
        harness.check_suppression(first(make(PAGE.replace(SEVEN, SEVEN.replace("7)", "6)")))))


def test_positives_and_negatives_are_counted(make: Make) -> None:
    page = pages.read(make())
    assert (harness.positives(page), harness.negatives(page)) == (1, 2)


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("import torch\nx = 1\n", 1),
        ("class A:\n    pass\ndef f():\n    pass\n", 2),
        ("for x in y:\n    f(x)\nif x:\n    f(x)\nx.a = 1\n", 3),
    ],
)
def test_negatives_are_top_level_statements_that_do_something(make: Make, code: str, number: int) -> None:
    silent = PAGE[PAGE.index("```py good\n") : PAGE.index("\n## Fix safety")]
    page = pages.read(make(PAGE.replace(silent, f"```py good\n{code}```\n")))
    assert harness.negatives(page) == number


def test_good_examples_of_other_sections_are_no_negatives(make: Make) -> None:
    page = pages.read(make(PAGE.replace("7 times.", "```py good\nx()\ny()\nz()\n```")))
    assert harness.negatives(page) == 2


@pytest.mark.parametrize(
    "page",
    [
        None,
        PAGE.replace("# seven (", "# eight ("),
        PAGE.replace("(INI950)", "(INI951)"),
        PAGE.replace("A constant that", "Another constant that"),
        PAGE.replace("## Fix safety\nUnsafe.\n", ""),
    ],
    ids=["missing", "name", "code", "summary", "fix safety"],
)
def test_page_of_another_rule_fails(make: Make, page: str | None) -> None:
    rule = make(page)
    with pytest.raises(PageError):
        pages.read(rule)
    assert not harness.examples([rule], *BlockKind)
