"""Hooks of the site's generator: which files of the repository are its pages, and what is made of their Markdown.

Nothing is copied. The README becomes a page per section, rule pages stay at their paths, and whatever else these link
to in the repository comes along.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from mkdocs.structure.files import File, Files, InclusionLevel

from initlint import catalogue, explain
from initlint.facts.api.layers import LAYERS
from initlint.rule import Rule
from initlint.theory import gains

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
HOME = "index.md"
INDEX = "rules/README.md"

_FENCE = re.compile(r"^(`{3,}|~{3,})")
_LINK = re.compile(r"\]\((?P<path>(?!\w+:)[^)#\s]*)(?P<anchor>#[\w-]+)?\)")
_EXAMPLE = re.compile(r"^(?P<ticks>`{3,})py (?P<kind>bad|fixed|good|model)(?: run)?$", re.MULTILINE)
_TABLE = re.compile(r"<!-- rules: begin -->.*<!-- rules: end -->", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A part of the README that is a page of its own."""

    title: str
    path: str
    text: str


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lay out the navigation: the README's sections in its order, and the rules by family."""
    families: dict[str, list[dict[str, str]]] = {}
    for rule in rules():
        families.setdefault(rule.family, []).append({f"{rule.code} {rule.name}": page_of(rule)})
    manual = [{section.title: section.path} for section in sections()]
    config.nav = [
        {"Guide": [HOME, {"Adopting": "adopting.md"}, *manual[1:]]},
        {"Rules": [INDEX, *({family: pages} for family, pages in families.items())]},
        {"Theory": "theory.md"},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand elsewhere in the repository, and the files that they link to."""
    for section in sections():
        files.append(File.generated(config, section.path, content=section.text))
    pages = {INDEX, *map(page_of, rules())}
    linked = {path for section in sections() for path in _linked(section) if (ROOT / path).is_file()} - pages
    for paths, inclusion in ((pages, InclusionLevel.INCLUDED), (linked, InclusionLevel.NOT_IN_NAV)):
        for path in sorted(paths):
            files.append(File.generated(config, path, abs_src_path=str(ROOT / path), inclusion=inclusion))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Fill in what is made of data, say of an example what it is, and lead links of the README to its sections."""
    path = page.file.src_uri
    if path == "theory.md":
        return _template(markdown)
    if not path.startswith("rules/"):
        return markdown
    if path == INDEX:
        return _linked_to_sections(markdown, path)
    title, _newline, text = markdown.partition("\n")
    rule = next(rule for rule in rules() if page_of(rule) == path)
    return f"{title}\n\n{_facts(rule)}\n\n" + _EXAMPLE.sub(r'\g<ticks>py title="\g<kind>"', text)


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of this repository, sorted by code."""
    return tuple(rule for rule in catalogue.rules() if rule.module.startswith("initlint.rules."))


def page_of(rule: Rule) -> str:
    """The path of a rule's page in the repository."""
    return rule.module.removeprefix("initlint.").replace(".", "/") + ".md"


@cache
def sections() -> tuple[Section, ...]:
    """The README's head with its first section, then a page for every other section."""
    text = _TABLE.sub(f"The [index of the rules]({INDEX}) lists them by family.", (ROOT / "README.md").read_text())
    parts = [[""]]
    for line, fenced in _lines(text):
        if line.startswith("## ") and not fenced:
            parts.append([])
        parts[-1].append(line)
    home, *rest = ["\n".join(part) for part in (parts[0] + parts[1], *parts[2:])]
    found = [("Home", HOME, home)]
    for part in rest:
        title = part.partition("\n")[0].removeprefix("## ")
        promoted = "\n".join(
            line[1:] if line.startswith("##") and not fenced else line for line, fenced in _lines(part)
        )
        found.append((title, f"manual/{_slug(title)}.md", promoted))
    homes = {_slug(heading): path for _, path, part in found for heading in _headings(part)}
    return tuple(Section(title, path, _relinked(part, path, homes)) for title, path, part in found)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines of a Markdown text, and whether each is part of a fenced block."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        inside = bool(fence)
        if mark and not fence:
            fence = mark[1]
        elif fence and line.rstrip() == fence:
            fence = ""
        yield line, inside or bool(mark)


def _headings(text: str) -> Iterator[str]:
    return (line.lstrip("#").strip() for line, fenced in _lines(text) if line.startswith("#") and not fenced)


def _slug(heading: str) -> str:
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def _relinked(text: str, path: str, homes: dict[str, str]) -> str:
    """A part of the README with its links as they are from the part's own place."""

    def target(match: re.Match[str]) -> str:
        place, anchor = match["path"], match["anchor"] or ""
        if place in ("", "README.md"):
            place = homes.get(anchor[1:], HOME)
        return f"]({posixpath.relpath(place, posixpath.dirname(path) or '.')}{anchor})"

    return "\n".join(line if fenced else _LINK.sub(target, line) for line, fenced in _lines(text))


def _linked(section: Section) -> Iterator[str]:
    """The paths in the repository that a section links to."""
    folder = posixpath.dirname(section.path)
    for line, fenced in _lines(section.text):
        if not fenced:
            yield from (posixpath.normpath(posixpath.join(folder, match["path"])) for match in _LINK.finditer(line))


def _linked_to_sections(markdown: str, path: str) -> str:
    homes = {_slug(heading): section.path for section in sections() for heading in _headings(section.text)}
    return re.sub(
        r"\]\(\.\./README\.md#([\w-]+)\)",
        lambda match: f"]({posixpath.relpath(homes[match[1]], posixpath.dirname(path))}#{match[1]})",
        markdown,
    )


def _facts(rule: Rule) -> str:
    """What the catalogue says of a rule, as a table of one row."""
    record = explain.record(rule.code)
    columns = ("class", "severity", "default", "fix", "since")
    row = (str(record[column] or "-") for column in columns)
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n| {' | '.join(row)} |"


def _template(markdown: str) -> str:
    """The page about the theory, with its tables made of the tool's own data."""
    environment = Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 Markdown, no HTML
    named = {name: gains.calculate_gain(name) for name in gains.NONLINEARITIES}
    layers = [layer for layer in LAYERS.values() if layer.default_init and not layer.name.startswith("Lazy")]
    return environment.from_string(markdown).render(
        gains=named, slopes=(0.0, 0.01, 0.1, 0.2, 0.3, 5**0.5), leaky_relu_gain=gains.leaky_relu_gain, layers=layers
    )
