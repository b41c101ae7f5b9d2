"""`initlint explain` and `initlint rules` for machines and on a terminal; test_cli.py has what they print in a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import initlint

from initlint import catalogue

pty = pytest.importorskip("pty")


def on_terminal(*words: str, cwd: Path, columns: int = 130, **environment: str) -> list[str]:
    """The lines that a command prints on a terminal of its own."""
    outside, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "initlint", *words],
        cwd=cwd,
        stdout=inside,
        env=os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"} | environment,
    )
    os.close(inside)
    said = b""
    try:
        while read := os.read(outside, 1 << 16):
            said += read
    except OSError:  # Linux says so when the last writer is gone.
        pass
    os.close(outside)
    assert process.wait() == 0
    return said.decode().splitlines()


@pytest.mark.parametrize("word", ["INI101", "leaky-relu-slope"])
def test_explain_as_json_is_the_record_of_the_rule_and_its_page(word: str, tmp_path: Path) -> None:
    explained = json.loads(initlint("explain", word, "--output-format", "json", cwd=tmp_path).stdout)
    page = explained.pop("page")
    assert page == catalogue.find("INI101").page.read_text(encoding="utf-8")
    assert explained in json.loads(initlint("rules", "--output-format", "json", cwd=tmp_path).stdout)


def test_codes_of_the_engine_have_a_record_as_well(tmp_path: Path) -> None:
    explained = json.loads(initlint("explain", "INI003", "--output-format", "json", cwd=tmp_path).stdout)
    assert (explained["name"], explained["severity"], explained["fix"]) == ("unused-suppression", "warning", "safe")
    assert explained["page"].startswith("# unused-suppression (INI003)\n")


def test_a_terminal_shows_a_rendered_page_whose_examples_are_labelled(tmp_path: Path) -> None:
    lines = [line.rstrip() for line in on_terminal("explain", "INI101", cwd=tmp_path, TERM="dumb")]
    assert lines[0].strip() == "leaky-relu-slope (INI101)"
    assert {"bad:", "fixed:", "good:"} <= set(lines)
    assert not any(line.startswith(("##", "```")) for line in lines)
    assert max(map(len, lines)) <= 124
    assert any("\x1b[" in line for line in on_terminal("explain", "INI101", cwd=tmp_path))


@pytest.mark.parametrize("columns", [80, 130])
def test_a_terminal_shows_all_rules_within_its_width(columns: int, tmp_path: Path) -> None:
    lines = on_terminal("rules", cwd=tmp_path, columns=columns, TERM="dumb")
    assert max(map(len, lines)) <= columns
    listed = [line.strip()[:6] for line in lines if line[1:3] == "IN"]
    assert listed == [rule.code for rule in catalogue.rules()]
    assert any("`calculate_gain`" in line for line in lines)
