"""Fingerprints: what a finding is told apart by from one version of a file to the next."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from initlint.report.records import FindingRecord
from initlint.report.repository import named


class Fingerprints:
    """Fingerprints of the findings of one run: of code, path and the line's code, and which of several alike it is.

    They survive lines that are inserted or removed elsewhere in the file, a change of indentation, and a comment that
    is added to the line or changed.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, found: FindingRecord, lines: Sequence[str]) -> str:
        """The fingerprint of the next finding in a source of these lines."""
        line = lines[found["line"] - 1] if found["line"] <= len(lines) else ""
        words = line.partition("#")[0].split() or line.split()
        text = "\0".join((found["code"], named(found["path"]), " ".join(words)))
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"
