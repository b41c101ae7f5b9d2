"""README.md keeps its word: outputs, table, settings, links, and the walk-through that is followed literally."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import readme
from commands import ROOT, initlint
from readme import Fence

from initlint import config
from initlint.config import Settings

TEXT = readme.README.read_text(encoding="utf-8")
BEFORE, WALK_THROUGH = readme.sections(TEXT)
FENCES = [*readme.fences(BEFORE)]
CONSOLE = [fence for fence in FENCES if fence.info == "console"]
NEW_RULE = "INI999"


def test_the_readme_opens_with_what_the_tool_finds() -> None:
    title, first, *_ = TEXT.split("\n\n")
    assert title == "# initlint"
    assert first.count(".") == 1
    found = [code for fence in CONSOLE[:2] for code in re.findall(r"^\S+:\d+:\d+: (INI\d+)", fence.body, re.MULTILINE)]
    codes = [*dict.fromkeys(found)]
    assert codes[:2] == ["INI101", "INI201"]
    assert {"INI301", "INI302"} <= set(codes)
    assert TEXT.index(CONSOLE[1].body) < TEXT.index("\n## ")


@pytest.mark.parametrize("fence", CONSOLE, ids=lambda fence: fence.commands[0])
def test_a_command_prints_what_the_readme_shows(fence: Fence) -> None:
    if any(command.startswith("initlint trace") for command in fence.commands):
        pytest.importorskip("torch")
        pytest.importorskip("scipy")
    assert fence.body == readme.session(fence, ROOT), "renew by: python tests/readme.py"


def test_the_table_of_rules_is_up_to_date() -> None:
    assert readme.table() in TEXT, "renew by: python tests/readme.py"


def test_the_index_of_rules_is_up_to_date() -> None:
    assert readme.INDEX.read_text(encoding="utf-8") == readme.index(), "renew by: python tests/readme.py"


def test_every_link_of_the_index_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", readme.index())
    assert len(links) > len(readme.ours())
    assert [link for link in links if not (readme.INDEX.parent / link).exists()] == []


def test_every_rule_of_the_table_links_to_its_page() -> None:
    pages = re.findall(r"^\| \[IN[IR]\d+\]\((.+?)\) ", readme.table(), re.MULTILINE)
    assert pages
    assert {ROOT / page for page in pages} == {path.with_suffix(".md") for path in ROOT.glob("rules/*/[!_]*.py")}


def test_every_relative_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert {"CHANGELOG.md", "LICENSE"} <= set(links)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_setting_is_described_and_no_other() -> None:
    section = TEXT.partition("\n## Configuration\n")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert described == [field.name.replace("_", "-") for field in fields(Settings) if field.name not in _NOT_KEYS]


def test_the_example_of_a_configuration_is_read(tmp_path: Path) -> None:
    examples = [fence.body for fence in FENCES if fence.info == "toml"]
    assert [*map(tomllib.loads, examples)]
    file = tmp_path / "pyproject.toml"
    file.write_text(examples[0])
    settings = config.read(file)
    assert settings.per_file_ignores
    assert settings.init_modules


def test_the_example_of_suppressions_suppresses(tmp_path: Path) -> None:
    (fence,) = [fence for fence in FENCES if fence.info == "python" and "initlint: ignore" in fence.body]
    layers = "".join(f"{name} = nn.Linear(2, 2)\n" for name in ("head", "tail", "last", "body"))
    (tmp_path / "model.py").write_text(f"from torch import nn\n{layers}{fence.body}")
    assert initlint("check", "model.py", cwd=tmp_path).returncode == 0
    assert initlint("check", "--no-suppressions", "model.py", cwd=tmp_path).stdout.count("INI401 ") == fence.body.count(
        "nn.init"
    )


def test_the_hooks_of_the_pre_commit_example_exist() -> None:
    (example,) = (fence.body for fence in FENCES if fence.info == "yaml" and fence.body.startswith("repos:"))
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    ids = re.findall(r"- id: ([\w-]+)", example)
    assert sorted(ids) == sorted(re.findall(r"^- id: ([\w-]+)", hooks, re.MULTILINE))


def test_the_examples_for_ci_are_what_the_action_and_gitlab_take() -> None:
    yaml = pytest.importorskip("yaml")
    action = yaml.safe_load((ROOT / ".github/actions/initlint/action.yml").read_text(encoding="utf-8"))
    examples = [yaml.safe_load(fence.body) for fence in FENCES if fence.info == "yaml"]
    (step,) = [step for each in examples for step in each.get("steps", ()) if "with" in step]
    assert step["uses"].partition("/")[2].startswith("initlint/.github/actions/initlint@")
    assert set(step["with"]) <= set(action["inputs"])
    (job,) = [each["initlint"] for each in examples if "initlint" in each]
    assert f"gitlab:{job['artifacts']['reports']['codequality']}" in job["script"][-1]


def test_every_option_exists() -> None:
    commands = (
        *("check", "fix", "config", "explain", "rules", "facts", "server", "corpus"),
        *("verify", "trace", "compare", "fit"),
    )
    known = "".join(initlint(command, "--help", cwd=ROOT).stdout for command in commands)
    use = TEXT.partition("\n## Use\n")[2].partition("\n## Configuration\n")[0]
    use += (ROOT / ".docs" / "pages" / "adopting.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", use))
    assert named
    assert {option for option in named if not re.search(rf"{option}\b", known)} == set()


def test_every_command_is_described() -> None:
    listed = re.findall(r"^  (\w+) ", initlint("--help", cwd=ROOT).stdout.partition("Commands:")[2], re.MULTILINE)
    described = re.findall(r"^\| `initlint (\w+)", TEXT, re.MULTILINE)
    assert listed
    assert set(described) == set(listed)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    line = next(fence.commands[0] for fence in FENCES if fence.info == "sh" and "pytest" in fence.body)
    install, run = line.split(" && ")
    assert install == 'pip install -e ".[dev]"'
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()]
    assert run in lines
    assert any(re.fullmatch(r'(python -m )?pip install (--quiet )?-e "\.\[dev\]"', line) for line in lines)


def test_the_speed_is_that_of_the_benchmark() -> None:
    (ratio,) = re.findall(r"takes (\d+\.\d+) times", TEXT)
    table = (ROOT / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `initlint check` / `libcst.parse_module`, collector on \| {ratio} \|", table, re.MULTILINE)


def test_the_walk_through_gives_a_rule(tmp_path: Path) -> None:
    files = readme.named_files(WALK_THROUGH)
    assert [*files] == ["rules/style/constant_zero.py", "rules/style/constant_zero.md", "example.py"]
    readme.lay_out(tmp_path, WALK_THROUGH)
    for fence in readme.fences(WALK_THROUGH):
        if fence.info == "console":
            assert fence.body == readme.session(fence, tmp_path), "renew by: python tests/readme.py"
            assert NEW_RULE in fence.body
        elif fence.info == "sh":
            outputs = [_success(command, tmp_path) for command in fence.commands]
            assert all(NEW_RULE in output or " passed" in output for output in outputs)
    assert files["example.py"] != (tmp_path / "example.py").read_text(encoding="utf-8")


def test_the_rule_of_the_walk_through_is_as_strict_as_ours(tmp_path: Path) -> None:
    ruff = pytest.importorskip("ruff")
    assert ruff
    readme.lay_out(tmp_path, WALK_THROUGH)
    module = next(iter(readme.named_files(WALK_THROUGH)))
    for command in (f"ruff check {module}", f"ruff format --check {module}"):
        _success(command, tmp_path)


@pytest.mark.packaging
def test_the_line_to_paste_installs_and_checks(tmp_path: Path) -> None:
    line = next(fence.commands[0] for fence in FENCES if fence.info == "sh")
    for name in ("initlint", "rules", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "fixtures/models/dcgan.py:" in done.stdout
    assert done.stdout.endswith("files checked.\nexit code 1\n")


def _success(command: str, cwd: Path) -> str:
    done = readme.call(command, cwd)
    assert done.returncode == 0, done.stdout
    return done.stdout


_NOT_KEYS = ("root", "source", "origins")
