"""`--add-ignore`: comments that suppress what is found, in texts where a comment cannot stand just anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import initlint

HEAD = "import torch.nn as nn\n\nlinear = nn.Linear(3, 4)\nconv = nn.Conv2d(3, 4, 3)\n"
COMMENT = "  # initlint: ignore[INI301] as published"


BOTH = "nn.init.eye_(conv.weight); nn.init.dirac_(linear.weight)"
CASES = [
    ("nn.init.eye_(conv.weight)\n", f"nn.init.eye_(conv.weight){COMMENT}\n"),
    ("nn.init.eye_(conv.weight)", f"nn.init.eye_(conv.weight){COMMENT}"),
    ("nn.init.eye_(conv.weight)  # eye\n", f"nn.init.eye_(conv.weight)  # eye{COMMENT}\n"),
    ("nn.init.eye_(conv.weight); x = '#'\n", f"nn.init.eye_(conv.weight); x = '#'{COMMENT}\n"),
    (
        "nn.init.eye_(\n    conv.weight,  # w\n    # last\n)\n",
        f"nn.init.eye_(\n    conv.weight,  # w\n    # last\n){COMMENT}\n",
    ),
    (
        "x = 1 + \\\n    nn.init.eye_(conv.weight) \\\n    + 2\n",
        f"x = 1 + \\\n    nn.init.eye_(conv.weight) \\\n    + 2{COMMENT}\n",
    ),
    ("x = nn.init.eye_(conv.weight), '''\nx\n'''\n", f"x = nn.init.eye_(conv.weight), '''\nx\n'''{COMMENT}\n"),
    (
        "if nn.init.eye_(\n    conv.weight\n):\n    x = 1\n",
        f"if nn.init.eye_(\n    conv.weight\n):{COMMENT}\n    x = 1\n",
    ),
    (
        "nn.init.eye_(conv.weight); nn.init.eye_(conv.weight)\n",
        f"nn.init.eye_(conv.weight); nn.init.eye_(conv.weight){COMMENT}\n",
    ),
    (f"{BOTH}\n", f"{BOTH}  # initlint: ignore[INI301, INI302] as published\n"),
    (f"{BOTH}  # initlint: ignore[INI302] by hand\n", f"{BOTH}  # initlint: ignore[INI302] by hand{COMMENT}\n"),
]


def test_a_comment_stands_behind_the_last_line_of_the_statement_and_a_second_run_changes_nothing(
    tmp_path: Path,
) -> None:
    before = [(HEAD + text).encode() for text, _ in CASES]
    after = [(HEAD + text).encode() for _, text in CASES]
    marked = b"\xef\xbb\xbf" + before[4].replace(b"\n", b"\r\n")
    for number, data in enumerate([*before, marked]):
        (tmp_path / f"case_{number:02}.py").write_bytes(data)
    done = initlint("check", "--add-ignore", "as published", cwd=tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == "Wrote comments for 14 findings in 12 files. No findings; 12 files checked.\n"
    written = [path.read_bytes() for path in sorted(tmp_path.iterdir()) if path.is_file()]
    assert written == [*after, b"\xef\xbb\xbf" + after[4].replace(b"\n", b"\r\n")]
    for data in written:
        compile(data, "<written>", "exec")
    again = initlint("check", "--add-ignore", "as published", cwd=tmp_path)
    assert (again.stdout, again.returncode) == ("No findings; 12 files checked.\n", 0)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir()) if path.is_file()] == written


def test_a_finding_about_a_suppression_is_left_to_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(HEAD + "x = 1  # noqa: INI101\nnn.init.eye_(conv.weight)\n")
    done = initlint("check", "model.py", "--add-ignore", "old", "--output-format", "concise", cwd=tmp_path)
    assert done.returncode == 1
    found, summary = done.stdout.splitlines()
    assert found.startswith("model.py:5:8: INI003 ")
    assert summary.startswith("Wrote comments for 1 finding in 1 file. Found 1 finding")
    assert (
        path.read_text() == HEAD + "x = 1  # noqa: INI101\nnn.init.eye_(conv.weight)  # initlint: ignore[INI301] old\n"
    )


def test_what_the_encoding_cannot_hold_is_not_written(tmp_path: Path) -> None:
    text = "# coding: ascii\n" + HEAD + "nn.init.eye_(conv.weight)\n"
    (tmp_path / "model.py").write_text(text)
    done = initlint("check", "model.py", "--add-ignore", "größer", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be written in the file's encoding" in done.stderr
    assert (tmp_path / "model.py").read_text() == text


@pytest.mark.parametrize("reason", [" ", "see #12", "two\nlines"])
def test_a_reason_that_cannot_stand_in_a_comment_is_refused(reason: str, tmp_path: Path) -> None:
    done = initlint("check", "--add-ignore", reason, cwd=tmp_path)
    assert done.returncode == 2
    assert "--add-ignore" in done.stderr


def test_all_at_once_and_with_no_suppressions_is_refused(tmp_path: Path) -> None:
    assert initlint("check", "--add-ignore", "old", "--no-suppressions", cwd=tmp_path).returncode == 2
