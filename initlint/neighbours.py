"""What the files of a run say of each other: their sketches, kept by content, and the project that they make.

The project is put together when a rule first asks for it. Whether one did is noted, so that the result of a file whose
rules did not ask is known to be the same whatever the other files say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from initlint.facts.project import Elsewhere, Project, Sketch


class Neighbours:
    """The files of one project by path, with their sketches as they are encoded."""

    def __init__(self, sketches: Callable[[], Sequence[tuple[str, bytes]]]) -> None:
        self._sketches = sketches
        self._project: Project | None = None

    @property
    def project(self) -> Project:
        """What all of them say."""
        if self._project is None:
            self._project = Project((path, decoded(sketch)) for path, sketch in self._sketches())
        return self._project

    def seen_from(self, path: str) -> Asked:
        """What the others say, seen from one of them."""
        return Asked(self, path)

    def __reduce__(self) -> tuple[Callable[[Project], Neighbours], tuple[Project]]:
        """Travel to another process as the project."""
        return _known, (self.project,)


class Asked(Elsewhere):
    """What the other files say, and whether anybody asked."""

    __slots__ = ("_neighbours", "asked")

    _neighbours: Neighbours
    asked: bool

    def __init__(self, neighbours: Neighbours, path: str) -> None:
        for name, value in (("_neighbours", neighbours), ("path", path), ("asked", False)):
            object.__setattr__(self, name, value)

    @property
    def project(self) -> Project:
        """The project; from now on it was asked for."""
        object.__setattr__(self, "asked", True)
        return self._neighbours.project


def encoded(text: str) -> bytes:
    """The sketch of a text: the same bytes for the same sketch."""
    import msgspec

    sketch = Sketch.of(text)
    return msgspec.msgpack.encode([getattr(sketch, name) for name in _fields()], order="deterministic")


def decoded(data: bytes) -> Sketch:
    """The sketch that was encoded. Raises msgspec.DecodeError."""
    values: list[Any] = [Counter(each) if isinstance(each, dict) else each for each in _decoder().decode(data)]
    return Sketch(*values)


def _known(project: Project) -> Neighbours:
    neighbours = Neighbours(tuple)
    neighbours._project = project
    return neighbours


@cache
def _fields() -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(Sketch)


@cache
def _decoder() -> Any:
    import msgspec

    kinds = (dict[str, int] if kind == Counter[str] else kind for kind in _fields().values())
    return msgspec.msgpack.Decoder(tuple[tuple(kinds)])  # type: ignore[misc]
