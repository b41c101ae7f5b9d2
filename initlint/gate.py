"""The gate: files in which no selected rule can have anything to say are not parsed. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from initlint.rule import Rule, Trigger, Word

_SUBJECT = b"torch"
"""A file that never says `torch` has no torch initialiser; every module with the same signatures is used beside it."""

Words = tuple[Word, ...]


class Live(NamedTuple):
    """A rule of which a trigger stands in a file.

    `heads` are the words that a definition must hold to matter to it; `together` says that all words of a trigger
    stand in one definition, or need not, so that the context of the rule is read too.
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
        present: dict[bytes | re.Pattern[bytes], bool] = {}

        def stands(word: bytes | re.Pattern[bytes]) -> bool:
            if word not in present:
                present[word] = word in data if isinstance(word, bytes) else word.search(data) is not None
            return present[word]

        return any(all(map(stands, words)) for words in triggers)

    return passes


def may_suppress(data: bytes) -> bool:
    """Whether a file's bytes may hold a suppression of ours, needed or not."""
    return b"initlint:" in data or (b"INI" in data and b"noqa" in data.lower())


def live(rules: Iterable[Rule], text: str, stretches: Sequence[str]) -> list[Live]:
    """The rules of which a trigger stands in a text; the others have nothing to say.

    `stretches` are the definitions of the module, and what stands between them as one.
    """
    places: dict[Word, set[int]] = {}

    def standing(word: Word) -> set[int]:
        if word not in places:
            parts = enumerate(stretches) if _stands(word, text) else ()
            places[word] = {number for number, part in parts if _stands(word, part)}
        return places[word]

    found = []
    for rule in rules:
        present = [words for words in map(_words, rule.triggers) if all(map(standing, words))]
        if present:
            together = rule.across or any(set.intersection(*map(standing, words)) for words in present)
            found.append(Live(rule, tuple(words[0] for words in present), together))
    return found


@lru_cache(maxsize=64)
def any_of(words: frozenset[Word]) -> re.Pattern[str]:
    """A pattern that finds any of some words."""
    return re.compile("|".join(sorted(re.escape(word) if isinstance(word, str) else word.pattern for word in words)))


def _stands(word: Word, text: str) -> bool:
    return word in text if isinstance(word, str) else word.search(text) is not None


def _words(trigger: Trigger) -> Words:
    return trigger if isinstance(trigger, tuple) else (trigger,)


@lru_cache(maxsize=64)
def _encoded(triggers: frozenset[Words]) -> tuple[tuple[bytes | re.Pattern[bytes], ...], ...]:
    """The cheaper tests first: single words, then several words, then patterns, and those last in each."""

    def cost(words: Words) -> tuple[bool, int, list[str]]:
        texts = [word if isinstance(word, str) else word.pattern for word in words]
        return any(map(_is_pattern, words)), len(words), texts

    return tuple(tuple(map(_bytes, sorted(words, key=_is_pattern))) for words in sorted(triggers, key=cost))


def _is_pattern(word: Word) -> bool:
    return isinstance(word, re.Pattern)


def _bytes(word: Word) -> bytes | re.Pattern[bytes]:
    return word.encode() if isinstance(word, str) else re.compile(word.pattern.encode())
