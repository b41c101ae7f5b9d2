"""Fingerprints: what a finding is told apart by from one version of a file to the next."""

from __future__ import annotations

import hashlib
from collections import Counter

from initlint.report.records import FindingRecord


class Fingerprints:
    """Fingerprints of the findings of one run: of code, path and the line's text, and which of several alike it is.

    They survive lines that are inserted or removed elsewhere in the file, and a change of indentation.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, found: FindingRecord, line: str) -> str:
        """The fingerprint of the next finding; `line` is the text that it begins in."""
        text = "\0".join((found["code"], found["path"].replace("\\", "/"), " ".join(line.split())))
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"
