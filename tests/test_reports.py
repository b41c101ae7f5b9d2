"""The formats for machines: what each says of the same findings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from commands import initlint

from initlint import catalogue

MODEL = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        nn.init.eye_(self.conv.weight)
        nn.init.normal_(self.conv.weight, 0.02)
        nn.init.zeros(self.conv.bias)
"""
CODES = ["INI301", "INI401", "INI406"]
MACHINES = ["json", "json-lines", "sarif", "gitlab", "junit"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a, b:c").mkdir()
    (tmp_path / "a, b:c" / "net.py").write_text(MODEL)
    (tmp_path / "broken.py").write_text("import torch.nn as nn\nnn.init.eye_(\n")
    return tmp_path


def report(project: Path, output_format: str, *words: str) -> str:
    done = initlint("check", ".", "--output-format", output_format, *words, cwd=project)
    assert done.returncode == 2, done.stderr
    return done.stdout


def codes(project: Path, output_format: str) -> list[str]:
    text = report(project, output_format)
    match output_format:
        case "json":
            return [each["code"] for each in json.loads(text)["findings"]]
        case "json-lines":
            records = map(json.loads, text.splitlines())
            return [each["code"] for each in records if each["kind"] == "finding"]
        case "sarif":
            return [each["ruleId"] for each in json.loads(text)["runs"][0]["results"]]
        case "gitlab":
            return [each["check_name"] for each in json.loads(text) if each["severity"] != "blocker"]
        case _:
            return [each.get("type", "") for each in ElementTree.fromstring(text).iter("failure")]


@pytest.mark.parametrize("output_format", MACHINES)
def test_all_formats_for_machines_report_the_same_findings(output_format: str, project: Path) -> None:
    assert codes(project, output_format) == CODES


def test_json_lines_end_with_the_summary(project: Path) -> None:
    *_, failed, last = map(json.loads, report(project, "json-lines").splitlines())
    assert (failed["kind"], failed["code"]) == ("diagnostic", "INI001")
    assert (last["kind"], last["findings"], last["diagnostics"]) == ("summary", 3, 1)


def test_github_annotations_escape_what_would_end_them(project: Path) -> None:
    lines = report(project, "github").splitlines()
    assert lines[0].startswith(
        "::error file=a%2C b%3Ac/net.py,line=8,endLine=8,col=9,endColumn=39,title=INI301 eye-not-2d::"
    )
    assert sum(line.startswith("::error ") for line in lines) == 4
    assert lines[-1].startswith("Found 3 findings")


def sarif(project: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(report(project, "sarif"))
    return log


def test_sarif_lists_every_rule_with_its_page(project: Path) -> None:
    log = sarif(project)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["INI003", *(rule.code for rule in catalogue.rules())]
    (eye,) = [each for each in rules if each["id"] == "INI301"]
    page = catalogue.find("INI301").page.read_text(encoding="utf-8")
    assert eye["name"] == "EyeNot2d"
    assert eye["help"]["markdown"] == page
    assert eye["properties"]["precision"] == "very-high"
    assert eye["properties"]["problem.severity"] == "error"
    assert eye["defaultConfiguration"]["level"] == "error"


def test_sarif_results_point_into_the_repository(project: Path) -> None:
    run = sarif(project)["runs"][0]
    first = run["results"][0]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "INI301"
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "a%2C%20b%3Ac/net.py", "uriBaseId": "%SRCROOT%"}
    assert location["region"] == {"startLine": 8, "startColumn": 9, "endLine": 8, "endColumn": 39}
    assert run["columnKind"] == "unicodeCodePoints"
    mean = run["results"][1]
    (change,) = mean["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"]
    invocation = run["invocations"][0]
    assert not invocation["executionSuccessful"]
    assert "INI001" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def fingerprints(project: Path) -> list[str]:
    return [each["partialFingerprints"]["initlint/v1"] for each in sarif(project)["runs"][0]["results"]]


def test_fingerprints_survive_inserted_lines_and_tell_equal_lines_apart(project: Path) -> None:
    path = project / "a, b:c" / "net.py"
    before = fingerprints(project)
    path.write_text("# a comment\n\n" + MODEL)
    assert fingerprints(project) == before
    path.write_text(MODEL + "        nn.init.eye_(self.conv.weight)\n")
    again = fingerprints(project)
    assert len(set(again)) == 4
    assert set(before) < set(again)


def test_gitlab_issues_have_what_the_report_needs(project: Path) -> None:
    issues = json.loads(report(project, "gitlab"))
    assert {tuple(sorted(each)) for each in issues} == {
        ("check_name", "description", "fingerprint", "location", "severity")
    }
    assert len({each["fingerprint"] for each in issues}) == len(issues)
    assert issues[0]["location"] == {"path": "a, b:c/net.py", "lines": {"begin": 8, "end": 8}}


def test_junit_counts_files(project: Path) -> None:
    root = ElementTree.fromstring(report(project, "junit"))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    assert [case.get("name") for case in suite] == ["a, b:c/net.py", "broken.py"]


def test_statistics_count_findings_per_rule(project: Path) -> None:
    lines = report(project, "statistics").splitlines()
    assert re.split(r" {2,}", lines[1].strip()) == ["1", "1", "INI301 eye-not-2d"]
    assert len(lines) == 5


def test_several_outputs_in_one_run(project: Path) -> None:
    words = ["--output-format", "sarif:out.sarif", "--output-format", "junit:out.xml"]
    text = report(project, "concise", *words)
    assert text.splitlines()[-1].startswith("Found 3 findings")
    assert len(json.loads((project / "out.sarif").read_text())["runs"][0]["results"]) == 3
    assert ElementTree.parse(project / "out.xml").getroot().tag == "testsuites"


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("sarf", "did you mean 'sarif'"),
        ("pdf", "known are text"),
        ("json:", "names no file"),
        ("json:no/where", "cannot write"),
    ],
)
def test_output_that_cannot_be_is_one_clear_error(output: str, says: str, project: Path) -> None:
    done = initlint("check", "a, b:c", "--output-format", output, cwd=project)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
