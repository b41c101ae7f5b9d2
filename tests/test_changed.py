"""`--changed`: the files that git says changed, in repositories made by git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from commands import initlint

FINDING = "import torch.nn as nn\n\nnn.init.eye_(nn.Conv2d(3, 4, 3).weight)\n"
MODEL = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def init_fc(self):
        nn.init.xavier_uniform_(self.fc.weight)
"""


def git(*words: str, cwd: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=cwd, check=True, capture_output=True)


def commit(cwd: Path) -> None:
    git("add", "--all", cwd=cwd)
    git("commit", "--quiet", "--no-verify", "--message", "commit", cwd=cwd)


def changed(*words: str, cwd: Path) -> set[str]:
    """The files with findings."""
    done = initlint("check", "--output-format", "concise", *words, cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    return {line.partition(":")[0] for line in done.stdout.splitlines()[:-1]}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit on `main`."""
    (tmp_path / "sub").mkdir()
    for name in ("kept", "staged", "unstaged", "deleted", "moved", "sub/kept"):
        (tmp_path / f"{name}.py").write_text(FINDING)
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    git("init", "--quiet", "--initial-branch=main", cwd=tmp_path)
    commit(tmp_path)
    return tmp_path


def change(repository: Path) -> None:
    (repository / "staged.py").write_text("# staged\n" + FINDING)
    git("add", "staged.py", cwd=repository)
    (repository / "unstaged.py").write_text("# unstaged\n" + FINDING)
    (repository / "deleted.py").unlink()
    git("mv", "moved.py", "sub/moved to.py", cwd=repository)
    (repository / "sub/untracked ü.py").write_text(FINDING)
    (repository / "ignored.py").write_text(FINDING)


def test_what_is_staged_unstaged_or_untracked_is_checked(repository: Path) -> None:
    assert changed("--changed", cwd=repository) == set()
    change(repository)
    expected = {"staged.py", "unstaged.py", "sub/moved to.py", "sub/untracked ü.py"}
    assert changed("--changed", cwd=repository) == expected
    assert changed("--changed", "--exclude", "staged.py", cwd=repository) == expected - {"staged.py"}
    assert changed("--changed", cwd=repository / "sub") == {"moved to.py", "untracked ü.py"}
    inside = {"sub/moved to.py", "sub/untracked ü.py"}
    assert changed("--changed", "sub", cwd=repository) == changed("sub", "--changed=HEAD", cwd=repository) == inside


def test_against_a_branch_what_others_changed_since_does_not_count(repository: Path) -> None:
    git("checkout", "--quiet", "-b", "feature", cwd=repository)
    (repository / "staged.py").write_text("# feature\n" + FINDING)
    commit(repository)
    git("checkout", "--quiet", "main", cwd=repository)
    (repository / "kept.py").write_text("# main\n" + FINDING)
    commit(repository)
    git("checkout", "--quiet", "feature", cwd=repository)
    (repository / "unstaged.py").write_text("# later\n" + FINDING)
    assert changed("--changed", "main", cwd=repository) == {"staged.py", "unstaged.py"}
    assert changed("--changed", cwd=repository) == {"unstaged.py"}


def test_before_the_first_commit_everything_is_changed(tmp_path: Path) -> None:
    for name in ("staged", "untracked"):
        (tmp_path / f"{name}.py").write_text(FINDING)
    git("init", "--quiet", cwd=tmp_path)
    git("add", "staged.py", cwd=tmp_path)
    assert changed("--changed", cwd=tmp_path) == {"staged.py", "untracked.py"}


@pytest.mark.parametrize(("trainer", "found"), [("Net(3)", {"model.py"}), ("Net(3).init_fc()", set())])
def test_what_the_other_files_say_is_known(trainer: str, found: set[str], repository: Path) -> None:
    """INI511: whether anything in the project calls the method that initialises."""
    (repository / "train.py").write_text(f"from model import Net\n\n{trainer}\n")
    commit(repository)
    (repository / "model.py").write_text(MODEL)
    assert changed("--changed", "--select", "INI511", cwd=repository) == found


def test_fix_mends_changed_files_alone(repository: Path) -> None:
    text = "import torch.nn as nn\n\nnn.init.xavier_uniform(nn.Linear(3, 4).weight)\n"
    for name in ("kept", "staged"):
        (repository / f"{name}.py").write_text(text)
    commit(repository)
    (repository / "staged.py").write_text("# changed\n" + text)
    initlint("fix", "--changed", cwd=repository)
    assert (repository / "kept.py").read_text() == text
    assert "xavier_uniform_(" in (repository / "staged.py").read_text()


@pytest.mark.parametrize(
    ("word", "complaint"),
    [("--changed=nowhere", "'nowhere' is no commit that git knows, and no path"), ("--changed=orphan", "in common")],
)
def test_a_base_that_is_none_is_refused(word: str, complaint: str, repository: Path) -> None:
    git("checkout", "--quiet", "--orphan", "orphan", cwd=repository)
    (repository / "orphan.py").touch()
    commit(repository)
    git("checkout", "--quiet", "main", cwd=repository)
    done = initlint("check", word, cwd=repository)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_of_a_repository_it_is_refused(tmp_path: Path) -> None:
    done = initlint("check", "--changed", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.returncode == 2
    assert "not a git repository" in done.stderr
    done = initlint("check", "--changed", cwd=tmp_path, PATH=os.devnull)
    assert done.returncode == 2
    assert "--changed needs git" in done.stderr
