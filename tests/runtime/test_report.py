"""The reports of a run, each from the same outcome; the page also in a browser, where there is one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

from commands import ROOT

from initlint.report.records import finding_record
from initlint.runtime import commands
from initlint.runtime.outcome import Outcome, by_law, decode, encode, patterns
from initlint.runtime.report import html, junit, text
from initlint.runtime.report import json as as_json
from initlint.runtime.request import Request
from initlint.runtime.verify import verify

MODELS = ROOT / "tests" / "runtime" / "models.py"
CASES = {"healthy": "4x64", "Wrong": "", "exploding": "4x64", "Deep": "4x64"}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """What crosses from the child, of every case."""
    found = {}
    for name, given in CASES.items():
        outcome = verify(Request(f"{MODELS}:{name}", input=given, device="cpu"))
        answer = decode(json.loads(encode(outcome)))
        assert isinstance(answer, Outcome)
        found[name] = answer
    return found


def written(report: Any, outcome: Outcome, **more: Any) -> str:
    stream = StringIO()
    report(outcome, stream, **more)
    return stream.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_json_is_as_its_schema_says(name: str, outcomes: dict[str, Outcome]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = json.loads(written(as_json.report, outcomes[name]), parse_constant=lambda word: pytest.fail(word))
    jsonschema.Draft202012Validator(as_json.shipped()).validate(document)
    assert document["version"] == as_json.VERSION
    assert document["findings"] == [finding_record(each) for each in outcomes[name].findings]
    assert document["summary"]["parameters"] == len(document["parameters"])


def test_schema_is_that_of_the_types() -> None:
    assert as_json.shipped() == json.loads(json.dumps(as_json.schema())), "run python -m initlint.runtime.report.json"


def test_schema_says_what_every_key_means() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = as_json.shipped()
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in ("Document", "Row", "SignalRow", "Totals", "Seconds"):
        for key, value in schema["$defs"][name]["properties"].items():
            assert "description" in value or "$ref" in value, (name, key)


def test_junit_has_a_case_per_group_of_parameters(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["Wrong"]
    (suite,) = ElementTree.fromstring(written(junit.report, outcome))
    assert [case.get("name") for case in suite] == [group.law for group in by_law(outcome)]
    failing = {case.get("name"): {each.get("type") for each in case.iter("failure")} for case in suite}
    assert failing["normal(0.02, 1) by normal_"] == {"INI401"}
    assert failing["uninitialised"] == {"INI601"}
    assert (suite.get("tests"), suite.get("failures")) == (str(len(suite)), "2")
    assert "head.weight" in {case.findtext("system-out") for case in suite}


def test_sarif_points_at_the_traced_call(outcomes: dict[str, Outcome], tmp_path: Path) -> None:
    commands.write(outcomes["Wrong"], f"sarif:{tmp_path / 'out.sarif'}")
    results = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    lines = MODELS.read_text().splitlines()
    for result in results:
        region = result["locations"][0]["physicalLocation"]["region"]
        call = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        assert call in ("nn.init.normal_(self.head.weight, 0.02)", "torch.empty(64)", "nn.Parameter(torch.empty(64))")


def test_groups_with_findings_come_first_then_the_smallest_p(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        keys = [(not group.findings, 2 if group.p is None else group.p) for group in by_law(outcome)]
        assert keys == sorted(keys)
        assert sum(len(group.rows) for group in by_law(outcome)) == len(outcome.parameters)


def test_names_that_differ_in_numbers_are_one_pattern() -> None:
    names = ["stem.weight", "blocks.0.w1", "blocks.1.w1", "blocks.12.w2", "0.bias", "1.bias"]
    assert patterns(names) == ["stem.weight", "blocks.*.w1 (2)", "blocks.12.w2", "*.bias (2)"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", CASES)
def test_table_keeps_to_the_width_of_the_terminal(
    name: str, width: int, outcomes: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "_width", lambda stream: width)
    outcome = outcomes[name]
    lines = written(text.report, outcome).splitlines()
    end = lines.index("", 2)
    assert max(map(len, lines[1:end])) <= width
    table = "".join(line.strip() for line in lines[1:end]).replace(" ", "")
    assert all(group.law.partition("(")[0].replace(" ", "") in table for group in by_law(outcome))
    assert lines[-1] == text.sentence(outcome)


def test_verbose_names_every_parameter(outcomes: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_width", lambda stream: 2000)
    outcome = outcomes["Deep"]
    shown = written(text.report, outcome, verbose=True)
    assert all(row.name in shown for row in outcome.parameters)


def test_what_is_not_finite_is_said(outcomes: dict[str, Outcome]) -> None:
    assert "not finite" in written(text.report, outcomes["exploding"])
    assert {each.code for each in outcomes["exploding"].findings} >= {"INR501"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_terminal_shows_how_far_the_run_is(tmp_path: Path) -> None:
    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "initlint", "verify", f"{MODELS}:healthy", "--device", "cpu"]
    shown = b""
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=follower, env=os.environ) as process:
        os.close(follower)
        try:
            while part := os.read(leader, 1 << 16):
                shown += part
        except OSError:
            pass
        assert process.stdout is not None
        report = process.stdout.read()
    os.close(leader)
    assert re.search(rb"starting|importing|building|testing", shown)
    assert b"building" not in report
    assert process.returncode == 0


WALK = """<body><iframe id=page src=report.html style="width:390px;height:800px;border:0"></iframe><script>
addEventListener("load", () => {
  const frame = document.getElementById("page"), page = frame.contentDocument, seen = [];
  const beyond = () => [...page.querySelectorAll("body *")].filter(each => !each.closest("pre, nav") &&
    each.getBoundingClientRect().right > 390.5).map(each => each.outerHTML.slice(0, 120));
  const closed = [...page.querySelectorAll("details:not([open])")].length;
  const first = beyond();
  for (const link of page.querySelectorAll("nav a")) { link.click(); seen.push(frame.contentWindow.location.hash); }
  for (const each of page.querySelectorAll("details:not([open]) > summary")) each.click();
  const result = {
    closed, left: page.querySelectorAll("details:not([open])").length, seen,
    targets: seen.every(each => page.querySelector(each)), beyond: [...first, ...beyond()],
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    width: page.documentElement.clientWidth, plots: page.querySelectorAll(".plot svg").length,
    drawn: [...page.querySelectorAll(".plot svg")].every(each => each.getBoundingClientRect().width > 200),
    requests: frame.contentWindow.performance.getEntriesByType("resource").map(each => each.name),
    scripts: page.scripts.length,
  };
  document.body.textContent = JSON.stringify(result);
});
</script></body>
"""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("name", ["healthy", "Deep", "Wrong"])
def test_page_in_a_browser_of_a_telephone(name: str, outcomes: dict[str, Outcome], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(written(html.report, outcomes[name]), encoding="utf-8")
    (tmp_path / "walk.html").write_text("<!doctype html>" + WALK, encoding="utf-8")
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/walk.html"
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        server.shutdown()
    body = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    assert body, done.stderr
    found = json.loads(body[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert (found["overflow"], found["beyond"], found["width"]) == (0, [], 390)
    assert found["closed"] > 0
    assert found["left"] == 0
    assert found["targets"]
    assert "#laws" in found["seen"]
    assert ("#findings" in found["seen"]) is bool(outcomes[name].findings)
    assert found["plots"]
    assert found["drawn"]
    assert (found["requests"], found["scripts"]) == ([], 0)
    assert {*asked} <= {"/walk.html", "/report.html", "/favicon.ico"}


@pytest.mark.parametrize("name", CASES)
def test_page_holds_everything_and_asks_for_nothing(name: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[name]
    page = written(html.report, outcome)
    assert all(row.name in page for row in outcome.parameters)
    assert all(finding.code in page for finding in outcome.findings)
    assert "nn.init.trunc_normal_(block[&#34;attention_projection&#34;].weight, std=0.02)" in page or name != "Deep"
    assert not re.search(r"<script|<link|<img|\bsrc=|url\((?!#)|@import", page)
    assert written(html.report, outcome) == page
