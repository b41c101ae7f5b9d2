"""Every example on the page of every rule, as the page says and in every other spelling."""

import page_harness as harness
import pytest
from page_harness import Example
from page_spellings import Variant, variants

from initlint import catalogue, pages
from initlint.pages import BlockKind
from initlint.rule import Rule

RULES = catalogue.rules()
BAD = harness.examples(RULES, BlockKind.BAD)
GOOD = harness.examples(RULES, BlockKind.GOOD)
RAISING = [example for example in BAD if example.raises]
RUNNING = [example for example in (*BAD, *GOOD) if example.block.run]
MEASURED = [example for example in BAD if example.block.measured]
VARIANTS = [
    pytest.param(example, variant, id=f"{example}-{variant.name}")
    for example in (*BAD, *GOOD)
    for variant in variants(example.code)
]

FIXED_VARIANTS = [
    pytest.param(example, variant, id=f"{example}-{variant.name}")
    for example in BAD
    if example.block.run and example.fixed
    for variant in variants(example.code)
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_keeps_the_grammar_and_belongs_to_its_rule(rule: Rule) -> None:
    page = pages.read(rule)
    assert not harness.must_show_a_fix(rule) or harness.shows_a_fix(page)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_shows_at_least_as_many_negatives_as_positives(rule: Rule) -> None:
    page = pages.read(rule)
    assert 0 < harness.positives(page) <= harness.negatives(page)


@pytest.mark.parametrize("example", BAD, ids=str)
def test_bad_example_yields_exactly_what_it_says(example: Example) -> None:
    harness.check_bad(example)


@pytest.mark.parametrize("example", GOOD, ids=str)
def test_good_example_is_silent_and_never_rewritten(example: Example) -> None:
    harness.check_good(example)


@pytest.mark.parametrize("example", BAD, ids=str)
def test_fix_gives_the_fixed_example(example: Example) -> None:
    harness.check_fix(example)


@pytest.mark.parametrize("example", BAD, ids=str)
def test_fix_is_final_and_exposes_nothing(example: Example) -> None:
    harness.check_fix_is_final(example)


@pytest.mark.parametrize(("example", "variant"), VARIANTS)
def test_other_spelling_has_the_same_findings(example: Example, variant: Variant) -> None:
    harness.check_variant(example, variant)


@pytest.mark.parametrize("example", BAD, ids=str)
def test_suppression_removes_finding_and_fix(example: Example) -> None:
    harness.check_suppression(example)


@pytest.mark.parametrize("example", [*BAD, *GOOD], ids=str)
def test_islands_find_what_the_whole_file_has(example: Example) -> None:
    harness.check_islands(example)


@pytest.mark.parametrize("example", RAISING, ids=str)
def test_line_raises_what_it_says(example: Example) -> None:
    pytest.importorskip("torch")
    import page_execution

    for claim in page_execution.raising_lines(example.block):
        page_execution.check_raises(example.block, claim)


@pytest.mark.parametrize("example", RUNNING, ids=str)
def test_running_example_runs(example: Example) -> None:
    pytest.importorskip("torch")
    import page_execution

    page_execution.execute(example.code, {claim.line for claim in page_execution.raising_lines(example.block)})


@pytest.mark.parametrize("example", MEASURED, ids=str)
def test_measured_std_is_what_it_says(example: Example) -> None:
    pytest.importorskip("torch")
    import page_execution

    page_execution.check_measured(example.block, example.fixed)


@pytest.mark.parametrize(("example", "variant"), FIXED_VARIANTS)
def test_fixed_spelling_runs(example: Example, variant: Variant) -> None:
    pytest.importorskip("torch")
    import page_execution

    fixed = harness.fixed_variant(example, variant)
    if fixed is not None:
        page_execution.execute(fixed)
