"""The lowest version that a project requires, and what of it reaches the settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from initlint import config, requirements
from initlint.config import ConfigError, Settings

TABLE = "[tool.initlint]\npreview = true\n"
RULE_407 = "from torch import nn\n\n\ndef f(w, g):\n    nn.init.normal_(w, std=0.1, generator=g)\n"


def project(*dependencies: str, table: str = "") -> str:
    return f"[project]\nname = 'x'\ndependencies = {list(dependencies)!r}\n{table}"


def lowest(folder: Path, **files: str) -> str | None:
    """The version of torch for files whose names have `_` for `.`."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return requirements.lowest_version(folder, "torch")


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("torch>=2.1", "2.1"),
        ("torch >= 2.1, < 3", "2.1"),
        ("torch<3,>=1.13.1", "1.13.1"),
        ("torch==2.3.1", "2.3.1"),
        ("torch==2.3.*", "2.3"),
        ("torch~=2.2", "2.2"),
        ("torch>2.0", "2.0"),
        ("torch===2.4.0", "2.4.0"),
        ("torch==2.1.0+cu118", "2.1.0"),
        ("Torch>=2.5; python_version >= '3.12'", "2.5"),
        ("torch[opt]>=2.5", "2.5"),
        ("torch>=1.8,>=2.0", "2.0"),
        ("torch", None),
        ("torch<3", None),
        ("torch!=2.0", None),
        ("torch @ https://example.org/torch.whl", None),
        ("torchvision>=0.15", None),
        ("pytorch-lightning>=2.0", None),
        ("torch>=two", None),
        ("torch ?? 2", None),
    ],
)
def test_the_lower_bound_of_a_requirement(requirement: str, version: str | None, tmp_path: Path) -> None:
    assert lowest(tmp_path, pyproject_toml=project("numpy", requirement)) == version
    assert lowest(tmp_path, pyproject_toml="", requirements_txt=f"numpy\n{requirement}\n") == version


def test_of_several_bounds_the_lowest_holds(tmp_path: Path) -> None:
    text = project("torch>=2.0; python_version < '3.12'", "torch>=2.2; python_version >= '3.12'")
    assert lowest(tmp_path, pyproject_toml=text) == "2.0"


def test_optional_dependencies_count_behind_dependencies(tmp_path: Path) -> None:
    extras = "[project.optional-dependencies]\nrun = ['torch>=2.4']\ndev = ['torch==2.9.0', 'numpy']\n"
    assert lowest(tmp_path, pyproject_toml=project("numpy", table=extras)) == "2.4"
    assert lowest(tmp_path, pyproject_toml=project("torch", table=extras)) == "2.4"
    assert lowest(tmp_path, pyproject_toml=project("torch>=2.6", table=extras)) == "2.6"


def test_setup_cfg_counts_behind_pyproject(tmp_path: Path) -> None:
    extras = "[options.extras_require]\nx =\n  torch==2.0\n"
    text = f"[options]\ninstall_requires =\n    numpy\n    torch>=1.9  # since then\n{extras}"
    assert lowest(tmp_path, setup_cfg=text) == "1.9"
    assert lowest(tmp_path, pyproject_toml=project("torch")) == "1.9"
    assert lowest(tmp_path, pyproject_toml=project("torch>=2.2")) == "2.2"
    assert lowest(tmp_path, pyproject_toml="", setup_cfg=extras) == "2.0"


def test_requirement_files_count_last(tmp_path: Path) -> None:
    main = "# torch>=1.0\n-r base.txt\n--extra-index-url x\ntorch==2.1.0 \\\n    --hash=sha256:00\n"
    assert lowest(tmp_path, **{"requirements-dev_txt": "torch==2.8\n"}) == "2.8"
    assert lowest(tmp_path, **{"requirements-old_txt": "torch==1.13\n"}) == "1.13"
    assert lowest(tmp_path, requirements_txt=main) == "2.1.0"
    assert lowest(tmp_path, setup_cfg="[options]\ninstall_requires = torch>=2.5\n") == "2.5"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject_toml": "[project]\ndependencies = 'torch>=2'\n"},
        {"pyproject_toml": "[project]\ndependencies = [1, 'numpy']\noptional-dependencies = ['torch>=2']\n"},
        {"pyproject_toml": "project = 'torch>=2'\n"},
        {"pyproject_toml": "torch>=2 is no toml\n"},
        {"setup_cfg": "torch>=2 is no ini\n"},
        {"setup_cfg": "[metadata]\nkeywords = torch>=2\n"},
        {"requirements_txt": "# torch>=2\n-e torch\n"},
        {"environment_txt": "torch>=2\n"},
    ],
)
def test_what_cannot_be_read_says_nothing(files: dict[str, str], tmp_path: Path) -> None:
    assert lowest(tmp_path, **files) is None


def test_undecodable_files_and_folders_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"torch>=2\n\xff")
    (tmp_path / "setup.cfg").mkdir()
    assert lowest(tmp_path) is None
    assert lowest(tmp_path / "missing") is None


def test_the_requirement_is_the_default_of_torch_version(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project("torch>=2.1", table=TABLE))
    assert config.load(tmp_path).torch_version == "2.1"
    assert config.load(tmp_path / "model.py").torch_version == "2.1"
    assert config.read(tmp_path / "pyproject.toml").torch_version == "2.1"


def test_what_the_user_says_holds(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project("torch>=2.1", table=f"{TABLE}torch-version = '2.9'\n"))
    assert config.load(tmp_path).torch_version == "2.9"
    assert config.load(tmp_path).with_overrides(torch_version="2.3").torch_version == "2.3"


def test_a_project_without_configuration_has_the_default_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(project("torch>=2.1"))
    (tmp_path / "a/b").mkdir(parents=True)
    assert config.load(tmp_path / "a/b") == Settings(root=tmp_path, torch_version="2.1")


def test_files_beside_the_configuration_come_before_the_project_around(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "pyproject.toml").write_text(project("torch>=2.1"))
    (inner / "initlint.toml").write_text("preview = true\n")
    assert config.load(inner).torch_version == "2.1"
    (inner / "requirements.txt").write_text("torch>=2.7\n")
    assert config.load(inner).torch_version == "2.7"
    assert config.load(tmp_path).torch_version == "2.1"


def test_the_requirement_is_the_default_of_transformers_version(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project("torch>=2.1", "transformers>=5.1,<6", table=TABLE))
    assert (config.load(tmp_path).torch_version, config.load(tmp_path).transformers_version) == ("2.1", "5.1")
    (tmp_path / "initlint.toml").write_text("transformers-version = '4.40'\n")
    assert (config.load(tmp_path).torch_version, config.load(tmp_path).transformers_version) == ("2.1", "4.40")


@pytest.mark.parametrize(
    "requirement",
    ["transformers", "transformers<6", "sentence-transformers>=5.1", "transformers-stream-generator>=5", "torch>=2.1"],
)
def test_a_version_of_transformers_that_nothing_bounds_is_unknown(requirement: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project(requirement))
    assert config.load(tmp_path).transformers_version is None
    assert config.load(tmp_path / "model.py").transformers_version is None


def test_a_wrong_configuration_is_an_error_whatever_is_required(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project("torch>=2.1", table=f"{TABLE}torch-version = 'new'\n"))
    with pytest.raises(ConfigError, match="torch-version"):
        config.load(tmp_path)


@pytest.mark.parametrize(("required", "found"), [("torch>=2.1", True), ("torch>=2.2", False), ("torch", False)])
def test_the_requirement_switches_what_is_found(required: str, found: bool, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project(required))
    (tmp_path / "model.py").write_text(RULE_407)
    words = [sys.executable, "-m", "initlint", "check", "--select", "INI407", "--output-format", "concise", "."]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == int(found), done.stdout + done.stderr
    assert ("INI407" in done.stdout) is found


def test_nothing_is_parsed_where_no_file_speaks_of_torch(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project("numpy"))
    (tmp_path / "setup.cfg").write_text("[options]\ninstall_requires = numpy\n")
    code = "import sys, pathlib; from initlint import config; config.load(pathlib.Path());"
    code += "print(sorted({'packaging', 'configparser', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
