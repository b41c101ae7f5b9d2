"""A fix that is killed in the middle: every file is as it was or as it should be, and none is torn."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import initlint

FILES = 1000
BEFORE = "import torch.nn as nn\n\nlinear = nn.Linear(3, 4)\nnn.init.xavier_normal(linear.weight)\n" + "# rest\n" * 200
AFTER = BEFORE.replace("xavier_normal(", "xavier_normal_(")


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_fix_that_is_killed_leaves_every_file_old_or_new(tmp_path: Path) -> None:
    files = [tmp_path / f"model{number:04}.py" for number in range(FILES)]
    for file in files:
        file.write_text(BEFORE)
    process = subprocess.Popen([sys.executable, "-m", "initlint", "fix", "--no-project", "-j1"], cwd=tmp_path)
    while files[FILES // 3].stat().st_size == len(BEFORE) and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert {file.read_text() for file in files} == {BEFORE, AFTER}
    assert [path.suffix for path in tmp_path.iterdir()].count(".py") == FILES
    assert initlint("fix", cwd=tmp_path).returncode == 0
    assert {file.read_text() for file in files} == {AFTER}
