"""What the judges say before it is placed in source."""

from __future__ import annotations

from dataclasses import dataclass

from initlint.runtime.callers import Site


@dataclass(frozen=True, slots=True)
class Verdict:
    """One mistake about one parameter or module, the call that made it, and other places that belong to it."""

    code: str
    site: Site | None
    message: str
    subject: str
    related: tuple[tuple[Site, str], ...] = ()
