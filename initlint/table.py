"""The table of a configuration file: found, read, and typed; what is wrong with it is said in the words of TOML."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from initlint.spelling import did_you_mean

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


def nearest(place: Path) -> tuple[Path, dict[str, Any]] | None:
    """The nearest file with our table from a folder upwards, and that table. Raises ConfigError.

    Of both files in one folder initlint.toml holds.
    """
    for folder in (place, *place.parents):
        for name in ("initlint.toml", "pyproject.toml"):
            file = folder / name
            if file.is_file() and (table := table_of(file)) is not None:
                return file, table
    return None


def table_of(file: Path) -> dict[str, Any] | None:
    """The table of our settings; None for a file that is not about us, which is then not parsed. Raises ConfigError."""
    import tomllib

    try:
        data = file.read_bytes()
        if file.name == "pyproject.toml" and b"initlint" not in data:
            return None
        content = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{shown(file)} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown(file)} is not valid TOML: {error}") from error
    if file.name != "pyproject.toml":
        return content
    tools = content.get("tool")
    table = tools.get("initlint") if isinstance(tools, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ConfigError(f"[tool.initlint] of {shown(file)} must be a table")


def typed(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values of the table by field name, with defaults. Raises ConfigError for an unknown key or a wrong type."""
    import msgspec

    class Table(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
        select: tuple[str, ...] | None = None
        extend_select: tuple[str, ...] = ()
        ignore: tuple[str, ...] = ()
        preview: bool = False
        per_file_ignores: dict[str, tuple[str, ...]] = {}
        severity: dict[str, str] = {}
        fail_on: str = "note"
        exclude: tuple[str, ...] | None = None
        extend_exclude: tuple[str, ...] = ()
        force_exclude: bool = False
        respect_gitignore: bool = True
        output_format: tuple[str, ...] = ()
        baseline: str | None = None
        unsafe_fixes: bool = False
        init_modules: tuple[str, ...] = ()
        torch_version: str | None = None
        transformers_version: str | None = None
        cache_dir: str | None = None

    known = [field.encode_name for field in msgspec.structs.fields(Table)]
    for key in table:
        if key not in known:
            raise ConfigError(f"unknown key {key!r} in {where}{did_you_mean(key, known)}")
    try:
        return msgspec.structs.asdict(msgspec.convert(dict(table), Table))
    except msgspec.ValidationError as error:
        raise ConfigError(_mistyped(str(error), where)) from error


def place_of(file: Path) -> str:
    """How messages name the table of a file."""
    return f"[tool.initlint] of {shown(file)}" if file.name == "pyproject.toml" else shown(file)


def shown(file: Path) -> str:
    """A file's path relative to the current folder where it is below it."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith(os.pardir) else relative


def _mistyped(message: str, where: str) -> str:
    """What msgspec says of a wrong type, in the words of TOML."""
    match = _MISTYPED.fullmatch(message)
    if match is None:
        return f"{message} in {where}"
    wanted, found = (_TYPES.get(name, name) for name in (match[1], match[2]))
    return f"key {match[3]!r} in {where} must be {wanted}, not {found}"
