"""A team's own rules, by an installed package of the entry-point group."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import ROOT, initlint, run

TEAM = ROOT / "fixtures" / "team_rules"
MODEL = """\
from torch import nn

table = nn.Embedding(10, 4)
nn.init.normal_(table.weight, std=0.02)
nn.init.normal_(table.weight, std=0.1)
nn.init.normal_(nn.Linear(4, 4).weight, std=0.1)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder for `PYTHONPATH` in which the package lies as an installer would leave it."""
    site = tmp_path / "site"
    shutil.copytree(TEAM / "acme_initlint", site / "acme_initlint", ignore=shutil.ignore_patterns("__pycache__"))
    metadata = site / "acme_initlint-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-initlint\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[initlint.rules]\nacme = acme_initlint\n")
    (tmp_path / "model.py").write_text(MODEL)
    return site


def rewrite(site: Path, old: str, new: str) -> None:
    module = site / "acme_initlint" / "house" / "embedding_std.py"
    text = module.read_text()
    assert old in text
    module.write_text(text.replace(old, new))


def test_rule_of_a_team_runs_beside_ours(installed: Path, tmp_path: Path) -> None:
    done = initlint("check", "model.py", "--output-format", "concise", cwd=tmp_path, PYTHONPATH=str(installed))
    assert done.stdout.splitlines()[0] == ("model.py:5:1: INI951 embeddings of the house have std 0.02, not 0.1")
    assert done.returncode == 1
    assert initlint("check", "model.py", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("word", ["INI951", "acme-embedding-std", "house", "INI95"])
def test_rule_of_a_team_is_named_as_ours_are(word: str, installed: Path, tmp_path: Path) -> None:
    selected = initlint("check", "--select", word, "model.py", cwd=tmp_path, PYTHONPATH=str(installed))
    assert "INI951" in selected.stdout
    ignored = initlint("check", "--ignore", word, "model.py", cwd=tmp_path, PYTHONPATH=str(installed))
    assert (ignored.returncode, ignored.stderr) == (0, "")


def test_rule_of_a_team_is_listed_and_explained(installed: Path, tmp_path: Path) -> None:
    listed = initlint("rules", "--output-format", "json", cwd=tmp_path, PYTHONPATH=str(installed))
    (record,) = [each for each in json.loads(listed.stdout) if each["code"] == "INI951"]
    assert (record["name"], record["family"], record["default"]) == ("acme-embedding-std", "house", "on")
    explained = initlint("explain", "INI951", cwd=tmp_path, PYTHONPATH=str(installed))
    assert explained.stdout == (TEAM / "acme_initlint" / "house" / "embedding_std.md").read_text()


def test_rule_of_a_team_is_seen_by_flake8(installed: Path, tmp_path: Path) -> None:
    done = run("flake8", "--isolated", "--select", "INI", "model.py", cwd=tmp_path, PYTHONPATH=str(installed))
    assert done.stdout.startswith("model.py:5:1: INI951 ")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("from initlint.rule import", "from initlint.rules_of_yore import", "the rules of acme-initlint 1.0"),
        ("INI951", "ACME1", "'ACME1' is no code"),
        ('"INI951"', '"INI101"', "both call themselves INI101"),
        ("acme-embedding-std", "leaky-relu-slope", "both call themselves leaky-relu-slope"),
        ('"INI951"', '"INI003"', "acme_initlint.house.embedding_std and initlint both call themselves INI003"),
        ("@rule(", "@(lambda *args, **more: lambda check: check)(", "holds no rule"),
    ],
)
def test_rules_that_cannot_be_used_are_one_clear_error(
    old: str, new: str, says: str, installed: Path, tmp_path: Path
) -> None:
    rewrite(installed, old, new)
    done = initlint("check", "model.py", cwd=tmp_path, PYTHONPATH=str(installed))
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
