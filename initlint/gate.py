"""The gate: files in which no selected rule can have anything to say are not parsed. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from initlint.rule import Rule

_SUBJECT = b"torch"
"""A file that never says `torch` has no torch initialiser; every module with the same signatures is used beside it."""


def gate(rules: Iterable[Rule]) -> Callable[[bytes], bool]:
    """The test whether a file's bytes pass: they hold `torch` and a trigger of one of the rules."""
    pattern = triggers(rules)
    search = _encoded(pattern.pattern).search if pattern is not None else None
    return lambda data: search is not None and _SUBJECT in data and search(data) is not None


def triggers(rules: Iterable[Rule]) -> re.Pattern[str] | None:
    """A pattern that finds the triggers of rules in text; None where there are none."""
    return _pattern(frozenset(trigger for rule in rules for trigger in rule.triggers))


@lru_cache(maxsize=64)
def _pattern(words: frozenset[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(re.escape(word) for word in sorted(words))) if words else None


@lru_cache(maxsize=64)
def _encoded(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())
