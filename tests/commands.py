"""Runs the tool as users do: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(
    *words: str | Path, cwd: Path, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python module (`initlint`, `flake8`) with arguments; output is decoded as UTF-8."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        input=stdin,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def initlint(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `initlint` with arguments."""
    return run("initlint", *words, cwd=cwd, **environment)
