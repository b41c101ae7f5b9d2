"""Which room may import which, and what is never imported before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import ROOT

MODULES = sorted([*ROOT.glob("initlint/**/*.py"), *ROOT.glob("rules/**/*.py")])
HEAVY = ("libcst", "torch", "rich", "msgspec", "numpy", "pygls", "lsprotocol")
SELDOM = ("flake8", "pathspec", "multiprocessing", "libcst.matchers", "initlint.notebook", "fractions")
"""What only some commands need, or none."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = ("initlint", *parts) if parts[0] == "rules" else parts
    return ".".join(parts).removesuffix(".__init__")


def imports(path: Path, *, typing: bool = True, functions: bool = True) -> Iterator[str]:
    """The absolute names that a module imports, with or without those for type checking and those in functions."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    package = name_of(path).split(".")[: None if path.name == "__init__.py" else -1]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base += [node.module] if node.module else []
            yield from (".".join([*base, alias.name]) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typing:
            pending += node.orelse
        elif functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += ast.iter_child_nodes(node)


def within(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def rooms(room: str) -> list[Path]:
    return [path for path in MODULES if within(name_of(path), room)]


def test_theory_imports_nothing_else_of_ours() -> None:
    for path in rooms("initlint.theory"):
        foreign = [name for name in imports(path) if within(name, "initlint") and not within(name, "initlint.theory")]
        assert foreign == [], path


def test_theory_needs_neither_libcst_nor_torch() -> None:
    for path in rooms("initlint.theory"):
        assert not [name for name in imports(path) if within(name, *HEAVY)], path


def test_facts_import_only_theory_of_ours() -> None:
    allowed = ("initlint.facts", "initlint.theory")
    for path in rooms("initlint.facts"):
        ours = [name for name in imports(path, typing=False) if within(name, "initlint")]
        assert [name for name in ours if not within(name, *allowed)] == [], path


FACTS = ("api", "premises", "reading", "meaning", "sites", "networks", "execution", "scales", "arguments")
"""The rooms inside `facts`; each imports only those before it (and itself) when it is loaded."""


def test_rooms_of_facts_import_in_one_direction() -> None:
    for position, room in enumerate(FACTS):
        later = [f"initlint.facts.{name}" for name in (*FACTS[position + 1 :], "file")]
        for path in rooms(f"initlint.facts.{room}"):
            wrong = [name for name in imports(path, typing=False, functions=False) if within(name, *later)]
            assert wrong == [], path
    found = {path.parent.name for path in rooms("initlint.facts") if path.parent.name != "facts"}
    assert found == set(FACTS)


def test_premises_need_no_libcst() -> None:
    for path in rooms("initlint.facts.premises"):
        assert not [name for name in imports(path) if within(name, *HEAVY)], path


def test_rules_import_only_rule_facts_and_theory_of_ours() -> None:
    allowed = ("initlint.rule", "initlint.facts", "initlint.theory", "initlint.rules")
    for path in rooms("initlint.rules"):
        ours = [name for name in imports(path) if within(name, "initlint")]
        assert [name for name in ours if not within(name, *allowed)] == [], path


def test_rules_import_each_other_relatively() -> None:
    for path in rooms("initlint.rules"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        absolute = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
        assert not [name for name in absolute if within(name, "initlint.rules", "rules")], path


def test_rule_modules_load_without_libcst() -> None:
    for path in rooms("initlint.rules"):
        assert not [name for name in imports(path, typing=False, functions=False) if within(name, *HEAVY)], path


def test_only_the_runtime_imports_torch() -> None:
    for path in MODULES:
        if not within(name_of(path), "initlint.runtime", "initlint.pytest_plugin"):
            assert not [name for name in imports(path) if within(name, "torch")], path


def test_nothing_imports_the_matchers_of_libcst() -> None:
    for path in MODULES:
        assert not [name for name in imports(path) if within(name, "libcst.matchers")], path


def test_nothing_imports_a_rule_by_name() -> None:
    for path in MODULES:
        if not within(name_of(path), "initlint.rules"):
            assert not [name for name in imports(path) if within(name, "initlint.rules", "rules")], path


def loaded_by(code: str, cwd: Path) -> set[str]:
    """The modules that a program leaves loaded of those that are heavy or seldom needed; its own output is dropped."""
    program = f"""
import contextlib, io, sys
with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.suppress(SystemExit):
    {code}
print(*sys.modules, sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stdout.split()) & {*HEAVY, *SELDOM}


@pytest.mark.parametrize("module", ["initlint.cli", "initlint.flake8_plugin", "initlint.catalogue", "initlint.engine"])
def test_importing_a_door_loads_nothing_heavy(module: str, tmp_path: Path) -> None:
    assert loaded_by(f"import {module}", tmp_path).isdisjoint(HEAVY)


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["rules"], ["explain", "INI101"]])
def test_commands_about_the_tool_itself_load_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    assert loaded_by(f"from initlint.cli import main; main({words!r})", tmp_path) == set()


@pytest.mark.parametrize("output_format", ["concise", "json"])
def test_a_check_in_which_no_file_passes_the_gate_loads_neither_libcst_nor_torch(
    output_format: str, tmp_path: Path
) -> None:
    (tmp_path / "plain.py").write_text("import torch\n\nprint(torch.ones(2))\n")
    words = ["check", ".", "--jobs", "1", "--output-format", output_format]
    loaded = loaded_by(f"from initlint.cli import main; main({words!r})", tmp_path)
    assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint({"initlint.notebook", "fractions"})


def test_a_check_of_a_file_that_passes_the_gate_loads_libcst_and_no_torch(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import torch.nn as nn\n\nnn.init.eye_(nn.Conv2d(3, 4, 3).weight)\n")
    words = ["check", ".", "--jobs", "1", "--output-format", "concise"]
    loaded = loaded_by(f"from initlint.cli import main; main({words!r})", tmp_path)
    assert "libcst" in loaded
    assert loaded.isdisjoint({"torch", "libcst.matchers", "initlint.notebook"})
