"""Configuration: `[tool.initlint]` of pyproject.toml or initlint.toml, typed, checked, and narrowed to a path."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from initlint import catalogue, requirements

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from initlint.rule import Rule

DEFAULT_EXCLUDES = frozenset(
    (
        *(".bzr", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache"),
        *(".svn", ".tox", ".venv", "__pycache__", "node_modules", "venv"),
    )
)
"""Names of folders that a walk never enters."""

VERSIONED = {"torch": "2.13", "transformers": "5.0"}
"""Packages with a key `<package>-version`, the lowest that the code is for, each with an example of a version."""

_VERSION = re.compile(r"\d+(\.\d+){1,2}((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[\w.]+)?", re.ASCII)
_MISTYPED = re.compile(r"Expected `(\w+)(?: \| null)?`, got `(\w+)` - at `\$\.?(.*)`")
_TYPES = {
    "array": "a list",
    "object": "a table",
    "str": "a string",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
}


class ConfigError(Exception):
    """The configuration is wrong; the message names the file, the key and what is meant."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose in the file `source`; patterns are as in .gitignore, relative to the folder `root`.

    `torch_version` and `transformers_version` are the lowest versions that the code is for: what the user says, or else
    what the project requires.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    init_modules: tuple[str, ...] = ()
    torch_version: str | None = None
    transformers_version: str | None = None
    root: Path = field(default_factory=Path.cwd)
    source: Path | None = None

    @classmethod
    def default(cls) -> Settings:
        """The settings without any configuration; patterns are relative to the current folder."""
        return cls()

    def with_overrides(
        self,
        *,
        select: Iterable[str] | None = None,
        extend_select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        preview: bool | None = None,
        exclude: Iterable[str] = (),
        init_modules: Iterable[str] = (),
        torch_version: str | None = None,
        transformers_version: str | None = None,
    ) -> Settings:
        """These settings with those of a command line: lists add, None keeps.

        `select` stands for all that the configuration selects and ignores, per-file-ignores apart.
        Raises catalogue.UnknownRule, and ConfigError for a value that no configuration may have.
        """
        chosen, added, dropped = tuple(select or ()), tuple(extend_select), tuple(ignore)
        _check_words((*chosen, *added, *dropped))
        patterns, modules = tuple(exclude), tuple(init_modules)
        _check(patterns, modules, {"torch": torch_version, "transformers": transformers_version})
        if select is None:
            added, dropped = (*self.extend_select, *added), (*self.ignore, *dropped)
        return replace(
            self,
            select=self.select if select is None else chosen,
            extend_select=added,
            ignore=dropped,
            preview=self.preview if preview is None else preview,
            exclude=(*self.exclude, *patterns),
            init_modules=(*self.init_modules, *modules),
            torch_version=self.torch_version if torch_version is None else torch_version,
            transformers_version=self.transformers_version if transformers_version is None else transformers_version,
        )

    def rules_for(self, path: Path) -> tuple[Rule, ...]:
        """The rules that run on a file, sorted by code."""
        return _rules(self.select, self.extend_select, self._ignored(path), self.preview)

    def reports(self, code: str, path: Path) -> bool:
        """Whether a finding of the engine itself, INI003, is reported for a file; ignored and selected like a rule."""
        chosen = self.select is None or code in _codes((*self.select, *self.extend_select))
        return chosen and code not in _codes(self._ignored(path))

    def excludes(self, path: Path | str, folder: bool) -> bool:
        """Whether the patterns of `exclude` match a path or a folder above it; never the root itself."""
        if not self.exclude or not (relative := self._relative(path)):
            return False
        return _patterns(self.exclude).match_file(relative + ("/" if folder else ""))

    def excludes_by_default(self, path: Path) -> bool:
        """Whether a path is in a folder that no walk from the root enters."""
        return not DEFAULT_EXCLUDES.isdisjoint(self._relative(path).split("/"))

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
    for folder in (place, *place.parents):
        for name in ("initlint.toml", "pyproject.toml"):
            file = folder / name
            if file.is_file() and (table := _table(file)) is not None:
                return _settings(file, table)
    required: dict[str, Any] = {f"{package}_version": _required(place, package) for package in VERSIONED}
    return replace(Settings.default(), **required)


def read(file: Path) -> Settings:
    """The settings of one file, whatever its name. Raises ConfigError, also where it has no settings."""
    table = _table(file)
    if table is None:
        raise ConfigError(f"{file} has no [tool.initlint]")
    return _settings(Path(os.path.abspath(file)), table)


def _table(file: Path) -> dict[str, Any] | None:
    """The table of our settings; None for a file that is not about us, which is then not parsed."""
    import tomllib

    try:
        data = file.read_bytes()
        if file.name == "pyproject.toml" and b"initlint" not in data:
            return None
        content = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{_shown(file)} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{_shown(file)} is not valid TOML: {error}") from error
    if file.name != "pyproject.toml":
        return content
    tools = content.get("tool")
    table = tools.get("initlint") if isinstance(tools, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ConfigError(f"[tool.initlint] of {_shown(file)} must be a table")


def _settings(file: Path, table: Mapping[str, Any]) -> Settings:
    where = f"[tool.initlint] of {_shown(file)}" if file.name == "pyproject.toml" else _shown(file)
    values = _typed(table, where)
    ignores = values.pop("per_file_ignores")
    lists = {key: values[key.replace("-", "_")] or () for key in ("select", "extend-select", "ignore")}
    lists |= {f"per-file-ignores.{pattern!r}": words for pattern, words in ignores.items()}
    for key, words in lists.items():
        try:
            _check_words(words)
        except catalogue.UnknownRule as error:
            raise ConfigError(f"{error} (in {key!r} in {where})") from error
    versions = {package: values[f"{package}_version"] for package in VERSIONED}
    try:
        _check((*values["exclude"], *ignores), values["init_modules"], versions)
    except ConfigError as error:
        raise ConfigError(f"{error} (in {where})") from error
    values |= {f"{package}_version": given or _required(file.parent, package) for package, given in versions.items()}
    return Settings(**values, per_file_ignores=tuple(ignores.items()), root=file.parent, source=file)


def _required(place: Path, package: str) -> str | None:
    """The lowest version of a package that is required in a folder, or by the nearest project from there upwards."""
    project = requirements.nearest_project(place)
    folders = dict.fromkeys((place, project) if project is not None else (place,))
    return next((found for folder in folders if (found := requirements.lowest_version(folder, package))), None)


def _typed(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values of the table by field name, with defaults. Raises ConfigError for an unknown key or a wrong type."""
    import msgspec

    class Table(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
        select: tuple[str, ...] | None = None
        extend_select: tuple[str, ...] = ()
        ignore: tuple[str, ...] = ()
        preview: bool = False
        per_file_ignores: dict[str, tuple[str, ...]] = {}
        exclude: tuple[str, ...] = ()
        init_modules: tuple[str, ...] = ()
        torch_version: str | None = None
        transformers_version: str | None = None

    known = [field.encode_name for field in msgspec.structs.fields(Table)]
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            raise ConfigError(f"unknown key {key!r} in {where}" + (f"; did you mean {close[0]!r}?" if close else ""))
    try:
        return msgspec.structs.asdict(msgspec.convert(dict(table), Table))
    except msgspec.ValidationError as error:
        raise ConfigError(_mistyped(str(error), where)) from error


def _mistyped(message: str, where: str) -> str:
    """What msgspec says of a wrong type, in the words of TOML."""
    match = _MISTYPED.fullmatch(message)
    if match is None:
        return f"{message} in {where}"
    wanted, found = (_TYPES.get(name, name) for name in (match[1], match[2]))
    return f"key {match[3]!r} in {where} must be {wanted}, not {found}"


def _check_words(words: tuple[str, ...]) -> None:
    """Raises catalogue.UnknownRule for a word that names no rule; the empty word would be a prefix of all."""
    if "" in words:
        raise catalogue.UnknownRule("unknown rule ''")
    catalogue.codes(words)


def _check(patterns: Iterable[str], modules: Iterable[str], versions: Mapping[str, str | None]) -> None:
    """Raises ConfigError for a pattern, a module name or a version (by its package) that is none."""
    for pattern in patterns:
        try:
            _patterns((pattern,))
        except ValueError as error:
            raise ConfigError(f"{pattern!r} is not a pattern as in .gitignore") from error
    for module in modules:
        if not all(part.isidentifier() for part in module.split(".")):
            raise ConfigError(f"init-modules: {module!r} is not the dotted name of a module")
    for package, version in versions.items():
        if version is not None and not _VERSION.fullmatch(version):
            raise ConfigError(f"{package}-version: {version!r} is not a version such as {VERSIONED[package]!r}")


def _shown(file: Path) -> str:
    """A file's path relative to the current folder where it is below it."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith(os.pardir) else relative


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
