"""LibCST's tree of a text, parsed a stretch of statements at a time.

The parser needs about 280 bytes for each byte of what it parses, six times what the tree keeps. Parsed in stretches, a
file needs them for its longest stretch only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import libcst as cst

_STRETCH = 1 << 15
"""Characters after which a stretch may end."""

_BEGIN = re.compile(r"^(?![@)]).*\n(?=@|class\b|def\b|async def\b)", re.MULTILINE)
"""The line before a class or function of the module, decorators included."""


def parse_module(text: str) -> cst.Module:
    """The tree that `libcst.parse_module` gives. Raises ParserSyntaxError.

    Where a cut is inside a string, brackets or a statement, one of the sides does not parse, and the whole is parsed.
    """
    try:
        parts = [cst.parse_module(each) for each in _stretches(text)]
    except cst.ParserSyntaxError:
        return cst.parse_module(text)
    return _joined(parts) if _alike(parts) else cst.parse_module(text)


def _stretches(text: str) -> Iterator[str]:
    """The text, cut where a class or function may begin; as it is where lines end in several ways."""
    cuts = [0]
    if "\r" not in text and len(text) > 2 * _STRETCH:
        for found in _BEGIN.finditer(text):
            if found.end() - cuts[-1] >= _STRETCH:
                cuts.append(found.end())
    yield from (text[begin:end] for begin, end in pairwise([*cuts, len(text)]))


def _alike(parts: list[cst.Module]) -> bool:
    """Whether all parts have statements and are indented alike, as is left open in their nodes."""
    return all(each.body and each.default_indent == parts[0].default_indent for each in parts)


def _joined(parts: list[cst.Module]) -> cst.Module:
    """One module of several; what follows the last statement of one stands before the first of the next."""
    first, last = parts[0], parts[-1]
    if first is last:
        return first
    body = [*first.body]
    for before, part in pairwise(parts):
        statement = part.body[0]
        lines = [*before.footer, *part.header, *statement.leading_lines]
        body += [statement.with_changes(leading_lines=lines), *part.body[1:]]
    return first.with_changes(body=body, footer=last.footer, has_trailing_newline=last.has_trailing_newline)
