"""`initlint verify`, `trace`, `compare`, `fit` and the pytest plugin, as users run them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

import report_schemas  # noqa: E402
from commands import ROOT, initlint, run  # noqa: E402

MODELS = ROOT / "tests" / "runtime" / "models.py"
QUICK = {"OMP_NUM_THREADS": "1"}


def verify(*words: str | Path, cwd: Path) -> tuple[int, str, str]:
    done = initlint("verify", *words, "--device", "cpu", cwd=cwd, **QUICK)
    return done.returncode, done.stdout, done.stderr


def test_healthy_model_has_no_findings(tmp_path: Path) -> None:
    code, out, err = verify(f"{MODELS}:healthy", "--input", "4x64", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "normal(0, 0.17678) by kaiming_normal_" in out
    assert "numbers not fully tested, too few entries to see 2%: *.weight (2)" in out
    assert out.splitlines()[-1] == "4 parameters with 8,320 entries: no findings."


def test_findings_point_at_the_calls_and_are_the_same_in_every_format(tmp_path: Path) -> None:
    words = [f"--format={name}:out.{name}" for name in ("json", "junit", "sarif", "html")]
    code, out, _ = verify(f"{MODELS}:Wrong", *words, "--format", "text", cwd=tmp_path)
    assert code == 1
    lines = MODELS.read_text().splitlines()
    expected = {
        "INI401": lines.index("        nn.init.normal_(self.head.weight, 0.02)") + 1,
        "INI601": lines.index("        self.scale = nn.Parameter(torch.empty(64))") + 1,
    }
    assert {code: int(line) for line, code in re.findall(r":(\d+):\d+: (INI\d+)", out)} == expected
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["version"] == 1
    assert {each["code"]: each["line"] for each in document["findings"]} == expected
    log = json.loads((tmp_path / "out.sarif").read_text())
    report_schemas.sarif().validate(log)
    assert {each["ruleId"] for each in log["runs"][0]["results"]} == set(expected)
    report_schemas.junit().validate(tmp_path / "out.junit")
    failures = ElementTree.parse(tmp_path / "out.junit").getroot().iter("failure")
    assert {each.get("type") for each in failures} == set(expected)
    page = (tmp_path / "out.html").read_text()
    assert all(each in page for each in expected)
    assert not re.search(r"<script|<link|\bsrc=|url\((?!#)", page)


def test_arguments_reach_the_factory(tmp_path: Path) -> None:
    words = ["--arg", "width=8", "--kwargs-json", '{"std": 0.5}', "--format", "json"]
    code, out, _ = verify(f"{MODELS}:healthy", *words, cwd=tmp_path)
    assert code == 0
    rows = {row["name"]: row for row in json.loads(out)["parameters"]}
    assert (rows["2.weight"]["shape"], rows["2.weight"]["std"]) == ([8, 8], 0.5)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["{models}:nothing"], 2, "has no 'nothing'"),
        (["nowhere:f"], 2, "there is no module 'nowhere'"),
        (["{models}"], 2, "is no target"),
        (["{models}:healthy", "--input", "axb"], 2, "is no input"),
        (["{models}:healthy", "--arg", "depth"], 2, "write NAME=VALUE"),
        (["{models}:healthy", "--mem", "lots"], 2, "is no size"),
        (["{models}:healthy", "--format", "pdf"], 2, "known are text"),
        (["{models}:healthy", "--arg", "depth=3"], 3, "unexpected keyword argument 'depth'"),
        (["{models}:raising"], 3, "no weights today"),
        (["{models}:no_module"], 3, "returned int, not a torch.nn.Module"),
        (["{models}:healthy", "--input", "2x3"], 3, "does not run on 2x3"),
        (["{models}:dying"], 3, "it was killed by SIGKILL"),
        (["{models}:leaving"], 3, "it ended with status 7"),
        (["{models}:hanging", "--timeout", "8"], 4, "took too long: the limit is 8 s"),
        (["{models}:greedy", "--mem", "600M"], 4, "took too much memory"),
    ],
)
def test_what_goes_wrong_has_its_exit_code_and_one_clear_error(
    words: list[str], code: int, says: str, tmp_path: Path
) -> None:
    found, out, err = verify(*(word.format(models=MODELS) for word in words), cwd=tmp_path)
    assert (found, out) == (code, "")
    assert says in err.splitlines()[-1]
    assert "initlint/runtime" not in err


def test_a_thread_that_the_model_leaves_behind_does_not_keep_the_answer(tmp_path: Path) -> None:
    assert verify(f"{MODELS}:threaded", "--timeout", "50", cwd=tmp_path)[0] == 0


def test_declared_laws_are_held_against_the_model(tmp_path: Path) -> None:
    spec = tmp_path / "init.toml"
    text = f'[[model]]\nfactory = "{MODELS}:healthy"\n[model.expect]\n"*.bias" = "zeros"\n"2.weight" = "{{law}}"\n'
    for law, code in (("normal(std=0.02)", 0), ("normal(std=0.03)", 1)):
        spec.write_text(text.format(law=law))
        assert verify(f"{MODELS}:healthy", "--spec", spec, cwd=tmp_path)[0] == code
    spec.write_text(text.format(law="normal(std=0.02)").replace("2.weight", "3.weight"))
    found, _, err = verify(f"{MODELS}:healthy", "--spec", spec, cwd=tmp_path)
    assert found == 2
    assert "'3.weight' matches no parameter" in err


def test_specification_gives_arguments_and_an_input(tmp_path: Path) -> None:
    spec = tmp_path / "init.toml"
    text = f'[[model]]\nfactory = "{MODELS}:healthy"\nargs = {{ width = 32, std = 0.5 }}\ninput = "2x32"\n'
    spec.write_text(text + '[model.expect]\n"2.weight" = "normal(std=std)"\n')
    code, out, _ = verify(f"{MODELS}:healthy", "--spec", spec, "--arg", "std=0.25", "--format", "json", cwd=tmp_path)
    document = json.loads(out)
    assert (code, document["parameters"][0]["shape"]) == (0, [32, 32])
    assert (document["parameters"][2]["std"], len(document["signal"])) == (0.25, 2)


def test_lock_fails_when_a_law_changes(tmp_path: Path) -> None:
    assert verify(f"{MODELS}:healthy", "--write-lock", "init.lock", cwd=tmp_path)[0] == 0
    assert verify(f"{MODELS}:healthy", "--lock", "init.lock", cwd=tmp_path)[0] == 0
    code, out, _ = verify(f"{MODELS}:healthy", "--lock", "init.lock", "--arg", "std=0.03", cwd=tmp_path)
    assert code == 1
    assert "INR602" in out
    assert "law normal(0, 0.02) became normal(0, 0.03)" in out


def test_trace_shows_law_and_writer_of_every_parameter(tmp_path: Path) -> None:
    done = initlint("trace", f"{MODELS}:Wrong", cwd=tmp_path, **QUICK)
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert done.returncode == 0
    assert "normal(0.02, 1)" in rows["head.weight"]
    assert "models.py:" in rows["head.weight"]
    assert "uninitialised" in rows["scale"]
    assert "(default)" in rows["head.bias"]


def test_compare_names_what_differs(tmp_path: Path) -> None:
    same = initlint("compare", f"{MODELS}:healthy", f"{MODELS}:healthy", cwd=tmp_path, **QUICK)
    assert (same.returncode, same.stdout) == (0, "0 differences.\n")
    reset = initlint("compare", f"{MODELS}:healthy", cwd=tmp_path, **QUICK)
    assert reset.returncode == 1
    assert "after meta, to_empty and reset_parameters" in reset.stdout


def test_fit_says_what_a_checkpoint_may_come_from(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    torch.manual_seed(0)
    weight = torch.nn.init.kaiming_normal_(torch.empty(256, 128), nonlinearity="relu")
    safetensors.save_file({"fc.weight": weight, "fc.bias": torch.zeros(256)}, tmp_path / "w.safetensors")
    done = initlint("fit", "w.safetensors", cwd=tmp_path, **QUICK)
    assert done.returncode == 0
    assert "kaiming_normal_(fan_in, relu)" in done.stdout
    assert "zeros_" in done.stdout
    (tmp_path / "no.safetensors").write_text("nothing")
    assert initlint("fit", "no.safetensors", cwd=tmp_path, **QUICK).returncode == 2


TESTS = """\
import pytest
from models import Wrong, healthy


def test_healthy(initlint_verify):
    outcome = initlint_verify(healthy, expect={"2.weight": "normal(std=0.02)", "*.bias": "zeros"}, input="4x64")
    assert len(outcome.parameters) == 4


def test_wrong(initlint_verify):
    initlint_verify(Wrong)


def test_declared_otherwise(initlint_verify):
    initlint_verify(healthy, expect={"2.weight": "normal(std=0.03)"})


def test_built(initlint_verify):
    initlint_verify(healthy(256), expect={"2.weight": "normal(std=0.02)"})


def test_built_otherwise(initlint_verify):
    initlint_verify(healthy(256), expect={"2.weight": "normal(std=0.03)"})


@pytest.mark.initlint(seed=3, seeds=2)
def test_marked(initlint_verify):
    assert initlint_verify(healthy).seeds == [3, 4]
"""


def test_pytest_plugin(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS.read_text())
    (tmp_path / "test_models.py").write_text(TESTS)
    words = ["-p", "no:cacheprovider", "--strict-markers", "--initlint", "models:Wrong", "--initlint-device", "cpu"]
    done = run("pytest", *words, "-rA", cwd=tmp_path, **QUICK)
    verdicts = re.findall(r"^(PASSED|FAILED) test_models\.py::(\w+)", done.stdout, re.MULTILINE)
    assert {name: verdict for verdict, name in verdicts} == {
        "test_healthy": "PASSED",
        "test_wrong": "FAILED",
        "test_declared_otherwise": "FAILED",
        "test_built": "PASSED",
        "test_built_otherwise": "FAILED",
        "test_marked": "PASSED",
    }, done.stdout
    assert "INI401 std-passed-as-mean" in done.stdout
    assert "is declared normal(std=0.03)" in done.stdout
    assert "4 failed, 3 passed" in done.stdout
