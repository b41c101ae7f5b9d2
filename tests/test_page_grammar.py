from pathlib import Path

import pytest

from initlint.pages import BlockKind, Expectation, Measurement, Page, PageError, parse

PATH = Path("toy_rule.md")

TITLE = "# toy-rule (INI950)\n"
SENTENCE = "Allow a toy.\n"
SECTIONS = {
    "What it finds": "Toys.\n",
    "Why it matters": "Toys are 3 times too large.\n",
    "Examples": "```py bad\nx = 1  # error: [INI950]\n```\n\n```py fixed\nx = 2\n```\n",
    "When it stays silent": "```py good\nx = 3\n```\n",
    "Fix safety": "Unsafe: it changes numbers.\n\nSuccessor: INI951\n",
    "Known limits": "```py bad\nx = y  # todo: [INI950]\n```\n",
    "References": "None.\n",
}


def page_text(*, without: str | None = None, **replaced: str) -> str:
    sections = {title: replaced.get(title.replace(" ", "_").lower(), text) for title, text in SECTIONS.items()}
    return (
        TITLE
        + "\n"
        + SENTENCE
        + "".join(f"\n## {title}\n\n{text}" for title, text in sections.items() if title != without)
    )


def parsed(text: str, *, has_fix: bool = True) -> Page:
    return parse(text, PATH, has_fix=has_fix)


def failure(text: str, *, has_fix: bool = True) -> PageError:
    with pytest.raises(PageError) as caught:
        parsed(text, has_fix=has_fix)
    return caught.value


def example(text: str, fence: str = "py bad run") -> str:
    return page_text(examples=f"```{fence}\n{text}\n```\n")


def test_page_gives_title_sentence_and_sections() -> None:
    page = parsed(page_text())
    assert (page.name, page.code, page.summary) == ("toy-rule", "INI950", "Allow a toy")
    assert [section.title for section in page.sections] == list(SECTIONS)
    assert page.sections[0].text == "Toys."


def test_sentence_may_be_wrapped() -> None:
    assert parsed(page_text().replace("Allow a toy.", "Allow\na toy.")).summary == "Allow a toy"


def test_blocks_know_kind_section_and_line() -> None:
    text = page_text()
    page = parsed(text)
    assert [(block.kind, block.section) for block in page.blocks] == [
        (BlockKind.BAD, "Examples"),
        (BlockKind.FIXED, "Examples"),
        (BlockKind.GOOD, "When it stays silent"),
        (BlockKind.BAD, "Known limits"),
    ]
    for block in page.blocks:
        assert text.splitlines()[block.line - 1] == block.code.splitlines()[0]


def test_fixed_belongs_to_the_bad_block_before_it() -> None:
    page = parsed(page_text())
    first, last = page.blocks_of(BlockKind.BAD)
    assert page.fixed_after(first) == page.blocks[1]
    assert page.fixed_after(last) is None


def test_known_limits_may_be_left_out() -> None:
    assert "Known limits" not in [section.title for section in parsed(page_text(without="Known limits")).sections]


def test_fix_safety_is_left_out_without_a_fix() -> None:
    assert not parsed(page_text(without="Fix safety"), has_fix=False).successors


def test_successor_is_declared_under_fix_safety() -> None:
    assert parsed(page_text()).successors == {"INI951"}


def test_successor_elsewhere_declares_nothing() -> None:
    assert not parsed(page_text(fix_safety="Unsafe.\n", references="Successor: INI951\n")).successors


def test_expectations_carry_line_codes_and_exception() -> None:
    text = "y = 0\nx = 1  # error: [INI950, INI951] raises ValueError\nz = 1  # todo: [INI950]"
    block = parsed(example(text)).blocks[0]
    assert block.run
    assert block.errors == (Expectation(2, ("INI950", "INI951"), "ValueError"),)
    assert block.todos == (Expectation(3, ("INI950",)),)


def test_measurement_may_share_a_line_with_an_error() -> None:
    block = parsed(example("x = 1  # error: [INI950]  # measured: std 0.0442, expected 6e-2")).blocks[0]
    assert block.errors == (Expectation(1, ("INI950",)),)
    assert block.measured == (Measurement(1, 0.0442, 0.06),)


def test_bare_code_keeps_other_comments() -> None:
    block = parsed(example("x = 1  # note  # error: [INI950]\n# alone\ny = 2  # todo: [INI950]\nz = 3  # z")).blocks[0]
    assert block.bare == "x = 1  # note\n# alone\ny = 2\nz = 3  # z\n"


def test_claim_in_a_string_is_text() -> None:
    block = parsed(example("x = '# error: nothing'\ny = 1  # error: [INI950]")).blocks[0]
    assert [error.line for error in block.errors] == [2]


@pytest.mark.parametrize("fence", ["text", "toml"])
def test_illustrations_are_no_blocks(fence: str) -> None:
    page = parsed(page_text(why_it_matters=f"```{fence}\n## What it finds\n```\n"))
    assert len(page.blocks) == 4


@pytest.mark.parametrize("title", ["# Toy rule (INI950)", "# toy-rule", "## toy-rule (INI950)", "toy-rule (INI950)"])
def test_other_title_fails(title: str) -> None:
    assert failure(page_text().replace(TITLE.strip(), title, 1)).line == 1


def test_empty_page_fails() -> None:
    assert failure("").line == 1


@pytest.mark.parametrize("sentence", ["", "Allow a toy", "Allow a toy.\n\nAnd more."])
def test_anything_but_one_sentence_fails(sentence: str) -> None:
    assert "one sentence" in failure(page_text().replace(SENTENCE.strip(), sentence, 1)).message


@pytest.mark.parametrize("heading", ["## Notes", "### What it finds", "## what it finds", "# What it finds"])
def test_unknown_heading_fails_with_its_line(heading: str) -> None:
    text = page_text().replace("## Examples", heading)
    error = failure(text)
    assert "unknown heading" in error.message
    assert text.splitlines()[error.line - 1] == heading


@pytest.mark.parametrize("title", [title for title in SECTIONS if title != "Known limits"])
def test_missing_section_fails(title: str) -> None:
    assert f"{title!r} is missing" in failure(page_text(without=title)).message


def test_empty_section_fails() -> None:
    assert "is empty" in failure(page_text(references="\n")).message


def test_wrong_order_fails() -> None:
    text = page_text().replace("## What it finds", "## X").replace("## Why it matters", "## What it finds")
    assert "missing before" in failure(text.replace("## X", "## Why it matters")).message


def test_repeated_section_fails() -> None:
    assert "twice" in failure(page_text() + "\n## References\n\nMore.\n").message


def test_fix_safety_without_a_fix_fails() -> None:
    assert "no fix" in failure(page_text(), has_fix=False).message


@pytest.mark.parametrize("fence", ["py", "python", "py run", "py fixed run", "py bad  run", "py worse", "sh", ""])
def test_unknown_fence_fails(fence: str) -> None:
    assert "unknown fence" in failure(example("x = 1  # error: [INI950]", fence)).message


def test_unclosed_fence_fails() -> None:
    assert "never closed" in failure(page_text() + "\n```text\n").message


def test_indented_fence_fails() -> None:
    assert "first column" in failure(page_text(references="- see\n  ```py good\n  x = 1\n  ```\n")).message


def test_example_before_the_first_section_fails() -> None:
    text = page_text().replace("## What it finds", "```py good\nx = 1\n```\n\n## What it finds")
    assert "before the first section" in failure(text).message


def test_fixed_without_bad_fails() -> None:
    assert (
        "follows"
        in failure(page_text(when_it_stays_silent="```py good\nx = 1\n```\n```py fixed\nx = 1\n```\n")).message
    )


def test_bad_block_without_expectations_fails() -> None:
    assert "marks what is found" in failure(example("x = 1")).message


@pytest.mark.parametrize("fence", ["py good", "py good run"])
@pytest.mark.parametrize("claim", ["error: [INI950]", "todo: [INI950]", "measured: std 1, expected 2"])
def test_expectation_outside_a_bad_block_fails(fence: str, claim: str) -> None:
    assert "expects nothing" in failure(example(f"x = 1  # {claim}", fence)).message


def test_measurement_in_a_block_that_does_not_run_fails() -> None:
    text = "x = 1  # error: [INI950]  # measured: std 1, expected 2"
    assert "'py bad run'" in failure(example(text, "py bad")).message


@pytest.mark.parametrize(
    "claim",
    [
        "error: INI950",
        "error: [INI950] because",
        "error: [INI950,INI951]",
        "error: []",
        "error: [toy-rule]",
        "error: [INI950] raises",
        "todo: [INI950] raises ValueError",
        "measured: std 1",
        "measured: std one, expected 2",
    ],
)
def test_misspelled_expectation_fails_with_its_line(claim: str) -> None:
    text = example(f"y = 0\nx = 1  # {claim}")
    error = failure(text)
    assert "cannot read the expectation" in error.message
    assert claim in text.splitlines()[error.line - 1]


def test_expectation_on_a_line_of_its_own_fails() -> None:
    assert "trails" in failure(example("# error: [INI950]\nx = 1")).message


def test_example_that_does_not_parse_fails_with_its_line() -> None:
    text = example("x = 1  # error: [INI950]\ny = (")
    error = failure(text)
    assert "does not parse" in error.message
    assert text.splitlines()[error.line - 1] == "y = ("


def test_error_names_file_and_line() -> None:
    assert str(failure("")).startswith("toy_rule.md:1: ")


def test_model_block_may_mark_what_is_found() -> None:
    (block,) = parsed(page_text(examples="```py model\nx = 1  # error: [INI950]\n```\n")).blocks_of(BlockKind.MODEL)
    assert block.errors == (Expectation(1, ("INI950",)),)


def test_model_block_may_find_nothing() -> None:
    (block,) = parsed(page_text(examples="```py model\nx = 1\n```\n")).blocks_of(BlockKind.MODEL)
    assert not block.errors


@pytest.mark.parametrize("claim", ["error: [INI950] raises ValueError", "measured: std 1, expected 2"])
def test_model_block_neither_raises_nor_measures(claim: str) -> None:
    assert "py model" in failure(page_text(examples=f"```py model\nx = 1  # {claim}\n```\n")).message
