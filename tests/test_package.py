"""What is built and installed: the wheel holds every rule and page, and no top-level package `rules`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from commands import ROOT

pytestmark = pytest.mark.packaging

BAD = "import torch.nn as nn\n\nconv = nn.Conv2d(3, 4, 3)\nnn.init.eye_(conv.weight)\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The wheel, built by way of the sdist from a copy of the project with one more family; what the build said."""
    project = tmp_path_factory.mktemp("project")
    for name in ("initlint", "rules"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)
    family = project / "rules" / "brandnew"
    family.mkdir()
    (family / "__init__.py").write_text('"""A family that no list names."""\n')
    (family / "page.md").write_text("# page\n")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", "dist"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = project.glob("dist/*.whl")
    return wheel, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(built: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a clean environment that holds nothing but the wheel and what it needs."""
    environment = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    commands = environment / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([commands / "python", "-m", "pip", "install", "--quiet", built[0]], check=True)
    return commands


def test_the_wheel_holds_exactly_the_tree(built: tuple[Path, str]) -> None:
    expected = {"initlint/py.typed", "initlint/rules/brandnew/__init__.py", "initlint/rules/brandnew/page.md"}
    for pattern in ("initlint/**/*.py", "initlint/**/*.jinja", "initlint/**/*.schema.json"):
        expected |= {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)}
    for pattern in ("rules/**/*.py", "rules/**/*.md"):
        expected |= {f"initlint/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob(pattern)}
    names = zipfile.ZipFile(built[0]).namelist()
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_the_build_has_nothing_to_say_about_packages(built: tuple[Path, str]) -> None:
    assert "absent from" not in built[1]
    assert "Deprecat" not in built[1]


def test_an_installation_lists_the_rules_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    here = subprocess.run(
        [sys.executable, "-m", "initlint", "rules"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    there = subprocess.run([installed / "initlint", "rules"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert there.stdout == here.stdout
    assert "INI101" in there.stdout


def test_an_installation_explains(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "initlint", "explain", "leaky-relu-slope"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == (ROOT / "rules/gain/leaky_relu_slope.md").read_text(encoding="utf-8")


def test_an_installation_without_torch_checks(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(BAD)
    done = subprocess.run(
        [installed / "initlint", "check", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "model.py:4:" in done.stdout
    assert "INI301" in done.stdout
    torch = subprocess.run([installed / "python", "-c", "import torch"], capture_output=True, check=False)
    assert torch.returncode != 0


def test_no_package_called_rules_is_installed(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "python", "-c", "import rules"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "No module named 'rules'" in done.stderr


def test_rules_of_an_installed_package_run_beside_ours(installed: Path, tmp_path: Path) -> None:
    team = tmp_path / "team_rules"
    shutil.copytree(ROOT / "fixtures" / "team_rules", team)
    subprocess.run([installed / "python", "-m", "pip", "install", "--quiet", "--no-deps", team], check=True)
    try:
        listed = subprocess.run([installed / "initlint", "rules"], capture_output=True, text=True, check=True)
    finally:
        subprocess.run([installed / "python", "-m", "pip", "uninstall", "--yes", "acme-initlint"], check=True)
    assert "acme-embedding-std" in listed.stdout
