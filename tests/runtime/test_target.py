from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from initlint.runtime.target import Target, TargetError

CODE = """\
from beside import WIDTH


class Net:
    class Inner:
        pass

    def __init__(self, depth=1, name="a"):
        self.depth, self.name, self.width = depth, name, WIDTH


number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("WIDTH = 7\n")
    path = tmp_path / "target_of_a_test.py"
    path.write_text(CODE)
    return path


def test_file_is_loaded_with_what_lies_beside_it(file: Path) -> None:
    net = Target.parse(f"{file}:Net", ["depth=12", "name=resnet"], '{"depth": 3}').load()()
    assert (net.depth, net.name, net.width) == (12, "resnet", 7)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("0.5", 0.5),
        ("true", True),
        ("True", True),
        ("None", None),
        ("null", None),
        ("[1, 2]", [1, 2]),
        ("b", "b"),
    ],
)
def test_value_of_an_argument_is_json_or_else_a_string(text: str, value: object) -> None:
    assert Target.parse("m:f", [f"x={text}"]).keywords == {"x": value}


def test_module_and_dotted_attribute_are_loaded() -> None:
    assert (
        Target.parse("collections:OrderedDict.fromkeys", [], '{"iterable": "ab"}').attribute == "OrderedDict.fromkeys"
    )
    assert Target.parse("decimal:Decimal", ["value=3"]).load()() == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("resnet18", "is no target"),
        ("a.b:", "is no target"),
        (":f", "is no target"),
        ("a-b:f", "neither the name of a module nor the path"),
        ("m:f(1)", "is no target"),
    ],
)
def test_what_is_no_target_is_refused(text: str, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        Target.parse(text)


@pytest.mark.parametrize(("arguments", "keywords"), [(["depth"], ""), (["1=2"], ""), ([], "{"), ([], "[1]")])
def test_what_are_no_arguments_is_refused(arguments: list[str], keywords: str) -> None:
    with pytest.raises(TargetError):
        Target.parse("m:f", arguments, keywords)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{file}:Nett", "did you mean 'Net'"),
        ("{file}:number", "which cannot be called"),
        ("{file}x.py:Net", "there is no file"),
        ("nowhere.at.all:f", "there is no module 'nowhere'"),
        ("json.nowhere:f", "there is no module 'json.nowhere'"),
    ],
)
def test_what_is_not_there_is_named(text: str, says: str, file: Path) -> None:
    with pytest.raises(TargetError, match=says):
        Target.parse(text.format(file=file)).load()
