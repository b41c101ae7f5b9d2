"""The only reader and writer of files: bytes, encodings, line ends, and the walk through folders."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import stat
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.finding import Finding, Region

if TYPE_CHECKING:
    from initlint.config import Settings
    from initlint.notebook import Cells

NOTEBOOK = ".ipynb"
"""The suffix of a notebook; what reads and writes them is imported for one only."""

SUFFIXES = (".py", ".pyi", NOTEBOOK)

_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""A pipe is opened without waiting for one who writes."""

_BLOCK = 1 << 20

_LINE_END = re.compile(r"\r\n?|\n")
_FIRST_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?([^\r\n]*)")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_LATIN_1 = re.compile(r"(?:latin-1|iso-8859-1|iso-latin-1)(?:-|\Z)")
"""With any suffix, as Python reads it: editors append the line ends, `latin-1-unix`."""
_NOT_CODE = re.compile(rb"[ \t\f]*(?:#.*)?\Z")


class SourceError(Exception):
    """A file cannot be read, decoded or written. The message says why and what to do; it does not repeat the path."""

    def __init__(self, path: Path, message: str, line: int = 1, column: int = 0) -> None:
        super().__init__(path, message, line, column)
        self.path = path
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column + 1}: {self.message}"


class PathError(Exception):
    """A path that was asked for does not exist, or cannot be asked for like this."""


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file: its text with the newlines it has and without a byte order mark.

    The text of a notebook is its program; `content` is then what the file holds.
    """

    path: Path
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    json: str | None = field(default=None, compare=False, repr=False)

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read and decode a file. Raises SourceError."""
        return cls.from_bytes(path, read_bytes(path))

    @classmethod
    def from_bytes(cls, path: Path, data: bytes) -> Source:
        """Decode bytes by byte order mark, encoding cookie (PEP 263) or as UTF-8. Raises SourceError."""
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError(path, "is encoded as UTF-16, which Python does not read; save it as UTF-8")
        bom = data.startswith(codecs.BOM_UTF8)
        if bom:
            data = data[len(codecs.BOM_UTF8) :]
        if path.suffix == NOTEBOOK:
            return cls._from_notebook(path, data, bom)
        if (index := data.find(b"\0")) >= 0:
            raise _error_at(path, data, index, "holds a NUL byte at line {line}; it is not Python source")
        cookie = _cookie(data)
        if cookie is None or (encoding := _codec(path, *cookie)) == "utf-8":
            return cls(path, _decode_utf8(path, data, declared=bom or cookie is not None), "utf-8", bom)
        if bom:
            message = f"starts with a UTF-8 byte order mark and declares {cookie[0]}; remove one of the two"
            raise SourceError(path, message, cookie[1])
        return cls(path, _decode(path, data, encoding), encoding, bom)

    @classmethod
    def _from_notebook(cls, path: Path, data: bytes, bom: bool) -> Source:
        from initlint.notebook import NotebookError, program

        content = _decode_utf8(path, data, declared=True)
        try:
            return cls(path, program(content), "utf-8", bom, content)
        except NotebookError as error:
            raise SourceError(path, str(error), error.line, error.column) from error

    @property
    def content(self) -> str:
        """The text of the file itself."""
        return self.text if self.json is None else self.json

    def edited(self, text: str) -> Source:
        """The same file with another text."""
        return replace(self, text=text, json=self.json and self._content_with(text))

    @property
    def cells(self) -> Cells:
        """The cells of a notebook, by its program."""
        from initlint.notebook import Cells

        return Cells(self.text)

    def placed(self, region: Region) -> Region:
        """A region of the text as users meet it: in a notebook as one of a cell."""
        return region if self.json is None else self.cells.region(region)

    def located(self, finding: Finding) -> Finding:
        """A finding about the text as users meet it: in a notebook as one about its cells."""
        return finding if self.json is None else self.cells.finding(finding)

    def text_of(self, region: Region) -> str:
        """The text that the lines and columns of a region count in: that of its cell, if it has one."""
        return self.cells.text(region.cell) if region.cell else self.text

    def encode(self, text: str) -> bytes:
        """The bytes of a text in this file's encoding, with its byte order mark. Raises UnicodeEncodeError."""
        return (codecs.BOM_UTF8 if self.bom else b"") + self._content_with(text).encode(self.encoding)

    def _content_with(self, text: str) -> str:
        """What the file holds once this is its text."""
        if self.json is None:
            return text
        from initlint.notebook import written

        return written(self.json, text)

    def encode_text(self) -> bytes:
        """The bytes of this source, equal to those that it was decoded from."""
        return self.encode(self.text)


@dataclass(frozen=True, slots=True)
class LineTable:
    """The places of a text as lines (from 1) and columns (characters from 0); only \\n, \\r\\n and \\r end a line."""

    text: str
    starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", [0, *(match.end() for match in _LINE_END.finditer(self.text))])

    def offset(self, line: int, column: int) -> int:
        """The index of a place in the text. Raises ValueError for a place outside it."""
        if 1 <= line <= len(self.starts) and column >= 0:
            offset = self.starts[line - 1] + column
            end = self.starts[line] if line < len(self.starts) else len(self.text)
            if offset <= end:
                return offset
        raise ValueError(f"line {line}, column {column} is outside of the text")

    def span(self, region: Region) -> tuple[int, int]:
        """The first and the last index of a region, the last exclusive. Raises ValueError."""
        start = self.offset(region.line, region.column)
        end = self.offset(region.end_line, region.end_column)
        if end < start:
            raise ValueError(f"line {region.end_line}, column {region.end_column} is before the start of its region")
        return start, end

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of an index. Raises ValueError for an index outside the text."""
        if not 0 <= offset <= len(self.text):
            raise ValueError(f"index {offset} is outside of the text")
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1]

    def line(self, number: int) -> str:
        """A line without its end. Raises ValueError for one outside the text."""
        start = self.offset(number, 0)
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def region(self, start: int, end: int) -> Region:
        """The region between two indices. Raises ValueError."""
        return Region(*self.place(start), *self.place(end))


def newline_of(text: str) -> str:
    """The line end that most lines of a text have; \\n where none has one, and where two are as frequent."""
    both = text.count("\r\n")
    counts = {"\n": text.count("\n") - both, "\r\n": both, "\r": text.count("\r") - both}
    return max(counts, key=lambda newline: counts[newline])


def read_bytes(path: Path) -> bytes:
    """The content of a regular file. Raises SourceError."""
    try:
        descriptor = os.open(path, _READING)
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                folder = stat.S_ISDIR(state.st_mode)
                raise SourceError(path, "is a folder, not a file" if folder else "is not a regular file")
            data = os.read(descriptor, state.st_size + 1)
            if len(data) == state.st_size:
                return data
            parts = [data]  # It grows or shrinks meanwhile, or is none whose size is known.
            while parts[-1]:
                parts.append(os.read(descriptor, _BLOCK))
            return b"".join(parts)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        if os.name == "nt" and os.path.isdir(path):
            raise SourceError(path, "is a folder, not a file") from error  # Windows opens no folder.
        raise SourceError(path, f"cannot be read: {_reason(error)}") from error


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the content of an existing file: at any moment it has the old content or the new one.

    Follows symbolic links to the file itself, keeps its mode bits and, where allowed, its owner. Raises SourceError.
    """
    try:
        target = os.path.realpath(path)
        before = os.stat(target)
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with _replacing(target, data) as temporary:
            _copy_owner(before, temporary)
            os.chmod(temporary, stat.S_IMODE(before.st_mode))
    except OSError as error:
        raise SourceError(path, f"cannot be written: {_reason(error)}; it is left as it was") from error


def write_new(path: Path, data: bytes) -> None:
    """Make or replace a file of our own, for nobody else to read: it is never half there. Raises SourceError."""
    try:
        with _replacing(str(path), data):
            pass
    except OSError as error:
        raise SourceError(path, f"cannot be written: {_reason(error)}") from error


@contextlib.contextmanager
def _replacing(target: str, data: bytes) -> Iterator[str]:
    """A new file beside the target, which takes its place at the end, and is gone where that fails. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(prefix=".initlint-", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        yield temporary
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def discover(paths: Iterable[Path], settings: Settings) -> list[Path]:
    """The Python files that paths name, each once: files as they are given, folders walked in sorted order.

    Excludes and .gitignore files hold for what a walk meets; with the setting `force_exclude`, excludes also for the
    paths themselves. Symbolic links to folders are not followed. A folder that cannot be listed stands for its files,
    so that reading it reports the reason. Raises PathError for a path that does not exist.
    """
    found: dict[str, Path] = {}
    for path in paths:
        try:
            folder = stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError) as error:
            raise PathError(f"{path}: {_reason(error)}") from error
        excluded = settings.excludes(path, folder)
        if settings.force_exclude and (excluded or settings.excludes_by_default(path)):
            continue
        real = os.path.realpath(path)
        if not folder:
            found.setdefault(real, path)
            continue
        # A folder that is named although patterns exclude it is meant: they would match everything below it.
        for file, key in _walk(str(path), real, settings, patterns=not excluded):
            found.setdefault(key, Path(file))
    return list(found.values())


def _walk(folder: str, real: str, settings: Settings, patterns: bool) -> Iterator[tuple[str, str]]:
    """The files below a folder, each with its real path."""
    from initlint.ignored import Ignored

    ignored = Ignored.above(real) if settings.respect_gitignore else Ignored()
    if ignored.ignores(real, folder=True):
        ignored = Ignored()
    pending = [(folder, real, True, ignored)]
    while pending:
        path, key, is_folder, ignored = pending.pop()
        if not is_folder:
            yield path, key
            continue
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
        except OSError:
            yield path, key
            continue
        if settings.respect_gitignore:
            ignored = ignored.entering(key, [entry.name for entry in entries])
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name in settings.passed_over if is_folder else not _is_python_file(entry):
                continue
            below = os.path.join(key, entry.name)
            if (patterns and settings.excludes(entry.path, is_folder)) or ignored.ignores(below, is_folder):
                continue
            pending.append(
                (entry.path, os.path.realpath(entry.path) if entry.is_symlink() else below, is_folder, ignored)
            )


def _is_python_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file to lint. A dangling link is not: editors leave such links as locks."""
    try:
        return entry.name.endswith(SUFFIXES) and entry.is_file()
    except OSError:
        return True


def _cookie(data: bytes) -> tuple[str, int] | None:
    """The declared encoding and its line: in the first line, or in the second where the first holds no code."""
    lines = _FIRST_LINES.match(data)
    assert lines is not None
    if b"coding" not in lines[0]:
        return None
    for number in (1, 2):
        if cookie := _COOKIE.match(lines[number]):
            return cookie[1].decode("ascii", "replace"), number
        if not _NOT_CODE.match(lines[number]):
            break
    return None


def _codec(path: Path, cookie: str, line: int) -> str:
    """The canonical name of a declared encoding. Raises SourceError for one that is none for source."""
    normal = cookie.lower().replace("_", "-")
    if normal.startswith("utf-8-"):
        return "utf-8"
    try:
        name = codecs.lookup("latin-1" if _LATIN_1.match(normal) else cookie).name
        b"#".decode(name)
    except (LookupError, UnicodeError) as error:
        message = f"declares the encoding {cookie!r}, which Python source cannot have; save it as UTF-8"
        raise SourceError(path, message, line) from error
    return name


def _decode_utf8(path: Path, data: bytes, declared: bool) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"byte 0x{data[error.start]:02x} at line {{line}}"
        if declared:
            message = f"declares UTF-8 and is not: {byte}; save it as UTF-8"
        else:
            message = (
                f"not UTF-8 and no encoding cookie: {byte}; save it as UTF-8 or declare the encoding in the first line"
            )
        raise _error_at(path, data, error.start, message) from error


def _decode(path: Path, data: bytes, encoding: str) -> str:
    """Decode in a declared encoding that gives the same bytes back. Raises SourceError."""
    try:
        text = data.decode(encoding)
        kept = text.encode(encoding) == data
    except UnicodeDecodeError as error:
        byte = f"byte 0x{data[error.start]:02x} at line {{line}}" if error.start < len(data) else "cut short"
        message = f"declares {encoding} and is not: {byte}; save it as UTF-8 or declare its encoding"
        raise _error_at(path, data, error.start, message) from error
    except UnicodeError:
        kept = False
    if not kept:
        raise SourceError(path, f"cannot be decoded from {encoding} and written back unchanged; save it as UTF-8")
    return text


def _error_at(path: Path, data: bytes, index: int, message: str) -> SourceError:
    """An error at a byte: `{line}` in the message becomes its line."""
    lines = data[:index].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return SourceError(path, message.format(line=len(lines)), len(lines), len(lines[-1].decode("utf-8", "replace")))


def _reason(error: OSError | ValueError) -> str:
    """The system's words for an error, without the path."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]


def _copy_owner(before: os.stat_result, path: str) -> None:
    now = os.stat(path)
    if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        with contextlib.suppress(OSError):
            os.chown(path, before.st_uid, before.st_gid)
