"""The lines of a text as the parser counts them: only \\n, \\r\\n and \\r end one."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from itertools import accumulate

_END = re.compile(r"\r\n|\r|\n")


def split_lines(text: str) -> list[str]:
    """Lines with their ends."""
    return list(io.StringIO(text, newline=""))


def rows(text: str) -> list[str]:
    """Lines without their ends; a final line end opens one more, empty row."""
    return _END.split(text)


class Lines:
    """A text by its lines, which are counted from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *accumulate(map(len, split_lines(text)))]

    def __len__(self) -> int:
        return len(self._starts) - 1

    def code(self, first: int, last: int) -> str:
        """The text of some lines, with their ends."""
        return self.text[self._starts[first - 1] : self._starts[last]]

    def length(self, first: int, last: int) -> int:
        """How many characters some lines have."""
        return self._starts[last] - self._starts[first - 1]

    def at(self, offset: int) -> int:
        """The line of a character."""
        return bisect_right(self._starts, offset)
