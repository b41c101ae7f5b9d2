from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("psutil")

from initlint.runtime import child
from initlint.runtime.child import End, environment

WORKER = """\
import json, os, sys
request = json.load(sys.stdin)
exec(request["code"])
if request.get("answer"):
    open(sys.argv[1], "w").write(json.dumps({"seen": request["answer"], "here": os.getcwd()}))
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "worker_of_a_test.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "worker_of_a_test"


def test_answer_comes_back_and_what_is_printed_stays_off_stdout(
    worker: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ending = child.run(worker, {"code": "print('noise')", "answer": 3}, timeout=60, cwd=tmp_path)
    assert (ending.end, ending.answer) == (End.ANSWERED, {"seen": 3, "here": str(tmp_path)})
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("code", "limits", "end"),
    [
        ("import time; time.sleep(60)", {"timeout": 1.0}, End.TIME),
        ("import subprocess; subprocess.run(['sleep', '60'])", {"timeout": 1.0}, End.TIME),
        ("x = bytearray(300_000_000); import time; time.sleep(60)", {"memory": 200_000_000}, End.MEMORY),
        ("os.kill(os.getpid(), 9)", {}, End.KILLED),
        ("os._exit(3)", {}, End.KILLED),
        ("raise SystemExit", {}, End.KILLED),
    ],
)
def test_child_that_does_not_answer_says_how_it_ended(
    code: str, limits: dict[str, float], end: End, worker: str
) -> None:
    ending = child.run(worker, {"code": code, "answer": 1}, **limits)  # type: ignore[arg-type]
    assert ending.end is end
    assert ending.answer is None
    assert ending.detail
    assert ending.seconds < 30


def test_secrets_are_not_passed_on_and_hubs_are_offline() -> None:
    found = environment(
        {"HF_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "x", "OPENAI_API_KEY": "x", "PATH": "/bin", "PASSWORD": "x"}
    )
    assert found["PATH"] == "/bin"
    assert found["HF_HUB_OFFLINE"] == "1"
    assert "x" not in found.values()
