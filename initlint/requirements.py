"""What a project requires of a package: the lowest version that its metadata and requirement files allow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packaging.version import Version

_LOWER = frozenset({"==", "===", ">=", ">", "~="})
_OPTION = re.compile(r"(?:^|\s)(?:#|--).*$")
"""A comment, and an option of pip behind a requirement: `--hash=…`."""


def lowest_version(folder: Path, package: str) -> str | None:
    """The lowest version of a package that the project in a folder allows; None where nothing bounds it from below.

    The first of these that bounds it holds: dependencies and optional dependencies in pyproject.toml, setup.cfg in the
    same order, requirements.txt, any other requirements*.txt. Of several bounds in one of them, as for several Pythons,
    the lowest holds. What cannot be read says nothing.
    """
    for requirements in chain(_pyproject(folder, package), _setup_cfg(folder, package), _requirement_files(folder)):
        bounds = [bound for text in requirements if (bound := _lower_bound(text, package)) is not None]
        if bounds:
            return min(bounds).public
    return None


def nearest_project(start: Path) -> Path | None:
    """The nearest folder from a path upwards that has a pyproject.toml."""
    return next((folder for folder in (start, *start.parents) if (folder / "pyproject.toml").is_file()), None)


def _lower_bound(text: str, package: str) -> Version | None:
    """The version below which a requirement of the package does not go; None for another package or without one."""
    if package not in text.lower():
        return None
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    try:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) != package:
            return None
        versions = [each.version.removesuffix(".*") for each in requirement.specifier if each.operator in _LOWER]
        return max((Version(version) for version in versions), default=None)
    except (InvalidRequirement, InvalidVersion):
        return None


def _pyproject(folder: Path, package: str) -> Iterator[Iterable[str]]:
    import tomllib

    text = _read(folder / "pyproject.toml")
    try:
        project = tomllib.loads(text).get("project") if package in text.lower() else None
    except tomllib.TOMLDecodeError:
        return
    if isinstance(project, dict):
        yield _strings(project.get("dependencies"))
        extras = project.get("optional-dependencies")
        yield chain.from_iterable(map(_strings, extras.values() if isinstance(extras, dict) else ()))


def _setup_cfg(folder: Path, package: str) -> Iterator[Iterable[str]]:
    text = _read(folder / "setup.cfg")
    if package not in text.lower():
        return
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except Error:
        return
    yield _lines(parser.get("options", "install_requires", fallback=""))
    extras = parser["options.extras_require"].values() if parser.has_section("options.extras_require") else ()
    yield chain.from_iterable(map(_lines, extras))


def _requirement_files(folder: Path) -> Iterator[Iterable[str]]:
    files = sorted(folder.glob("requirements*.txt"))
    main = folder / "requirements.txt"
    yield _lines(_read(main))
    yield chain.from_iterable(_lines(_read(file)) for file in files if file != main)


def _lines(text: str) -> Iterator[str]:
    """The requirements of a file, one a line, without comments and options."""
    joined = text.replace("\\\r\n", " ").replace("\\\n", " ")
    return (stripped for line in joined.splitlines() if (stripped := _OPTION.sub("", line).strip()))


def _strings(value: Any) -> Iterator[str]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, str))


def _read(file: Path) -> str:
    """The text of a file; empty where there is none or it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
