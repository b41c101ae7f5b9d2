"""Several processes: nothing is lost when one dies, nothing stays when a run is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from commands import initlint

from initlint.pool import Death, Pool, WorkerDied, _chunks

MODEL = (
    """\
import torch.nn as nn

linear = nn.Linear(3, 4)
nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')
"""
    + "nn.init.zeros_(linear.bias)\n" * 100
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


class Deadly:
    """Doubles numbers; some kill the process, once or always."""

    def __init__(self, folder: Path, once: int | None = None, always: int | None = None) -> None:
        self.marker, self.once, self.always = folder / "died", once, always

    def __call__(self, number: int) -> int:
        if number == self.once and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if number == self.always:
            os._exit(3)
        return 2 * number


def run(function: Deadly, sizes: list[int], jobs: int = 2) -> tuple[dict[int, int | Exception], list[Death]]:
    deaths: list[Death] = []
    pool = Pool(function, range(len(sizes)), sizes, jobs, died=deaths.append)
    pairs = list(pool)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs), deaths


def doubled(number: int) -> dict[int, int]:
    return {each: 2 * each for each in range(number)}


def test_every_item_has_its_value(tmp_path: Path) -> None:
    for sizes in ([], [5], [1 << 20] * 3, [100] * 1000, [1, 1 << 22, 1] * 50):
        assert run(Deadly(tmp_path), sizes) == (doubled(len(sizes)), [])


def test_big_items_come_first_and_small_ones_in_even_chunks_in_order() -> None:
    sizes = [1 << 10, 1 << 20, 1 << 10, 1 << 21, *[1 << 12] * 100]
    chunks = [chunk.numbers for chunk in _chunks(sizes, 2)]
    assert chunks[:2] == [(3,), (1,)]
    rest = [number for chunk in chunks[2:] for number in chunk]
    assert rest == sorted(rest)
    filled = [sum(sizes[number] for number in chunk) for chunk in chunks[2:-1]]
    assert max(filled) < 2 * min(filled)


def test_what_a_killed_worker_had_is_done_again(tmp_path: Path) -> None:
    values, deaths = run(Deadly(tmp_path, once=100), [10_000] * 200)
    assert values == doubled(200)
    (death,) = deaths
    assert death.reason == "was killed by SIGKILL"
    assert 1 <= death.items < 20


def test_an_item_that_kills_twice_is_given_up_and_no_other(tmp_path: Path) -> None:
    values, deaths = run(Deadly(tmp_path, always=100), [10_000] * 200)
    lost = values.pop(100)
    assert isinstance(lost, WorkerDied)
    assert str(lost) == "ended with exit code 3"
    assert values == {number: value for number, value in doubled(200).items() if number != 100}
    assert len(deaths) == 1


def test_no_worker_is_left_when_nobody_wants_the_rest(tmp_path: Path) -> None:
    pool = iter(Pool(Deadly(tmp_path), range(5000), [10_000] * 5000, 3))
    next(pool)
    pool.close()  # type: ignore[attr-defined]
    assert children(os.getpid()) == []


SPAWNED = """
import multiprocessing, sys
from pathlib import Path
from initlint.batch import Run, check_paths
from initlint.config import Settings
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    settings = Settings(root=Path.cwd())
    one, two = (list(check_paths([Path(".")], settings, run=Run(jobs))) for jobs in (1, 2))
    assert one == two and len(one) == 70, (one, two)
    assert sum(bool(result.findings) for result in two) == 70
"""


def test_processes_that_are_no_copies_find_the_same(tmp_path: Path) -> None:
    for number in range(70):
        (tmp_path / f"model_{number}.py").write_text(MODEL[:200])
    script = tmp_path.parent / f"{tmp_path.name}.script.py"
    script.write_text(SPAWNED)
    subprocess.run([sys.executable, script], cwd=tmp_path, check=True)


# Through the command line


def many(folder: Path, files: int = 200) -> None:
    for number in range(files):
        (folder / f"model_{number}.py").write_text(MODEL)


def started(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """A run in a process group of its own, as a shell starts one."""
    return subprocess.Popen(
        [sys.executable, "-m", "initlint", "check", "--jobs", "2", "--output-format", "concise", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def children(process: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    with suppress(OSError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
        return [child for child in map(int, text.split()) if state(child) not in (None, "Z")]
    return []


def state(process: int) -> str | None:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return None


def in_session(session: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] != "Z":
                    yield int(entry.name)


def workers_of(process: subprocess.Popen[bytes], number: int = 2) -> list[int]:
    """The workers that check files: those of the second stage, where the first one only reads."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        found = children(process.pid)
        if len(found) >= number:
            return found
        time.sleep(0.005)
    raise AssertionError(f"no workers: {process.communicate()}")


@linux
def test_a_killed_worker_loses_no_finding(tmp_path: Path) -> None:
    many(tmp_path)
    words = ("--no-cache", "--no-project")
    plain = initlint("check", "--jobs", "1", "--output-format", "concise", *words, cwd=tmp_path)
    process = started(tmp_path, *words)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    out, errors = process.communicate()
    assert out.decode() == plain.stdout
    assert process.returncode == plain.returncode == 1
    line = r"initlint: a process was killed by SIGKILL; its (1 file is|\d+ files are) done again\n"
    assert re.fullmatch(line, errors.decode())


@linux
@pytest.mark.parametrize("words", [("--no-cache", "--no-project"), ()])
def test_an_interrupt_leaves_no_process_and_no_file(words: tuple[str, ...], tmp_path: Path) -> None:
    many(tmp_path)
    process = started(tmp_path, *words)
    workers_of(process)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.strip() == b""
    assert list(in_session(process.pid)) == []
    assert not list(tmp_path.rglob(".initlint-*"))


@linux
def test_workers_end_when_the_run_is_killed(tmp_path: Path) -> None:
    many(tmp_path)
    process = started(tmp_path, "--no-cache", "--no-project")
    workers_of(process)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while list(in_session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(in_session(process.pid)) == []


@linux
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_long_run_shows_on_a_terminal_how_far_it_is_and_leaves_nothing_of_that(jobs: str, tmp_path: Path) -> None:
    import pty

    for number in range(300):
        (tmp_path / f"model_{number}.py").write_text(MODEL.replace(", a=0.2", ""))
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "initlint", "check", "--jobs", jobs, "--no-cache", "--ignore", "INI7", "."],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=follower,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(follower)
    shown = b""
    with suppress(OSError):
        while chunk := os.read(leader, 65536):
            shown += chunk
    os.close(leader)
    assert process.communicate()[0] == b"No findings; 300 files checked.\n"
    assert b"Checking" in shown
    assert shown.endswith(b"\x1b[2K")
    assert shown.count(b"\x1b[?25h") == shown.count(b"\x1b[?25l")
