"""What README.md and rules/README.md show; `python tests/readme.py` renews outputs, table and index of the rules."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commands import ROOT

from initlint import catalogue
from initlint.rule import Rule

README = ROOT / "README.md"
INDEX = ROOT / "rules" / "README.md"
WALK_THROUGH = "### Add a rule in two files"
TABLE_BEGIN = "<!-- rules: begin -->\n"
TABLE_END = "<!-- rules: end -->\n"

_FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=ticks)$", re.MULTILINE | re.DOTALL)
_NAMED_FILE = re.compile(r"`(?P<path>[\w./-]+)`:\n\n(?=```)")
_PROMPT = "$ "
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*_cache")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, its text, and where that text stands in the README."""

    info: str
    body: str
    start: int

    @property
    def commands(self) -> list[str]:
        """The command lines: those with a prompt in a `console` block, all in a `sh` block."""
        lines = self.body.splitlines()
        if self.info != "console":
            return [line for line in lines if line and not line.startswith("#")]
        return [line.removeprefix(_PROMPT) for line in lines if line.startswith(_PROMPT)]


def fences(text: str) -> Iterator[Fence]:
    """The fenced blocks of a Markdown text, in order."""
    for match in _FENCE.finditer(text):
        yield Fence(match["info"], match["body"], match.start("body"))


def sections(text: str) -> tuple[str, str]:
    """The text before the walk-through, and the walk-through up to the next heading of its level or above."""
    before, heading, rest = text.partition(f"\n{WALK_THROUGH}")
    assert heading, WALK_THROUGH
    outside = [(match.start(), match.end()) for match in _FENCE.finditer(rest)]
    headings = (match.start() for match in re.finditer(r"^##{1,2} ", rest, re.MULTILINE))
    end = next((at for at in headings if not any(low < at < high for low, high in outside)), len(rest))
    return before, rest[:end]


def named_files(text: str) -> dict[str, str]:
    """The blocks that stand below a line that ends with a path: what is to be written to which file."""
    blocks = {fence.start: fence.body for fence in fences(text)}
    found = {}
    for match in _NAMED_FILE.finditer(text):
        start = text.index("\n", match.end()) + 1
        found[match["path"]] = blocks[start]
    return found


def lay_out(folder: Path, text: str) -> None:
    """Copy the project and write the files of the walk-through; rules are where an installation has them, too."""
    for name in ("initlint", "rules", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=_NOT_COPIED)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, content in named_files(text).items():
        (folder / path).write_text(content, encoding="utf-8")
    shutil.copytree(folder / "rules", folder / "initlint" / "rules", ignore=_NOT_COPIED)


def call(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the README with this interpreter; stderr stands in the output, as on a terminal."""
    words = shlex.split(command)
    program = words[1:] if words[0] == "python" else ["-m", *words]
    return subprocess.run(
        [sys.executable, *program],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(cwd), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def session(fence: Fence, cwd: Path) -> str:
    """What a `console` block should say. Raises RuntimeError where a command cannot do its job."""
    said = []
    for command in fence.commands:
        done = call(command, cwd)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{command}\n{done.stdout}")
        said.append(f"{_PROMPT}{command}\n{done.stdout}")
    return "".join(said)


def table() -> str:
    """The table of rules between its markers."""
    done = call("initlint rules --output-format markdown", ROOT)
    assert done.returncode == 0, done.stdout
    return f"{TABLE_BEGIN}\n{done.stdout}\n{TABLE_END}"


def index() -> str:
    """The index of our rules: a table per family, below what the family says of itself."""
    parts = [_INDEX_HEAD]
    families = {rule.family: importlib.import_module(rule.module.rpartition(".")[0]) for rule in ours()}
    for family, package in families.items():
        rows = [row for rule, row in zip(ours(), rows_of(table()), strict=True) if rule.family == family]
        head = "| code | name | class | default | fix | finds |\n| --- | --- | --- | --- | --- | --- |"
        parts.append(f"## {family}\n\n{package.__doc__}\n\n{head}\n" + "\n".join(rows).replace("](rules/", "]("))
    return "\n\n".join(parts) + "\n"


_INDEX_HEAD = """\
# Rules

Every rule is two files in the folder of its family: the module that finds the mistake, and the page that explains it,
whose examples are its tests. Classes, fixes and preview are explained in the [README](../README.md#classes)."""


def ours() -> list[Rule]:
    """The rules of this project, sorted by code."""
    return [rule for rule in catalogue.rules() if rule.module.startswith("initlint.rules.")]


def rows_of(markdown: str) -> list[str]:
    """The rows of a table of our rules."""
    return [line for line in markdown.splitlines() if line.startswith("| [IN")]


def renewed(text: str) -> str:
    """The README with every output and the table as they are now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, walk_through = sections(text)
        lay_out(folder, walk_through)
        for part, cwd in ((before, ROOT), (walk_through, folder)):
            for fence in fences(part):
                if fence.info == "console":
                    text = text.replace(fence.body, session(fence, cwd))
    begin, end = text.index(TABLE_BEGIN), text.index(TABLE_END) + len(TABLE_END)
    return text[:begin] + table() + text[end:]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    INDEX.write_text(index(), encoding="utf-8")
