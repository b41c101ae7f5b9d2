"""Discovers rules and selects them by code, name, prefix or family."""

from __future__ import annotations

import importlib
import operator
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from initlint.finding import Severity
from initlint.rule import Default, Rule

ENTRY_POINT_GROUP = "initlint.rules"

ENGINE_CODES = {
    "INI001": "does-not-parse",
    "INI002": "rule-crashed",
    "INI003": "unused-suppression",
}
"""Codes that the engine itself reports."""

FAILURES = frozenset({"INI001", "INI002"})
"""Those of them that are diagnostics and no findings: the job could not be done."""


_ENGINE_WORDS = frozenset(word for pair in ENGINE_CODES.items() for word in pair)
_CODE = re.compile(r"INI\d{3}|INR\d{3}")


class UnknownRule(ValueError):
    """No rule answers to a code, name, prefix or family; says which is closest."""


class PluginError(ValueError):
    """The rules of a package cannot be used; says of which, why and what to do."""


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, ours and those of the entry-point group, sorted by code. Imports neither LibCST nor torch.

    Raises PluginError where a package of that group cannot be used, a code is none, or two rules share a code or name.
    """
    found = list(_rules_below(importlib.import_module("initlint.rules")))
    found += [rule for point in plugins() for rule in _plugged_in(point)]
    seen: dict[str, Rule] = {}
    for rule in found:
        if not _CODE.fullmatch(rule.code):
            raise PluginError(f"{rule.module}: {rule.code!r} is no code; a code is INI and three digits")
        for key in (rule.code, rule.name):
            if key in seen or key in _ENGINE_WORDS:
                other = seen[key].module if key in seen else "initlint"
                raise PluginError(f"{rule.module} and {other} both call themselves {key}; rename one")
            seen[key] = rule
    return tuple(sorted(found, key=lambda rule: rule.code))


@cache
def plugins() -> tuple[EntryPoint, ...]:
    """The packages of rules that are installed beside ours."""
    return tuple(entry_points(group=ENTRY_POINT_GROUP))


def find(word: str) -> Rule:
    """The rule with this code or name. Raises UnknownRule."""
    for rule in rules():
        if word in (rule.code, rule.name):
            return rule
    raise UnknownRule(_unknown(word, {word for rule in rules() for word in (rule.code, rule.name)}))


def codes(words: Iterable[str]) -> frozenset[str]:
    """The codes that words name: codes, rule names, code prefixes (`INI1`), families (`gain`), `ALL`.

    Raises UnknownRule for a word that names nothing.
    """
    chosen: set[str] = set()
    for word in words:
        matching = {code for code, keys in _keys().items() if word in keys or code.startswith(word)}
        if word == "ALL":
            matching = set(_keys())
        if not matching:
            raise UnknownRule(_unknown(word, {key for keys in _keys().values() for key in keys}))
        chosen |= matching
    return frozenset(chosen)


@cache
def severities(words: tuple[tuple[str, Severity], ...]) -> dict[str, Severity]:
    """The severity of each code that words name. Of several words for a code, the one that names fewest codes holds.

    Raises UnknownRule.
    """
    named = sorted(((codes([word]), severity) for word, severity in words), key=lambda each: -len(each[0]))
    return {code: severity for each, severity in named for code in each}


def select(
    select: Iterable[str] | None = None,
    extend_select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    preview: bool = False,
) -> tuple[Rule, ...]:
    """The rules that run over source; never those about live models.

    Without `select`: those that are on by default, with `preview` also those in preview. A rule that is off or in
    preview and named by its full code or name runs without `preview`; a prefix, a family or `ALL` brings preview rules
    only with `preview`, and rules that are off always.
    """
    words = [*(select or ()), *extend_select]
    broad = codes(words)
    exact = {code for code, keys in _keys().items() if any(word in (code, *keys[:2]) for word in words)}
    dropped = codes(ignore)
    chosen = []
    for rule in rules():
        if rule.runtime:
            continue
        by_default = select is None and (rule.default is Default.ON or (preview and rule.default is Default.PREVIEW))
        by_word = rule.code in broad and (preview or rule.default is not Default.PREVIEW or rule.code in exact)
        if (by_default or by_word) and rule.code not in dropped:
            chosen.append(rule)
    return tuple(chosen)


@cache
def _keys() -> dict[str, tuple[str, ...]]:
    """Code → code, name, family, for every rule and for the engine's own codes."""
    keys: dict[str, tuple[str, ...]] = {code: (code, name) for code, name in ENGINE_CODES.items()}
    return keys | {rule.code: (rule.code, rule.name, rule.family) for rule in rules()}


def _plugged_in(point: EntryPoint) -> list[Rule]:
    """The rules of a package of the entry-point group. Raises PluginError where it cannot be imported or has none."""
    owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an installed package"
    try:
        package = point.load()
        found = list(_rules_below(package))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(
            f"the rules of {owner} ({point.value}) cannot be loaded: {reason}; mend or uninstall it"
        ) from error
    if not found:
        raise PluginError(f"{point.value} of {owner} holds no rule; its modules must hold functions under @rule(...)")
    return found


def _rules_below(package: ModuleType) -> Iterator[Rule]:
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, Rule) and value.module == info.name:
                yield value


def _unknown(word: str, known: set[str]) -> str:
    from difflib import SequenceMatcher, get_close_matches

    def likeness(known: str) -> tuple[float, int]:
        return SequenceMatcher(None, known, word).ratio(), sum(map(operator.eq, known, word))

    closest = max(get_close_matches(word, sorted(known), n=8, cutoff=0.4), key=likeness, default=None)
    return f"unknown rule {word!r}" + (f"; did you mean {closest!r}?" if closest else "")
