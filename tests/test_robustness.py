"""What no input and no file system may do to a run: crash it, hang it, or lose a result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from commands import initlint

from initlint import report

FUZZ = Path(__file__).parent / "fuzz"
sys.path.insert(0, str(FUZZ))

from judging import ALL, Fault, judge_in_time  # noqa: E402
from losses import KINDS, judge_losses, varied  # noqa: E402
from mutations import MUTATIONS, Mutation, examples, mutated  # noqa: E402

MODEL = """\
import torch.nn as nn

linear = nn.Linear(3, 4)
nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')
"""

AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Nothing is forbidden to root, unless it gives up these two."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")


# Inputs


@pytest.mark.parametrize("path", sorted((FUZZ / "crashers").iterdir()), ids=lambda path: path.name)
def test_what_once_broke_something_does_not_any_more(path: Path) -> None:
    judge_in_time(path.read_bytes(), gated=False)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_mutated_examples_break_nothing(mutation: Mutation) -> None:
    for seed in range(4):
        chance = Random(seed)
        judge_in_time(mutation(chance, chance.choice(examples())))


def test_mutated_mutations_break_nothing() -> None:
    for seed in range(60):
        chance = Random(seed)
        judge_in_time(mutated(chance, chance.choice(examples())))


def test_generated_programs_break_nothing() -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from programs import inside_examples

    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inside_examples())
    def run(text: str) -> None:
        judge_in_time(text.encode("utf-8", "surrogatepass"), gated=False)

    run()


def test_other_spellings_lose_no_finding() -> None:
    found, kinds = 0, set[str]()
    for seed in range(150):
        chance = Random(seed)
        variant = varied(chance, chance.choice(examples()).decode())
        if variant is not None:
            found += judge_losses(variant.data)
            kinds.update(variant.kinds)
    assert found > 60
    assert kinds >= {kind.__name__ for kind in KINDS}


def test_a_finding_that_is_lost_to_a_premise_is_a_fault() -> None:
    wrong = tuple(replace(rule, premise=lambda tree: False) for rule in ALL)
    with pytest.raises(Fault, match="INI102 is lost to its premise"):
        judge_losses(MODEL.encode(), wrong)


@pytest.mark.parametrize(
    "line",
    [
        "nn.init.normal_(" + "w" * 20_000 + ")",
        "nn.init.normal_(w" + ".data" * 4_000 + ")",
        "x = [" + "parameters(" * 2_000,
        "def f(" * 3_000,
        "x = 1  # noqa: INI101" + " " * 20_000 + "x",
        "super().__init__(" * 1_500,
        "for x in " * 2_500,
        "a" * 20_000 + ".parameters()",
    ],
    ids=lambda line: line[:20],
)
def test_a_long_line_takes_no_long_time(line: str) -> None:
    judge_in_time(f"import torch\nfrom torch import nn\n{line}\n".encode(), gated=False)


# Files and folders


def checked(folder: Path, *words: str) -> tuple[int, str, str]:
    done = initlint("check", "--output-format", "concise", *words, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def test_links_that_lead_in_circles_are_walked_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.py").write_text(MODEL)
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "one.py").symlink_to(tmp_path / "two.py")
    (tmp_path / "two.py").symlink_to(tmp_path / "one.py")
    code, output, errors = checked(tmp_path)
    assert code == 2
    assert output.endswith("3 files checked, 2 with errors.\n")
    assert sorted(line.split(":")[0] for line in errors.splitlines()) == ["one.py", "two.py"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_files_that_change_and_vanish_meanwhile_are_said_and_lose_no_other(jobs: str, tmp_path: Path) -> None:
    for number in range(150):
        (tmp_path / f"stays_{number}.py").write_text(MODEL)
        (tmp_path / f"goes_{number}.py").write_text(MODEL)
    ended = threading.Event()

    def meddle() -> None:
        chance = Random(0)
        while not ended.is_set():
            file = tmp_path / f"goes_{chance.randrange(150)}.py"
            if file.exists():
                file.unlink()
            else:
                file.write_text(MODEL[: chance.randrange(len(MODEL))])

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        done = initlint("check", "--output-format", "json", "--jobs", jobs, cwd=tmp_path)
    finally:
        ended.set()
        thread.join()
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    found = [each["path"] for each in json.loads(done.stdout)["findings"]]
    assert {f"stays_{number}.py" for number in range(150)} <= set(found)
    assert {each["code"] for each in json.loads(done.stdout)["diagnostics"]} <= {"INI001"}


@linux
@pytest.mark.parametrize("output_format", report.FORMATS)
def test_odd_names_in_every_format(output_format: str, tmp_path: Path) -> None:
    names = [b"with space.py", b"new\nline.py", b"b\xff\xfe.py", "重み\u202e.py".encode(), b"<&\"'>%,:.py", b"-x.py"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(MODEL)
    (tmp_path / "broken\n\udcff.py").write_text("import torch\nnn.init.normal_(\n")
    plain = initlint("check", "--output-format", output_format, "--no-cache", cwd=tmp_path)
    assert plain.returncode == 2
    assert "Traceback" not in plain.stderr
    assert plain.stderr.count("INI001") == len(plain.stderr.splitlines()) == 1
    assert plain.stdout.count("INI102") >= (1 if output_format == "statistics" else len(names))
    for _ in range(2):
        assert initlint("check", "--output-format", output_format, cwd=tmp_path).stdout == plain.stdout
    match output_format:
        case "json" | "sarif" | "gitlab":
            json.loads(plain.stdout)
        case "json-lines":
            assert len([json.loads(line) for line in plain.stdout.splitlines()]) >= len(names)
        case "junit":
            from xml.etree import ElementTree

            ElementTree.fromstring(plain.stdout)


@linux
def test_odd_names_are_fixed_and_shown_as_a_diff(tmp_path: Path) -> None:
    for name in ("with space.py", "new\nline.py", "b\udcff.py"):
        (tmp_path / name).write_text(MODEL)
    done = initlint("fix", "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert "Would fix 3 findings in 3 files." in done.stderr
    done = initlint("fix", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not [path for path in tmp_path.glob("*.py") if "a=0.2" in path.read_text()]


def test_ten_thousand_small_files(tmp_path: Path) -> None:
    for number in range(10_000):
        folder = tmp_path / str(number % 100)
        folder.mkdir(exist_ok=True)
        text = MODEL if number % 1_000 == 0 else f"import torch\n\nx = torch.ones({number})\n"
        (folder / f"m{number}.py").write_text(text)
    first, again = checked(tmp_path), checked(tmp_path)
    assert first == again
    assert first[0] == 1
    assert first[1].endswith("Found 10 findings in 10 files (10 fixable); 10000 files checked.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a file without permissions can be read there")
def test_folders_and_files_that_may_not_be_read_are_said(tmp_path: Path) -> None:
    prefix = AS_ANYBODY if os.geteuid() == 0 else []
    if prefix and not shutil.which(prefix[0]):
        pytest.skip("nothing is forbidden to root")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "file.py").write_text(MODEL)
    (tmp_path / "folder").mkdir()
    for name in ("file.py", "folder"):
        (tmp_path / name).chmod(0)
    words = [*prefix, sys.executable, "-m", "initlint", "check", "--output-format", "concise"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / "folder").chmod(0o700)
    assert done.returncode == 2
    assert "INI102" in done.stdout
    assert sorted(line.split(":")[0] for line in done.stderr.splitlines()) == ["file.py", "folder"]


@linux
def test_a_pipe_and_a_device_among_the_files_do_not_hold_a_run_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "model.py").write_text(MODEL)
    done = subprocess.run(
        [sys.executable, "-m", "initlint", "check", ".", "pipe.py", "device.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "INI102" in done.stdout
    assert done.stderr.count("is not a regular file") == 2
