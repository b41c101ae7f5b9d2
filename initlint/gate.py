"""The gate: files in which no selected rule can have anything to say are not parsed. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from initlint.lines import Lines
from initlint.rule import Rule, Trigger, Word

_SUBJECT = b"torch"
"""A file that never says `torch` has no torch initialiser; every module with the same signatures is used beside it."""

Words = tuple[Word, ...]


class Live(NamedTuple):
    """A rule of which a trigger stands in a file, and the triggers that do."""

    rule: Rule
    triggers: tuple[Words, ...]


def gate(rules: Iterable[Rule]) -> Callable[[bytes], bool]:
    """The test whether a file's bytes pass: they hold `torch` and a trigger of one of the rules."""
    triggers = _encoded(frozenset(_words(trigger) for rule in rules for trigger in rule.triggers))

    def passes(data: bytes) -> bool:
        if _SUBJECT not in data:
            return False
        present: dict[bytes | re.Pattern[str], bool] = {}

        def stands(word: bytes | re.Pattern[str]) -> bool:
            if word not in present:
                present[word] = word in data if isinstance(word, bytes) else _over_bytes(word).search(data) is not None
            return present[word]

        return any(all(map(stands, words)) for words in triggers)

    return passes


def may_suppress(data: bytes) -> bool:
    """Whether a file's bytes may hold a suppression of ours, needed or not."""
    return b"initlint:" in data or (b"INI" in data and b"noqa" in data.lower())


class Standing:
    """Which words stand in a text, and where."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._known: dict[Word, bool] = {}
        self._places: dict[Word, list[int]] = {}

    def holds(self, word: Word) -> bool:
        """Whether a word stands in the text."""
        if word not in self._known:
            text = self.lines.text
            self._known[word] = word in text if isinstance(word, str) else word.search(text) is not None
        return self._known[word]

    def places(self, word: Word) -> list[int]:
        """The lines that a word begins on, in ascending order."""
        if word not in self._places:
            self._places[word] = [self.lines.at(offset) for offset in _offsets(word, self.lines.text)]
        return self._places[word]


def live(rules: Iterable[Rule], standing: Standing) -> list[Live]:
    """The rules of which a trigger stands in a text; the others have nothing to say."""
    found = []
    for rule in rules:
        present = tuple(words for words, tests in _tests(rule.triggers) if all(map(standing.holds, tests)))
        if present:
            found.append(Live(rule, present))
    return found


@cache
def _tests(triggers: tuple[Trigger, ...]) -> tuple[tuple[Words, Words], ...]:
    """The words of triggers, as they are and with the cheaper ones first."""
    return tuple((words, tuple(sorted(words, key=_is_pattern))) for words in map(_words, triggers))


def _offsets(word: Word, text: str) -> Iterator[int]:
    """Where a word begins, also where it overlaps itself."""
    if isinstance(word, str):
        offset = text.find(word)
        while offset >= 0:
            yield offset
            offset = text.find(word, offset + 1)
    else:
        found = word.search(text)
        while found:
            yield found.start()
            found = word.search(text, found.start() + 1)


def _words(trigger: Trigger) -> Words:
    return trigger if isinstance(trigger, tuple) else (trigger,)


@lru_cache(maxsize=64)
def _encoded(triggers: frozenset[Words]) -> tuple[tuple[bytes | re.Pattern[str], ...], ...]:
    """The cheaper tests first: single words, then several words, then patterns, and those last in each."""

    def cost(words: Words) -> tuple[bool, int, list[str]]:
        texts = [word if isinstance(word, str) else word.pattern for word in words]
        return any(map(_is_pattern, words)), len(words), texts

    def encoded(words: Words) -> tuple[bytes | re.Pattern[str], ...]:
        return tuple(word.encode() if isinstance(word, str) else word for word in sorted(words, key=_is_pattern))

    return tuple(map(encoded, sorted(triggers, key=cost)))


def _is_pattern(word: Word) -> bool:
    return isinstance(word, re.Pattern)


@cache
def _over_bytes(pattern: re.Pattern[str]) -> re.Pattern[bytes]:
    """A pattern for bytes, made when a file first needs it: few files get as far as the patterns of all rules."""
    return re.compile(pattern.pattern.encode())
