"""Suppression comments: what they silence, and which of them were not needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import catalogue, fixing, suppress
from initlint.finding import Finding, Region, Severity
from initlint.rule import Rule
from initlint.source import LineTable, Source

PATH = Path("model.py")
BOTH = ("INI101", "INI102")


def rules(*codes: str) -> tuple[Rule, ...]:
    return tuple(catalogue.find(code) for code in codes)


def finding(line: int, code: str = "INI101") -> Finding:
    rule = catalogue.find(code)
    return Finding(PATH, Region(line, 0, line, 4), code, rule.name, Severity.ERROR, "message")


def left(text: str, *found: Finding, ran: tuple[str, ...] = BOTH, unused: bool = True) -> list[tuple[int, str]]:
    kept = suppress.apply(found, text, rules(*ran), path=PATH, unused=unused).kept
    return [(each.region.line, each.code) for each in kept]


def complaint(text: str, *found: Finding, ran: tuple[str, ...] = BOTH) -> Finding:
    (one,) = [each for each in suppress.apply(found, text, rules(*ran), path=PATH).kept if each.code == "INI003"]
    return one


def fixed(text: str, *found: Finding) -> str:
    """The text without what its suppressions do not need, fixed pass by pass."""
    checks = fixing.fix_source(
        Source(PATH, text), lambda source: suppress.apply(found, source.text, rules(*BOTH), path=PATH).kept
    )
    assert not [each for each in checks.remaining if each.fixes]
    return checks.text


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA",
        "# NoQA because",
        "# noqa : INI101",
        "# noqa: INI101",
        "#noqa:INI101",
        "# NOQA : INI101 text",
        "# noqa: ini101",
        "# noqa: E501, INI101",
        "# noqa: INI101,E501",
        "# noqa: E501 INI101",
        "# noqa:E501,INI1",
        "# noqa: INI10",
        "# type: ignore # noqa: INI101",
        "# type: ignore[misc]  # noqa: INI101  # pragma: no cover",
        "# initlint: ignore[INI101]",
        "# initlint: ignore[leaky-relu-slope]",
        "# initlint: ignore[INI1]",
        "# initlint: ignore[gain]",
        "# initlint: ignore[ INI201 , leaky-relu-slope ] the paper says so",
        "#initlint:ignore[INI101]",
        "# error: [INI101]  # initlint: ignore[INI101] on purpose",
    ],
)
def test_a_comment_suppresses_findings_on_its_line(comment: str) -> None:
    assert left(f"a\ninit(w)  {comment}\nb\n", finding(2)) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# no qa",
        "# noqas",
        "# flake8: noqa: INI101",
        "# noqa: E501",
        "# noqa: INI2",
        "# noqa: INI1011",
        "# noqa: E501 # INI101",
        "# type: ignore",
        "# pylint: disable=INI101",
        "# initlint: ignore",
        "# initlint: ignored[INI101]",
        "# initlint: ignore[]",
        "# initlint: ignore[INI102]",
        "# initlint: ignore[INI101",
        "# initlint: ignore-file[INI101]",
        "# initlint: ignore-next-line[INI101]",
        "# initlint: ignore[E501]",
        "# initlint ignore[INI101]",
        "# initlint: disable[INI101]",
        "# ruff: ignore[INI101]",
    ],
)
def test_other_comments_suppress_nothing(comment: str) -> None:
    assert (1, "INI101") in left(f"init(w)  {comment}\n", finding(1))


@pytest.mark.parametrize(
    "text",
    [
        "init(w, '# noqa: INI101')\n",
        'init(w, "# initlint: ignore[INI101]")\n',
        "init(w, f'# noqa {x}')\n",
        "init(w, '''\n# noqa: INI101\n''')\n",
        "init(w)\n# noqa: INI101\n",
        "init(w)\n\n\nx = 1  # noqa: INI101\n",
        "init(w)\nif x:  # noqa: INI101\n    y\n",
        "init(w)\r\n# initlint: ignore[INI101]",
    ],
)
def test_strings_and_other_lines_suppress_nothing(text: str) -> None:
    assert (1, "INI101") in left(text, finding(1))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("init(\n    w,\n    a=0,\n)  # noqa: INI101\n", 1),
        ("init(\n    w,\n    a=0,\n)  # noqa: INI101\n", 3),
        ("init(  # noqa: INI101\n    w,\n    a=0,\n)\n", 3),
        ("init(\n    # noqa: INI101\n    w,\n)\n", 1),
        ("x = 1; init(w) \\\n    + 2  # noqa: INI101\n", 1),
        ("if init(\n    w\n):  # noqa: INI101\n    y = 1\n", 2),
        ("def f(w=init(\n        v)):  # noqa: INI101\n    pass\n", 1),
        ("s = '''\n''' + init(w)  # noqa: INI101\n", 1),
        ("class A:\n\n    def f(self):\n\n        init(\n            w)  # noqa: INI101", 5),
        ("a\r\ninit(\r\n  w)  # noqa: INI101\r\n", 2),
        ("a\rinit(\r  w)  # noqa: INI101\r", 2),
        ("a\x0cb\ninit(w)  # noqa: INI101\n", 2),
        ("# \u2028\x0c\x1c\ninit(w)  # noqa: INI101\n", 2),
        ("if x:\n\tinit(\tw)\t# noqa: INI101\n", 2),
    ],
)
def test_a_comment_holds_for_its_whole_logical_line(text: str, line: int) -> None:
    assert left(text, finding(line)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("if x:\n    init(w)\n    y = 1  # noqa: INI101\n", 2),
        ("if x:  # noqa: INI101\n    init(w)\n", 2),
        ("@d\ndef f(): pass  # noqa: INI101\n", 1),
        ("class A:\n    init(w)  # other\n# noqa: INI101\n", 2),
    ],
)
def test_a_comment_does_not_hold_for_other_logical_lines(text: str, line: int) -> None:
    assert (line, "INI101") in left(text, finding(line))


def test_a_comment_holds_for_its_codes_alone() -> None:
    text = "init(w)  # initlint: ignore[INI102]\n"
    assert left(text, finding(1), finding(1, "INI102")) == [(1, "INI101")]


def test_findings_without_comments_are_left_as_they_are() -> None:
    found = [finding(2), finding(1, "INI102")]
    assert suppress.apply(found, "a\nb\n", rules(*BOTH), path=PATH).kept == found


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# noqa: INI101", "unused suppression: no INI101 is found here"),
        ("# noqa: E501, ini101 why", "unused suppression: no ini101 is found here"),
        ("# initlint: ignore[leaky-relu-slope]", "unused suppression: no leaky-relu-slope is found here"),
        (
            "# initlint: ignore[INI101, INI102]",
            "unused suppression: no INI101 is found here; no INI102 is found here",
        ),
        (
            "# initlint: ignore[leaky-relu-slop]",
            "unused suppression: unknown rule 'leaky-relu-slop'; did you mean 'leaky-relu-slope'?",
        ),
        (
            "# initlint: ignore[INI102, E501x]",
            "unused suppression: no INI102 is found here; unknown rule 'E501x'",
        ),
    ],
)
def test_a_suppression_that_is_not_needed_is_a_finding(comment: str, message: str) -> None:
    one = complaint(f"x = 1\ny = 2  {comment}\n")
    assert one.message.startswith(message)
    assert (one.name, one.severity, one.path) == ("unused-suppression", Severity.WARNING, PATH)
    assert one.region == Region(2, 7, 2, 7 + len(comment))


def test_an_unknown_code_of_ours_in_noqa_is_a_finding() -> None:
    assert complaint("x  # noqa: INI999, E999\n").message.startswith("unused suppression: unknown rule 'INI999'")


@pytest.mark.parametrize("comment", ["# initlint: ignore", "# initlint: ignore because", "# initlint: ignore[ ]"])
def test_a_suppression_without_codes_is_a_finding_that_names_them(comment: str) -> None:
    one = complaint(f"init(w)  {comment}\n", finding(1), finding(1, "INI102"))
    assert one.message == "suppresses nothing without codes: `# initlint: ignore[INI101, INI102] reason`"
    assert one.fixes == ()
    assert "ignore[CODE]" in complaint(f"init(w)  {comment}\n").message


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: E501",
        "# noqa: E501, W291 text",
        "# noqa: X9",
        "# noqa: INI201",
        "# noqa: INI2",
        "# noqa: INI1",
        "# noqa: INI003",
        "# noqa: INI001",
        "# initlint: ignore[INI201]",
        "# initlint: ignore[gain]",
        "# initlint: ignore[INI]",
        "# initlint: ignore[ALL]",
        "# initlint: ignore[INI003]",
        "# noqa: INI101, INI003",
        "# initlint: ignore[INI101, unused-suppression]",
        "# initlint: ignore[INI101]  # noqa",
        "# initlint: ignore[INI101]  # noqa: INI003",
        "# see initlint: ignore[INI101]",
    ],
)
def test_foreign_codes_rules_that_did_not_run_and_blankets_are_not_judged(comment: str) -> None:
    assert left(f"x = 1  {comment}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "# init(w)  # noqa: INI101\n",
        "f(\n    # init(w),  # noqa: INI101\n    w,\n)\n",
        "# Write `# initlint: ignore[INI101]` to silence it.\n",
        '"""Write `# noqa: INI101`."""\n',
    ],
)
def test_talk_about_suppressions_is_not_judged(text: str) -> None:
    assert left(text) == []


def test_a_suppression_that_is_used_is_not_judged() -> None:
    text = "init(\n    w,  # noqa: INI101\n    v,  # initlint: ignore[INI101]\n)\n"
    assert left(text, finding(1)) == []


def test_a_prefix_is_judged_where_all_its_rules_ran() -> None:
    gains = tuple(rule.code for rule in catalogue.rules() if rule.family == "gain")
    assert left("x  # initlint: ignore[gain]\n", ran=gains) == [(1, "INI003")]
    assert left("x  # initlint: ignore[gain]\n", ran=gains[1:]) == []


def test_unused_suppressions_can_be_left_unreported() -> None:
    text = "init(w)  # noqa: INI101\nx  # noqa: INI102\ny  # initlint: ignore\n"
    assert left(text, finding(1), unused=False) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# initlint: ignore[INI101]\ninit(w)\n", 2),
        ("# initlint: ignore[INI101] reason\n# another comment\ninit(\n    w)\n", 4),
        ("# first  \n# initlint: ignore[INI102]\n# initlint: ignore[INI101]\ninit(w)\n", 4),
        ("if x:\n    # initlint: ignore[INI101]\n    init(w)\n", 3),
        ("if x:\n    y = 1\n    # initlint: ignore[INI101]\ninit(w)", 4),
        ("# initlint: ignore[INI101]\r\ndef f(w=init(\r\n        v)):\r\n    pass\r\n", 3),
        ("x = 1\n\n\n# initlint: ignore[INI101]\ninit(w); init(v)  # other\n", 5),
    ],
)
def test_our_own_comment_above_a_statement_holds_for_it(text: str, line: int) -> None:
    assert (line, "INI101") not in left(text, finding(line))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# noqa: INI101\ninit(w)\n", 2),
        ("# initlint: ignore[INI101]\n\ninit(w)\n", 3),
        ("# initlint: ignore[INI101]\nx = 1\ninit(w)\n", 3),
        ("# init(w)  # initlint: ignore[INI101]\ninit(w)\n", 2),
        ("# initlint: ignore[INI101]\nif x:\n    init(w)\n", 3),
        ("x = 1  # initlint: ignore[INI101]\ninit(w)\n", 2),
        ("init(w)\n# initlint: ignore[INI101]\n", 1),
    ],
)
def test_a_comment_above_holds_for_nothing_else(text: str, line: int) -> None:
    assert (line, "INI101") in left(text, finding(line))


@pytest.mark.parametrize(
    "text",
    [
        "# initlint: ignore-file[INI101] vendored\nx\ninit(w)\n",
        "#!/usr/bin/env python\n'doc'\n\n# initlint: ignore-file[gain]\n\ninit(w)\n",
        "init(w)\n\n# initlint: ignore-file[INI102, leaky-relu-slope]",
        "if x:\n    # initlint: ignore-file[ALL]\n    init(w)\n",
    ],
)
def test_the_file_form_holds_for_every_line(text: str) -> None:
    lines = range(1, text.count("\n") + 2)
    assert not {(line, "INI101") for line in lines} & set(left(text, *map(finding, lines)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# initlint: ignore-file[INI101, INI102]\nx\n", "unused suppression: no INI101 is found here; no INI102"),
        ("# initlint: ignore-file\nx\n", "suppresses nothing without codes: `# initlint: ignore-file[CODE] reason`"),
        (
            "x  # initlint: ignore-file[INI102] vendored\n",
            "ignore-file must stand on a line of its own, outside of a statement: `# initlint: ignore-file[INI102]",
        ),
        ("f(\n    # initlint: ignore-file[INI102]\n    w)\n", "ignore-file must stand on a line of its own"),
        (
            "x  # initlint: ignore-next-line[INI101]\n",
            "unknown suppression 'ignore-next-line': `# initlint: ignore[INI1",
        ),
        ("x  # initlint: disable[INI101]\n", "unknown suppression 'disable': `# initlint: ignore[INI101] reason`"),
        ("x  # initlint: ingore [INI101]\n", "unknown suppression 'ingore': `# initlint: ignore[INI101] reason`"),
        ("# initlint: ignore[INI101]\n\nx\n", "unused suppression: no INI101 is found here"),
    ],
)
def test_a_comment_that_is_no_use_says_why(text: str, message: str) -> None:
    assert complaint(text).message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "# initlint: see the page of INI101 [in the docs]\n",
        "# initlint: config[tool.initlint]\n",
        "# Write `# initlint: ignore-file[INI101]` at the top.\nx\n",
        "# initlint: ignore[INI101, INI003]\nx\n",
        "# initlint: ignore-file[INI201]\nx\n",
        "# initlint: ignore-file[INI003]\nx  # initlint: ignore[INI101]\n",
    ],
)
def test_other_talk_and_what_is_meant_is_not_judged(text: str) -> None:
    assert left(text) == []


def test_a_list_of_the_file_form_loses_what_is_not_needed() -> None:
    text = "# initlint: ignore-file[INI101, INI102] why\n# initlint: ignore[INI101]\n\nx\n"
    assert fixed(text, finding(4)) == "# initlint: ignore-file[INI101] why\n\nx\n"


def test_a_suppression_on_a_line_of_its_own_is_unused() -> None:
    assert left("# noqa: INI101\ninit(w)\n", finding(2)) == [(2, "INI101"), (1, "INI003")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # noqa: INI101\n", "x = 1\n"),
        ("x = 1\t# noqa: INI101 for a reason", "x = 1"),
        ("x = 1  # initlint: ignore[INI101] reason\r\ny\r\n", "x = 1\r\ny\r\n"),
        ("x  # noqa: E501, INI101\n", "x  # noqa: E501\n"),
        ("x  # noqa: INI101, E501 why\n", "x  # noqa: E501 why\n"),
        ("x  # noqa:E1 INI101,INI102 E2\n", "x  # noqa:E1 E2\n"),
        ("x  # noqa: INI101,INI999\n", "x\n"),
        ("x  # initlint: ignore[INI101, INI201] why\n", "x  # initlint: ignore[INI201] why\n"),
        ("x  # initlint: ignore[INI201,INI101,nothing]\n", "x  # initlint: ignore[INI201]\n"),
        ("x  # type: ignore # noqa: INI101\n", "x  # type: ignore\n"),
        ("x  # noqa: INI101 # type: ignore\n", "x  # type: ignore\n"),
        ("x  # a  # noqa: INI101 see #12  # b\n", "x  # a  # b\n"),
        ("x  # noqa: INI101  # initlint: ignore[INI102]\n", "x\n"),
        ("a\n    # noqa: INI101\nb\n", "a\nb\n"),
        ("a\r# noqa: INI101", "a\r"),
        ("f(\n    # noqa: INI101\n    w,  # noqa: INI102\n)\n", "f(\n    w,\n)\n"),
        ("é = '\u2028'  # noqa: INI101\n\x0c\nx\n", "é = '\u2028'\n\x0c\nx\n"),
    ],
)
def test_fixing_removes_what_is_not_needed_and_nothing_else(text: str, expected: str) -> None:
    assert fixed(text) == expected


def test_fixing_leaves_what_is_needed() -> None:
    assert fixed("x  # noqa: INI101, INI102\n", finding(1)) == "x  # noqa: INI101\n"
    assert fixed("x  # initlint: ignore[INI101] why\n", finding(1)) == "x  # initlint: ignore[INI101] why\n"


def test_the_region_is_the_suppression_within_the_comment() -> None:
    text = "x  # a  # noqa: INI101 why  # b\n"
    start, end = LineTable(text).span(complaint(text).region)
    assert text[start:end] == "# noqa: INI101 why"


@pytest.mark.parametrize(
    "text", ["x = (  # noqa: INI101\n", "'''\nx  # noqa: INI101\n", "if x:\n  a\n b  # noqa: INI102\n"]
)
def test_a_text_without_tokens_is_read_by_lines_and_not_judged(text: str) -> None:
    line = 1 + text[: text.index("#")].count("\n")
    code = "INI101" if "INI101" in text else "INI102"
    assert left(text, finding(line, code)) == []
    assert left(text) == []
