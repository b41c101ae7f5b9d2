from __future__ import annotations

import importlib
import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from initlint import corpus
from initlint.config import Settings, load
from initlint.corpus import (
    CorpusError,
    Difference,
    Hit,
    Judgement,
    Label,
    Package,
    Place,
    Report,
    Trouble,
    compare,
    from_json,
    judge,
    read_labels,
    run,
    to_json,
)
from initlint.report import corpus as renderer

IGNORED = """\
from torch import nn

conv = nn.Conv2d(3, 8, 3)
nn.init.kaiming_normal_(conv.weight, a=0.2, nonlinearity='relu')
"""
DROPPED = IGNORED.replace("a=0.2, ", "")
HEADER = "\t".join(corpus.LABEL_COLUMNS) + "\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load(tmp_path), select=("INI102",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "packages"
    files = {
        "alpha-net-1.0/alpha/model.py": IGNORED,
        "alpha-net-1.0/alpha/other.py": DROPPED,
        "beta-2.1/beta.py": "from torch.nn import init\ninit.kaiming_normal_(\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "notes.py").write_text(IGNORED)
    return root


def hit(
    line: int,
    code: str = "INI102",
    *,
    path: str = "a.py",
    end_line: int | None = None,
    message: str = "m",
    package: str = "p",
) -> Hit:
    return Hit(Place(package, "1", path, line), end_line or line, 0, code, message)


def label(line: int, verdict: str = "bug", codes: str = "INI102", *, path: str = "a.py", package: str = "p") -> Label:
    return Label(Place(package, "1", path, line), "some-pattern", tuple(codes.split()), verdict, "silent", "why")


def report(*hits: Hit, troubles: tuple[Trouble, ...] = (), package: str = "p") -> Report:
    return Report(("INI101", "INI102"), (Package(package, "1", 3),), tuple(sorted(hits)), troubles)


def rendered(found: Report, judgement: Judgement | None = None, difference: Difference | None = None) -> str:
    out = io.StringIO()
    renderer.render(found, judgement, difference, Console(file=out, width=renderer.WIDTH, highlight=False))
    return out.getvalue()


def test_run_counts_files_and_places_findings_in_packages(tree: Path, settings: Settings) -> None:
    found = run(tree, settings)
    assert found.packages == (Package("alpha-net", "1.0", 2), Package("beta", "2.1", 1))
    assert [(str(hit.place), hit.code) for hit in found.hits] == [("alpha-net-1.0/alpha/model.py:4", "INI102")]


def test_files_that_do_not_parse_are_no_internal_errors(tree: Path, settings: Settings) -> None:
    found = run(tree, settings)
    assert [trouble.place.path for trouble in found.unparsed] == ["beta.py"]
    assert not found.internal_errors


def test_run_is_the_same_with_more_processes(tree: Path, settings: Settings) -> None:
    assert to_json(run(tree, settings, jobs=2)) == to_json(run(tree, settings))


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_tree_without_packages_is_refused(tmp_path: Path, settings: Settings, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=name):
        run(tmp_path / name, settings)


def test_report_survives_json() -> None:
    found = report(hit(1), hit(2, message="ü"), troubles=(Trouble(Place("p", "1", "b.py", 3), "INI001", "bad"),))
    assert from_json(to_json(found)) == found


@pytest.mark.parametrize("data", [b"", b"[]", b'{"hits": []}', b"\xff"])
def test_other_json_is_refused(data: bytes) -> None:
    with pytest.raises(CorpusError, match="not a report"):
        from_json(data)


@pytest.mark.parametrize("line", [8, 10, 13, 15])
def test_bug_is_found_within_the_statement_and_two_lines_around(line: int) -> None:
    assert judge(report(hit(10, end_line=13)), [label(line)]).met


@pytest.mark.parametrize(
    "other",
    [label(7), label(16), label(10, codes="INI101"), label(10, path="b.py")],
    ids=["before", "behind", "other code", "other file"],
)
def test_bug_is_not_found_elsewhere(other: Label) -> None:
    assert judge(report(hit(10, end_line=13)), [other]).unmet == (other,)


def test_one_of_several_codes_is_enough() -> None:
    judgement = judge(report(hit(1)), [label(1, codes="INI703 INI102")])
    assert judgement.recall(lambda found: found.codes) == [("INI102", 1, 1), ("INI703", 1, 1)]


def test_recall_counts_bugs_alone() -> None:
    judgement = judge(report(hit(1), hit(30)), [label(1), label(20), label(30, "legit"), label(31, "unclear")])
    assert judgement.recall(lambda found: (found.pattern,)) == [("some-pattern", 1, 2)]


def test_finding_on_a_legit_site_is_an_alarm() -> None:
    legit = label(1, "legit")
    assert judge(report(hit(1)), [legit]).alarms == ((legit, hit(1)),)


@pytest.mark.parametrize("other", [label(1, "legit", "INI101"), label(9, "legit"), label(1), label(1, "unclear")])
def test_other_labels_raise_no_alarm(other: Label) -> None:
    assert not judge(report(hit(1)), [other]).alarms


@pytest.mark.parametrize("codes", ["", "INI514 INI515"])
def test_label_without_a_rule_is_counted_apart(codes: str) -> None:
    judgement = judge(report(), [label(1, codes=codes)])
    assert len(judgement.unjudged) == 1
    assert not judgement.unmet


def test_label_of_another_version_is_absent() -> None:
    other = Label(Place("p", "2", "a.py", 1), "some-pattern", ("INI102",), "bug", "silent", "why")
    assert judge(report(hit(1)), [other]).absent == (other,)


def test_only_findings_without_a_label_are_left_to_read() -> None:
    assert judge(report(hit(1), hit(9), hit(1, "INI101")), [label(1, "unclear")]).unlabelled == (
        hit(1, "INI101"),
        hit(9),
    )


def test_labels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text(HEADER + 'p\t1\ta.py\t7\tsome-pattern\tINI703 INI102\tbug\tsilent\tsaid "why\n')
    assert read_labels(path) == (
        Label(Place("p", "1", "a.py", 7), "some-pattern", ("INI703", "INI102"), "bug", "silent", 'said "why'),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("package\tline\n", "columns must be"),
        ("", "columns must be"),
        (HEADER + "p\t1\ta.py\t7\n", ":2: a label has 9 columns"),
        (HEADER + "p\t1\ta.py\tx\tq\tINI102\tbug\tsilent\twhy\n", ":2: 'x' is no line number"),
        (HEADER + "p\t1\ta.py\t7\tq\tINI102\tbugs\tsilent\twhy\n", ":2: unknown verdict 'bugs'"),
    ],
)
def test_broken_labels_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text(text)
    with pytest.raises(CorpusError, match=reason):
        read_labels(path)


def test_comparison_shows_added_removed_and_reworded() -> None:
    old = report(hit(1), hit(2), hit(3, message="old"))
    new = report(hit(2), hit(3, message="new"), hit(4))
    assert compare(old, new) == Difference((hit(4),), (hit(1),), ((hit(3, message="old"), hit(3, message="new")),))


def test_equal_runs_have_no_difference() -> None:
    assert not compare(report(hit(1), hit(1)), report(hit(1), hit(1)))


def test_packages_of_one_run_alone_are_no_difference() -> None:
    assert not compare(report(hit(1, package="q"), package="q"), report(hit(1)))


def test_rules_that_no_longer_run_are_no_difference() -> None:
    assert not compare(report(hit(1, "INI101")), replace(report(), codes=("INI102",)))


def test_findings_of_a_new_rule_are_added() -> None:
    assert compare(replace(report(), codes=("INI102",)), report(hit(1, "INI101"))).added == (hit(1, "INI101"),)


def test_tables_show_rules_packages_and_recall() -> None:
    found = report(hit(1), hit(9))
    text = rendered(found, judge(found, [label(1), label(20)]), compare(report(), found))
    assert "INI102" in text
    assert "p 2" in text
    assert "50%" in text
    assert "Missed bugs (1)\np-1/a.py:20 INI102 some-pattern: why\n" in text
    assert "Unlabelled findings (1)\np-1/a.py:9 INI102 m\n" in text
    assert "Added (2)\n+ p-1/a.py:1 INI102 m\n" in text


def test_lists_keep_brackets_and_long_lines() -> None:
    message = "[bold]" + "x" * 300
    assert message in rendered(report(hit(1, message=message)), judge(report(hit(1, message=message)), []))


@pytest.mark.parametrize(("verdict", "code"), [("bug", 0), ("unclear", 0), ("legit", 1)])
def test_alarms_decide_the_exit_code(tree: Path, settings: Settings, tmp_path: Path, verdict: str, code: int) -> None:
    labels = tmp_path / "labels.tsv"
    labels.write_text(HEADER + f"alpha-net\t1.0\talpha/model.py\t4\tq\tINI102\t{verdict}\tsilent\twhy\n")
    assert corpus.main(tree, labels, None, None, settings, 1) == code


def test_written_run_is_compared_with_a_later_one(tree: Path, settings: Settings, tmp_path: Path) -> None:
    written = tmp_path / "run.json"
    assert corpus.main(tree, None, None, written, settings, 1) == 0
    assert json.loads(written.read_text())["hits"]
    assert corpus.main(tree, None, str(written), None, settings, 1) == 0
    (tree / "alpha-net-1.0/alpha/model.py").write_text(DROPPED)
    assert corpus.main(tree, None, str(written), None, settings, 1) == 1


def test_bad_arguments_are_one_line_and_exit_2(
    tree: Path, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert corpus.main(tree, tmp_path / "absent.tsv", None, None, settings, 1) == 2
    assert corpus.main(tree / "absent", None, None, None, settings, 1) == 2
    assert corpus.main(tree, None, "no-such-revision", None, settings, 1) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("Error: ") == 3


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout of this project with one commit."""
    root = tmp_path / "checkout"
    for name in ("initlint", "initlint.rules"):
        folder = Path(importlib.import_module(name).__path__[0])
        ignore = shutil.ignore_patterns("__pycache__", "rules")
        shutil.copytree(folder, root / name.rpartition(".")[2], ignore=ignore)
    identity = ["-c", "user.name=n", "-c", "user.email=e"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    return root


def test_revision_is_run_and_compared(checkout: Path, tree: Path, settings: Settings) -> None:
    assert corpus.run_revision("HEAD", tree, settings, checkout=checkout) == run(tree, settings)


def test_revision_keeps_the_selection(checkout: Path, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "initlint.toml").write_text('ignore = ["INI102"]\n')
    assert not corpus.run_revision("HEAD", tree, load(tmp_path), checkout=checkout).hits


def test_revision_of_something_else_is_refused(tmp_path: Path, tree: Path, settings: Settings) -> None:
    with pytest.raises(CorpusError, match="neither a file nor a revision"):
        corpus.run_revision("HEAD", tree, settings, checkout=tmp_path)


def test_finding_on_the_line_of_a_label_does_not_speak_of_its_neighbours() -> None:
    bug, legit = label(3), label(5, "legit")
    judgement = corpus.judge(report(hit(3)), [bug, legit])
    assert judgement.met == (bug,)
    assert judgement.alarms == ()
