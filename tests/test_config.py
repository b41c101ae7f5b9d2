"""Configuration files: found, typed, checked, narrowed to a path, overridden."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from initlint import catalogue, config
from initlint.config import ConfigError, Settings
from initlint.finding import Severity
from initlint.report import Output
from initlint.rule import Default

TABLE = "[tool.initlint]\n"


def write(root: Path, text: str, name: str = "pyproject.toml") -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def error_of(root: Path, text: str, name: str = "pyproject.toml") -> str:
    write(root, text, name)
    with pytest.raises(ConfigError) as caught:
        config.load(root)
    return str(caught.value).replace(str(root) + os.sep, "")


def codes(settings: Settings, path: Path) -> set[str]:
    return {rule.code for rule in settings.rules_for(path)}


def test_every_key_is_read(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        TABLE
        + """
select = ["INI1", "gain"]
extend-select = ["hand-rolled-fan-out"]
ignore = ["INI102"]
preview = true
fail-on = "warning"
exclude = ["gen/"]
extend-exclude = ["*_pb2.py"]
force-exclude = true
respect-gitignore = false
output-format = ["concise", "sarif:out/log.sarif"]
baseline = "ci/baseline.json"
unsafe-fixes = true
init-modules = ["mylib.init", "other"]
torch-version = "2.13"
transformers-version = "5.0"
[tool.initlint.per-file-ignores]
"tests/*" = ["INI201", "INI003"]
[tool.initlint.severity]
INI1 = "warning"
leaky-relu-slope = "note"
""",
    )
    assert config.load(tmp_path) == Settings(
        select=("INI1", "gain"),
        extend_select=("hand-rolled-fan-out",),
        ignore=("INI102",),
        preview=True,
        per_file_ignores=(("tests/*", ("INI201", "INI003")),),
        severity=(("INI1", Severity.WARNING), ("leaky-relu-slope", Severity.NOTE)),
        fail_on="warning",
        exclude=("gen/",),
        extend_exclude=("*_pb2.py",),
        force_exclude=True,
        respect_gitignore=False,
        output_format=(Output("concise"), Output("sarif", tmp_path / "out/log.sarif")),
        baseline=tmp_path / "ci/baseline.json",
        unsafe_fixes=True,
        init_modules=("mylib.init", "other"),
        torch_version="2.13",
        transformers_version="5.0",
        root=tmp_path,
        source=file,
    )


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config.load(tmp_path) == Settings.default() == Settings(root=tmp_path)
    assert codes(Settings.default(), tmp_path / "a.py") == {
        rule.code for rule in catalogue.rules() if rule.default is Default.ON and not rule.runtime
    }


def test_the_nearest_file_with_the_table_holds(tmp_path: Path) -> None:
    write(tmp_path, TABLE + "preview = true\n")
    write(tmp_path / "a", "[tool.other]\nname = 'initlint'\n")
    write(tmp_path / "a/b", "not toml, and not about us")
    (tmp_path / "a/b/c").mkdir()
    for start in (tmp_path / "a/b/c", tmp_path / "a/b/c/model.py", tmp_path / "a/b", tmp_path):
        assert config.load(start).source == tmp_path / "pyproject.toml"
    write(tmp_path / "a/b", "", "initlint.toml")
    assert config.load(tmp_path / "a/b/c") == Settings(root=tmp_path / "a/b", source=tmp_path / "a/b/initlint.toml")


def test_an_empty_table_is_a_configuration(tmp_path: Path) -> None:
    write(tmp_path, TABLE + "preview = true\n")
    write(tmp_path / "sub", TABLE)
    assert config.load(tmp_path / "sub").preview is False


def test_our_own_file_holds_before_pyproject(tmp_path: Path) -> None:
    write(tmp_path, TABLE + "preview = false\n")
    write(tmp_path, "preview = true\n", "initlint.toml")
    assert config.load(tmp_path).preview is True


def test_a_named_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    file = write(tmp_path, "\ufeffpreview = true\n", "strict.toml")
    assert config.read(file) == Settings(preview=True, root=tmp_path, source=file)


def test_a_named_file_without_the_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no \[tool.initlint\]"):
        config.read(write(tmp_path, "[project]\n"))


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.read(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TABLE + "selct = []",
            "unknown key 'selct' in [tool.initlint] of pyproject.toml; did you mean 'select'?",
        ),
        (
            TABLE + "extend_select = []",
            "unknown key 'extend_select' in [tool.initlint] of pyproject.toml; did you mean 'extend-select'?",
        ),
        (TABLE + "zzz = 1", "unknown key 'zzz' in [tool.initlint] of pyproject.toml"),
        (TABLE + "select = 'INI101'", "key 'select' in [tool.initlint] of pyproject.toml must be a list, not a string"),
        (TABLE + "ignore = [1]", "key 'ignore[0]' in [tool.initlint] of pyproject.toml must be a string, not a number"),
        (
            TABLE + "preview = 'yes'",
            "key 'preview' in [tool.initlint] of pyproject.toml must be true or false, not a string",
        ),
        (
            TABLE + "torch-version = 2.13",
            "key 'torch-version' in [tool.initlint] of pyproject.toml must be a string, not a number",
        ),
        (
            TABLE + "transformers-version = 5",
            "key 'transformers-version' in [tool.initlint] of pyproject.toml must be a string, not a number",
        ),
        (
            TABLE + "torch-versio = '5.0'",
            "unknown key 'torch-versio' in [tool.initlint] of pyproject.toml; did you mean 'torch-version'?",
        ),
        (
            TABLE + "transformers-version = 'v5'",
            "transformers-version: 'v5' is not a version such as '5.0' (in [tool.initlint] of pyproject.toml)",
        ),
        (
            TABLE + "fail-on = 'warnings'",
            (
                "fail-on: 'warnings' is none of error, warning, note, never; did you mean 'warning'? "
                "(in [tool.initlint] of pyproject.toml)"
            ),
        ),
        (
            TABLE + "severity = {INI101 = 'eror'}",
            (
                "severity.'INI101': 'eror' is none of error, warning, note; did you mean 'error'? "
                "(in [tool.initlint] of pyproject.toml)"
            ),
        ),
        (
            TABLE + "severity = {INI101 = 'off'}",
            (
                "severity.'INI101': 'off' is none of error, warning, note; to turn a rule off, "
                "write ignore = ['INI101'] (in [tool.initlint] of pyproject.toml)"
            ),
        ),
        (
            TABLE + "output-format = ['sarf:a.sarif']",
            "output-format: unknown output format 'sarf'; did you mean 'sarif'? (in [tool.initlint] of pyproject.toml)",
        ),
        (
            TABLE + "extend-exlude = []",
            "unknown key 'extend-exlude' in [tool.initlint] of pyproject.toml; did you mean 'extend-exclude'?",
        ),
        (
            TABLE + "per-file-ignores = ['a']",
            "key 'per-file-ignores' in [tool.initlint] of pyproject.toml must be a table, not a list",
        ),
        (
            TABLE + "per-file-ignores = {'a' = 'INI101'}",
            "key 'per-file-ignores[...]' in [tool.initlint] of pyproject.toml must be a list, not a string",
        ),
        ("tool.initlint = 3", "[tool.initlint] of pyproject.toml must be a table"),
    ],
)
def test_a_wrong_key_or_type_names_file_key_and_what_is_meant(text: str, message: str, tmp_path: Path) -> None:
    assert error_of(tmp_path, text) == message


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("select = ['INI101', 'leaky-relu-slop']", "select"),
        ("extend-select = ['leaky-relu-slop']", "extend-select"),
        ("ignore = ['leaky-relu-slop']", "ignore"),
        ("per-file-ignores = {'t.py' = ['leaky-relu-slop']}", "per-file-ignores.'t.py'"),
        ("severity = {leaky-relu-slop = 'note'}", "severity.'leaky-relu-slop'"),
    ],
)
def test_an_unknown_rule_names_key_and_closest_rule(line: str, key: str, tmp_path: Path) -> None:
    message = error_of(tmp_path, line, "initlint.toml")
    assert message == f"unknown rule 'leaky-relu-slop'; did you mean 'leaky-relu-slope'? (in {key!r} in initlint.toml)"


@pytest.mark.parametrize("line", ["select = ['']", "ignore = ['INI101', '']", "select = ['INI999']", "select = ['E5']"])
def test_a_word_that_names_no_rule_is_an_error(line: str, tmp_path: Path) -> None:
    assert error_of(tmp_path, line, "initlint.toml").startswith("unknown rule")


@pytest.mark.parametrize(
    "line",
    [
        "torch-version = '>=2.1'",
        "torch-version = 'latest'",
        "torch-version = '2'",
        "torch-version = ''",
        "torch-version = '2.13 '",
        "transformers-version = '>=5.0'",
        "transformers-version = '5'",
        "init-modules = ['my lib']",
        "init-modules = ['']",
        "init-modules = ['a..b']",
        "exclude = ['\\']",
        "extend-exclude = ['\\']",
        "baseline = true",
        "output-format = 'json'",
        "per-file-ignores = {'!' = ['INI101']}",
    ],
)
def test_a_value_that_cannot_be_meant_is_an_error(line: str, tmp_path: Path) -> None:
    assert "initlint.toml" in error_of(tmp_path, line, "initlint.toml")


@pytest.mark.parametrize("version", ["2.4", "2.13.0", "1.13.1", "2.14.0.dev20260101", "2.13.0+cu130", "2.13.0rc1"])
def test_versions_of_torch_are_accepted(version: str, tmp_path: Path) -> None:
    write(tmp_path, TABLE + f"torch-version = {version!r}\n")
    assert config.load(tmp_path).torch_version == version


@pytest.mark.parametrize("version", ["5.0", "4.57.3", "5.0.0rc1", "5.24.0.dev0"])
def test_versions_of_transformers_are_accepted(version: str, tmp_path: Path) -> None:
    write(tmp_path, TABLE + f"transformers-version = {version!r}\n")
    assert config.load(tmp_path).transformers_version == version


@pytest.mark.parametrize("data", [b"[tool.initlint]\npreview = maybe", b"[tool.initlint]\n# \xff", b"initlint = [\n"])
def test_a_file_that_is_not_toml_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(data)
    with pytest.raises(ConfigError, match=r"pyproject.toml is not valid TOML"):
        config.load(tmp_path)


def test_per_file_ignores_are_relative_to_the_file_that_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignores = "per-file-ignores = {'tests/*' = ['INI101'], 'conv.py' = ['fan'], 'pkg/' = ['INI102']}\n"
    write(tmp_path, TABLE + ignores)
    (tmp_path / "pkg").mkdir()
    settings = config.load(tmp_path)
    every = codes(settings, tmp_path / "model.py")
    fans = {rule.code for rule in catalogue.rules() if rule.family == "fan"}
    assert codes(settings, tmp_path / "tests/a.py") == every - {"INI101"}
    assert codes(settings, tmp_path / "tests/deep/conv.py") == every - {"INI101"} - fans
    assert codes(settings, tmp_path / "pkg/x/y.py") == every - {"INI102"}
    assert codes(settings, tmp_path / "sub/tests/a.py") == every
    assert codes(settings, tmp_path.parent / "tests" / "a.py") == every
    monkeypatch.chdir(tmp_path / "pkg")
    assert codes(settings, Path("../tests/a.py")) == every - {"INI101"}


def test_files_with_the_same_ignores_share_their_rules(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, per_file_ignores=(("tests/*", ("INI101",)),))
    assert settings.rules_for(tmp_path / "a.py") is settings.rules_for(tmp_path / "b.py")
    assert settings.rules_for(tmp_path / "tests/a.py") is settings.rules_for(tmp_path / "tests/b.py")


def test_paths_through_links_match_as_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "real/tests").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    settings = Settings(root=tmp_path / "real", per_file_ignores=(("tests/*", ("INI101",)),), exclude=("/tests",))
    assert "INI101" not in codes(settings, tmp_path / "link/tests/a.py")
    assert settings.excludes(tmp_path / "link/tests", folder=True)


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        (Settings(), True),
        (Settings(ignore=("INI003",)), False),
        (Settings(ignore=("unused-suppression",)), False),
        (Settings(ignore=("INI101",)), True),
        (Settings(select=("INI1",)), False),
        (Settings(select=("INI1", "INI003")), True),
        (Settings(select=("ALL",)), True),
        (Settings(per_file_ignores=(("a.py", ("INI0",)),)), False),
        (Settings(per_file_ignores=(("b.py", ("INI0",)),)), True),
    ],
)
def test_unused_suppressions_are_selected_and_ignored_like_a_rule(settings: Settings, reported: bool) -> None:
    assert settings.reports("INI003", Path("a.py")) is reported


def test_overrides_add_to_lists_and_keep_what_they_do_not_name() -> None:
    base = Settings(extend_select=("INI101",), ignore=("INI102",), exclude=("a",), torch_version="2.4", preview=True)
    assert base.with_overrides() == base
    more = base.with_overrides(
        extend_select=["INI201"], ignore=["INI202"], extend_exclude=["b"], init_modules=["x.init"]
    )
    assert (more.extend_select, more.ignore) == (("INI101", "INI201"), ("INI102", "INI202"))
    assert (more.exclude, more.extend_exclude) == (("a",), ("b",))
    assert (more.init_modules, more.torch_version) == (("x.init",), "2.4")
    assert base.with_overrides(preview=False, torch_version="2.13") == Settings(
        extend_select=("INI101",), ignore=("INI102",), exclude=("a",), torch_version="2.13", root=base.root
    )
    five = base.with_overrides(transformers_version="5.0")
    assert (five.torch_version, five.transformers_version) == ("2.4", "5.0")
    assert five.with_overrides(torch_version="2.13").transformers_version == "5.0"


def test_exclude_stands_for_the_exclude_of_the_configuration_and_for_the_default() -> None:
    base = Settings(exclude=("a",), extend_exclude=("b",))
    chosen = base.with_overrides(exclude=["c"], extend_exclude=["d"])
    assert (chosen.exclude, chosen.extend_exclude) == (("c",), ("b", "d"))
    assert Settings().excludes_by_default(Path(".venv/a.py"))
    assert Settings(extend_exclude=("b",)).excludes_by_default(Path(".venv/a.py"))
    assert not chosen.excludes_by_default(Path(".venv/a.py"))


def test_the_word_that_names_fewest_rules_gives_the_severity() -> None:
    words = (("INI101", Severity.NOTE), ("gain", Severity.WARNING), ("ALL", Severity.ERROR))
    for order in (words, words[::-1]):
        severities = catalogue.severities(order)
        assert severities["INI101"] is Severity.NOTE
        assert severities["INI102"] is Severity.WARNING
        assert severities["INI301"] is severities["INI003"] is Severity.ERROR


def test_origins_say_where_each_value_and_each_part_of_a_list_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    requires = '[project]\nname = "x"\nversion = "1"\ndependencies = ["torch>=2.4"]\n'
    write(tmp_path, requires + TABLE + "ignore = ['INI101']\nextend-exclude = ['a']\nfail-on = 'error'\n")
    settings = config.load(tmp_path).with_overrides(extend_exclude=["b"], fail_on="never")
    assert settings.origins == {
        "ignore": ((["INI101"], "pyproject.toml:ignore"),),
        "extend-exclude": ((["a"], "pyproject.toml:extend-exclude"), (("b",), "command line")),
        "fail-on": (("never", "command line"),),
        "torch-version": (("2.4", "required by the project"),),
    }
    chosen = settings.with_overrides(select=["INI3"])
    assert set(chosen.origins) == {"select", "extend-exclude", "fail-on", "torch-version"}


def test_select_stands_for_the_selection_of_the_configuration() -> None:
    base = Settings(select=("INI2",), extend_select=("INI101",), ignore=("INI102",))
    chosen = base.with_overrides(select=["INI102"], ignore=["INI201"])
    assert (chosen.select, chosen.extend_select, chosen.ignore) == (("INI102",), (), ("INI201",))
    assert codes(chosen, Path("a.py")) == {"INI102"}


@pytest.mark.parametrize("word", ["INI999", "selct", ""])
def test_an_override_that_names_no_rule_is_an_error(word: str) -> None:
    with pytest.raises(catalogue.UnknownRule):
        Settings().with_overrides(select=[word])
    with pytest.raises(catalogue.UnknownRule):
        Settings().with_overrides(extend_select=["INI101", word])
    with pytest.raises(catalogue.UnknownRule):
        Settings().with_overrides(ignore=[word])


def test_an_override_with_an_impossible_value_is_an_error() -> None:
    with pytest.raises(ConfigError, match="not a version"):
        Settings().with_overrides(torch_version="new")
    with pytest.raises(ConfigError, match="transformers-version"):
        Settings().with_overrides(transformers_version="new")
    with pytest.raises(ConfigError, match="not a pattern"):
        Settings().with_overrides(exclude=["\\"])


def test_settings_travel_between_processes(tmp_path: Path) -> None:
    write(tmp_path, TABLE + "exclude = ['a']\n")
    settings = config.load(tmp_path)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_without_patterns_or_a_table_nothing_heavy_is_imported(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    code = (
        "import sys, pathlib; from initlint import config, source; settings = config.load(pathlib.Path());"
        "source.discover([pathlib.Path()], settings); settings.reports('INI003', pathlib.Path('a.py'));"
        "print({'msgspec', 'pathspec', 'libcst', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
