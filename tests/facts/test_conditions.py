"""Conditions: what is asked for its truth, and what depends on it."""

import pytest
from reading import probe, read

from initlint.facts.execution.steps import Runs, runs
from initlint.facts.meaning.conditions import asked, conditions, deciding, disjunctions
from initlint.facts.reading import text


def parts(code: str) -> list[str]:
    """The parts whose truth is asked for, in any order; what stands behind `not` with a minus."""
    found = (part for condition in conditions(read(code).record) for part in asked(condition))
    return sorted(f"{'-' if part.negation is not None else ''}{text.code(part.node)}" for part in found)


@pytest.mark.parametrize(
    "code",
    [
        "if a: pass",
        "if x: pass\nelif a: pass",
        "while a: pass",
        "y = 1 if a else 2",
        "y = [b for b in x if a]",
        "y = {b: b for b in x if a}",
        "f(1 if a else 2)",
        "def f():\n    if a:\n        return",
        "y = a or b",
        "def f():\n    return a and b",
    ],
)
def test_places_where_truth_is_asked_for(code: str) -> None:
    assert "a" in parts(code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if a and (b or not c): pass", ["-c", "a", "b"]),
        ("if not (a or b): pass", ["a", "b"]),
        ("if not not a: pass", ["-a"]),
        ("y = a and (b or c)", ["a", "b"]),
        ("y = not a", ["-a"]),
        ("y = a == b", ["a == b"]),
        ("y = z = a or b", ["a"]),
        ("def f():\n    return a or b == c", ["a", "b == c"]),
        ("y = a", []),
        ("y = f(a)", []),
        ("assert a", []),
    ],
)
def test_parts_of_conditions(code: str, expected: list[str]) -> None:
    assert parts(code) == expected


def test_disjunctions_come_with_all_their_operands() -> None:
    file = read("if a and (b or c or d) and not (e or f): pass")
    found = [each for condition in conditions(file.record) for _, each in disjunctions(condition)]
    assert sorted("".join(map(text.code, operands)) for operands in found) == ["bcd", "ef"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if a and b:\n    probe(x)", True),
        ("if b:\n    pass\nelse:\n    probe(x)", True),
        ("for y in z:\n    if not b:\n        continue\n    probe(x)", True),
        ("while b:\n    probe(x)", True),
        ("if b:\n    pass\nprobe(x)", False),
        ("if a(b):\n    probe(x)", False),
    ],
)
def test_condition_decides_what_runs(code: str, expected: bool) -> None:
    file = read(code)
    _, call = probe(file)
    found = (part for condition in conditions(file.record) for part in asked(condition))
    assert any(part.node in deciding(call.block) for part in found if text.code(part.node) == "b") is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(a):\n    if a < 1:\n        raise ValueError\n    probe(a)", Runs.ALWAYS),
        ("def f(a):\n    if a > 1:\n        pass\n    else:\n        raise ValueError\n    probe(a)", Runs.ALWAYS),
        ("def f(a):\n    if a < 1:\n        return\n    probe(a)", Runs.OPEN),
        ("def f(a):\n    if a < 1:\n        raise ValueError\n    if a:\n        probe(a)", Runs.OPEN),
    ],
)
def test_what_follows_a_test_that_raises_runs(code: str, expected: Runs) -> None:
    file = read(code)
    _, call = probe(file)
    assert runs(file, call.block) is expected
