"""The cache: what comes out of it is what a check would say, whatever happens to the folder."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, initlint

from initlint.batch import Run, check_paths
from initlint.cache import Cache, digest
from initlint.config import Settings
from initlint.engine import Result

BASE = """\
import torch
from torch import nn


class Base(nn.Module):
    def reset(self):
        {reset}
"""
MODEL = """\
import torch
from torch import nn

from base import Base


class Pooling(Base):
    def __init__(self, width):
        super().__init__()
        self.query = nn.Parameter(torch.empty(width, 1))
        self.reset()


class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        nn.init.kaiming_normal_(self.conv.weight, a=0.2, nonlinearity='relu')
        nn.init.eye_(self.conv.weight)  # noqa: INI301
"""
SILENT, WRITING = "pass", "nn.init.normal_(self.query)"
FOLDER = ".initlint_cache"


def write(folder: Path, reset: str = SILENT) -> None:
    (folder / "base.py").write_text(BASE.format(reset=reset))
    (folder / "model.py").write_text(MODEL)


def checked(folder: Path, *words: str) -> dict[str, object]:
    done = initlint("check", ".", "--output-format", "json", *words, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return {"code": done.returncode, "errors": done.stderr, **json.loads(done.stdout)}


def results(folder: Path, cache: Cache | None, **overrides: object) -> list[Result]:
    settings = Settings(root=folder).with_overrides(**overrides)  # type: ignore[arg-type]
    return list(check_paths([folder], settings, run=Run(cache=cache)))


def codes(found: list[Result]) -> list[str]:
    return [finding.code for result in found for finding in result.findings]


def stored(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*-*"))


def test_findings_out_of_the_cache_equal_those_without(tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(ROOT / "fixtures")
    for jobs in ("1", "2"):
        words = ("src/models", "--preview", "--jobs", jobs)
        plain, cold, warm = (checked(tmp_path, *words, *more) for more in (["--no-cache"], [], []))
        assert plain["findings"]
        assert plain == cold == warm
    text, again = (initlint("check", "src/models", *more, cwd=tmp_path) for more in (["--no-cache"], []))
    assert text.stdout == again.stdout


def test_a_run_in_which_nothing_is_new_parses_nothing_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    checked(tmp_path)
    before = [(file, file.stat().st_mtime_ns) for file in stored(tmp_path)]
    assert before
    program = (
        "import sys\nfrom initlint.cli import main\ntry: main(['check', '--output-format', 'concise'])\n"
        "except SystemExit: print('libcst' in sys.modules, 'initlint.rules' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "INI102" in done.stdout
    assert done.stdout.endswith("False False\n")
    assert [(file, file.stat().st_mtime_ns) for file in stored(tmp_path)] == before


def test_a_base_class_in_another_file_decides_about_findings(tmp_path: Path) -> None:
    found = []
    for reset in (SILENT, WRITING, SILENT, WRITING):
        write(tmp_path, reset)
        cached = checked(tmp_path)
        assert cached == checked(tmp_path, "--no-cache")
        found.append("INI601" in json.dumps(cached))
    assert found == [True, False, True, False]


def test_a_file_that_comes_or_goes_decides_about_findings(tmp_path: Path) -> None:
    write(tmp_path)
    assert "INI601" in codes(results(tmp_path, Cache(tmp_path / FOLDER)))
    (tmp_path / "helper.py").write_text("import torch\n\n\ndef start(model):\n    model.query.data.normal_()\n")
    assert "INI601" not in codes(results(tmp_path, Cache(tmp_path / FOLDER)))
    (tmp_path / "helper.py").unlink()
    assert "INI601" in codes(results(tmp_path, Cache(tmp_path / FOLDER)))


def test_what_no_other_file_can_change_stays_known_when_one_does(tmp_path: Path) -> None:
    alone = "import torch.nn as nn\n\nnn.init.eye_(nn.Conv2d(3, 4, 3).weight)\n"
    write(tmp_path)
    (tmp_path / "alone.py").write_text(alone)
    results(tmp_path, Cache(tmp_path / FOLDER), select=["INI301"])
    write(tmp_path, WRITING)
    cache = Cache(tmp_path / FOLDER)
    list(check_paths([tmp_path / "alone.py"], Settings(root=tmp_path), run=Run(cache=cache)))
    settings = Settings(root=tmp_path).with_overrides(select=["INI301"])
    found = {each.path.name: each for each in check_paths([tmp_path], settings, run=Run(cache=cache))}
    assert found["alone.py"].findings
    assert found["alone.py"].source is None, "it came out of the cache"


@pytest.mark.parametrize(
    "overrides",
    [
        {"select": ["INI102"]},
        {"ignore": ["INI102"]},
        {"preview": True},
        {"torch_version": "1.4"},
        {"init_modules": ["base"]},
    ],
)
def test_other_settings_are_another_result(overrides: dict[str, object], tmp_path: Path) -> None:
    write(tmp_path)
    results(tmp_path, Cache(tmp_path / FOLDER))
    plain = results(tmp_path, None, **overrides)
    assert results(tmp_path, Cache(tmp_path / FOLDER), **overrides) == plain
    assert results(tmp_path, Cache(tmp_path / FOLDER), **overrides) == plain


def test_per_file_ignores_hold_for_files_of_the_same_content(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "twin.py").write_text(MODEL)
    (tmp_path / "pyproject.toml").write_text('[tool.initlint.per-file-ignores]\n"twin.py" = ["INI102"]\n')
    for _ in range(2):
        found = checked(tmp_path)["findings"]
        assert [each["path"] for each in found if each["code"] == "INI102"] == ["model.py"]  # type: ignore[attr-defined]


def test_fixing_what_comes_out_of_the_cache(tmp_path: Path) -> None:
    write(tmp_path)
    checked(tmp_path)
    done = initlint("fix", cwd=tmp_path)
    assert "Fixed 1 finding in 1 file." in done.stdout
    assert "a=0.2" not in (tmp_path / "model.py").read_text()
    assert "INI102" not in json.dumps(checked(tmp_path))


def test_what_is_wrong_with_a_file_is_said_every_time(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import torch\nnn.init.normal_(\n")
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    first, second = checked(tmp_path), checked(tmp_path)
    assert first == second
    assert first["code"] == 2
    assert len(first["diagnostics"]) == 2  # type: ignore[arg-type]


def test_git_ignores_the_folder_by_itself(tmp_path: Path) -> None:
    write(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    checked(tmp_path)
    assert stored(tmp_path)
    done = subprocess.run(["git", "status", "--short"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["??", "base.py", "??", "model.py"]


def test_the_folder_stands_where_the_configuration_says(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    write(tmp_path / "below")
    (tmp_path / "pyproject.toml").write_text('[tool.initlint]\ncache-dir = "build/cache"\n')
    checked(tmp_path / "below")
    assert not (tmp_path / "below" / FOLDER).exists()
    assert (tmp_path / "build" / "cache" / "CACHEDIR.TAG").exists()


# What can be wrong with the folder


def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path) -> None:
    write(tmp_path)
    plain = checked(tmp_path, "--no-cache")
    checked(tmp_path)
    chance = random.Random(0)
    for file in stored(tmp_path):
        whole = file.read_bytes()
        damaged = [b"", whole[:20], whole[:-1], whole + b"\0", b"\xff" * len(whole)]
        for _ in range(40):
            at = chance.randrange(len(whole))
            damaged.append(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        for data in damaged:
            file.write_bytes(data)
            found = results(tmp_path, Cache(tmp_path / FOLDER))
            assert codes(found) == [each["code"] for each in plain["findings"]]  # type: ignore[attr-defined]
    assert checked(tmp_path) == plain


def test_a_cache_with_a_right_checksum_and_other_things_in_it_is_as_good_as_none(tmp_path: Path) -> None:
    from initlint.cache import _packed, tool

    write(tmp_path)
    found = codes(results(tmp_path, None))
    for parts in ([b"x"], [b"", b"x", b"y"], [b"", b"c" * 16, b"k" * 16, b"k" * 16, b"odd"]):
        results(tmp_path, Cache(tmp_path / FOLDER))
        for file in stored(tmp_path):
            body = _packed(parts)
            file.write_bytes(tool() + digest(body) + body)
        assert codes(results(tmp_path, Cache(tmp_path / FOLDER))) == found


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    write(tmp_path)
    plain = checked(tmp_path, "--no-cache")
    (tmp_path / FOLDER).write_text("a file\n")
    assert checked(tmp_path) == plain
    (tmp_path / FOLDER).unlink()
    (tmp_path / FOLDER).symlink_to(tmp_path / "absent" / "absent")
    assert checked(tmp_path) == plain


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of resources")
def test_a_disk_without_room_is_no_error_and_keeps_nothing_half(tmp_path: Path) -> None:
    write(tmp_path)
    plain = checked(tmp_path, "--no-cache")

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    done = subprocess.run(
        [sys.executable, "-m", "initlint", "check", "--output-format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=full,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["findings"] == plain["findings"]
    left = [] if not (tmp_path / FOLDER).exists() else os.listdir(tmp_path / FOLDER)
    assert not [name for name in left if name.startswith(".initlint-") or "-" in name]
    assert checked(tmp_path) == plain


def test_parallel_runs_over_one_cache_say_the_same(tmp_path: Path) -> None:
    write(tmp_path)
    for number in range(20):
        (tmp_path / f"model_{number}.py").write_text(MODEL.replace("query", f"query_{number}"))
    command = [sys.executable, "-m", "initlint", "check", "--output-format", "json"]
    plain = initlint("check", "--output-format", "json", "--no-cache", cwd=tmp_path).stdout
    for _ in range(2):
        running = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        assert [process.communicate()[0] for process in running] == [plain] * 4
    assert len(stored(tmp_path)) == 2
    assert not list((tmp_path / FOLDER).glob(".initlint-*"))


def test_what_two_runs_add_is_kept(tmp_path: Path) -> None:
    write(tmp_path)
    one, other = Cache(tmp_path / FOLDER), Cache(tmp_path / FOLDER)
    results(tmp_path, one, select=["INI102"])
    results(tmp_path, other, select=["INI301"])
    for code in ("INI102", "INI301"):
        again = results(tmp_path, Cache(tmp_path / FOLDER), select=[code])
        assert all(result.source is None for result in again)


# Cleaning


def test_clean_removes_the_cache_and_says_so(tmp_path: Path) -> None:
    write(tmp_path)
    checked(tmp_path)
    done = initlint("clean", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"Removed {FOLDER}.\n")
    assert not (tmp_path / FOLDER).exists()
    done = initlint("clean", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"Nothing to remove: there is no {FOLDER}.\n")


def test_clean_leaves_a_folder_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "model.py").write_text(MODEL)
    (tmp_path / "initlint.toml").write_text('cache-dir = "src"\n')
    done = initlint("clean", cwd=tmp_path)
    assert done.returncode == 2
    assert "src is no cache of initlint" in done.stderr
    assert (tmp_path / "src" / "model.py").exists()
