"""Notebooks: cells as one program, places in cells, and bytes that no fix names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from commands import ROOT, initlint, run
from hypothesis import given
from hypothesis import strategies as st

from initlint import notebook
from initlint.notebook import Cells
from initlint.source import Source

NOTEBOOKS = ROOT / "fixtures" / "notebooks"
FOUND = [
    "generator.ipynb:cell 4:7:9: INI101",
    "generator.ipynb:cell 5:5:1: INI102",
    "generator.ipynb:cell 8:1:1: INI901",
]
READABLE = ["colab.ipynb", "generator.ipynb", "julia.ipynb"]


def saved(*sources: str | list[str], indent: int | None = 1, ascii: bool = False, **metadata: object) -> str:
    """The JSON text of a notebook with these code cells."""
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for source in sources
    ]
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(document, indent=indent, ensure_ascii=ascii)


def code_of(*sources: str | list[str]) -> str:
    """The program of cells, with `§` for the character that sets its own lines apart."""
    program = notebook.program(saved(*sources))
    return program.replace(program[1], "§")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in READABLE:
        shutil.copy(NOTEBOOKS / name, tmp_path)
    return tmp_path


# What is found, and where


def test_findings_are_named_by_cell_line_and_column(folder: Path) -> None:
    done = initlint("check", "generator.ipynb", "--output-format", "concise", cwd=folder)
    assert done.returncode == 1
    assert [line[: len(place)] for line, place in zip(done.stdout.splitlines(), FOUND, strict=False)] == FOUND
    assert done.stdout.splitlines()[-1].startswith("Found 3 findings in 1 file ")


def test_a_walk_finds_notebooks_beside_modules_and_stubs(folder: Path) -> None:
    (folder / "stub.pyi").write_text("x: int\n")
    (folder / ".ipynb_checkpoints").mkdir()
    shutil.copy(NOTEBOOKS / "generator.ipynb", folder / ".ipynb_checkpoints")
    document = json.loads(initlint("check", ".", "--output-format", "json", cwd=folder).stdout)
    assert document["summary"]["files"] == 4
    assert {finding["path"] for finding in document["findings"]} == {"colab.ipynb", "generator.ipynb"}


def test_text_shows_lines_of_cells_as_they_are_written(folder: Path) -> None:
    lines = initlint("check", "generator.ipynb", cwd=folder).stdout.splitlines()
    assert lines[0] == "generator.ipynb:cell 4:7:9: INI101 leaky-relu-slope error"
    assert " 7 |         nn.init.kaiming_normal_(self.conv.weight)" in lines
    assert "  generator.ipynb:cell 4:6:20: the activation is here" in lines
    assert " 7 +         nn.init.kaiming_normal_(self.conv.weight, a=0.2)" in lines
    assert " 4 |     !rm -f old.png" in lines


def test_json_counts_in_cells_and_says_which(folder: Path) -> None:
    document = json.loads(initlint("check", "generator.ipynb", "--output-format", "json", cwd=folder).stdout)
    first = document["findings"][0]
    assert [first[key] for key in ("path", "cell", "line", "column")] == ["generator.ipynb", 4, 7, 9]
    assert (first["related"][0]["cell"], first["related"][0]["line"]) == (4, 6)
    (edit,) = first["fixes"][0]["edits"]
    assert (edit["cell"], edit["line"], edit["text"]) == (4, 7, ", a=0.2")


def test_formats_that_know_no_cells_name_the_line_of_the_file(folder: Path) -> None:
    text = (folder / "generator.ipynb").read_text(encoding="utf-8")
    line = next(number for number, row in enumerate(text.split("\n"), 1) if "kaiming_normal_(self" in row)
    words = ["--output-format", "github", "--output-format", "sarif:s", "--output-format", "gitlab:g"]
    done = initlint("check", "generator.ipynb", *words, cwd=folder)
    assert f"::error file=generator.ipynb,line={line},endLine={line}," in done.stdout
    assert "INI101 leaky-relu-slope::cell 4:7:9: gain 1.4142" in done.stdout
    result = json.loads((folder / "s").read_text(encoding="utf-8"))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == line
    assert result["message"]["text"].startswith("cell 4:7:9: ")
    assert "fixes" not in result
    assert json.loads((folder / "g").read_text(encoding="utf-8"))[0]["location"]["lines"]["begin"] == line


def test_junit_names_the_cell(folder: Path) -> None:
    done = initlint("check", "generator.ipynb", "--output-format", "junit", cwd=folder)
    assert ">generator.ipynb:cell 4:7:9: INI101 " in done.stdout


def test_a_comment_in_a_cell_suppresses(tmp_path: Path) -> None:
    old = "nn.init.xavier_normal(nn.Linear(2, 2).weight)"
    cells = [["import torch.nn as nn"], [f"{old}  # noqa: INI901\n", "x = 1  # initlint: ignore[INI101] why"], [old]]
    (tmp_path / "nb.ipynb").write_text(saved(*cells))
    lines = initlint("check", ".", "--output-format", "concise", cwd=tmp_path).stdout.splitlines()
    assert [line.partition(": ")[2][:6] for line in lines[:2]] == ["INI003", "INI901"]
    assert lines[0].startswith("nb.ipynb:cell 2:2:8: ")
    assert lines[1].startswith("nb.ipynb:cell 3:1:1: ")


def test_facts_count_in_cells(folder: Path) -> None:
    done = initlint("facts", "generator.ipynb", "--json", cwd=folder)
    assert [(site["cell"], site["line"]) for site in json.loads(done.stdout)["sites"]] == [(4, 7), (5, 5), (8, 1)]
    assert "cell 4:7" in initlint("facts", "generator.ipynb", cwd=folder).stdout


def test_flake8_passes_over_notebooks(folder: Path) -> None:
    assert run("flake8", "--select", "INI", ".", cwd=folder).stdout == ""


# What cannot be read


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("\n", "nb.ipynb:2:1: INI001 is no notebook: Expecting property name enclosed in double quotes; save it again"),
        ('"cells": {}}', "nb.ipynb:1:1: INI001 is no notebook: Expected `array`, got `object` - at `$.cells`; save it"),
        (
            '"cells": [{"cell_type": "code", "source": 1}]}',
            "Expected `str | array`, got `int` - at `$.cells[0].source`",
        ),
        (
            '"nbformat": 3}',
            "INI001 is a notebook of format 3, not 4; convert it: jupyter nbconvert --to notebook --inp",
        ),
    ],
)
def test_what_is_no_notebook_is_an_error_where_it_could_matter(rest: str, said: str, tmp_path: Path) -> None:
    words = '"note": "import torch.nn as nn; nn.init.xavier_normal(w)", '
    (tmp_path / "nb.ipynb").write_text("{" + words + rest)
    done = initlint("check", ".", cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (2, True)
    (tmp_path / "nb.ipynb").write_text("{" + rest)
    assert initlint("check", ".", cwd=tmp_path).returncode == 0


def test_an_old_format_is_refused_with_what_to_do() -> None:
    done = initlint("check", "format3.ipynb", cwd=NOTEBOOKS)
    assert done.returncode == 2
    assert "format3.ipynb:1:1: INI001 is a notebook of format 3, not 4; convert it: jupyter nbconvert" in done.stderr


def test_a_syntax_error_is_named_by_cell(tmp_path: Path) -> None:
    (tmp_path / "nb.ipynb").write_text(saved("import torch.nn as nn", "x = 1\nnn.init.xavier_normal(w))"))
    done = initlint("check", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("nb.ipynb:cell 2:2:25: INI001 does not parse: unmatched ')'")


# Magics


@pytest.mark.parametrize(
    "magic",
    [
        *(
            "%matplotlib inline",
            "%%time",
            "!ls -l",
            "!!ls",
            "?nn",
            "nn?",
            "nn.init??",
            "%time?",
            "/f 1",
            ",f a b",
            ";f a",
        ),
        *("x = !ls", "x = %sql SELECT 1", "a, b = !ls", "x[0] = !ls", "x=!ls"),
    ],
)
def test_a_magic_is_no_python(magic: str) -> None:
    for indentation in ("", "    "):
        code = f"if 1:\n{indentation or '    '}x\n{indentation}{magic}\ny\n"
        assert code_of(code) == f"#§1\nif 1:\n{indentation or '    '}x\n{indentation}pass#§|{magic}\ny\n"


@pytest.mark.parametrize(
    "code",
    [
        "x = (a\n%b)",
        "x = a \\\n%b",
        "x = '''\n!ls\n%%bash\nwhy?\n'''",
        'f("""a\n?""", \'%\', "!")\n',
        "# why?",
        "x = 1  # why?",
        "s = 'why?'",
        "a != b",
        "a %= 3",
        "print('a = %d' % x)",
        "x = a['='] % 3",
        "x = 'it\\'s' # '''",
        "@decorated\ndef f(): ...",
    ],
)
def test_what_looks_like_a_magic_stays(code: str) -> None:
    assert code_of(code) == f"#§1\n{code.rstrip()}\n"


def test_a_magic_goes_on_behind_a_backslash() -> None:
    assert code_of("!a \\\n  b \\\n c\nx") == "#§1\npass#§|!a \\\n#§|  b \\\n#§| c\nx\n"


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "%%timeit -n 3", "%%prun", "\n%%time"])
def test_a_cell_magic_that_runs_python_keeps_its_cell(magic: str) -> None:
    assert code_of(f"{magic}\nx = 1").endswith("\nx = 1\n")


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile a.py", "%%javascript", "%%R -i x", "\n%%sh", "%%!"])
def test_a_cell_in_another_language_is_left_out(magic: str) -> None:
    assert code_of("a", f"{magic}\nnn.init.xavier_normal(w)", "b") == "#§1\na\n#§3\nb\n"


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"language": "R"}},
        {"language_info": {"name": "julia"}},
        {"language_info": {"name": "scala"}, "kernelspec": {"name": "python3"}},
    ],
)
def test_a_notebook_in_another_language_has_no_program(metadata: dict[str, Any]) -> None:
    assert notebook.program(saved("x = 1", **metadata)) == ""


# Writing


@pytest.mark.parametrize("name", READABLE)
def test_cells_are_those_that_nbformat_reads(name: str) -> None:
    read = nbformat.read(NOTEBOOKS / name, as_version=4)
    source = Source.read(NOTEBOOKS / name)
    cells = Cells(source.text)
    for cell in cells.cells:
        plain = read.cells[cell.number - 1].source
        assert cells.text(cell.number) in (plain, plain + "\n")
    kinds = [number for number, cell in enumerate(read.cells, 1) if cell.cell_type == "code"]
    assert {cell.number for cell in cells.cells} <= set(kinds)


def test_fixing_changes_the_lines_with_fixes_and_no_other_byte(folder: Path) -> None:
    done = initlint("fix", "--unsafe-fixes", ".", cwd=folder)
    assert done.returncode == 0
    assert "Fixed 4 findings in 2 files. No findings; 3 files checked." in done.stdout
    assert "generator.ipynb:cell 4:7:9: INI101 " in done.stdout
    for name in READABLE:
        before, after = (NOTEBOOKS / name).read_bytes(), (folder / name).read_bytes()
        expected = before.replace(
            b"init.kaiming_normal_(self.conv.weight)", b"init.kaiming_normal_(self.conv.weight, a=0.2)"
        )
        expected = expected.replace(b"generator.conv.weight, a=0.3, ", b"generator.conv.weight, ")
        expected = expected.replace(b'"nn.init.xavier_normal(generator', b'"nn.init.xavier_normal_(generator')
        expected = expected.replace(b"xavier_uniform(", b"xavier_uniform_(")
        assert after == expected
        nbformat.validate(nbformat.reads(after.decode(), as_version=4))
    again = initlint("fix", "--unsafe-fixes", ".", cwd=folder)
    assert again.stdout == "No findings; 3 files checked.\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="applies the diff with git")
def test_a_diff_of_a_notebook_can_be_applied(folder: Path) -> None:
    done = initlint("fix", "--diff", "generator.ipynb", cwd=folder)
    assert done.returncode == 1
    assert '+    "nn.init.xavier_normal_(generator.conv.weight)"\n' in done.stdout
    (folder / "fix.diff").write_text(done.stdout, encoding="utf-8")
    shutil.copy(folder / "generator.ipynb", folder / "copy.ipynb")
    initlint("fix", "copy.ipynb", cwd=folder)
    subprocess.run(["git", "apply", "-p0", "fix.diff"], cwd=folder, check=True)
    assert (folder / "generator.ipynb").read_bytes() == (folder / "copy.ipynb").read_bytes()


LINES = st.sampled_from(
    ["x = 1", "", "é = '\u2028'", '\t# \\n "', "%time f(\\", "if x:", "    !ls", "'''", "(", "x?", "y = ('a'\\", "\x0c"]
)
SOURCES = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n"])), max_size=6).map(
    lambda rows: "".join(map("".join, rows))
)
CELLS = st.lists(st.tuples(SOURCES, st.sampled_from(["string", "lines", "cut", "stripped"])), min_size=1, max_size=4)


def stored(source: str, how: str) -> str | list[str]:
    if how == "string":
        return source
    if how == "cut":
        return [source[index : index + 5] for index in range(0, len(source), 5)]
    return re.findall(r"[^\n]*\n|[^\n]+\Z", source.rstrip("\r\n") if how == "stripped" else source)


@given(CELLS, st.sampled_from([None, 1, 4]), st.booleans())
def test_an_unedited_program_gives_the_notebook_back(
    cells: list[tuple[str, str]], indent: int | None, ascii: bool
) -> None:
    text = saved(*(stored(*cell) for cell in cells), indent=indent, ascii=ascii)
    assert notebook.written(text, notebook.program(text)) == text


@given(
    CELLS, st.sampled_from([None, 1, 4]), st.booleans(), st.integers(0, 30), st.sampled_from(["", "new()\n", "'ü'\n"])
)
def test_an_edited_line_changes_that_line_alone(
    cells: list[tuple[str, str]], indent: int | None, ascii: bool, at: int, new: str
) -> None:
    text = saved(*(stored(*cell) for cell in cells), indent=indent, ascii=ascii)
    program = notebook.program(text)
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", program)
    marks = {index for index, line in enumerate(lines) if re.fullmatch(rf"#{program[1:2]}\d+\n", line)}
    if at >= len(lines) or at in marks or at + 1 >= len(lines):
        return
    edited = "".join([*lines[:at], new, *lines[at + 1 :]])
    if notebook.Cells(edited).cells != Cells(notebook.program(notebook.written(text, edited))).cells:
        return  # what fixing leaves out: an edit that opens or closes a string over magics
    document, after = json.loads(text), json.loads(notebook.written(text, edited))
    differing = [one for one, two in zip(document["cells"], after["cells"], strict=True) if one != two]
    assert len(differing) <= 1
    removed = set(text.split("\n")) - set(notebook.written(text, edited).split("\n"))
    assert len(removed) <= 2 or any(how == "cut" for _, how in cells)


@pytest.mark.parametrize(
    ("source", "edited", "written"),
    [
        (["a\n", "b"], "a\nc\nb\n", ["a\n", "c\n", "b"]),
        (["a\n", "b"], "a\nb\nc\n", ["a\n", "b\n", "c"]),
        (["a"], "b\na\n", ["b\n", "a"]),
        (["a\n", "b\n"], "a\nc\n", ["a\n", "c\n"]),
        (["a\n", "b"], "", []),
        ("a\nb", "a\nc\nb\n", "a\nc\nb"),
        ("a\nb\n", "c\n", "c\n"),
        (["a", "b\nc"], "ab\nd\n", ["ab\n", "d"]),
    ],
)
def test_lines_are_stored_as_the_cell_stores_them(
    source: str | list[str], edited: str, written: str | list[str]
) -> None:
    text = saved(["first\n", "x"], source, "last")
    before, after = notebook.program(text), Cells(notebook.program(text))
    new = before.replace(after.cells[1].text, edited) if after.cells[1].text else before
    document = json.loads(notebook.written(text, new))
    assert [cell["source"] for cell in document["cells"]] == [["first\n", "x"], written, "last"]


def test_new_lines_are_laid_out_like_the_others() -> None:
    text = saved(["a\n", "b"])
    program = notebook.program(text)
    assert notebook.written(text, program.replace("b\n", "c\nb\n")) == text.replace('"b"', '"c\\n",\n    "b"')


def test_a_fix_that_crosses_cells_is_left_out(tmp_path: Path) -> None:
    from initlint.finding import Edit, Finding, Fix, Region, Safety, Severity
    from initlint.fixing import fix_source

    source = Source.from_bytes(Path("nb.ipynb"), saved("a = 1", "b = 2").encode())
    edits = (Edit(Region(2, 0, 4, 1), "c"),)
    crossing = Finding(
        source.path, edits[0].region, "INI901", "x", Severity.NOTE, "m", (Fix("join", Safety.SAFE, edits),)
    )
    fixed = fix_source(source, lambda _: [crossing])
    assert not fixed.changed
    assert "read back in another way" in fixed.diagnostics[0].message


def test_a_cell_that_awaits_is_read_and_fixed(tmp_path: Path) -> None:
    cells = ["import torch.nn as nn\nawait nothing()", "nn.init.xavier_normal(nn.Linear(2, 2).weight)"]
    (tmp_path / "nb.ipynb").write_text(saved(*cells))
    done = initlint("fix", "nb.ipynb", cwd=tmp_path)
    assert done.stdout == "Fixed 1 finding in 1 file. No findings; 1 file checked.\n"
    assert "xavier_normal_(" in (tmp_path / "nb.ipynb").read_text()
