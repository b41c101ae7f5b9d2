"""Which classes are models of transformers, and what is known of their constructors."""

import pytest
from reading import read

from initlint.facts.file import FactOptions
from initlint.facts.networks.hugging_face import guards_loaded_weights, is_model, is_settled, model_bases, models
from initlint.facts.project import Project, Sketch


def names(code: str, elsewhere: str = "") -> list[str]:
    project = Project([("own.py", Sketch.of(code)), ("other.py", Sketch.of("import torch\n" + elsewhere))])
    return [class_.name for class_ in models(read(code, FactOptions(elsewhere=project.elsewhere("own.py"))))]


def test_models_are_found_through_the_classes_of_the_file() -> None:
    code = "from transformers import PreTrainedModel\nclass A(PreTrainedModel): pass\nclass B(A): pass\nclass C: pass\n"
    assert names(code) == ["A", "B"]


def test_a_class_that_derives_from_itself_ends() -> None:
    assert names("class A(A): pass\nclass B(C): pass\nclass C(B): pass\n") == []


@pytest.mark.parametrize(
    ("base", "elsewhere", "found"),
    [
        ("from .b import Base", "class Base(PreTrainedModel): pass", True),
        ("from .b import Base", "class Base(Own): pass\nclass Own(BertPreTrainedModel): pass", True),
        ("from mine.b import Base", "class Base(modeling_utils.PreTrainedModel): pass", True),
        ("from .b import Base", "class Base(TFPreTrainedModel): pass", False),
        ("from .b import Base", "class Base(XPreTrainedModel): pass\nclass XPreTrainedModel(Module): pass", False),
        ("from .b import Base", "", False),
        ("from .b import OwnPreTrainedModel as Base", "", True),
        ("from mine.b import OwnPreTrainedModel as Base", "", False),
        ("from ...modeling_utils import PreTrainedModel as Base", "class PreTrainedModel(nn.Module): pass", True),
    ],
)  # fmt: skip
def test_bases_of_other_files(base: str, elsewhere: str, found: bool) -> None:
    assert names(f"{base}\nclass A(Base): pass\n", elsewhere) == ["A"] * found


def test_the_base_of_a_family_is_told_from_the_root() -> None:
    file = read(
        "from transformers import BertPreTrainedModel, GenerationMixin, PreTrainedModel\n"
        "class A(PreTrainedModel, GenerationMixin): pass\nclass B(BertPreTrainedModel): pass\n"
    )
    assert [model_bases(file, class_) for class_ in file.classes] == [{"PreTrainedModel"}, {"BertPreTrainedModel"}]


@pytest.mark.parametrize(
    ("bases", "settled"),
    [
        ("PreTrainedModel", True),
        ("PreTrainedModel, GenerationMixin", True),
        ("PreTrainedModel, nn.Module, object", True),
        ("Known, PreTrainedModel", True),
        ("Constructing, PreTrainedModel", False),
        ("Unknown, PreTrainedModel", False),
        ("Known[int], PreTrainedModel", False),
        ("make(), PreTrainedModel", False),
    ],
)
def test_constructors_are_settled_where_no_mixin_hides_one(bases: str, settled: bool) -> None:
    code = "from torch import nn\nfrom transformers import GenerationMixin, PreTrainedModel\n"
    code += f"from .b import Constructing, Known, Unknown\nclass A({bases}): pass\n"
    other = (
        "import torch\nclass Known: pass\nclass Constructing(Base): pass\nclass Base:\n    def __init__(self): pass\n"
    )
    project = Project([("own.py", Sketch.of(code)), ("other.py", Sketch.of(other))])
    file = read(code, FactOptions(elsewhere=project.elsewhere("own.py")))
    assert is_model(file, file.classes[0])
    assert is_settled(file, file.classes[0]) is settled


@pytest.mark.parametrize(
    ("imports", "version", "guards"),
    [
        ("", None, None),
        ("", "4.57.3", False),
        ("", "5.0.0", True),
        ("from transformers import initialization", None, True),
        ("from transformers import initialization as init", "4.40", True),
        ("from transformers.initialization import zeros_", None, True),
        ("from ... import initialization as init", None, True),
        ("from transformers import PreTrainedModel", None, None),
        ("from .inits import initialization", None, None),
    ],
)
def test_the_guard_came_with_version_5(imports: str, version: str | None, guards: bool | None) -> None:
    assert guards_loaded_weights(read(imports, FactOptions(transformers_version=version))) is guards


def test_a_project_knows_which_classes_are_bases() -> None:
    project = Project(
        [("a.py", Sketch.of("import torch\nclass A(x.B): pass\n")), ("b.py", Sketch.of("import torch\n"))]
    )
    assert project.elsewhere("b.py").derives("B")
    assert not project.elsewhere("a.py").derives("B")
    assert not project.elsewhere("b.py").derives("A")
