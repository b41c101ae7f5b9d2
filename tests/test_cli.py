"""The command line as users meet it: what goes to which stream, exactly, and every exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, initlint

CLEAN = "import torch.nn as nn\n\nlinear = nn.Linear(3, 4)\nnn.init.zeros_(linear.bias)\n"
SAFE = """\
import torch.nn as nn

linear = nn.Linear(3, 4)
nn.init.kaiming_normal_(linear.weight, a=0.2, nonlinearity='relu')
"""
MENDED = SAFE.replace(", a=0.2", "")
UNSAFE = """\
import torch.nn as nn


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3)
        self.act = nn.LeakyReLU(0.2)
        nn.init.kaiming_normal_(self.conv.weight)

    def forward(self, x):
        return self.act(self.conv(x))
"""
BROKEN = "import torch.nn as nn\n\nnn.init.kaiming_normal_(w, nonlinearity='relu'\n"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8", newline="")


# What is printed


def test_text_shows_frame_caret_related_place_and_what_the_fix_changes(tmp_path: Path) -> None:
    write(tmp_path, model=UNSAFE)
    done = initlint("check", "model.py", cwd=tmp_path)
    heading, message, *rest = done.stdout.splitlines()
    assert heading == "model.py:9:9: INI101 leaky-relu-slope error"
    assert re.search(r"\d\.\d", message)
    assert rest == [
        "   |",
        " 8 |         self.act = nn.LeakyReLU(0.2)",
        " 9 |         nn.init.kaiming_normal_(self.conv.weight)",
        "   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "10 |",
        "  model.py:8:20: the activation is here",
        "   |",
        " 8 |         self.act = nn.LeakyReLU(0.2)",
        "   |                    ^^^^^^^^^^^^^^^^^",
        "  unsafe fix: pass the slope: a=0.2 [apply with --unsafe-fixes]",
        " 9 -         nn.init.kaiming_normal_(self.conv.weight)",
        " 9 +         nn.init.kaiming_normal_(self.conv.weight, a=0.2)",
        "",
        "Found 1 finding in 1 file (1 fixable with --unsafe-fixes); 1 file checked.",
    ]


def test_carets_stand_under_the_code_behind_tabs_and_wide_characters(tmp_path: Path) -> None:
    write(tmp_path, model=SAFE.replace("nn.init", "if 1:\n\tn = '重み'; nn.init"))
    lines = initlint("check", "model.py", cwd=tmp_path).stdout.splitlines()
    caret = next(line for line in lines if "^" in line)
    above = lines[lines.index(caret) - 1]
    assert "\t" not in above
    assert caret.index("^") == above.index("nn.init") + len("重み")


def test_control_characters_of_a_source_never_reach_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, model=SAFE.replace("'relu')", "'relu')  # \x1b[2J\x07\x9b2J"))
    for output_format in ("text", "concise"):
        output = initlint("check", "model.py", "--output-format", output_format, cwd=tmp_path).stdout
        assert not set(output) & {"\x1b", "\x07", "\x9b"}


def test_concise_is_one_line_per_finding_and_the_summary(tmp_path: Path) -> None:
    write(tmp_path, one=SAFE, two=UNSAFE, three=CLEAN)
    done = initlint("check", ".", "--output-format", "concise", cwd=tmp_path)
    first, second, summary = done.stdout.splitlines()
    assert first.startswith("one.py:4:1: INI102 ")
    assert second.startswith("two.py:9:9: INI101 ")
    assert summary == "Found 2 findings in 2 files (1 fixable, 1 more with --unsafe-fixes); 3 files checked."


def test_json_holds_findings_diagnostics_and_summary(tmp_path: Path) -> None:
    write(tmp_path, model=UNSAFE, broken=BROKEN)
    done = initlint("check", ".", "--output-format", "json", cwd=tmp_path)
    document = json.loads(done.stdout)
    (finding,) = document["findings"]
    assert document["version"] == 1
    assert finding.pop("message")
    assert finding == {
        "path": "model.py",
        "line": 9,
        "column": 9,
        "end_line": 9,
        "end_column": 50,
        "code": "INI101",
        "name": "leaky-relu-slope",
        "severity": "error",
        "fixes": [
            {
                "title": "pass the slope: a=0.2",
                "safety": "unsafe",
                "edits": [{"line": 9, "column": 49, "end_line": 9, "end_column": 49, "text": ", a=0.2"}],
            }
        ],
        "related": [
            {"line": 8, "column": 20, "end_line": 8, "end_column": 37, "message": "the activation is here"},
        ],
    }
    (diagnostic,) = document["diagnostics"]
    assert (diagnostic["path"], diagnostic["code"], diagnostic["line"]) == ("broken.py", "INI001", 3)
    assert document["summary"]["files"] == 2
    assert "broken.py:3:" in done.stderr


def test_json_is_valid_and_complete_where_nothing_is_found(tmp_path: Path) -> None:
    done = initlint("check", ".", "--output-format", "json", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"] == json.loads(done.stdout)["diagnostics"] == []


@pytest.mark.parametrize(
    "environment",
    [
        {"COLUMNS": "20"},
        {"PYTHONUNBUFFERED": "1"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"TERM": "dumb", "NO_COLOR": "1"},
    ],
)
def test_output_depends_on_nothing_around_it(environment: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, model=UNSAFE.replace("(x))", "(x))  # ü 重み"), other=SAFE + "# " + "long " * 100)
    usual = initlint("check", ".", cwd=tmp_path)
    assert initlint("check", ".", cwd=tmp_path, **environment).stdout == usual.stdout


def test_output_is_the_same_in_one_process_and_in_many(tmp_path: Path) -> None:
    write(tmp_path, **{f"model_{number}": (SAFE, UNSAFE, CLEAN, BROKEN)[number % 4] for number in range(80)})
    for words in (["--output-format", "json"], ["--output-format", "text"]):
        one, two = (initlint("check", ".", *words, "--jobs", jobs, cwd=tmp_path) for jobs in ("1", "2"))
        assert (one.stdout, one.stderr, one.returncode) == (two.stdout, two.stderr, two.returncode)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_gets_the_same_with_colour(tmp_path: Path) -> None:
    import pty

    write(tmp_path, model=UNSAFE)
    piped = initlint("check", "model.py", cwd=tmp_path).stdout
    leader, follower = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "initlint", "check", "model.py"],
        cwd=tmp_path,
        stdout=follower,
        env=environment | {"TERM": "xterm-256color", "COLUMNS": "30"},
    ) as process:
        os.close(follower)
        written = b""
        while chunk := _read(leader):
            written += chunk
    os.close(leader)
    assert process.returncode == 1
    shown = written.decode().replace("\r\n", "\n")
    assert ESCAPE.search(shown)
    assert ESCAPE.sub("", shown) == piped


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux reports the end of a pseudo-terminal as an error.
        return b""


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
@pytest.mark.parametrize("output_format", ["text", "concise", "json"])
def test_a_file_name_that_is_not_text_is_escaped(output_format: str, tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/model_\xff.py"))).write_text(SAFE)
    done = initlint("check", ".", "--output-format", output_format, cwd=tmp_path)
    assert done.returncode == 1
    assert r"model_\udcff.py" in done.stdout
    if output_format == "json":
        assert json.loads(done.stdout)["findings"][0]["path"] == "model_\udcff.py"


# Exit codes


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, 0),
        ({"clean": CLEAN}, 0),
        ({"empty": ""}, 0),
        ({"unrelated": "this is no Python\n"}, 0),
        ({"one": SAFE}, 1),
        ({"one": CLEAN, "two": UNSAFE}, 1),
        ({"broken": BROKEN}, 2),
        ({"broken": BROKEN, "one": SAFE}, 2),
    ],
)
def test_exit_code_of_check(files: dict[str, str], code: int, tmp_path: Path) -> None:
    write(tmp_path, **files)
    assert initlint("check", cwd=tmp_path).returncode == code


def test_a_file_that_does_not_parse_is_said_on_stderr_and_the_others_are_checked(tmp_path: Path) -> None:
    write(tmp_path, broken=BROKEN, model=SAFE)
    done = initlint("check", ".", cwd=tmp_path)
    assert done.stderr.startswith("broken.py:3:")
    assert "INI001 does not parse" in done.stderr
    assert "INI102" in done.stdout
    assert done.stdout.endswith("2 files checked, 1 with errors.\n")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["chek", "."], "check"),
        (["model.py"], "check model.py"),
        (["check", "--slect", "INI101"], "--select"),
        (["check", "--output-format", "jsn"], "json"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "--jobs", "many"], "--jobs"),
        (["check", "--select", "leaky-relu-slop"], "leaky-relu-slope"),
        (["check", "--select", "INI999"], "INI999"),
        (["check", "--select", ","], "--select"),
        (["check", "--ignore", "INI1O1"], "INI101"),
        (["check", "--exclude", "!"], "'!'"),
        (["check", "--config", "absent.toml"], "absent.toml"),
        (["check", "absent.py"], "absent.py"),
        (["check", ".", "absent"], "absent"),
        (["fix", "absent.py"], "absent.py"),
        (["fix", "--unsafe-fix", "."], "--unsafe-fixes"),
        (["explain"], "RULE"),
        (["explain", "leaky-relu"], "leaky-relu-slope"),
        (["explain", "INI1O1"], "INI101"),
        (["facts", "absent.py"], "absent.py"),
        (["rules", "--output-format", "toml"], "json"),
        (["corpus", "absent"], "absent"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_closest_name(
    words: list[str], complaint: str, tmp_path: Path
) -> None:
    write(tmp_path, model=SAFE)
    done = initlint(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("configuration", "complaint"),
    [
        ('selct = ["INI101"]', "select"),
        ('select = ["INI1O1"]', "INI101"),
        ('select = "INI101"', "select"),
        ("select = [", "pyproject.toml"),
    ],
)
def test_a_wrong_configuration_is_refused(configuration: str, complaint: str, tmp_path: Path) -> None:
    write(tmp_path, model=SAFE)
    (tmp_path / "pyproject.toml").write_text(f"[tool.initlint]\n{configuration}\n")
    for words in (["check"], ["fix"], ["facts", "model.py"]):
        done = initlint(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert complaint in done.stderr
        assert "pyproject.toml" in done.stderr
        assert "Traceback" not in done.stderr
    assert initlint("check", "--isolated", cwd=tmp_path).returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_output_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    for words in (["rules"], ["check", "."], ["check", ".", "--output-format", "json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "initlint", *words],
                cwd=tmp_path,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 2
        assert b"No space left on device" in done.stderr
        assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way")
@pytest.mark.parametrize("output_format", ["text", "concise", "json"])
def test_a_reader_that_has_seen_enough_is_no_error(output_format: str, tmp_path: Path) -> None:
    write(tmp_path, **{f"model_{number}": SAFE * 20 for number in range(30)})
    with subprocess.Popen(
        [sys.executable, "-m", "initlint", "check", "--output-format", output_format],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert process.returncode == 141
    assert complaint == b""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    write(tmp_path, **{f"model_{number}": SAFE * 50 for number in range(500)})
    with subprocess.Popen(
        [sys.executable, "-m", "initlint", "check", "--jobs", "1", "--output-format", "concise"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        # A shell starts its background jobs with the signal ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        complaint = process.stderr.read()
    assert process.returncode == 130
    assert b"Traceback" not in complaint


# Selection


def codes(*words: str, cwd: Path) -> set[str]:
    done = initlint("check", ".", "--output-format", "json", *words, cwd=cwd)
    return {finding["code"] for finding in json.loads(done.stdout)["findings"]}


def test_rules_are_selected_by_code_name_prefix_and_family(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, unsafe=UNSAFE)
    assert codes(cwd=tmp_path) == {"INI101", "INI102"}
    assert codes("--select", "INI102", cwd=tmp_path) == {"INI102"}
    assert codes("--select", "leaky-relu-slope", cwd=tmp_path) == {"INI101"}
    assert codes("--select", "INI3", cwd=tmp_path) == set()
    assert codes("--select", "gain,shape", "--ignore", "INI101", cwd=tmp_path) == {"INI102"}
    assert codes("--ignore", "INI101", "--ignore", "slope-ignored", cwd=tmp_path) == set()


def test_options_lie_over_the_configuration(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, unsafe=UNSAFE)
    (tmp_path / "pyproject.toml").write_text('[tool.initlint]\nignore = ["INI101"]\n')
    (tmp_path / "other.toml").write_text('select = ["INI101"]\n')
    assert codes(cwd=tmp_path) == {"INI102"}
    assert codes("--ignore", "INI102", cwd=tmp_path) == set()
    assert codes("--select", "INI101", cwd=tmp_path) == {"INI101"}
    assert codes("--config", "other.toml", cwd=tmp_path) == {"INI101"}
    assert codes("--isolated", cwd=tmp_path) == {"INI101", "INI102"}


def test_the_configuration_is_the_one_of_the_files_not_of_the_folder_of_the_call(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write(inner, safe=SAFE)
    (inner / "initlint.toml").write_text('ignore = ["INI102"]\n')
    assert initlint("check", "inner", cwd=tmp_path).returncode == 0
    assert initlint("check", "inner/safe.py", cwd=tmp_path).returncode == 0
    assert initlint("check", ".", cwd=tmp_path).returncode == 1


def test_excludes_hold_for_named_files_only_by_force(tmp_path: Path) -> None:
    write(tmp_path, model=SAFE)
    assert initlint("check", ".", "--exclude", "mod*.py", cwd=tmp_path).returncode == 0
    assert initlint("check", "model.py", "--exclude", "mod*.py", cwd=tmp_path).returncode == 1
    assert initlint("check", "model.py", "--exclude", "mod*.py", "--force-exclude", cwd=tmp_path).returncode == 0


def test_suppressions_can_be_left_out(tmp_path: Path) -> None:
    write(tmp_path, model=SAFE.replace("'relu')", "'relu')  # initlint: ignore[INI102] as published"))
    assert codes(cwd=tmp_path) == set()
    assert codes("--no-suppressions", cwd=tmp_path) == {"INI102"}


def test_whole_files_give_what_islands_give(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, unsafe=UNSAFE, clean=CLEAN)
    with_islands, without = (initlint("check", ".", *words, cwd=tmp_path) for words in ([], ["--no-islands"]))
    assert with_islands.stdout == without.stdout


# fix


def test_fix_writes_safe_fixes_and_leaves_unsafe_ones(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, unsafe=UNSAFE)
    done = initlint("fix", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "safe.py").read_text() == MENDED
    assert (tmp_path / "unsafe.py").read_text() == UNSAFE
    assert done.stdout.endswith(
        "Fixed 1 finding in 1 file. Found 1 finding in 1 file (1 fixable with --unsafe-fixes); 2 files checked.\n"
    )


def test_fix_with_unsafe_fixes_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, unsafe=UNSAFE)
    done = initlint("fix", ".", "--unsafe-fixes", cwd=tmp_path)
    assert done.returncode == 0
    applied, summary = done.stdout.splitlines()
    assert applied.startswith("unsafe.py:9:9: INI101 ")
    assert summary == "Fixed 2 findings in 2 files. No findings; 2 files checked."
    assert initlint("check", ".", cwd=tmp_path).returncode == 0


def test_fix_touches_no_file_without_fixes(tmp_path: Path) -> None:
    write(tmp_path, clean=CLEAN, unsafe=UNSAFE, broken=BROKEN)
    before = {path: path.stat() for path in tmp_path.iterdir()}
    assert initlint("fix", ".", cwd=tmp_path).returncode == 2
    assert {path: path.stat().st_mtime_ns for path in before} == {path: at.st_mtime_ns for path, at in before.items()}
    assert {path.stat().st_ino for path in before} == {at.st_ino for at in before.values()}


def test_fix_keeps_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_bytes(b"\xef\xbb\xbf" + SAFE.replace("\n", "\r\n").rstrip().encode())
    assert initlint("fix", path, cwd=tmp_path).returncode == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + MENDED.replace("\n", "\r\n").rstrip().encode()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a file that cannot be written")
def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    write(tmp_path, model=SAFE)
    (tmp_path / "model.py").chmod(0o444)
    done = initlint("fix", "model.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "model.py:1:1: " in done.stderr


def test_a_diff_is_printed_can_be_applied_and_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, unsafe=UNSAFE.rstrip())
    done = initlint("fix", ".", "--diff", "--unsafe-fixes", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "Would fix 2 findings in 2 files.\n"
    assert (tmp_path / "safe.py").read_text() == SAFE
    applied = subprocess.run(["git", "apply", "-p0"], cwd=tmp_path, input=done.stdout, text=True, check=False)
    assert applied.returncode == 0
    assert initlint("check", ".", cwd=tmp_path).returncode == 0


def test_an_empty_diff_exits_with_0(tmp_path: Path) -> None:
    write(tmp_path, unsafe=UNSAFE)
    done = initlint("fix", "--diff", ".", cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 0)


def test_a_diff_beside_a_file_that_does_not_parse_exits_with_2(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, broken=BROKEN)
    done = initlint("fix", "--diff", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "+nn.init.kaiming_normal_(linear.weight, nonlinearity='relu')" in done.stdout
    assert "broken.py:3:" in done.stderr


# About the tool


@pytest.mark.parametrize("word", ["INI101", "leaky-relu-slope"])
def test_explain_prints_the_page_as_it_is(word: str, tmp_path: Path) -> None:
    page = (ROOT / "rules/gain/leaky_relu_slope.md").read_text(encoding="utf-8")
    assert initlint("explain", word, cwd=tmp_path).stdout == page


@pytest.mark.parametrize("word", ["INI001", "INI002", "INI003", "unused-suppression"])
def test_explain_knows_the_codes_of_the_engine(word: str, tmp_path: Path) -> None:
    done = initlint("explain", word, cwd=tmp_path)
    assert done.returncode == 0
    assert word in done.stdout


def test_rules_are_listed_as_a_table_and_as_json(tmp_path: Path) -> None:
    header, *lines = initlint("rules", cwd=tmp_path).stdout.splitlines()
    records = json.loads(initlint("rules", "--output-format", "json", cwd=tmp_path).stdout)
    assert header.split() == ["code", "name", "class", "default", "fix", "finds"]
    assert [line.split()[0] for line in lines] == [record["code"] for record in records]
    (record,) = (record for record in records if record["code"] == "INI101")
    assert record.pop("summary")
    assert record == {
        "code": "INI101",
        "name": "leaky-relu-slope",
        "family": "gain",
        "class": "wrong",
        "severity": "error",
        "default": "on",
        "fix": "unsafe",
        "since": "0.1",
    }


def test_facts_are_printed_as_a_table_and_as_json(tmp_path: Path) -> None:
    write(tmp_path, model=UNSAFE)
    table = initlint("facts", "model.py", cwd=tmp_path)
    assert table.returncode == 0
    assert "kaiming_normal_" in table.stdout
    assert table.stdout.endswith("\n")
    assert "kaiming_normal_" in json.dumps(json.loads(initlint("facts", "model.py", "--json", cwd=tmp_path).stdout))


def test_version_and_help(tmp_path: Path) -> None:
    assert re.fullmatch(r"initlint \d+\.\d+\.\d+\n", initlint("--version", cwd=tmp_path).stdout)
    for words in ([], ["check"], ["fix"], ["explain"], ["rules"], ["facts"], ["corpus"]):
        done = initlint(*words, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert done.stdout.startswith("Usage: initlint")
        assert "..." not in done.stdout.partition("Commands:")[2]


def test_a_run_without_files_says_so_and_fails_nobody(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for command in ("check", "fix"):
        done = initlint(command, "src", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "No findings; 0 files checked.\n")
        assert done.stderr == "Warning: there is no Python file or notebook to check in src\n"


@pytest.mark.parametrize("words", [["verify", "m:f"], ["trace", "m:f"], ["compare", "m:f"], ["fit", "m.py"]])
def test_without_what_the_runtime_needs_its_commands_say_what_to_install(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "m.py").write_text("")
    program = f"""
import importlib.util, sys
from initlint.cli import main
NEEDED = ("torch", "numpy", "scipy", "psutil", "safetensors")
sys.modules.update(dict.fromkeys(NEEDED))
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in NEEDED else found(name, package)
main({words!r})
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: torch, numpy, scipy, psutil")
    assert done.stderr.endswith("is not installed: pip install 'initlint[runtime]'\n")


# Standard input


def piped(*words: str, stdin: bytes, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "initlint", *words]
    return subprocess.run(command, input=stdin, cwd=cwd, capture_output=True, check=False)


def test_standard_input_is_checked_under_the_name_and_the_configuration_of_a_path(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "initlint.toml").write_text("ignore = ['INI102']\n")
    done = piped("check", "-", "--output-format", "concise", stdin=SAFE.encode(), cwd=tmp_path)
    assert (done.returncode, done.stdout.decode().split(" ")[:2]) == (1, ["-:4:1:", "INI102"])
    words = ["check", "-", "--output-format", "concise", "--stdin-filename"]
    assert piped(*words, "x.py", stdin=SAFE.encode(), cwd=tmp_path).stdout.startswith(b"x.py:4:1: INI102 ")
    assert piped(*words, "sub/x.py", stdin=SAFE.encode(), cwd=tmp_path).returncode == 0


def test_fixing_standard_input_writes_it_to_standard_output_and_the_report_beside(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + SAFE.replace("\n", "\r\n").encode()
    done = piped("fix", "-", stdin=data, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"\xef\xbb\xbf" + MENDED.replace("\n", "\r\n").encode())
    assert done.stderr.decode() == "Fixed 1 finding in 1 file. No findings; 1 file checked.\n"


@pytest.mark.parametrize(("text", "code"), [(CLEAN, 0), (UNSAFE, 1), (BROKEN, 2), ("", 0)])
def test_standard_input_that_is_not_changed_is_given_back(text: str, code: int, tmp_path: Path) -> None:
    done = piped("fix", "-", "--stdin-filename", "model.py", stdin=text.encode(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, text.encode())
    assert b"checked" in done.stderr


def test_a_diff_of_standard_input_writes_nothing_else_to_standard_output(tmp_path: Path) -> None:
    done = piped("fix", "-", "--diff", "--stdin-filename", "model.py", stdin=SAFE.encode(), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(b"--- model.py\n+++ model.py\n")
    assert done.stderr == b"Would fix 1 finding in 1 file.\n"


def test_an_excluded_name_is_passed_over_where_excludes_are_forced(tmp_path: Path) -> None:
    words = ["fix", "-", "--stdin-filename", "gen/model.py", "--exclude", "gen"]
    assert piped(*words, stdin=SAFE.encode(), cwd=tmp_path).stdout == MENDED.encode()
    assert piped(*words, "--force-exclude", stdin=SAFE.encode(), cwd=tmp_path).stdout == SAFE.encode()


@pytest.mark.parametrize("words", [["check", "-", "model.py"], ["fix", "model.py", "--stdin-filename", "x.py"]])
def test_standard_input_goes_with_no_other_path(words: list[str], tmp_path: Path) -> None:
    write(tmp_path, model=SAFE)
    done = piped(*words, stdin=b"", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"standard input" in done.stderr
    assert (tmp_path / "model.py").read_text() == SAFE


# Unsafe fixes


def test_each_unsafe_fix_that_was_applied_is_named_and_no_safe_one(tmp_path: Path) -> None:
    write(tmp_path, safe=SAFE, model=UNSAFE)
    done = initlint(
        "fix", ".", "--unsafe-fixes", "--output-format", "concise", "--output-format", "json:j", cwd=tmp_path
    )
    named, summary = done.stdout.splitlines()
    assert named.startswith("model.py:9:9: INI101 gain 1.4142 ")
    assert named.endswith(" (unsafe fix applied: pass the slope: a=0.2)")
    assert summary == "Fixed 2 findings in 2 files. No findings; 2 files checked."
    (applied,) = json.loads((tmp_path / "j").read_text())["summary"]["unsafe_applied"]
    assert (applied["path"], applied["line"], applied["code"]) == ("model.py", 9, "INI101")
