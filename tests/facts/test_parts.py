"""A large text that is parsed in stretches gives the tree that it gives as a whole."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from initlint.facts.reading.parts import parse_module

FIXTURES = Path(__file__).parents[2] / "fixtures" / "models"
MODELS = "".join(text for path in sorted(FIXTURES.glob("*.py")) if "__future__" not in (text := path.read_text()))
FUNCTION = "def f{0}(x):\n    return x + {0}\n"
MANY = "\n\n".join(FUNCTION.format(number) for number in range(2400))

CASES = {
    "models": MODELS * (1 + 90_000 // len(MODELS)),
    "functions": MANY,
    "comments between": MANY.replace("\n\n\ndef", "\n# before\n\n\n# above\ndef"),
    "decorators and classes": MANY.replace("def f", "class A:\n    pass\n\n\n@wraps(\n    g,\n)\n@cached\ndef f"),
    "asynchronous": MANY.replace("def f", "async def f"),
    "definitions in strings": f'TEXT = """\n{MANY}"""\n{MANY}TEXT = """\n{MANY}"""\n',
    "lambdas in brackets": "x = (\n" + "".join(f"lambda:\nf{number},\n" for number in range(3000)) + f")\n{MANY}",
    "definitions behind a backslash": MANY.replace("\n\n\ndef", "\nx = \\\n1\ndef"),
    "tabs and blanks": MANY + MANY.replace("    ", "\t"),
    "one line bodies": "".join(f"def f{number}(): pass\n" for number in range(4500)),
    "no end of line": MANY.rstrip(),
    "blank lines at both ends": f"\n\n# first\n\n{MANY}\n\n# last\n\n",
    "under a test": "if x:\n" + MANY.replace("def", "    def").replace("    return", "        return") + MANY,
    "ends of lines of Windows": MANY.replace("\n", "\r\n"),
    "documentation": f'"""Text."""\n{MANY}',
}


@pytest.mark.parametrize("case", CASES)
def test_stretches_give_the_tree_of_the_whole(case: str) -> None:
    text = CASES[case]
    assert len(text) > 70_000
    try:
        whole = cst.parse_module(text)
    except cst.ParserSyntaxError:
        with pytest.raises(cst.ParserSyntaxError):
            parse_module(text)
        return
    parsed = parse_module(text)
    assert parsed.code == text
    assert parsed.deep_equals(whole)


def test_what_does_not_parse_is_said_with_the_line_that_it_has_in_the_whole() -> None:
    with pytest.raises(cst.ParserSyntaxError) as raised:
        parse_module(f"{MANY}\ndef g(:\n")
    assert raised.value.raw_line == MANY.count("\n") + 2
