"""Reports against the schemas of those who read them; tests/schemas/README.md says whose they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import report_schemas
from commands import initlint

from initlint import catalogue

MODEL = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, groups=1)
        self.act = nn.LeakyReLU(0.2)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="leaky_relu")
        nn.init.eye_(self.conv.weight)
        nn.init.normal_(self.conv.weight, 0.02)  # initlint: ignore[INI401] the mean is meant
        nn.init.zeros(self.conv.bias)  # noqa: INI406
        nn.init.zeros_(self.conv.bias)  # initlint: ignore[INI401]
        label = "\\x00\U0001f525"

    def forward(self, x):
        return self.act(self.conv(x))
"""
FOUND = ["INI101", "INI301", "INI003"]
SUPPRESSED = {"INI401": "the mean is meant", "INI406": None}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository, checked from a folder inside of it into one file per format."""
    root = tmp_path_factory.mktemp("repository")
    (root / ".git").mkdir()
    package = root / "my package"
    package.mkdir()
    (package / "nét.py").write_text(MODEL, encoding="utf-8")
    (package / "broken.py").write_text("import torch.nn as nn\nnn.init.eye_(\n")
    words = [f"--output-format={name}:{root / name}" for name in ("sarif", "junit", "gitlab", "github")]
    done = initlint("check", ".", *words, cwd=package)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    return root


@pytest.fixture(scope="module")
def run(outputs: Path) -> dict[str, Any]:
    log = json.loads((outputs / "sarif").read_text(encoding="utf-8"))
    one: dict[str, Any]
    (one,) = log["runs"]
    return one


def test_sarif_is_valid(outputs: Path) -> None:
    report_schemas.sarif().validate(json.loads((outputs / "sarif").read_text(encoding="utf-8")))


def test_sarif_that_is_not_valid_is_refused(outputs: Path) -> None:
    log = json.loads((outputs / "sarif").read_text(encoding="utf-8"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        report_schemas.sarif().validate(log)


def test_sarif_holds_what_code_scanning_shows_of_every_rule(run: dict[str, Any]) -> None:
    rules = run["tool"]["driver"]["rules"]
    assert {each["id"] for each in rules} == {rule.code for rule in catalogue.rules()} | {"INI003"}
    for each in rules:
        assert 1 < len(each["shortDescription"]["text"]) <= 1024
        assert 1 < len(each["fullDescription"]["text"]) <= 1024
        assert each["help"]["markdown"].startswith("# ")
        assert each["help"]["text"]
        assert each["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert each["properties"]["problem.severity"] in ("error", "warning", "recommendation")
        assert 0 < len(each["properties"]["tags"]) <= 20
        assert len(each["name"]) <= 255


def test_sarif_regions_are_whole_and_paths_begin_at_the_root_of_the_repository(run: dict[str, Any]) -> None:
    places = [place for each in run["results"] for place in (*each["locations"], *each.get("relatedLocations", ()))]
    assert len(places) > len(run["results"])
    for place in places:
        physical = place["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "my%20package/n%C3%A9t.py", "uriBaseId": "%SRCROOT%"}
        assert set(physical["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
        assert min(physical["region"].values()) >= 1


def test_sarif_results_name_their_rule_by_its_place(run: dict[str, Any]) -> None:
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    (failure,) = run["invocations"][0]["toolExecutionNotifications"]
    assert failure["descriptor"]["id"] in {each["id"] for each in run["tool"]["driver"]["notifications"]}


def test_sarif_marks_suppressed_findings_with_their_reason(run: dict[str, Any]) -> None:
    open_ones = [each["ruleId"] for each in run["results"] if "suppressions" not in each]
    assert open_ones == FOUND
    closed = {each["ruleId"]: each["suppressions"] for each in run["results"] if "suppressions" in each}
    assert {code: each[0].get("justification") for code, each in closed.items()} == SUPPRESSED
    assert all(each[0]["kind"] == "inSource" for each in closed.values())


def test_only_sarif_holds_suppressed_findings(outputs: Path) -> None:
    for name in ("junit", "gitlab", "github"):
        text = (outputs / name).read_text(encoding="utf-8")
        assert "INI301" in text
        assert "INI406" not in text


def test_sarif_fixes_replace_regions(run: dict[str, Any]) -> None:
    fixes = {each["ruleId"]: each["fixes"] for each in run["results"] if "fixes" in each}
    (slope,) = fixes["INI101"]
    (change,) = slope["artifactChanges"]
    assert [each["insertedContent"]["text"] for each in change["replacements"]] == [", a=0.2"]


def test_gitlab_takes_every_issue(outputs: Path) -> None:
    issues = json.loads((outputs / "gitlab").read_text(encoding="utf-8"))
    validator = report_schemas.codeclimate()
    for issue in issues:
        validator.validate(issue)
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 4
    assert {issue["location"]["path"] for issue in issues} == {"my package/broken.py", "my package/nét.py"}


def test_junit_is_valid(outputs: Path) -> None:
    report_schemas.junit().validate(outputs / "junit")


def test_github_annotates_files_of_the_repository(outputs: Path) -> None:
    lines = (outputs / "github").read_text(encoding="utf-8").splitlines()[:-1]
    assert all(",line=" in line and "file=my package/" in line for line in lines)


def fingerprints(folder: Path, text: str, *words: str) -> dict[str, str]:
    (folder / "net.py").write_text(text, encoding="utf-8")
    done = initlint("check", *(words or (".",)), "--output-format", "sarif", cwd=folder)
    results = json.loads(done.stdout)["runs"][0]["results"]
    return {each["ruleId"]: each["partialFingerprints"]["initlint/v1"] for each in results}


def test_fingerprints_survive_what_does_not_touch_the_code_of_the_line(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    before = fingerprints(tmp_path, MODEL)
    assert fingerprints(tmp_path, "# a comment\n\n\n" + MODEL) == before
    suppressed = MODEL.replace("nn.init.eye_(self.conv.weight)", "nn.init.eye_(self.conv.weight)  # noqa: INI301")
    assert fingerprints(tmp_path, suppressed) == before
    assert fingerprints(tmp_path, MODEL, str(tmp_path)) == before
    changed = fingerprints(tmp_path, MODEL.replace("nn.init.eye_(self.conv.weight)", "nn.init.eye_(self.conv.weight,)"))
    assert {code for code, each in changed.items() if each != before[code]} == {"INI301"}
