"""The hooks, run by pre-commit itself from a clone of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT

pytestmark = pytest.mark.packaging

RAISES = "import torch.nn as nn\n\nconv = nn.Conv2d(3, 4, 3)\nnn.init.eye_(conv.weight)\n"
DEPRECATED = "import torch.nn as nn\n\nnn.init.xavier_uniform(nn.Linear(3, 4).weight)\n"
MENDED = DEPRECATED.replace("xavier_uniform(", "xavier_uniform_(")


def git(*words: str | Path, cwd: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose one commit is the working tree's package."""
    repository = tmp_path_factory.mktemp("hooks")
    for name in ("initlint", "rules"):
        shutil.copytree(ROOT / name, repository / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, repository)
    git("init", "--quiet", cwd=repository)
    git("add", "--all", cwd=repository)
    git("commit", "--quiet", "--no-verify", "--message", "hooks", cwd=repository)
    return repository


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's repository with one file that raises, one that is deprecated, and one that is excluded."""
    (tmp_path / "raises.py").write_text(RAISES)
    (tmp_path / "deprecated.py").write_text(DEPRECATED)
    (tmp_path / "generated.py").write_text(RAISES)
    (tmp_path / "pyproject.toml").write_text('[tool.initlint]\nexclude = ["generated.py"]\n')
    git("init", "--quiet", cwd=tmp_path)
    git("add", "--all", cwd=tmp_path)
    return tmp_path


def try_repo(hooks: Path, hook: str, project: Path, *files: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", hooks, hook, "--files", *files],
        cwd=project,
        env=os.environ | {"PRE_COMMIT_HOME": str(hooks.parent / "pre-commit"), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_hook_reports_and_honours_excludes_for_named_files(hooks: Path, project: Path) -> None:
    done = try_repo(hooks, "initlint", project, "raises.py", "generated.py", "pyproject.toml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "exit code: 1" in done.stdout
    assert "raises.py:4:" in done.stdout
    assert "INI301" in done.stdout
    assert "generated.py" not in done.stdout.partition("exit code")[2]
    assert (project / "raises.py").read_text() == RAISES


def test_the_fixing_hook_mends_reports_and_honours_excludes(hooks: Path, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\nextend-exclude = ["generated.py"]\n')
    (project / "generated.py").write_text(DEPRECATED)
    git("add", "--all", cwd=project)
    done = try_repo(hooks, "initlint-fix", project, "deprecated.py", "raises.py", "generated.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert "raises.py:4:" in done.stdout
    assert (project / "deprecated.py").read_text() == MENDED
    assert (project / "raises.py").read_text() == RAISES
    assert (project / "generated.py").read_text() == DEPRECATED
