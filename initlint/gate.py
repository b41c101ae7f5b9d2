"""The gate: files in which no selected rule can have anything to say are not parsed. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from initlint.rule import Rule, Trigger

_SUBJECT = b"torch"
"""A file that never says `torch` has no torch initialiser; every module with the same signatures is used beside it."""

Words = tuple[str, ...]


class Live(NamedTuple):
    """A rule of which a trigger stands in a file.

    `heads` are the words that a definition must hold to matter to it; `together` says that all words of a trigger
    stand in one definition, so that the context of the rule is read too.
    """

    rule: Rule
    heads: Words
    together: bool


def gate(rules: Iterable[Rule]) -> Callable[[bytes], bool]:
    """The test whether a file's bytes pass: they hold `torch` and a trigger of one of the rules."""
    triggers = _encoded(frozenset(_words(trigger) for rule in rules for trigger in rule.triggers))

    def passes(data: bytes) -> bool:
        if _SUBJECT not in data:
            return False
        present: dict[bytes, bool] = {}

        def stands(word: bytes) -> bool:
            if word not in present:
                present[word] = word in data
            return present[word]

        return any(all(map(stands, words)) for words in triggers)

    return passes


def live(rules: Iterable[Rule], stretches: Sequence[str]) -> list[Live]:
    """The rules of which a trigger stands in a file; the others have nothing to say.

    `stretches` are the definitions of the module, and what stands between them as one.
    """
    places: dict[str, set[int]] = {}

    def standing(word: str) -> set[int]:
        if word not in places:
            places[word] = {number for number, stretch in enumerate(stretches) if word in stretch}
        return places[word]

    found = []
    for rule in rules:
        present = [words for words in map(_words, rule.triggers) if all(map(standing, words))]
        if present:
            together = any(set.intersection(*map(standing, words)) for words in present)
            found.append(Live(rule, tuple(words[0] for words in present), together))
    return found


@lru_cache(maxsize=64)
def any_of(words: frozenset[str]) -> re.Pattern[str]:
    """A pattern that finds any of some words."""
    return re.compile("|".join(re.escape(word) for word in sorted(words)))


def _words(trigger: Trigger) -> Words:
    return (trigger,) if isinstance(trigger, str) else trigger


@lru_cache(maxsize=64)
def _encoded(triggers: frozenset[Words]) -> tuple[tuple[bytes, ...], ...]:
    """Single words first: they are the cheaper test."""
    ordered = sorted(triggers, key=lambda words: (len(words), words))
    return tuple(tuple(word.encode() for word in words) for words in ordered)
