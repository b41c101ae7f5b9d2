"""The settings that are in force for a path, and where each value comes from, as a table and as JSON."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from textwrap import wrap
from typing import Any

from initlint.catalogue import find, severities
from initlint.config import DEFAULT_EXCLUDES, Settings
from initlint.finding import Severity
from initlint.ignored import Ignored
from initlint.report import Output
from initlint.table import shown

VERSION = 1
"""Version of the JSON: keys are added within a version, never renamed or removed."""

_DEFAULT = "default"
_MEANT = {"exclude": tuple(sorted(DEFAULT_EXCLUDES)), "output-format": (Output("text"),)}
"""What keys stand for that are not set."""
_WIDTH = 110
_TABLES = ("per-file-ignores", "severity")
_NOT_KEYS = ("root", "source", "origins")


def render(path: Path, settings: Settings, *, as_json: bool) -> str:
    """The settings for a file or folder, whether it is checked, and the rules that run on it."""
    record = _record(path, settings)
    return json.dumps(record, ensure_ascii=False, indent=2) if as_json else _text(record)


def _record(path: Path, settings: Settings) -> dict[str, Any]:
    changed = severities(settings.severity)
    return {
        "version": VERSION,
        "path": str(path),
        "file": None if settings.source is None else shown(settings.source),
        "excluded": _exclusion(path, settings),
        "settings": {key: _setting(key, settings) for key in _keys(settings)},
        "rules": [
            {"code": rule.code, "name": rule.name, "severity": changed.get(rule.code, rule.kind.severity).value}
            for rule in settings.rules_for(path)
        ],
    }


def _exclusion(path: Path, settings: Settings) -> str | None:
    """Why a walk passes over a path; None where it does not."""
    folder = path.is_dir()
    if settings.excludes(path, folder):
        return "excluded"
    if settings.excludes_by_default(path):
        return "excluded by default"
    real = os.path.realpath(path)
    if settings.respect_gitignore and Ignored.above(real).ignores(real, folder):
        return "ignored by git"
    return None


def _keys(settings: Settings) -> list[str]:
    return [name.replace("_", "-") for name in settings.__slots__ if name not in _NOT_KEYS]


def _setting(key: str, settings: Settings) -> dict[str, Any]:
    value = getattr(settings, key.replace("-", "_"))
    if key in _TABLES:
        value = dict(value)
    value = _plain(_MEANT.get(key, value) if value in (None, ()) else value)
    parts = [{"value": _plain(part.value), "origin": part.origin} for part in settings.origins.get(key, ())]
    return {"value": value, "from": parts or [{"value": value, "origin": _DEFAULT}]}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case Severity():
            return value.value
        case Output() | Path():
            return str(value)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case tuple() | list():
            return [_plain(each) for each in value]
    return value


def _text(record: dict[str, Any]) -> str:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table("key", "value", "from", box=SIMPLE, pad_edge=False)
    for key, setting in record["settings"].items():
        for number, part in enumerate(setting["from"]):
            table.add_row("" if number else key, _shown(part["value"]), part["origin"])
    stream = io.StringIO()
    console = Console(file=stream, width=_WIDTH, highlight=False, markup=False, emoji=False)
    console.print(table)
    heading = f"{record['path']}: {record['excluded'] or 'checked'}; configuration: {record['file'] or 'none'}"
    rules = ", ".join(map(_rule, record["rules"])) or "none"
    rows = (line.rstrip() for line in stream.getvalue().splitlines())
    return "\n".join([heading, "", *filter(None, rows), "", *wrap(f"rules: {rules}", _WIDTH)])


def _rule(rule: dict[str, str]) -> str:
    """The code of a rule, with its severity where it is not that of its class."""
    usual = find(rule["code"]).kind.severity.value
    return rule["code"] if rule["severity"] == usual else f"{rule['code']} ({rule['severity']})"


def _shown(value: Any) -> str:
    """A value as TOML would have it; a value that is not set is a dash."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return (
            ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_shown(each)}" for key, each in value.items()) or "{}"
        )
    return json.dumps(value, ensure_ascii=False)
