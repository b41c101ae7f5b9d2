"""Settings as the commands obey them, and as `initlint config` shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import initlint

SAFE = """\
import torch.nn as nn

linear = nn.Linear(3, 4)
nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')
"""
RAISES = "import torch.nn as nn\n\nnn.init.eye_(nn.Conv2d(3, 4, 3).weight)\n"


def shown(*words: str, cwd: Path) -> dict[str, Any]:
    done = initlint("config", *words, "--output-format", "json", cwd=cwd)
    assert (done.stderr, done.returncode) == ("", 0)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_severities_and_the_lowest_that_fails(tmp_path: Path) -> None:
    (tmp_path / "safe.py").write_text(SAFE + "x = 1  # noqa: INI101\n")
    (tmp_path / "initlint.toml").write_text('severity = {gain = "error", INI102 = "note", INI003 = "error"}\n')
    done = initlint("check", "--output-format", "json", cwd=tmp_path)
    found = {each["code"]: each["severity"] for each in json.loads(done.stdout)["findings"]}
    assert found == {"INI102": "note", "INI003": "error"}
    for words, code in (([], 1), (["error"], 1), (["never"], 0)):
        options = [f"--fail-on={word}" for word in words]
        assert initlint("check", *options, cwd=tmp_path).returncode == code
    (tmp_path / "safe.py").write_text(SAFE)
    (tmp_path / "initlint.toml").write_text('severity = {INI102 = "note"}\nfail-on = "warning"\n')
    assert initlint("check", cwd=tmp_path).returncode == 0
    assert initlint("check", "--fail-on", "note", cwd=tmp_path).returncode == 1
    assert (
        initlint("fix", "--unsafe-fixes", "--fail-on", "note", "--output-format", "concise", cwd=tmp_path).returncode
        == 0
    )


def test_a_file_that_cannot_be_checked_fails_always(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(RAISES + "(")
    assert initlint("check", "--fail-on", "never", cwd=tmp_path).returncode == 2


def test_output_formats_come_from_the_configuration_unless_named(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "raises.py").write_text(RAISES)
    (inner / "initlint.toml").write_text('output-format = ["concise", "json:log.json"]\n')
    done = initlint("check", "inner", cwd=tmp_path)
    assert done.stdout.startswith(f"{Path('inner/raises.py')}:3:1: INI301 ")
    (inner / "log.json").unlink()
    assert json.loads(initlint("check", "inner", "--output-format", "json", cwd=tmp_path).stdout)["findings"]
    assert not (inner / "log.json").exists()


def test_excludes_by_force_and_unsafe_fixes_can_be_configured(tmp_path: Path) -> None:
    (tmp_path / "raises.py").write_text(RAISES)
    (tmp_path / "style.py").write_text(
        "import torch.nn as nn\n\nw = nn.Linear(3, 4).weight\nnn.init.normal_(w, 0.02)\n"
    )
    (tmp_path / "initlint.toml").write_text(
        'extend-exclude = ["raises.py"]\nforce-exclude = true\nunsafe-fixes = true\nselect = ["INI3", "INI401"]\n'
    )
    assert initlint("check", "raises.py", cwd=tmp_path).returncode == 0
    before = (tmp_path / "style.py").read_text()
    assert initlint("fix", "--no-unsafe-fixes", cwd=tmp_path).returncode == 1
    assert (tmp_path / "style.py").read_text() == before
    assert initlint("fix", cwd=tmp_path).returncode == 0
    assert (tmp_path / "style.py").read_text() != before


def test_config_shows_values_and_where_they_come_from(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.py").write_text(RAISES)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("gen.py\n")
    (tmp_path / "gen.py").touch()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\ndependencies = ["torch>=2.4"]\n[tool.initlint]\n'
        'select = ["INI3"]\nextend-exclude = ["old"]\nbaseline = "base.json"\nseverity = {INI301 = "note"}\n'
        'per-file-ignores = {"tests/*" = ["INI302"]}\n'
    )
    document = shown("tests/a.py", "--extend-exclude", "tests", cwd=tmp_path)
    settings = document.pop("settings")
    rules = {rule["code"]: rule["severity"] for rule in document.pop("rules")}
    assert document == {"version": 1, "path": str(Path("tests/a.py")), "file": "pyproject.toml", "excluded": "excluded"}
    assert rules["INI301"] == "note"
    assert "INI302" not in rules
    assert {code[:4] for code in rules} == {"INI3"}
    assert settings["extend-exclude"] == {
        "value": ["old", "tests"],
        "from": [
            {"value": ["old"], "origin": "pyproject.toml:extend-exclude"},
            {"value": ["tests"], "origin": "command line"},
        ],
    }
    assert settings["torch-version"]["from"] == [{"value": "2.4", "origin": "required by the project"}]
    assert settings["fail-on"] == {"value": "note", "from": [{"value": "note", "origin": "default"}]}
    assert ".venv" in settings["exclude"]["value"]
    assert settings["output-format"]["value"] == ["text"]
    assert settings["per-file-ignores"]["value"] == {"tests/*": ["INI302"]}
    assert shown("gen.py", cwd=tmp_path)["excluded"] == "ignored by git"
    assert shown("gen.py", "--isolated", cwd=tmp_path)["file"] is None
    assert shown(cwd=tmp_path)["excluded"] is None


def test_config_is_a_table_for_people(tmp_path: Path) -> None:
    (tmp_path / "initlint.toml").write_text('select = ["INI301"]\nseverity = {INI301 = "note"}\n')
    done = initlint("config", cwd=tmp_path)
    heading, *rows, rules = filter(None, done.stdout.splitlines())
    assert heading == ".: checked; configuration: initlint.toml"
    assert rules == "rules: INI301 (note)"
    cells = {row.split()[0]: row.split()[1:] for row in rows[2:] if row[1] != " "}
    assert cells["select"] == ['["INI301"]', "initlint.toml:select"]
    assert cells["preview"] == ["false", "default"]
    assert cells["baseline"] == ["-", "default"]


@pytest.mark.parametrize("words", [["absent.py"], ["--select", "INI999"], ["--config", "absent.toml"]])
def test_config_refuses_what_check_refuses(words: list[str], tmp_path: Path) -> None:
    done = initlint("config", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_unused_suppressions_are_found_in_files_that_mention_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text("x = 1  # initlint: ignore[INI101] mended\n")
    (tmp_path / "noqa.py").write_text("x = 1  # noqa: INI101\n")
    (tmp_path / "other.py").write_text("INIT = 1  # noqa: E501\n")
    done = initlint("fix", "--output-format", "concise", cwd=tmp_path)
    assert done.stdout == "Fixed 2 findings in 2 files. No findings; 3 files checked.\n"
    assert (tmp_path / "ours.py").read_text() == (tmp_path / "noqa.py").read_text() == "x = 1\n"
