"""What `initlint explain` and `initlint rules` print."""

from __future__ import annotations

import re
from itertools import groupby

from initlint import catalogue
from initlint.finding import Safety, Severity
from initlint.rule import Default, Rule

_ENGINE_PAGES = {
    "INI001": """\
A file cannot be read as Python: it does not parse, is not text in its declared encoding, holds NUL bytes, nests deeper
than the parser can follow, or cannot be opened. It is reported, all other files are still checked, and the exit code
is 2. Only files that mention something a selected rule looks for are parsed at all.
""",
    "INI002": """\
A rule failed on a file. That is a mistake in the rule, please report it with the lines that it names. The findings of
all other rules are kept, and the exit code is 2.
""",
    "INI003": """\
A comment suppresses a finding that is not there: the code was mended, the comment names another rule, or it stands
where it holds for nothing. Remove the comment, or the code in it that the message names; `initlint fix` does. A comment
holds for the statement that it stands in; `# initlint: ignore[...]` on a line of its own for the statement below it,
and `# initlint: ignore-file[...]` for the file.
""",
}
_ENGINE_FIXES = {"INI003": Safety.SAFE.value}

READABLE = 124
"""Columns that the examples of pages need; wider text is hard to read."""

_EXAMPLE = re.compile(r"^(?P<ticks>`{3,})py (?P<kind>bad|fixed|good|model)(?: run)?$", re.MULTILINE)

ROOMY = 110
"""Columns from which on the list of rules has all of its own."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_COLUMNS = ("code", "name", "class", "default", "fix", "finds")
_NARROW = ("code", "name", "finds")


def page(word: str) -> str:
    """The Markdown page of a rule, or of a code of the engine itself, by code or name. Raises UnknownRule."""
    code = _engine_code(word)
    if code is not None:
        return f"# {catalogue.ENGINE_CODES[code]} ({code})\n\n{_ENGINE_PAGES[code]}"
    rule = catalogue.find(word)
    if not rule.page.is_file():
        return f"# {rule.name} ({rule.code})\n\n{rule.summary}.\n"
    return rule.page.read_text(encoding="utf-8")


def page_uri(code: str) -> str | None:
    """The address of a rule's page, which an editor can open; None where there is none."""
    if _engine_code(code) is not None or not (file := catalogue.find(code).page).is_file():
        return None
    return file.resolve().as_uri()


def record(word: str) -> dict[str, str | None]:
    """What `initlint rules` says of a rule, or of a code of the engine itself. Raises UnknownRule."""
    code = _engine_code(word)
    if code is None:
        return _record(catalogue.find(word))
    failure = code in catalogue.FAILURES
    return {
        "code": code,
        "name": catalogue.ENGINE_CODES[code],
        "family": "engine",
        "class": None,
        "severity": (Severity.ERROR if failure else Severity.WARNING).value,
        "default": Default.ON.value,
        "fix": _ENGINE_FIXES.get(code),
        "since": "0.1",
        "summary": " ".join(_ENGINE_PAGES[code].split()).partition(". ")[0],
    }


def explanation(word: str) -> str:
    """A rule, or a code of the engine itself, as one JSON object: its record and its page. Raises UnknownRule."""
    return _json(record(word) | {"page": page(word)})


def show(markdown: str) -> None:
    """Render a page on the terminal; what its examples are stands above them."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    labelled = _EXAMPLE.sub(r"*\g<kind>:*\n\n\g<ticks>py", markdown)
    console.print(Markdown(labelled), width=min(console.width, READABLE))


def listing(output_format: str) -> str:
    """All rules as aligned columns (`text`), a Markdown table (`markdown`) or a JSON array (`json`)."""
    if output_format == "json":
        return _json([_record(rule) for rule in catalogue.rules()])
    if output_format == "markdown":
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_markdown_row, catalogue.rules())]
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)
    rows = [_COLUMNS, *(_row(rule) for rule in catalogue.rules())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


def show_listing() -> None:
    """Print all rules by family on the terminal; a narrow one has room for code, name and what they find."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, emoji=False)
    shown = [number for number, name in enumerate(_COLUMNS) if console.width >= ROOMY or name in _NARROW]
    table = Table(*(_COLUMNS[number] for number in shown), box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.columns[1].no_wrap = True
    for _, group in groupby(catalogue.rules(), lambda rule: rule.family):
        for rule in group:
            style = _STYLES[rule.kind.severity] if rule.default is Default.ON else "dim"
            row = _row(rule)
            table.add_row(Text(row[0], style), *(Text(row[number]) for number in shown[1:]))
        table.add_section()
    console.print(table)


def _engine_code(word: str) -> str | None:
    return next((code for code, name in catalogue.ENGINE_CODES.items() if word in (code, name)), None)


def _json(document: object) -> str:
    import json

    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _row(rule: Rule) -> tuple[str, ...]:
    return rule.code, rule.name, rule.kind.value, rule.default.value, rule.fix.value if rule.fix else "-", rule.summary


def _markdown_row(rule: Rule) -> tuple[str, ...]:
    """A row in which the code of one of our own rules links to its page in a checkout."""
    code, *cells = (cell.replace("|", "\\|") for cell in _row(rule))
    path = rule.module.removeprefix("initlint.").replace(".", "/")
    return (f"[{code}]({path}.md)" if rule.module.startswith("initlint.rules.") else code), *cells


def _record(rule: Rule) -> dict[str, str | None]:
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family,
        "class": rule.kind.value,
        "severity": rule.kind.severity.value,
        "default": rule.default.value,
        "fix": rule.fix.value if rule.fix else None,
        "since": rule.since,
        "summary": rule.summary,
    }
