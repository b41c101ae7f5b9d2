"""The cache: what one run found, kept for the next one in a folder of its own.

A result is kept by the content of its file, its path, what the rules were told (which of them run, the options, the
versions of torch and transformers) and, where a rule asked for it, by what the other files of the run say. All of it
is forgotten when the tool, its rules, LibCST or Python are others. Results with diagnostics are never kept.

Whatever is wrong with the folder, the cache is then empty: it cannot be read, is cut short, the disk is full. A file is
replaced in one step, so parallel runs see a whole one, and what one of them adds may at worst be found again.
"""

from __future__ import annotations

import os
import shutil
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import __version__, catalogue
from initlint.source import SourceError, write_new

if TYPE_CHECKING:
    from initlint.finding import Finding, Suppressed

    Found = tuple[tuple[Finding, ...], tuple[Suppressed, ...]]

DIGEST = 16
"""Bytes of a digest."""

_TAG = b"""\
Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of initlint. See https://bford.info/cachedir/
"""
_IGNORE = b"# Made by initlint.\n*\n"
_RESULTS, _SKETCHES = "results", "sketches"
_CONTEXTS = 8
_ENTRIES = 100_000
_SKETCH_BYTES = 128 << 20


class CacheError(ValueError):
    """A folder is no cache of ours, or cannot be removed; says which and why."""


def digest(*parts: bytes) -> bytes:
    """A digest of byte strings; two different lists have different ones."""
    if len(parts) == 1:
        return sha256(parts[0]).digest()[:DIGEST]
    return sha256(_packed(parts)).digest()[:DIGEST]


class Cache:
    """What earlier runs found. Nothing here raises for what is wrong with the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._results = _Store(folder / f"{_RESULTS}-{_version()}")
        self._stored_sketches = _Store(folder / f"{_SKETCHES}-{_version()}")
        self._new_sketches: dict[bytes, bytes] = {}
        self._known = _Known({}, {})
        self._read = False

    @property
    def _kept(self) -> _Known:
        if not self._read:
            self._known, self._read = _Known.read(self._results), True
        return self._known

    @cached_property
    def _sketches(self) -> dict[bytes, bytes]:
        first, *rest = self._stored_sketches.read() or [b""]
        return dict(zip(_split(first), rest, strict=False))

    def results(self, context: bytes) -> Results:
        """The results of what the rules are told, which is given by its digest."""
        contexts = self._kept.contexts
        contexts[context] = contexts.pop(context, Results(set(), {}))
        return contexts[context]

    def sketched(self, content: bytes) -> bytes | None:
        """The digest of the sketch of a content, which is given by its digest."""
        return self._kept.sketched.get(content)

    def sketch(self, content: bytes) -> bytes | None:
        """The sketch of a content as it was encoded."""
        return self._new_sketches.get(content) or self._sketches.get(content)

    def keep_sketch(self, content: bytes, encoded: bytes) -> None:
        """Keep a sketch."""
        self._new_sketches[content] = encoded
        self._kept.sketched[content] = digest(encoded)

    def save(self) -> None:
        """Write what is new; nothing happens where the folder cannot be written."""
        changed = any(results.changed for results in self._kept.contexts.values())
        if not changed and not self._new_sketches:
            return
        with suppress(OSError, SourceError, MemoryError):
            _prepare(self._folder)
            if self._new_sketches:
                self._save_sketches()
            if self._results.changed:
                self._kept.add(_Known.read(self._results))
            self._results.write(self._kept.parts())

    def _save_sketches(self) -> None:
        if self._stored_sketches.changed:
            del self._sketches
        every = self._sketches | self._new_sketches
        size = sum(map(len, every.values()))
        while size > _SKETCH_BYTES:
            size -= len(every.pop(next(iter(every))))
        self._stored_sketches.write([b"".join(every), *every.values()])


class Results:
    """The results of files whose rules are told the same: the keys of those without a finding, and the others."""

    def __init__(self, clean: set[bytes], found: dict[bytes, bytes]) -> None:
        self._clean = clean
        self._found = found
        self._used: set[bytes] = set()
        self.changed = False

    def __contains__(self, key: bytes) -> bool:
        """Whether the result of a key is known."""
        if key in self._clean or key in self._found:
            self._used.add(key)
            return True
        return False

    def findings(self, key: bytes, path: Path) -> Found | None:
        """What is found under a known key, for a path; None where it cannot be read."""
        encoded = self._found.get(key)
        return ((), ()) if encoded is None else _decoded(encoded, path)

    def keep(self, key: bytes, found: Found) -> None:
        """Keep what is found in a file."""
        if not any(found):
            self._clean.add(key)
        elif (encoded := _encoded(found)) is not None:
            self._found[key] = encoded
        else:
            return
        self._used.add(key)
        self.changed = True

    def add(self, other: Results) -> None:
        """Add what another run knows."""
        self._clean |= other._clean
        self._found = other._found | self._found

    def parts(self) -> tuple[bytes, bytes, bytes]:
        """What is written: over the limit, only what was used in this run."""
        clean, found = self._clean, self._found
        if len(clean) + len(found) > _ENTRIES:
            clean = clean & self._used
            found = {key: value for key, value in found.items() if key in self._used}
        return b"".join(clean), b"".join(found), _packed(found.values())


@dataclass(slots=True)
class _Known:
    """What a file of results holds: the digests of sketches by content, and results by what the rules were told.

    What was used last stands last.
    """

    sketched: dict[bytes, bytes]
    contexts: dict[bytes, Results]

    @classmethod
    def read(cls, store: _Store) -> _Known:
        """What a file holds; nothing where that makes no sense."""
        known = cls({}, {})
        with suppress(ValueError):
            first, *rest = store.read() or [b""]
            pairs = _split(first)
            sketched = dict(zip(pairs[::2], pairs[1::2], strict=True))
            for context, clean, keys, found in zip(*(rest[start::4] for start in range(4)), strict=True):
                every = dict(zip(_split(keys), _unpacked(found), strict=True))
                known.contexts[context] = Results(set(_split(clean)), every)
            known.sketched = sketched
        return known

    def add(self, other: _Known) -> None:
        """Add what another run has written meanwhile."""
        self.sketched = other.sketched | self.sketched
        for context, results in other.contexts.items():
            if context in self.contexts:
                self.contexts[context].add(results)
        self.contexts = {**other.contexts, **self.contexts}

    def parts(self) -> list[bytes]:
        """What is written, without what nobody used for long."""
        pairs = list(self.sketched.items())[-_ENTRIES:]
        latest = list(self.contexts.items())[-_CONTEXTS:]
        return [
            b"".join(digest for pair in pairs for digest in pair),
            *(part for context, results in latest for part in (context, *results.parts())),
        ]


class _Store:
    """A file of byte strings, with a checksum."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None

    @property
    def changed(self) -> bool:
        """Whether the file is another one than when it was read."""
        return self._seen != self._state()

    def read(self) -> list[bytes]:
        """The byte strings; none where the file is missing, of another tool, cut short or altered."""
        self._seen = self._state()
        try:
            data = self.path.read_bytes()
            head, body = data[: 2 * DIGEST], data[2 * DIGEST :]
            return _unpacked(body) if head == tool() + digest(body) else []
        except (OSError, ValueError, MemoryError):
            return []

    def write(self, parts: Iterable[bytes]) -> None:
        """Replace the file. Raises SourceError."""
        body = _packed(list(parts))
        write_new(self.path, tool() + digest(body) + body)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            state = os.stat(self.path)
        except OSError:
            return None
        return state.st_ino, state.st_size, state.st_mtime_ns


def remove(folder: Path) -> bool:
    """Remove a cache; whether there was one. Raises CacheError for another folder and where it cannot be removed."""
    if not os.path.lexists(folder):
        return False
    try:
        ours = not folder.is_symlink() and (folder / "CACHEDIR.TAG").read_bytes() == _TAG
    except OSError:
        ours = False
    if not ours:
        raise CacheError(f"{folder} is no cache of initlint; it is left as it is")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise CacheError(f"{folder} cannot be removed: {error.strerror}") from error
    return True


@cache
def tool() -> bytes:
    """The digest of all that decides what a content means: our sources and those of the rules, LibCST and Python.

    Sources by size and time of change: reading them would cost as much as a small run.
    """
    roots = {os.path.dirname(__file__), *_folders("libcst", depth=0), *_folders("initlint.rules")}
    for point in catalogue.plugins():
        roots.update(_folders(point.module.partition(".")[0]))
    files = sorted(f"{path} {state.st_size} {state.st_mtime_ns}" for root in roots for path, state in _sources(root))
    return digest(sys.version.encode(), *map(os.fsencode, files))


def _folders(name: str, depth: int = 1) -> Iterator[str]:
    """The folders of a package, found without importing it; with depth 0 its `_version.py` stands for it."""
    from importlib.util import find_spec

    with suppress(ImportError, ValueError):
        spec = find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield folder if depth else os.path.join(folder, "_version.py")


def _sources(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """The modules below a folder, or a single one, each with its state."""
    pending = [root]
    while pending:
        path = pending.pop()
        try:
            if path.endswith(".py"):
                yield path, os.stat(path)
                continue
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != "__pycache__":
                            pending.append(entry.path)
                    elif entry.name.endswith(".py"):
                        yield entry.path, entry.stat()
        except OSError:
            continue


@cache
def _version() -> str:
    return f"{__version__}-{sys.implementation.cache_tag}"


def _prepare(folder: Path) -> None:
    """Make the folder and what makes git and backups pass over it; a folder that holds something else is not ours."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("CACHEDIR.TAG", _TAG), (".gitignore", _IGNORE)):
        if not (folder / name).exists():
            write_new(folder / name, content)


def _packed(parts: Iterable[bytes]) -> bytes:
    """Byte strings as one."""
    every = list(parts)
    return b"".join([struct.pack(f"<{len(every) + 1}Q", len(every), *map(len, every)), *every])


def _unpacked(data: bytes) -> list[bytes]:
    """The byte strings that were packed. Raises ValueError."""
    try:
        (number,) = struct.unpack_from("<Q", data)
        if not number:
            return []
        lengths = struct.unpack_from(f"<{number}Q", data, 8)
    except (struct.error, MemoryError, OverflowError) as error:
        raise ValueError("cut short") from error
    at, found = 8 * (number + 1), []
    for length in lengths:
        found.append(data[at : at + length])
        at += length
    if at != len(data):
        raise ValueError("cut short")
    return found


def _split(data: bytes) -> list[bytes]:
    """The digests that stand in a row."""
    return [data[at : at + DIGEST] for at in range(0, len(data), DIGEST)]


def _encoded(found: Found) -> bytes | None:
    """Findings without their path; None for text that is none."""
    import msgspec

    try:
        return msgspec.msgpack.encode(found, enc_hook=lambda path: None)
    except UnicodeEncodeError:
        return None


def _decoded(encoded: bytes, path: Path) -> Found | None:
    import msgspec

    from initlint.finding import Finding, Suppressed

    kind = tuple[tuple[Finding, ...], tuple[Suppressed, ...]]
    try:
        found: Found = msgspec.msgpack.decode(encoded, type=kind, dec_hook=lambda kind, value: path)
        return found
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
