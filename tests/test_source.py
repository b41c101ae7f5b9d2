"""Reading, decoding, placing, replacing and finding files."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import tokenize
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initlint.config import Settings
from initlint.finding import Region
from initlint.source import (
    LineTable,
    PathError,
    Source,
    SourceError,
    discover,
    newline_of,
    read_bytes,
    write_atomically,
)

PATH = Path("model.py")


def permissions_hold() -> bool:
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        return not os.access(file.name, os.R_OK)


where_permissions_hold = pytest.mark.skipif(not permissions_hold(), reason="the user may read everything")


def error_of(data: bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        Source.from_bytes(PATH, data)
    return caught.value


def tree(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")


def found(root: Path, *paths: Path, settings: Settings | None = None, force_exclude: bool = False) -> list[str]:
    files = discover(paths or (root,), replace(settings or Settings(root=root), force_exclude=force_exclude))
    return [file.relative_to(root).as_posix() for file in files]


@pytest.mark.parametrize(
    ("data", "text", "encoding", "bom"),
    [
        (b"", "", "utf-8", False),
        (b"\xef\xbb\xbf", "", "utf-8", True),
        (b"x = 1", "x = 1", "utf-8", False),
        ("é = '→'\n".encode(), "é = '→'\n", "utf-8", False),
        (b"\xef\xbb\xbfx\r\n", "x\r\n", "utf-8", True),
        (b"\xef\xbb\xbf# coding: utf-8\nx\n", "# coding: utf-8\nx\n", "utf-8", True),
        (b"# -*- coding: latin-1 -*-\n'\xe9'\n", "# -*- coding: latin-1 -*-\n'é'\n", "iso8859-1", False),
        (b"# coding=latin-1-unix\n'\xe9'\n", "# coding=latin-1-unix\n'é'\n", "iso8859-1", False),
        (b"#!/usr/bin/python\r# coding: cp1252\r'\x80'", "#!/usr/bin/python\r# coding: cp1252\r'€'", "cp1252", False),
        (b"\n# coding: cp1252\n'\x80'", "\n# coding: cp1252\n'€'", "cp1252", False),
        (b"# coding: utf-8-unix\n", "# coding: utf-8-unix\n", "utf-8", False),
        (b"# vim: set fileencoding=euc-jp :\n'\xa4\xa2'", "# vim: set fileencoding=euc-jp :\n'あ'", "euc_jp", False),
        (b"a\r\nb\rc\n\x0cd\ve\x1c", "a\r\nb\rc\n\x0cd\ve\x1c", "utf-8", False),
    ],
)
def test_a_file_decodes_and_encodes_to_the_same_bytes(data: bytes, text: str, encoding: str, bom: bool) -> None:
    source = Source.from_bytes(PATH, data)
    assert (source.text, source.encoding, source.bom) == (text, encoding, bom)
    assert source.encode_text() == data


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\n# coding: latin-1\n",
        b"\n\n# coding: latin-1\n",
        b"s = '# coding: latin-1'\n",
        b"'''\n# coding: latin-1\n'''\n",
        b"x = 1\r# coding: latin-1\r",
    ],
)
def test_what_is_no_encoding_cookie_declares_nothing(data: bytes) -> None:
    assert Source.from_bytes(PATH, data).encoding == "utf-8"


@pytest.mark.parametrize(
    "head",
    ["", "# coding: utf-8", "# -*- coding: latin-1 -*-", "\n# coding=cp1252", "x\n# coding=cp1252", "#\n#coding:ascii"],
)
def test_the_encoding_is_the_one_that_python_detects(head: str) -> None:
    data = f"{head}\nx = 1\n".encode()
    expected, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    assert "".encode(Source.from_bytes(PATH, data).encoding) == "".encode(expected)
    assert data.decode(expected) == Source.from_bytes(PATH, data).text


def test_undecodable_bytes_are_named_with_their_line_and_the_remedy() -> None:
    error = error_of("é = 1\r\ny = 2\rz = 'é".encode() + b"\xff'\n")
    reason, _, remedy = error.message.partition("; ")
    assert reason == "not UTF-8 and no encoding cookie: byte 0xff at line 3"
    assert remedy == "save it as UTF-8 or declare the encoding in the first line"
    assert (error.line, error.column) == (3, 6)
    assert str(error).startswith("model.py:3:7: not UTF-8")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x = 1\n\0", "NUL byte at line 2"),
        (b"\0", "NUL byte at line 1"),
        (b"\xff\xfex\0", "UTF-16"),
        (b"# coding: utf-8\n'\xe9'", "declares UTF-8 and is not: byte 0xe9 at line 2"),
        (b"\xef\xbb\xbf'\xe9'", "byte 0xe9 at line 1"),
        (b"# coding: ascii\n\n'\xe9'", "declares ascii and is not: byte 0xe9 at line 3"),
        (b"# coding: cp1252\n'\x81'", "declares cp1252 and is not: byte 0x81 at line 2"),
        (b"# coding: euc-jp\n'\xa4", "declares euc_jp and is not: byte 0xa4 at line 2"),
        (b"# coding: klingon\n", "declares the encoding 'klingon'"),
        (b"\n# coding: rot13\n", "declares the encoding 'rot13'"),
        (b"# coding: undefined\n", "declares the encoding 'undefined'"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "byte order mark and declares latin-1"),
        (b"# coding: utf-16\n", "declares the encoding 'utf-16'"),
    ],
)
def test_what_cannot_be_decoded_says_why(data: bytes, words: str) -> None:
    error = error_of(data)
    assert words in error.message
    assert error.path == PATH


@given(st.binary(max_size=60))
def test_any_bytes_either_survive_a_round_trip_or_are_refused(data: bytes) -> None:
    try:
        source = Source.from_bytes(PATH, data)
    except SourceError:
        return
    assert source.encode_text() == data


def test_a_source_error_survives_the_way_between_processes() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(SourceError(PATH, "why", 3, 4)))
    assert (error.path, error.message, error.line, error.column) == (PATH, "why", 3, 4)


def test_only_newlines_end_a_line() -> None:
    table = LineTable("a\x0cb\u2028c\x85\nd\r\ne\rf")
    assert table.starts == [0, 7, 10, 12]
    assert table.offset(3, 0) == 10
    assert table.place(12) == (4, 0)
    assert table.place(11) == (3, 1)


def test_a_final_line_end_opens_an_empty_line() -> None:
    table = LineTable("a\n")
    assert table.offset(2, 0) == 2
    assert table.span(Region(1, 0, 2, 0)) == (0, 2)


@pytest.mark.parametrize(("line", "column"), [(0, 0), (3, 0), (1, 4), (2, 2), (1, -1), (-1, 0)])
def test_a_place_outside_the_text_is_refused(line: int, column: int) -> None:
    with pytest.raises(ValueError, match="outside of the text"):
        LineTable("ab\nc").offset(line, column)


def test_a_region_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        LineTable("abc").span(Region(1, 2, 1, 1))


@given(st.text(alphabet="a\n\r\x0c\u2028é"))
def test_lines_are_those_of_the_python_tokenizer_and_every_index_has_one_place(text: str) -> None:
    table = LineTable(text)
    assert len(table.starts) == io.StringIO(text, newline=None).read().count("\n") + 1
    assert [table.offset(*table.place(index)) for index in range(len(text) + 1)] == list(range(len(text) + 1))


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb\r", "\r"), ("a\r\n", "\r\n")],
)
def test_the_newline_of_a_text_is_the_one_of_most_lines(text: str, newline: str) -> None:
    assert newline_of(text) == newline


def test_bytes_are_read_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"\xff\r\n\0")
    assert read_bytes(file) == b"\xff\r\n\0"


@pytest.mark.parametrize("name", ["missing.py", "folder", "pipe", "dangling.py", "loop.py", "null\0"])
def test_what_cannot_be_read_is_one_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    with pytest.raises(SourceError) as caught:
        Source.read(tmp_path / name)
    assert caught.value.path == tmp_path / name
    assert "is a folder" in caught.value.message or "regular" in caught.value.message or "read" in caught.value.message


@where_permissions_hold
def test_a_file_without_permission_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x")
    file.chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        read_bytes(file)


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_replacing_keeps_mode_bits_and_leaves_nothing_else(mode: int, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("old")
    file.chmod(mode)
    write_atomically(file, b"new\r\n")
    assert file.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [file]


def test_replacing_a_link_replaces_the_file_that_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = tmp_path / "real" / "a.py"
    file.write_text("old")
    link = tmp_path / "link.py"
    link.symlink_to(file)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_a_file_that_vanished_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be written"):
        write_atomically(tmp_path / "a.py", b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["replace", "chmod", "stat"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_content_and_no_other_file(
    step: str, failure: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_text("old")
    real = getattr(os, step)

    def fail(path: str, *rest: object, **options: object) -> object:
        if ".initlint-" in str(path):
            raise failure
        return real(path, *rest, **options)

    monkeypatch.setattr(os, step, fail)
    with pytest.raises((SourceError, KeyboardInterrupt)) as caught:
        write_atomically(file, b"new")
    monkeypatch.undo()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    if isinstance(failure, OSError):
        assert "no space left on device; it is left as it was" in str(caught.value)


@where_permissions_hold
@pytest.mark.parametrize("place", ["file", "folder"])
def test_what_is_read_only_is_not_replaced(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    tree(folder, "a.py")
    (folder / "a.py" if place == "file" else folder).chmod(0o500)
    try:
        with pytest.raises(SourceError, match="permission denied"):
            write_atomically(folder / "a.py", b"new")
    finally:
        folder.chmod(0o700)
    assert [(each.name, each.read_text()) for each in folder.iterdir()] == [("a.py", "x = 1\n")]


def test_a_folder_is_walked_in_sorted_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.py", "a/z.py", "a/b/c.pyi", "a.py", "c/x.txt", "c/y.pyc", "c/z.ipynb", "B.py")
    assert found(tmp_path) == ["B.py", "a/b/c.pyi", "a/z.py", "a.py", "b.py", "c/z.ipynb"]


@pytest.mark.parametrize("name", [".git", ".venv", "venv", "__pycache__", "node_modules", ".tox", ".mypy_cache"])
def test_a_walk_does_not_enter_folders_that_hold_no_code_of_the_user(name: str, tmp_path: Path) -> None:
    tree(tmp_path, f"{name}/a.py", f"sub/{name}/a.py", "b.py")
    assert found(tmp_path) == ["b.py"]
    assert found(tmp_path, tmp_path / name) == [f"{name}/a.py"]


@pytest.mark.parametrize("name", ["build", "site-packages", "env", ".github", "dist"])
def test_a_walk_enters_every_other_folder(name: str, tmp_path: Path) -> None:
    tree(tmp_path, f"{name}/a.py")
    assert found(tmp_path) == [f"{name}/a.py"]


def test_a_file_that_is_named_needs_no_suffix(tmp_path: Path) -> None:
    tree(tmp_path, "script", ".venv/a.py")
    assert found(tmp_path, tmp_path / "script", tmp_path / ".venv/a.py") == ["script", ".venv/a.py"]


def test_patterns_exclude_what_a_walk_meets_and_no_file_that_is_named(tmp_path: Path) -> None:
    tree(tmp_path, "gen/a.py", "b_pb2.py", "sub/c_pb2.py", "sub/gen/d.py", "top/e.py", "sub/top/e.py", "f.py")
    settings = Settings(root=tmp_path, exclude=("gen/", "*_pb2.py", "/top"))
    assert found(tmp_path, settings=settings) == ["f.py", "sub/top/e.py"]
    named = [tmp_path / "gen/a.py", tmp_path / "b_pb2.py", tmp_path / "f.py"]
    assert found(tmp_path, *named, settings=settings) == ["gen/a.py", "b_pb2.py", "f.py"]
    assert found(tmp_path, *named, settings=settings, force_exclude=True) == ["f.py"]


def test_exclude_stands_for_the_default_and_extend_exclude_adds_to_it(tmp_path: Path) -> None:
    tree(tmp_path, ".venv/a.py", "gen/b.py", "c.py")
    assert found(tmp_path, settings=Settings(root=tmp_path, exclude=("gen/",))) == [".venv/a.py", "c.py"]
    assert found(tmp_path, settings=Settings(root=tmp_path, extend_exclude=("gen/",))) == ["c.py"]


def test_what_git_ignores_is_passed_over(tmp_path: Path) -> None:
    files = ("a.py", "build/b.py", "sub/c.py", "sub/out/d.py", "sub/out/keep.py", "sub/deep/out/e.py", "sub/gen.py")
    tree(tmp_path, *files, "gen.py", "local.py", ".git/info/exclude", "nested/.git/x", "nested/gen.py", "nested/own.py")
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbf/build/\r\ngen.py\r\n# comment\r\n!\r\n")
    (tmp_path / ".git/info/exclude").write_text("local.py\n")
    (tmp_path / "sub/.gitignore").write_text("/out/*\n!/out/keep.py\n!gen.py\n")
    (tmp_path / "nested/.gitignore").write_text("own.py\n")
    settings = Settings(root=tmp_path)
    kept = ["sub/c.py", "sub/deep/out/e.py", "sub/gen.py", "sub/out/keep.py"]
    assert found(tmp_path, settings=settings) == ["a.py", "nested/gen.py", *kept]
    assert found(tmp_path, tmp_path / "sub", settings=settings) == kept
    assert found(tmp_path, tmp_path / "sub/deep", settings=settings) == ["sub/deep/out/e.py"]
    named = [tmp_path / "gen.py", tmp_path / "build", tmp_path / "sub/out/d.py"]
    assert found(tmp_path, *named, settings=settings, force_exclude=True) == ["gen.py", "build/b.py", "sub/out/d.py"]
    everything = found(tmp_path, settings=replace(settings, respect_gitignore=False))
    assert {*files, "gen.py", "local.py", "nested/own.py"} <= set(everything)


def test_a_gitignore_holds_outside_of_a_repository_below_the_folder_that_is_walked(tmp_path: Path) -> None:
    tree(tmp_path, "pkg/a.py", "pkg/gen/b.py")
    (tmp_path / "pkg/.gitignore").write_text("gen/\n")
    (tmp_path / ".gitignore").write_text("*.py\n")
    assert found(tmp_path, tmp_path / "pkg") == ["pkg/a.py"]


def test_a_folder_that_is_named_is_walked_even_where_patterns_exclude_it(tmp_path: Path) -> None:
    tree(tmp_path, "gen/a.py", "b.py")
    settings = Settings(root=tmp_path, exclude=("gen/",))
    assert found(tmp_path, tmp_path / "gen", settings=settings) == ["gen/a.py"]
    assert found(tmp_path, tmp_path / "gen", settings=settings, force_exclude=True) == []


def test_force_exclude_holds_for_default_excludes_below_the_root_alone(tmp_path: Path) -> None:
    root = tmp_path / "venv" / "project"
    tree(root, "a.py", ".venv/b.py")
    assert found(root, root / "a.py", root / ".venv/b.py", force_exclude=True) == ["a.py"]


def test_patterns_do_not_look_above_the_root_or_beside_it(tmp_path: Path) -> None:
    tree(tmp_path, "tests/project/a.py", "tests/other/b.py")
    settings = Settings(root=tmp_path / "tests/project", exclude=("tests", "project"))
    assert found(tmp_path, settings.root, settings=settings) == ["tests/project/a.py"]
    assert found(tmp_path, tmp_path / "tests/other", settings=settings) == ["tests/other/b.py"]


def test_each_file_comes_once_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.py", "sub/b.py")
    (tmp_path / "c.py").symlink_to("a.py")
    (tmp_path / "other").symlink_to("sub")
    monkeypatch.chdir(tmp_path)
    paths = [Path("sub"), Path("./sub/b.py"), Path("."), tmp_path / "a.py", Path("other/b.py"), Path("other")]
    assert discover(paths, Settings()) == [Path("sub/b.py"), Path("a.py")]


def test_links_to_folders_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    tree(tmp_path, "sub/a.py")
    (tmp_path / "sub/loop").symlink_to(tmp_path)
    (tmp_path / "sub/.#lock.py").symlink_to("nobody@nowhere")
    os.mkfifo(tmp_path / "pipe.py")
    assert found(tmp_path) == ["sub/a.py"]


def test_deep_folders_are_walked(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d"] * 900)
    folder.mkdir(parents=True)
    (folder / "a.py").touch()
    assert discover([tmp_path], Settings(root=tmp_path)) == [folder / "a.py"]


@pytest.mark.parametrize("name", ["missing.py", "missing", "dangling.py", "a.py/b.py", "null\0"])
def test_a_path_that_does_not_exist_is_an_error(name: str, tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    with pytest.raises(PathError) as caught:
        discover([tmp_path / "a.py", tmp_path / name], Settings())
    assert str(tmp_path / name) in str(caught.value)


@where_permissions_hold
def test_a_folder_that_cannot_be_listed_is_an_error_when_it_is_read(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "closed/b.py")
    (tmp_path / "closed").chmod(0)
    try:
        files = discover([tmp_path], Settings(root=tmp_path))
        assert files == [tmp_path / "a.py", tmp_path / "closed"]
        with pytest.raises(SourceError, match="permission denied"):
            read_bytes(files[1])
    finally:
        (tmp_path / "closed").chmod(0o700)
