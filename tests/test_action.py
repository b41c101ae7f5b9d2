"""The action for GitHub: its shell steps, run in order as a runner would, without the actions of others."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT

pytestmark = pytest.mark.packaging
yaml = pytest.importorskip("yaml")

ACTION = yaml.safe_load((ROOT / ".github/actions/initlint/action.yml").read_text(encoding="utf-8"))
MODEL = """\
import torch.nn as nn

conv = nn.Conv2d(3, 4, 3)
nn.init.eye_(conv.weight)
nn.init.dirac_(conv.bias)  # initlint: ignore[INI302] shows what raises
"""


class Runner:
    """A runner at work in a repository."""

    def __init__(self, repository: Path, source: Path, temporary: Path) -> None:
        self.repository = repository
        self.source = source
        self.temporary = temporary

    def job(self, **inputs: str) -> tuple[int, str, dict[str, str]]:
        """The exit code of the last step that ran, what was printed, and the outputs of the step `check`."""
        given = {name: each["default"] for name, each in ACTION["inputs"].items()} | inputs
        known = {f"inputs.{name}": value for name, value in given.items()}
        known |= {"steps.python.outputs.python-path": sys.executable, "runner.temp": str(self.temporary)}
        known["github.action_path"] = str(self.source / ".github" / "actions" / "initlint")
        said, code, outputs = "", 0, {}
        for step in ACTION["runs"]["steps"]:
            if "run" not in step or code:
                continue
            done, wrote = self._step(step, known)
            known |= {f"steps.{step.get('id')}.outputs.{name}": value for name, value in wrote.items()}
            outputs |= wrote
            said, code = said + done.stdout, done.returncode
        return code, said, outputs

    def _step(
        self, step: dict[str, Any], known: dict[str, str]
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        variables = {
            name: re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda match: known[match[1]], value)
            for name, value in step.get("env", {}).items()
        }
        output = self.temporary / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.repository,
            env=os.environ | variables | {"RUNNER_TEMP": str(self.temporary), "GITHUB_OUTPUT": str(output)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, dict(line.split("=", 1) for line in output.read_text().splitlines())


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    source = tmp_path_factory.mktemp("source")
    for name in ("initlint", "rules", ".github"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    repository = tmp_path_factory.mktemp("repository")
    (repository / ".git").mkdir()
    (repository / "my models").mkdir()
    (repository / "my models" / "net.py").write_text(MODEL)
    (repository / "clean.py").write_text("import torch\n")
    return Runner(repository, source, tmp_path_factory.mktemp("temporary"))


def test_findings_are_annotated_uploaded_and_fail_the_job(runner: Runner) -> None:
    code, said, outputs = runner.job()
    assert (code, outputs["exit-code"]) == (1, "1")
    assert said.startswith("::error file=my models/net.py,line=4,")
    (run,) = json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["INI301"]
    assert run["tool"]["driver"]["rules"]


def test_inputs_choose_paths_arguments_and_whether_findings_fail(runner: Runner) -> None:
    assert runner.job(paths="clean.py")[0] == 0
    assert runner.job(args="--ignore shape\n--no-project")[0] == 0
    assert runner.job(fail="false")[0] == 0
    assert runner.job(paths="$(touch broken) nowhere.py")[0] == 2
    assert not (runner.repository / "broken").exists()
    assert runner.job(args="--no-such-option", fail="false")[0] == 2
