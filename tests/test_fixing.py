"""Fixing: which edits are applied, what survives, where it stops."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initlint.finding import Edit, Finding, Fix, Region, Safety, Severity
from initlint.fixing import Check, Fixed, NoConvergence, diff, fix_source, fix_text
from initlint.source import LineTable, Source, write_atomically

PATH = Path("model.py")
SAFE, UNSAFE, DISPLAY = Safety.SAFE, Safety.UNSAFE, Safety.DISPLAY


def edit(line: int, column: int, end: int, text: str, end_line: int | None = None) -> Edit:
    return Edit(Region(line, column, end_line or line, end), text)


def finding(*edits: Edit, safety: Safety = SAFE, code: str = "INI901", others: tuple[Fix, ...] = ()) -> Finding:
    fixes = (*others, Fix("change it", safety, edits))
    return Finding(PATH, edits[0].region, code, "some-rule", Severity.WARNING, "message", fixes)


def replacing(pattern: str, new: str, safety: Safety = SAFE, code: str = "INI901") -> Check:
    """A check that finds a pattern, with the fix that replaces it."""

    def check(source: Source) -> Iterator[Finding]:
        table = LineTable(source.text)
        for match in re.finditer(pattern, source.text):
            yield finding(Edit(table.region(*match.span()), match.expand(new)), safety=safety, code=code)

    return check


def both(*checks: Check) -> Check:
    return lambda source: [each for check in checks for each in check(source)]


def source_of(data: bytes | str) -> Source:
    return Source.from_bytes(PATH, data.encode() if isinstance(data, str) else data)


def test_edits_are_applied_to_the_original_text() -> None:
    found = [finding(edit(2, 4, 5, "three")), finding(edit(1, 0, 1, "x"), edit(1, 4, 5, "one"))]
    text, applied = fix_text("a = 1\nb = 2\n", found)
    assert text == "x = one\nb = three\n"
    assert applied == (found[1], found[0])


@pytest.mark.parametrize(
    ("safety", "unsafe", "applied"),
    [
        (SAFE, False, True),
        (SAFE, True, True),
        (UNSAFE, True, True),
        (UNSAFE, False, False),
        (DISPLAY, False, False),
        (DISPLAY, True, False),
    ],
)
def test_safety_decides_what_is_applied(safety: Safety, unsafe: bool, applied: bool) -> None:
    text, found = fix_text("a", [finding(edit(1, 0, 1, "b"), safety=safety)], unsafe)
    assert (text, bool(found)) == (("b", True) if applied else ("a", False))


def test_alternatives_for_display_do_not_stand_in_the_way() -> None:
    other = Fix("or this", DISPLAY, (edit(1, 0, 1, "c"),))
    assert fix_text("a", [finding(edit(1, 0, 1, "b"), others=(other,))])[0] == "b"


def test_a_finding_without_a_fix_changes_nothing() -> None:
    bare = Finding(PATH, Region(1, 0, 1, 1), "INI901", "some-rule", Severity.NOTE, "message", (Fix("empty", SAFE, ()),))
    assert fix_text("a", [bare]) == ("a", ())


@pytest.mark.parametrize(
    ("one", "two", "together"),
    [
        (edit(1, 0, 2, "X"), edit(1, 1, 3, "Y"), False),
        (edit(1, 0, 4, "X"), edit(1, 1, 2, "Y"), False),
        (edit(1, 1, 2, "X"), edit(1, 1, 2, "X"), False),
        (edit(1, 1, 1, "X"), edit(1, 1, 1, "Y"), False),
        (edit(1, 1, 1, "X"), edit(1, 1, 2, "Y"), False),
        (edit(1, 0, 1, "X"), edit(1, 1, 1, "Y"), False),
        (edit(1, 0, 4, "X"), edit(1, 2, 2, "Y"), False),
        (edit(1, 0, 1, "X", end_line=2), edit(2, 0, 1, "Y"), False),
        (edit(1, 0, 1, "X"), edit(1, 1, 2, "Y"), True),
        (edit(1, 0, 0, "X"), edit(1, 1, 1, "Y"), True),
        (edit(1, 0, 1, "X"), edit(1, 2, 2, "Y"), True),
        (edit(1, 4, 0, "X", end_line=2), edit(2, 0, 1, "Y"), True),
    ],
)
def test_fixes_that_overlap_are_not_applied_in_one_pass(one: Edit, two: Edit, together: bool) -> None:
    text = "abcd\nefgh\n"
    found = [finding(one), finding(two)]
    assert len(fix_text(text, found)[1]) == (2 if together else 1)
    assert fix_text(text, found)[0] == fix_text(text, found[::-1])[0]


def test_a_fix_is_applied_in_full_or_not_at_all() -> None:
    first = finding(edit(1, 1, 2, "X"))
    second = finding(edit(1, 3, 4, "Y"), edit(1, 0, 2, "Z"))
    text, applied = fix_text("abcd", [first, second])
    assert (text, applied) == ("ZcY", (second,))


def test_an_insertion_and_a_replacement_of_one_fix_may_touch() -> None:
    both_sides = finding(edit(1, 1, 1, "("), edit(1, 1, 2, "B"), edit(1, 2, 2, ")"))
    assert fix_text("abc", [both_sides])[0] == "a(B)c"


@pytest.mark.parametrize(
    "edits",
    [
        (edit(2, 0, 0, "x"),),
        (edit(1, 0, 9, "x"),),
        (edit(1, 2, 1, "x"),),
        (edit(1, 0, 2, "x"), edit(1, 1, 3, "y")),
    ],
)
def test_a_fix_that_makes_no_sense_is_refused(edits: tuple[Edit, ...]) -> None:
    with pytest.raises(ValueError, match=r"outside|before|overlap"):
        fix_text("abc", [finding(*edits)])
    outcome = fix_source(source_of("abc"), lambda source: [finding(*edits)])
    assert not outcome.changed
    assert len(outcome.diagnostics) == 1


NAMES = st.lists(st.sampled_from(["ab", "a", "é", "\t", "\r\n", "\n", "\r", "\x0c", "'\u2028'"]), max_size=20).map(
    "".join
)


@given(NAMES, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.sampled_from(["", "x", "yy"])), max_size=8))
def test_what_no_edit_touches_stays(text: str, wanted: list[tuple[int, int, str]]) -> None:
    table = LineTable(text)
    edits = [(start, min(start + size, len(text)), new) for start, size, new in wanted if start <= len(text)]
    found = [finding(Edit(table.region(start, end), new)) for start, end, new in edits]
    after, applied = fix_text(text, found)
    touched = sorted((table.span(each.fixes[0].edits[0].region), each.fixes[0].edits[0].text) for each in applied)
    position = 0
    for (start, end), new in touched:
        piece = text[position:start] + new
        assert after.startswith(piece)
        after, position = after[len(piece) :], end
    assert after == text[position:]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"if 1:\r\n\ta = 1\r\n", b"if 1:\r\n\tc = 1\r\n"),
        (b"a = 1\rb = 2\r", b"c = 1\rb = 2\r"),
        (b"a = 1\r\nb = 2\nd = 3\r", b"c = 1\r\nb = 2\nd = 3\r"),
        (b"\xef\xbb\xbfa = 1\n", b"\xef\xbb\xbfc = 1\n"),
        (b"# coding: latin-1\na = '\xe9'\n", b"# coding: latin-1\nc = '\xe9'\n"),
        (b"# coding: utf-8\na = '\xc3\xa9'", b"# coding: utf-8\nc = '\xc3\xa9'"),
        (b"if 1:\n\ta = 1  \n\x0c\n\tb = '\xe2\x80\xa8'", b"if 1:\n\tc = 1  \n\x0c\n\tb = '\xe2\x80\xa8'"),
    ],
)
def test_bytes_that_no_fix_touches_survive(before: bytes, after: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_bytes(before)
    outcome = fix_source(Source.read(file), replacing(r"\ba\b", "c"))
    write_atomically(file, outcome.data)
    assert file.read_bytes() == after


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_inserted_lines_end_as_the_lines_of_the_file(newline: str) -> None:
    text = newline.join(["if 1:", "    a = 1", "    b = 2", ""])
    outcome = fix_source(source_of(text), replacing("a = 1", "c = 1\n    d = 1"))
    assert outcome.text == newline.join(["if 1:", "    c = 1", "    d = 1", "    b = 2", ""])


def test_inserted_text_that_has_the_newline_already_keeps_it() -> None:
    outcome = fix_source(source_of("a = 1\r\nb = 2\r\n"), replacing("a = 1", "c = (\r\n1)\n"))
    assert outcome.text == "c = (\r\n1)\r\n\r\nb = 2\r\n"


def test_passes_go_on_until_nothing_applicable_is_left() -> None:
    outcome = fix_source(source_of("f(f(f(f(x))))\n"), replacing(r"f\((.*)\)", r"\1"))
    assert outcome.text == "x\n"
    assert len(outcome.applied) == 4
    assert outcome.remaining == ()
    assert outcome.source_before.text == "f(f(f(f(x))))\n"


def test_a_fix_may_expose_another() -> None:
    check = both(replacing("one", "two", code="INI901"), replacing("two", "three", code="INI902"))
    outcome = fix_source(source_of("one\n"), check)
    assert outcome.text == "three\n"
    assert [each.code for each in outcome.applied] == ["INI901", "INI902"]


def test_what_is_not_applied_remains() -> None:
    check = both(replacing("a", "b"), replacing("c", "d", UNSAFE), replacing("e", "f", DISPLAY))
    outcome = fix_source(source_of("a\nc\ne\n"), check)
    assert outcome.text == "b\nc\ne\n"
    assert [each.region.line for each in outcome.remaining] == [2, 3]
    assert fix_source(source_of("a\nc\ne\n"), check, unsafe=True).text == "b\nd\ne\n"


def test_fixing_what_is_fixed_changes_nothing() -> None:
    check = replacing(r"\ba\b", "b")
    once = fix_source(source_of("a\nb\n"), check)
    again = fix_source(source_of(once.text), check)
    assert not again.changed
    assert again.applied == ()
    assert diff(again) == ""


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (both(replacing("a", "b"), replacing("b", "a")), "a\n"),
        (replacing("x", "x"), "x\n"),
        (replacing(r"\Z", "x\n"), "x\n"),
    ],
    ids=["fixes undo each other", "a fix changes nothing", "fixes never end"],
)
def test_fixes_without_an_end_are_an_error(check: Check, text: str) -> None:
    with pytest.raises(NoConvergence, match=r"^model.py: fixes of INI901 some-rule do not come to an end"):
        fix_source(source_of(text), check)


def test_fifty_passes_are_enough_for_fifty_nested_fixes_and_no_more() -> None:
    check = replacing(r"f\((.*)\)", r"\1")
    assert fix_source(source_of("f(" * 50 + "x" + ")" * 50), check).text == "x"
    with pytest.raises(NoConvergence):
        fix_source(source_of("f(" * 51 + "x" + ")" * 51), check)


@pytest.mark.parametrize(
    ("text", "check", "reason"),
    [
        ("f(a)\n", replacing("a", "("), "does not parse"),
        ("f(a, b=1)\n", replacing("a, b=1", "b=1, b=2"), "does not parse: keyword argument repeated"),
        ("# coding: latin-1\nf(a)\n", replacing(r"\ba\b", "'→'"), "'→' cannot be written in the file's encoding"),
        ("f(a)\n", replacing("a", "'\0'"), "NUL byte"),
        ("f(a)\n", replacing(r"\A", "# coding: latin-1\n'é'\n"), "read back in another way"),
        ("f(a)\n", replacing("a", "(" * 500 + ")" * 500), "does not parse"),
    ],
)
def test_a_fix_that_would_break_the_file_is_left_out_and_reported(text: str, check: Check, reason: str) -> None:
    outcome = fix_source(source_of(text), check)
    assert outcome.text == text
    assert outcome.applied == ()
    assert len(outcome.remaining) == 1
    (diagnostic,) = outcome.diagnostics
    assert reason in diagnostic.message
    assert diagnostic.message.startswith("fix of INI901 some-rule (change it) left out: ")
    assert (diagnostic.path, diagnostic.line) == (PATH, outcome.remaining[0].region.line)


def test_fixes_beside_a_breaking_one_are_applied() -> None:
    text = "".join(f"a{number}\n" for number in range(20)) + "bad\n" + "a\n" * 5 + "worse\n"
    check = both(replacing(r"a(\d*)\n", r"c\1\n"), replacing("bad|worse", "("))
    outcome = fix_source(source_of(text), check)
    assert outcome.text == text.replace("a", "c").replace("bcd", "bad")
    assert [diagnostic.line for diagnostic in outcome.diagnostics] == [21, 27]
    assert len(outcome.applied) == 25


def test_a_breaking_fix_does_not_keep_others_from_their_turn() -> None:
    check = both(replacing("xy", "("), replacing("y", "z"))
    outcome = fix_source(source_of("xy\n"), check)
    assert outcome.text == "xz\n"
    assert outcome.diagnostics == ()


def test_two_fixes_that_break_the_file_only_together_are_applied_one_by_one() -> None:
    def check(source: Source) -> Iterator[Finding]:
        if source.text == "f(a, b)":
            yield finding(edit(1, 2, 3, "x=1"))
            yield finding(edit(1, 5, 6, "x=2"))

    outcome = fix_source(source_of("f(a, b)"), check)
    assert outcome.text == "f(a, x=2)"


def test_a_file_that_parses_and_does_not_compile_can_be_fixed() -> None:
    outcome = fix_source(source_of("return a\n"), replacing("a", "b"))
    assert outcome.text == "return b\n"


def test_parsing_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    fix_source(source_of("a = '\\d' is 1\n"), replacing(r"\ba\b", "b"))
    assert not recwarn.list


def test_a_diff_shows_paths_as_given_and_what_changes() -> None:
    outcome = fix_source(source_of("x\na\ny\n"), replacing("a", "b"))
    assert diff(outcome) == "--- model.py\n+++ model.py\n@@ -1,3 +1,3 @@\n x\n-a\n+b\n y\n"


def test_a_diff_marks_a_missing_final_newline() -> None:
    assert diff(fix_source(source_of("x\na"), replacing("a", "b"))).endswith(
        " x\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    )
    assert diff(fix_source(source_of("a\nx"), replacing("a", "b"))).endswith(
        "-a\n+b\n x\n\\ No newline at end of file\n"
    )
    assert diff(fix_source(source_of("a"), replacing("a", "b\n"))).endswith("-a\n\\ No newline at end of file\n+b\n")


@pytest.mark.parametrize(
    "data",
    [
        b"x\na\ny\n",
        b"x\r\na\r\ny\r\n",
        b"x\ra\ry\r",
        b"\xef\xbb\xbfa\n",
        b"a",
        b"x\na\x0c\n'\xe2\x80\xa8'\ny",
        b"'\x0b\x1c'\r\na\rb\n\r\nx",
    ],
)
@pytest.mark.skipif(shutil.which("git") is None, reason="applies the diff with git")
def test_a_diff_can_be_applied(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_bytes(data)
    outcome = fix_source(source_of(data), replacing(r"\ba\b", "b\nc"))
    command = ["git", "apply", "-p0", "--whitespace=nowarn", "-"]
    subprocess.run(command, input=diff(outcome).encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "model.py").read_bytes() == outcome.data != data


def test_fixing_does_not_write(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text("a\n")
    outcome: Fixed = fix_source(Source.read(file), replacing("a", "b"))
    assert outcome.changed
    assert file.read_text() == "a\n"


def test_the_check_sees_each_pass_in_the_file_s_encoding() -> None:
    seen: list[Source] = []

    def watching(check: Check) -> Callable[[Source], Iterator[Finding]]:
        def watch(source: Source) -> Iterator[Finding]:
            seen.append(source)
            yield from check(source)

        return watch

    fix_source(source_of(b"# coding: latin-1\nx = '\xe9'\n"), watching(replacing("x", "y")))
    assert [each.text for each in seen] == ["# coding: latin-1\nx = 'é'\n", "# coding: latin-1\ny = 'é'\n"]
    assert {(each.path, each.encoding) for each in seen} == {(PATH, "iso8859-1")}
