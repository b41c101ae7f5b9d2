"""The baseline through the command line: written, applied, outgrown, stale, pruned; and what fixing leaves to it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from commands import initlint

HEADER = "import torch.nn as nn\n\nlinear = nn.Linear(3, 4)\nconv = nn.Conv2d(3, 4, 3)\n"
SLOPE = "nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')\n"
RAISES = "nn.init.eye_(conv.weight)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with two files, and a baseline that holds all of their findings."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text(HEADER + SLOPE + RAISES)
    (tmp_path / "sub/b.py").write_text(HEADER + SLOPE + SLOPE)
    done = initlint("check", "--write-baseline", "base.json", cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("Wrote base.json: 4 findings in 2 files.\n", "", 0)
    return tmp_path


def check(*words: str | Path, cwd: Path) -> tuple[list[str], str, int]:
    """Place and code of what is found, stderr, and the exit code."""
    done = initlint("check", "--output-format", "concise", *words, cwd=cwd)
    return [" ".join(line.split()[:2]) for line in done.stdout.splitlines()[:-1]], done.stderr, done.returncode


def test_a_baseline_is_sorted_text_with_a_count_a_line(project: Path) -> None:
    text = (project / "base.json").read_text()
    assert json.loads(text) == {
        "version": 1,
        "findings": {"a.py": {"INI102": 1, "INI301": 1}, "sub/b.py": {"INI102": 2}},
    }
    assert text.count("\n") == 12
    initlint("check", "sub/b.py", "a.py", "--write-baseline", "base.json", cwd=project)
    assert (project / "base.json").read_text() == text


@pytest.mark.parametrize(
    ("folder", "words"), [(".", ["--baseline", "base.json"]), ("sub", ["--baseline", "../base.json"])]
)
def test_what_the_baseline_holds_is_counted_and_not_reported(folder: str, words: list[str], project: Path) -> None:
    done = initlint("check", *words, cwd=project / folder)
    files, held = (2, 4) if folder == "." else (1, 2)
    summary = f"No findings, {held} in the baseline; {files} file{'s' * (files > 1)} checked.\n"
    assert (done.stdout, done.stderr, done.returncode) == (summary, "", 0)


def test_the_key_is_relative_to_its_file_and_can_be_set_aside(project: Path) -> None:
    (project / "initlint.toml").write_text('baseline = "base.json"\n')
    assert check("a.py", cwd=project / "..") == ([], "", 2) or check(project / "a.py", cwd=project / "sub")[0] == []
    assert check(cwd=project) == ([], "", 0)
    assert check("--no-baseline", cwd=project)[2] == 1


def test_lines_may_move(project: Path) -> None:
    (project / "a.py").write_text("# new\n\n" + HEADER + "x = 1\n" + RAISES + SLOPE)
    assert check("--baseline", "base.json", cwd=project) == ([], "", 0)


def test_more_than_the_count_shows_all_of_that_file_and_rule(project: Path) -> None:
    (project / "sub/b.py").write_text(HEADER + SLOPE * 3)
    (project / "c.py").write_text(HEADER + RAISES)
    found, _, code = check("--baseline", "base.json", cwd=project)
    assert found == ["c.py:5:1: INI301", *(f"sub/b.py:{line}:1: INI102" for line in (5, 6, 7))]
    assert code == 1


def test_fewer_than_the_count_is_said_and_is_no_failure(project: Path) -> None:
    (project / "sub/b.py").write_text(HEADER + SLOPE)
    (project / "a.py").unlink()
    found, said, code = check("--baseline", "base.json", cwd=project)
    assert (found, code) == ([], 0)
    assert said.splitlines() == [
        "base.json: a.py has no INI102 any more; --prune mends this stale entry",
        "base.json: a.py has no INI301 any more; --prune mends this stale entry",
        "base.json: sub/b.py has 1 instead of 2 INI102; --prune mends this stale entry",
    ]


def test_rules_and_files_that_did_not_run_are_not_stale(project: Path) -> None:
    (project / "a.py").write_text(HEADER)
    assert check("--baseline", "base.json", "--select", "INI4", cwd=project) == ([], "", 0)
    assert check("--baseline", "base.json", "sub", cwd=project) == ([], "", 0)
    (project / "a.py").write_text(HEADER + "nn.init.eye_(\n")
    assert "stale" not in check("--baseline", "base.json", cwd=project)[1]


def test_prune_takes_out_what_is_stale_and_nothing_else(project: Path) -> None:
    (project / "sub/b.py").write_text(HEADER + SLOPE)
    (project / "a.py").write_text(HEADER + SLOPE + RAISES * 2)
    found, said, code = check("--baseline", "base.json", "--prune", cwd=project)
    assert (found, said, code) == (["a.py:6:1: INI301", "a.py:7:1: INI301"], "Pruned base.json: 1 stale entry.\n", 1)
    counts = json.loads((project / "base.json").read_text())["findings"]
    assert counts == {"a.py": {"INI102": 1, "INI301": 1}, "sub/b.py": {"INI102": 1}}


def test_fix_leaves_what_the_baseline_holds_unless_asked(project: Path) -> None:
    before = (project / "sub/b.py").read_text()
    done = initlint("fix", "--baseline", "base.json", cwd=project)
    assert (done.stdout, done.returncode) == ("No findings, 4 in the baseline; 2 files checked.\n", 0)
    assert (project / "sub/b.py").read_text() == before
    (project / "sub/b.py").write_text(before + SLOPE)
    initlint("fix", "--baseline", "base.json", cwd=project)
    assert (project / "sub/b.py").read_text() == HEADER + SLOPE.replace(", a=0.2", "") * 3
    assert "a=0.2" in (project / "a.py").read_text()
    initlint("fix", "--baseline", "base.json", "--no-baseline", cwd=project)
    assert "a=0.2" not in (project / "a.py").read_text()


def test_flake8_leaves_out_what_the_baseline_holds_and_counts_what_noqa_leaves(project: Path) -> None:
    from test_flake8 import places

    (project / "initlint.toml").write_text('baseline = "base.json"\n')
    assert places(".", cwd=project) == []
    (project / "a.py").write_text(HEADER + SLOPE + RAISES + RAISES.strip() + "  # noqa: INI301\n")
    assert places("a.py", cwd=project) == []
    (project / "a.py").write_text(HEADER + SLOPE + RAISES * 2)
    assert places("a.py", cwd=project) == ["a.py:6:1: INI301", "a.py:7:1: INI301"]


@pytest.mark.parametrize(
    ("content", "words", "complaint"),
    [
        (None, ["--baseline", "b.json"], "the baseline b.json does not exist; write it with"),
        ("{}", ["--baseline", "b.json"], "b.json is no baseline"),
        ('{"version": 1, "findings": {"a.py": {"INI101": "x"}}}', ["--baseline", "b.json"], "b.json is no baseline"),
        ('{"version": 2, "findings": {}}', ["--baseline", "b.json"], "version 2, not 1"),
        (None, ["--prune"], "--prune needs a baseline"),
        (None, ["--write-baseline", "absent/b.json"], "cannot be written"),
        (None, ["--write-baseline", "b.json", "--add-ignore", "old"], "--add-ignore"),
    ],
)
def test_a_wrong_baseline_is_refused(content: str | None, words: list[str], complaint: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "b.json").write_text(content)
    done = initlint("check", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_baseline_beside_a_file_that_does_not_parse_is_written_and_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEADER + RAISES)
    (tmp_path / "broken.py").write_text(HEADER + "nn.init.eye_(\n")
    done = initlint("check", "--write-baseline", "b.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken.py:5:" in done.stderr
    assert json.loads((tmp_path / "b.json").read_text())["findings"] == {"a.py": {"INI301": 1}}


def test_a_repository_below_another_has_paths_of_its_own(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "sub"], cwd=project, check=True)
    initlint("check", "sub", "--write-baseline", "sub/base.json", cwd=project)
    assert set(json.loads((project / "sub/base.json").read_text())["findings"]) == {"b.py"}
