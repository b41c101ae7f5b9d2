"""What `initlint explain` and `initlint rules` print."""

from __future__ import annotations

from initlint import catalogue
from initlint.rule import Rule

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


_COLUMNS = ("code", "name", "class", "default", "fix", "finds")


def page(word: str) -> str:
    """The Markdown page of a rule, or of a code of the engine itself, by code or name. Raises UnknownRule."""
    for code, name in catalogue.ENGINE_CODES.items():
        if word in (code, name):
            return f"# {name} ({code})\n\n{_ENGINE_PAGES[code]}"
    rule = catalogue.find(word)
    if not rule.page.is_file():
        return f"# {rule.name} ({rule.code})\n\n{rule.summary}.\n"
    return rule.page.read_text(encoding="utf-8")


def table(output_format: str) -> str:
    """All rules as aligned columns (`text`), a Markdown table (`markdown`) or a JSON array (`json`)."""
    if output_format == "json":
        import json

        return json.dumps([_record(rule) for rule in catalogue.rules()], ensure_ascii=False, indent=2) + "\n"
    if output_format == "markdown":
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_markdown_row, catalogue.rules())]
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)
    rows = [_COLUMNS, *(_row(rule) for rule in catalogue.rules())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


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
