"""Configuration: `[tool.initlint]` of pyproject.toml or initlint.toml, checked, overridden, and narrowed to a path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from initlint import catalogue, requirements
from initlint.finding import Severity
from initlint.report import Output, OutputError
from initlint.spelling import did_you_mean
from initlint.table import ConfigError, nearest, place_of, shown, table_of, typed

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from initlint.rule import Rule

__all__ = ["ConfigError", "Overrides", "Part", "Settings", "load", "read"]

DEFAULT_EXCLUDES = frozenset(
    (
        *(".bzr", ".eggs", ".git", ".hg", ".initlint_cache", ".ipynb_checkpoints", ".mypy_cache", ".nox"),
        *(".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "node_modules", "venv"),
    )
)
"""Names of folders that a walk never enters where `exclude` says nothing."""

CACHE = ".initlint_cache"
"""The folder of the cache unless `cache-dir` says another one."""

Choice = tuple[tuple[str, ...] | None, tuple[str, ...], tuple[str, ...], bool]
"""Words that select, words that select as well, words that are ignored, and preview."""

VERSIONED = {"torch": "2.13", "transformers": "5.0"}
"""Packages with a key `<package>-version`, the lowest that the code is for, each with an example of a version."""

NEVER = "never"
FAIL_ON = (*(severity.value for severity in Severity), NEVER)
"""What `fail-on` may say: the lowest severity whose findings give exit code 1, or that none does."""

COMMAND_LINE = "command line"
REQUIRED = "required by the project"

_VERSION = re.compile(r"\d+(\.\d+){1,2}((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[\w.]+)?", re.ASCII)


class Part(NamedTuple):
    """A value, or a part of a list, and where it comes from: `pyproject.toml:exclude`, COMMAND_LINE, REQUIRED."""

    value: Any
    origin: str


class Overrides(TypedDict, total=False):
    """What a command line says over the configuration; None and empty lists say nothing."""

    select: Iterable[str] | None
    extend_select: Iterable[str]
    ignore: Iterable[str]
    preview: bool | None
    exclude: Iterable[str] | None
    extend_exclude: Iterable[str]
    force_exclude: bool | None
    fail_on: str | None
    output_format: Iterable[Output]
    baseline: Path | None
    unsafe_fixes: bool | None
    init_modules: Iterable[str]
    torch_version: str | None
    transformers_version: str | None


_ADDED = ("extend_select", "ignore", "extend_exclude", "init_modules")
"""Lists that a command line adds to; every other value it replaces."""
_LISTS = (*_ADDED, "select", "exclude", "output_format")
_SELECTION = ("select", "extend_select", "ignore")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose in the file `source`; patterns are as in .gitignore, relative to the folder `root`.

    Without `exclude` a walk passes over DEFAULT_EXCLUDES. `torch_version` and `transformers_version` are the lowest
    versions that the code is for: what the user says, or else what the project requires. `origins` holds, by key, where
    each value comes from; a key that is not there has its default.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    fail_on: str = Severity.NOTE.value
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    output_format: tuple[Output, ...] = ()
    baseline: Path | None = None
    unsafe_fixes: bool = False
    init_modules: tuple[str, ...] = ()
    torch_version: str | None = None
    transformers_version: str | None = None
    cache_dir: str | None = None
    root: Path = field(default_factory=Path.cwd)
    source: Path | None = None
    origins: Mapping[str, tuple[Part, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def default(cls) -> Settings:
        """The settings without any configuration; patterns are relative to the current folder."""
        return cls()

    def with_overrides(self, **overrides: Unpack[Overrides]) -> Settings:
        """These settings with those of a command line.

        `select` stands for all that the configuration selects and ignores, per-file-ignores apart; `exclude` for its
        `exclude`; other lists add. Raises catalogue.UnknownRule, and ConfigError for a value that no configuration may
        have.
        """
        given: dict[str, Any] = {
            name: tuple(value) if name in _LISTS else value  # type: ignore[arg-type]
            for name, value in overrides.items()
            if value is not None
        }
        given = {name: value for name, value in given.items() if value != ()}
        _check_words(word for name in _SELECTION for word in given.get(name, ()))
        _check_values(given)
        dropped = _SELECTION if "select" in given else ()
        cleared: dict[str, Any] = {name: None if name == "select" else () for name in dropped}
        kept = replace(self, **cleared)
        origins = {key: parts for key, parts in self.origins.items() if _field(key) not in dropped}
        for name, value in given.items():
            before = origins.get(_key(name), ()) if name in _ADDED else ()
            origins[_key(name)] = (*before, Part(value, COMMAND_LINE))
        given |= {name: (*getattr(kept, name), *given[name]) for name in _ADDED if name in given}
        return replace(kept, **given, origins=origins)

    def rules_for(self, path: Path) -> tuple[Rule, ...]:
        """The rules that run on a file, sorted by code."""
        return self.rules_of(self.choice(path))

    def choice(self, path: Path) -> Choice:
        """What decides which rules run on a file, and is the same for files with the same rules."""
        return self.select, self.extend_select, self._ignored(path), self.preview

    def rules_of(self, choice: Choice) -> tuple[Rule, ...]:
        """The rules that a choice means, sorted by code."""
        return _rules(*choice)

    @property
    def cache_folder(self) -> Path:
        """Where results are kept from run to run."""
        return self.root / (self.cache_dir or CACHE)

    def reports(self, code: str, path: Path) -> bool:
        """Whether a finding of the engine itself, INI003, is reported for a file; ignored and selected like a rule."""
        chosen = self.select is None or code in _codes((*self.select, *self.extend_select))
        return chosen and code not in _codes(self._ignored(path))

    def fails(self, severity: Severity) -> bool:
        """Whether a finding of a severity gives exit code 1."""
        return FAIL_ON.index(severity.value) <= FAIL_ON.index(self.fail_on) and self.fail_on != NEVER

    def excludes(self, path: Path | str, folder: bool) -> bool:
        """Whether the patterns that the user excludes match a path or a folder above it; never the root itself."""
        patterns = (*(self.exclude or ()), *self.extend_exclude)
        if not patterns or not (relative := self._relative(path)):
            return False
        return _patterns(patterns).match_file(relative + ("/" if folder else ""))

    @property
    def passed_over(self) -> frozenset[str]:
        """Names of folders that a walk never enters."""
        return DEFAULT_EXCLUDES if self.exclude is None else frozenset()

    def excludes_by_default(self, path: Path) -> bool:
        """Whether a path is in a folder that no walk from the root enters."""
        return not self.passed_over.isdisjoint(self._relative(path).split("/"))

    def _ignored(self, path: Path) -> tuple[str, ...]:
        if not self.per_file_ignores:
            return self.ignore
        relative = self._relative(path)
        matching = (words for pattern, words in self.per_file_ignores if _patterns((pattern,)).match_file(relative))
        return (*self.ignore, *(word for words in matching for word in words))

    def _relative(self, path: Path | str) -> str:
        """A path relative to the root with forward slashes: empty for the root, the name alone for one outside."""
        absolute, root = os.path.abspath(path), os.path.abspath(self.root)
        if absolute != root and not absolute.startswith(os.path.join(root, "")):
            folder, name = os.path.split(absolute)
            absolute, root = os.path.join(os.path.realpath(folder), name), os.path.realpath(root)
        if absolute == root:
            return ""
        if not absolute.startswith(os.path.join(root, "")):
            return os.path.basename(absolute)
        return os.path.relpath(absolute, root).replace(os.sep, "/")


def load(start: Path) -> Settings:
    """The settings of the nearest initlint.toml or pyproject.toml with [tool.initlint], from a path upwards.

    Of both in one folder initlint.toml holds. Without any, the default settings. Where none says a version of torch or
    transformers, it is the one that the project around requires. Raises ConfigError.
    """
    place = Path(os.path.abspath(start))
    found = nearest(place)
    return _with_required(Settings.default(), place) if found is None else _settings(*found)


def read(file: Path) -> Settings:
    """The settings of one file, whatever its name. Raises ConfigError, also where it has no settings."""
    table = table_of(file)
    if table is None:
        raise ConfigError(f"{file} has no [tool.initlint]")
    return _settings(Path(os.path.abspath(file)), table)


def _settings(file: Path, table: Mapping[str, Any]) -> Settings:
    where = place_of(file)
    values = typed(table, where)
    lists = {_key(name): values[name] or () for name in _SELECTION}
    lists |= {f"per-file-ignores.{pattern!r}": words for pattern, words in values["per_file_ignores"].items()}
    lists |= {f"severity.{word!r}": (word,) for word in values["severity"]}
    for key, words in lists.items():
        try:
            _check_words(words)
        except catalogue.UnknownRule as error:
            raise ConfigError(f"{error} (in {key!r} in {where})") from error
    try:
        _check_values(values)
        values["severity"] = tuple((word, _severity(word, name)) for word, name in values["severity"].items())
        values["output_format"] = tuple(_output(text, file.parent) for text in values["output_format"])
    except ConfigError as error:
        raise ConfigError(f"{error} (in {where})") from error
    values["per_file_ignores"] = tuple(values["per_file_ignores"].items())
    values["baseline"] = None if values["baseline"] is None else file.parent / values["baseline"]
    origins = {key: (Part(value, f"{shown(file)}:{key}"),) for key, value in table.items()}
    return _with_required(Settings(**values, root=file.parent, source=file, origins=origins), file.parent)


def _with_required(settings: Settings, place: Path) -> Settings:
    """The settings with the versions that the project around a folder requires, where they say none."""
    for package in VERSIONED:
        name = f"{package}_version"
        if getattr(settings, name) is None and (found := _required(place, package)) is not None:
            origins = {**settings.origins, _key(name): (Part(found, REQUIRED),)}
            settings = replace(settings, **{name: found}, origins=origins)  # type: ignore[arg-type]
    return settings


def _required(place: Path, package: str) -> str | None:
    """The lowest version of a package that is required in a folder, or by the nearest project from there upwards."""
    project = requirements.nearest_project(place)
    folders = dict.fromkeys((place, project) if project is not None else (place,))
    return next((found for folder in folders if (found := requirements.lowest_version(folder, package))), None)


def _check_words(words: Iterable[str]) -> None:
    """Raises catalogue.UnknownRule for a word that names no rule; the empty word would be a prefix of all."""
    words = tuple(words)
    if "" in words:
        raise catalogue.UnknownRule("unknown rule ''")
    catalogue.codes(words)


def _check_values(values: Mapping[str, Any]) -> None:
    """Raises ConfigError for a pattern, a module name, a version or a severity that is none."""
    patterns = (*(values.get("exclude") or ()), *values.get("extend_exclude", ()), *values.get("per_file_ignores", ()))
    for pattern in patterns:
        try:
            _patterns((pattern,))
        except ValueError as error:
            raise ConfigError(f"{pattern!r} is not a pattern as in .gitignore") from error
    for module in values.get("init_modules", ()):
        if not all(part.isidentifier() for part in module.split(".")):
            raise ConfigError(f"init-modules: {module!r} is not the dotted name of a module")
    for package, example in VERSIONED.items():
        version = values.get(f"{package}_version")
        if version is not None and not _VERSION.fullmatch(version):
            raise ConfigError(f"{package}-version: {version!r} is not a version such as {example!r}")
    if (fail_on := values.get("fail_on", NEVER)) not in FAIL_ON:
        raise ConfigError(f"fail-on: {fail_on!r} is none of {', '.join(FAIL_ON)}{did_you_mean(fail_on, FAIL_ON)}")


def _severity(word: str, name: str) -> Severity:
    known = [severity.value for severity in Severity]
    if name not in known:
        hint = f"; to turn a rule off, write ignore = [{word!r}]" if name == "off" else did_you_mean(name, known)
        raise ConfigError(f"severity.{word!r}: {name!r} is none of {', '.join(known)}{hint}")
    return Severity(name)


def _output(text: str, folder: Path) -> Output:
    """An output whose file is relative to a folder."""
    try:
        output = Output.parse(text)
    except OutputError as error:
        raise ConfigError(f"output-format: {error}") from error
    return output if output.path is None else replace(output, path=folder / output.path)


def _key(name: str) -> str:
    return name.replace("_", "-")


def _field(key: str) -> str:
    return key.replace("-", "_")


@lru_cache(maxsize=256)
def _patterns(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


@lru_cache(maxsize=256)
def _rules(
    select: tuple[str, ...] | None, extend_select: tuple[str, ...], ignore: tuple[str, ...], preview: bool
) -> tuple[Rule, ...]:
    return catalogue.select(select, extend_select, ignore, preview)


@lru_cache(maxsize=256)
def _codes(words: tuple[str, ...]) -> frozenset[str]:
    return catalogue.codes(words)
