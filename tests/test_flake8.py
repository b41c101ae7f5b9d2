"""The plugin, run by flake8 itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from commands import initlint, run

SAFE = """\
import torch.nn as nn

linear = nn.Linear(3, 4)
nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')
"""
UNSAFE = """\
import torch.nn as nn


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3)
        self.act = nn.LeakyReLU(0.2)
        nn.init.kaiming_normal_(self.conv.weight)

    def forward(self, x):
        return self.act(self.conv(x))
"""


def flake8(*words: str, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return run("flake8", "--max-line-length=200", *words, cwd=cwd, stdin=stdin)


def places(*words: str, cwd: Path, stdin: str | None = None) -> list[str]:
    """Path, line, column and code of every violation."""
    done = flake8(*words, cwd=cwd, stdin=stdin)
    assert done.stderr == ""
    return [" ".join(line.split()[:2]) for line in done.stdout.splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "safe.py").write_text(SAFE)
    (tmp_path / "unsafe.py").write_text(UNSAFE)
    return tmp_path


def test_flake8_lists_the_plugin(tmp_path: Path) -> None:
    assert "initlint: " in flake8("--version", cwd=tmp_path).stdout.replace("\n", " ")


def test_violations_have_the_place_code_and_message_of_the_command_line(project: Path) -> None:
    done = flake8(".", cwd=project)
    checked = json.loads(initlint("check", ".", "--output-format", "json", cwd=project).stdout)
    expected = {
        f"./{finding['path']}:{finding['line']}:{finding['column']}: {finding['code']} {finding['message']}"
        for finding in checked["findings"]
    }
    assert set(done.stdout.splitlines()) == expected
    assert len(expected) == 2


def test_clean_and_unrelated_files_have_no_violations(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text(SAFE.replace(", a=0.2", ""))
    (tmp_path / "unrelated.py").write_text("print('torch')\n")
    (tmp_path / "empty.py").write_text("")
    assert places(".", cwd=tmp_path) == []


def test_noqa_is_left_to_flake8(project: Path) -> None:
    (project / "safe.py").write_text(SAFE.replace("'relu')", "'relu')  # noqa: INI102"))
    assert places("safe.py", cwd=project) == []
    assert places("--disable-noqa", "safe.py", cwd=project) == ["safe.py:4:1: INI102"]


def test_noqa_of_another_code_suppresses_nothing_and_is_not_ours_to_report(project: Path) -> None:
    (project / "safe.py").write_text(SAFE.replace("'relu')", "'relu')  # noqa: INI101"))
    assert places("safe.py", cwd=project) == ["safe.py:4:1: INI102"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--ignore=INI102"], ["./unsafe.py:9:9: INI101"]),
        (["--extend-ignore=INI"], []),
        (["--select=INI102"], ["./safe.py:4:1: INI102"]),
        (["--select=E,W"], []),
        (["--select=INI1", "--extend-ignore=INI101"], ["./safe.py:4:1: INI102"]),
        (["--per-file-ignores=unsafe.py:INI101"], ["./safe.py:4:1: INI102"]),
        (["--exclude=safe.py"], ["./unsafe.py:9:9: INI101"]),
    ],
)
def test_the_selection_of_flake8_holds(words: list[str], expected: list[str], project: Path) -> None:
    assert places(*words, ".", cwd=project) == expected


def test_the_configuration_of_initlint_holds_too(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\nignore = ["INI102"]\n')
    assert places(".", cwd=project) == ["./unsafe.py:9:9: INI101"]


def test_each_folder_has_the_configuration_that_is_nearest(project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "safe.py").write_text(SAFE)
    (inner / "initlint.toml").write_text('ignore = ["INI102"]\n')
    assert places(".", cwd=project) == ["./safe.py:4:1: INI102", "./unsafe.py:9:9: INI101"]


def test_a_code_that_flake8_selects_in_full_runs_beside_those_of_the_configuration(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\nselect = ["INI102"]\n')
    assert places("--select=INI", ".", cwd=project) == ["./safe.py:4:1: INI102"]
    assert places("--extend-select=INI101", ".", cwd=project) == ["./safe.py:4:1: INI102", "./unsafe.py:9:9: INI101"]


def test_the_same_in_many_processes(project: Path) -> None:
    for number in range(20):
        (project / f"model_{number}.py").write_text(SAFE)
    words = ("--select=INI102", ".")
    assert places("--jobs=2", *words, cwd=project) == places("--jobs=1", *words, cwd=project)


@pytest.mark.parametrize(
    ("name", "shown"), [([], "stdin"), (["--stdin-display-name=inner/model.py"], "inner/model.py")]
)
def test_standard_input_is_checked(name: list[str], shown: str, tmp_path: Path) -> None:
    assert places(*name, "-", cwd=tmp_path, stdin=SAFE) == [f"{shown}:4:1: INI102"]


def test_the_displayed_name_of_standard_input_finds_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "initlint.toml").write_text('ignore = ["INI102"]\n')
    assert places("--stdin-display-name=inner/model.py", "-", cwd=tmp_path, stdin=SAFE) == []


def test_a_file_that_does_not_parse_is_flake8s_to_report(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import torch.nn as nn\n\nnn.init.kaiming_normal_(w,\n")
    assert {place.split()[-1][0] for place in places("broken.py", cwd=tmp_path)} == {"E"}


def test_columns_count_characters_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    text = SAFE.replace("nn.init", "if 1: w = 'ü重'; nn.init")
    (tmp_path / "model.py").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert "model.py:4:17: INI102" in places("model.py", cwd=tmp_path)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("folder", [".", "inner"])
def test_a_wrong_configuration_is_one_clear_error(folder: str, jobs: str, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("one", "two", "inner/three"):
        (tmp_path / f"{name}.py").write_text(SAFE)
    (tmp_path / folder / "pyproject.toml").write_text('[tool.initlint]\nselct = ["INI102"]\n')
    done = flake8(f"--jobs={jobs}", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert "unknown key 'selct'" in done.stdout + done.stderr
    assert "did you mean 'select'?" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_initlint_excludes_is_passed_over(project: Path) -> None:
    (project / "venv").mkdir()
    (project / "venv/safe.py").write_text(SAFE)
    (project / "initlint.toml").write_text('extend-exclude = ["unsafe.py"]\n')
    assert places(".", cwd=project) == ["./safe.py:4:1: INI102"]


def test_our_own_comments_hold_in_all_their_forms(project: Path) -> None:
    (project / "safe.py").write_text(SAFE.replace("nn.init", "# initlint: ignore[INI102] as published\nnn.init"))
    (project / "unsafe.py").write_text("# initlint: ignore-file[gain] vendored\n" + UNSAFE)
    assert places(".", cwd=project) == []
