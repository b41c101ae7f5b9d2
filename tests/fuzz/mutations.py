"""Inputs that no editor saves: the examples of all pages, and any file, changed at random but the same for a seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from initlint import catalogue
from initlint.pages import read

Mutation = Callable[[Random, bytes], bytes]

_TOKEN = re.compile(rb"\w+|[^\w\s]|\s+")
_ODD = (
    "\u00e9",
    "\u202e",
    "\u2028",
    "\x85",
    "\x0c",
    "\x1c",
    "\ufeff",
    "\U0001d54f",
    "\u0301",
    "\uff08",
    "𝕟𝕟",
    "\ud7ff",
)
_DIRECTIVES = (
    *("# noqa", "#noqa:INI101,INI2", "# noqa : INI999", "# initlint: ignore[INI101] why", "# initlint: ignore"),
    *("# initlint: ignore[leaky-relu-slope, nothing", "# type: ignore # noqa: INI001", "# initlint:ignore[]#noqa"),
)
_LONG = 20_000


@cache
def examples() -> tuple[bytes, ...]:
    """The Python examples of all pages."""
    return tuple(block.code.encode() for rule in catalogue.rules() for block in read(rule).blocks)


def truncate(random: Random, data: bytes) -> bytes:
    """The beginning, which may end inside a character."""
    return data[: random.randrange(len(data) + 1)]


def drop_lines(random: Random, data: bytes) -> bytes:
    """Some lines less."""
    share = random.choice((0.02, 0.1, 0.5))
    return b"".join(line for line in data.splitlines(keepends=True) if random.random() > share)


def swap_lines(random: Random, data: bytes) -> bytes:
    """Some lines in another place."""
    lines = data.splitlines(keepends=True)
    for _ in range(random.randint(1, 4)) if lines else ():
        lines.insert(random.randrange(len(lines)), lines.pop(random.randrange(len(lines))))
    return b"".join(lines)


def swap_tokens(random: Random, data: bytes) -> bytes:
    """Some tokens exchanged, doubled or left out."""
    tokens = _TOKEN.findall(data)
    for _ in range(random.randint(1, 6)) if tokens else ():
        one, two = random.randrange(len(tokens)), random.randrange(len(tokens))
        match random.randrange(4):
            case 0:
                tokens[one], tokens[two] = tokens[two], tokens[one]
            case 1:
                tokens[one] = tokens[two]
            case 2:
                tokens[one] = b""
            case _:
                tokens[one] *= 2
    return b"".join(tokens)


def splice(random: Random, data: bytes) -> bytes:
    """Lines of an example between the lines, as deep as the line before."""
    lines = data.splitlines(keepends=True)
    other = random.choice(examples()).splitlines(keepends=True)
    start = random.randrange(len(other))
    at = random.randrange(len(lines) + 1)
    before = lines[at - 1] if at else b""
    indent = before[: len(before) - len(before.lstrip(b" \t"))]
    lines[at:at] = [indent + line for line in other[start : start + random.randint(1, 8)]]
    return b"".join(lines)


def mix_newlines(random: Random, data: bytes) -> bytes:
    """Line ends of several kinds, and form feeds."""
    return b"".join(line + random.choice((b"\n", b"\r\n", b"\r", b"\n\x0c", b"\n\n")) for line in data.splitlines())


def odd_unicode(random: Random, data: bytes) -> bytes:
    """Characters that have no width, end a line elsewhere or are letters in disguise; bytes that are none."""
    for _ in range(random.randint(1, 5)):
        odd = random.choice((*(each.encode() for each in _ODD), b"\xff", b"\xc3"))
        at = random.randrange(len(data) + 1)
        data = data[:at] + odd + data[at:]
    return random.choice((b"", b"", b"\xef\xbb\xbf", b"# -*- coding: latin-1 -*-\n")) + data


def nest(random: Random, data: bytes) -> bytes:
    """An expression inside very many brackets, calls, attributes or operators; or a very deep block."""
    depth = random.choice((50, 150, 400, 3000))
    deep = random.choice(
        (
            b"(" * depth + b"1" + b")" * depth,
            b"f(" * depth + b"x" + b")" * depth,
            b"x" + b".weight" * depth,
            b"x" + b"[0]" * depth,
            b"not " * depth + b"x",
            b" + ".join([b"x"] * depth),
            b" if x else ".join([b"y"] * depth),
            b"lambda: " * depth + b"0",
            b"\n".join(b" " * level + b"if x:" for level in range(min(depth, 95))) + b" pass",
        )
    )
    lines = data.splitlines(keepends=True)
    at = random.randrange(len(lines) + 1)
    return b"".join([*lines[:at], b"deep = " if not deep.startswith(b"if x:") else b"", deep, b"\n", *lines[at:]])


def lengthen(random: Random, data: bytes) -> bytes:
    """A line of very many characters."""
    long = random.choice(
        (
            b"long = '" + b"x" * _LONG + b"'",
            b"long = [" + b"nn.Linear(3, 4), " * (_LONG // 20) + b"]",
            b"# " + b"noqa: INI101 " * (_LONG // 20),
            b"nn.init.normal_(" + b"w" * _LONG + b")",
            b" " * _LONG,
            b"; ".join([b"nn.init.zeros_(w)"] * (_LONG // 100)),
        )
    )
    lines = data.splitlines(keepends=True)
    at = random.randrange(len(lines) + 1)
    return b"".join([*lines[:at], long, b"\n", *lines[at:]])


def add_nul(random: Random, data: bytes) -> bytes:
    """A byte 0 somewhere."""
    at = random.randrange(len(data) + 1)
    return data[:at] + b"\0" + data[at:]


def suppress_somewhere(random: Random, data: bytes) -> bytes:
    """Suppressions, whole and broken, behind lines and between them."""
    lines = data.split(b"\n")
    for _ in range(random.randint(1, 5)):
        at = random.randrange(len(lines))
        lines[at] += random.choice((b"", b"  ", b"\n")) + random.choice(_DIRECTIVES).encode()
    return b"\n".join(lines)


def shuffle_bytes(random: Random, data: bytes) -> bytes:
    """A few bytes that are others."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 8)) if changed else ():
        changed[random.randrange(len(changed))] = random.choice((random.randrange(256), *b"()[]{}:,.='\"\\#\n \t"))
    return bytes(changed)


MUTATIONS: tuple[Mutation, ...] = (
    truncate,
    drop_lines,
    swap_lines,
    swap_tokens,
    splice,
    mix_newlines,
    odd_unicode,
    nest,
    lengthen,
    add_nul,
    suppress_somewhere,
    shuffle_bytes,
)


def mutated(random: Random, data: bytes, mutations: Sequence[Mutation] = MUTATIONS) -> bytes:
    """The data after one to three mutations."""
    for _ in range(random.choice((1, 1, 2, 3))):
        data = random.choice(mutations)(random, data)
    return data
