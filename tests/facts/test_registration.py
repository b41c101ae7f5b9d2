"""What is a module, what has parameters, and where something that an object holds goes."""

from textwrap import indent

import pytest
from reading import probe, read

from initlint.facts.api.modules import MODULE_DICT_NAMES, is_torch_module
from initlint.facts.execution.handing import Handing
from initlint.facts.execution.trainable import has_parameters, is_module, makes_parameter
from initlint.facts.meaning.flags import is_flag
from initlint.facts.project import Sketch
from initlint.facts.reading.remarks import remarks

IMPORTS = "import torch\nfrom torch import nn\n\n\n"


def trained(code: str) -> bool:
    """Whether what is probed has parameters."""
    file = read(IMPORTS + code)
    node, call = probe(file)
    return has_parameters(file, file.builder.build(node, call.env))


def handed_on(body: str, method: str = "", forward: str = "return self.x") -> bool:
    """Whether `self.x`, or the local `x`, is handed on in a constructor with this body."""
    code = f"{IMPORTS}class Net(nn.Module):\n    def __init__(self, x, y):\n{indent(body, ' ' * 8)}\n"
    code += f"    def forward(self, y):\n{indent(forward, ' ' * 8)}\n{indent(method, ' ' * 4)}\n"
    file = read(code)
    return Handing(file, file.classes[0]).handed_on({"x"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch.nn.Module", True),
        ("torch.nn.Conv2d", True),
        ("torch.nn._ConvNd", True),
        ("torch.nn.Parameter", False),
        ("torch.nn.functional.relu", False),
        ("torch.nn.init", False),
        ("tensorflow.Module", False),
    ],
)
def test_classes_of_torch(name: str, expected: bool) -> None:
    assert is_torch_module(name) is expected


def test_names_that_a_module_dict_refuses_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    names = {name for name in dir(torch.nn.ModuleDict()) if not name.startswith("_")}
    assert names <= MODULE_DICT_NAMES


@pytest.mark.parametrize(
    ("bases", "expected"),
    [("nn.Module", True), ("nn.Linear", True), ("Base", True), ("Mixin, Base", True), ("Mixin", False), ("", False)],
)
def test_module_classes(bases: str, expected: bool) -> None:
    file = read(f"{IMPORTS}class Base(nn.Module): ...\nclass Mixin: ...\nclass Net({bases}): ...\n")
    assert is_module(file, file.classes[-1]) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.fc = nn.Linear(2, 2)", True),
        ("self.net = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))", True),
        ("self.w = nn.Parameter(torch.zeros(shape))", True),
        ("self.register_parameter('w', nn.Parameter(torch.zeros(3)))", True),
        ("self.add_module('fc', nn.Linear(2, 2))", True),
        ("self.layers = nn.ModuleList()\nself.layers.append(nn.Linear(2, 2))", True),
        ("self.build()", True),
        ("self.layers = [nn.Linear(2, 2)]", False),
        ("self.layers = []\nself.layers.append(nn.Linear(2, 2))", False),
        ("layers = []\nlayers.append(nn.Linear(2, 2))", False),
        ("self.w = nn.Parameter(torch.zeros(3), requires_grad=False)", False),
        ("self.register_buffer('w', torch.zeros(3))", False),
        ("if shape:\n    self.fc = nn.Linear(2, 2)", False),
        ("self.act = nn.ReLU()", False),
        ("self.norm = nn.BatchNorm1d(3, affine=shape)", False),
    ],
)
def test_class_with_parameters(body: str, expected: bool) -> None:
    build = "    def build(self):\n        self.fc = nn.Linear(2, 2)\n"
    head = f"class Net(nn.Module):\n    def __init__(self, shape):\n{indent(body, ' ' * 8)}\n"
    assert trained(f"{head}{build}\n\nprobe(Net(3))\n") is expected


def test_subclass_of_a_layer_has_its_parameters() -> None:
    assert trained("class Conv(nn.Conv2d):\n    pass\n\n\nprobe(Conv(3, 3, 3))\n")
    assert not trained("class Act(nn.ReLU):\n    pass\n\n\nprobe(Act())\n")


def test_class_that_holds_itself_ends() -> None:
    assert not trained(
        "class Node(nn.Module):\n    def __init__(self):\n        self.child = Node()\n\n\nprobe(Node())\n"
    )


@pytest.mark.parametrize(
    ("made", "expected"),
    [("nn.Parameter(x)", True), ("nn.Parameter(x, requires_grad=False)", False), ("torch.zeros(3)", False)],
)
def test_parameters_that_train(made: str, expected: bool) -> None:
    file = read(f"{IMPORTS}probe({made})\n")
    node, call = probe(file)
    assert makes_parameter(file, node, call.env) is expected


@pytest.mark.parametrize(
    "body",
    [
        "self.x = x\nregister(self.x)",
        "self.x = x\nregister(y, *self.x)",
        "self.x = x\nregister(y, named=self.x[0])",
        "self.x = x\nself.y = self.x",
        "self.x = x\nself.y = [self.x]",
        "self.x = x\nz = self.x\nregister(z)",
        "self.x = x\nfor part in self.x:\n    register(part)",
        "self.x = x\nfor i, (part, _) in enumerate(zip(self.x, y)):\n    register(part)",
        "self.x = x\nfor key, part in self.x.items():\n    register(part)",
        "self.x = x\nregister([part for part in self.x])",
        "self.x = x\nregister(list(reversed(self.x)))",
        "self.x = x\nregister(self.x if y else None)",
        "self.x = x\n[part.parameters() for part in self.x]",
        "self.x = x\nz = y or self.x\nz[0].eval()",
    ],
)
def test_what_is_handed_on(body: str) -> None:
    assert handed_on(body)


@pytest.mark.parametrize(
    "body",
    [
        "self.x = x",
        "self.x = x\nprint(len(self.x))",
        "self.x = x\nfor i, part in enumerate(self.x):\n    register(i)",
        "self.x = x\nfor i, (part, size) in enumerate(zip(self.x, y)):\n    register(size)",
        "self.x = x\nfor key in self.x.keys():\n    register(key)",
        "self.x = x\nregister([part.shape for part in self.x])",
        "self.x = x\nregister(self.x[0].weight)",
        "self.x = x\nself.x.append(y)",
        "self.x = x\nself.x[0] = y",
        "self.x = x\nnn.init.zeros_(self.x)",
        "self.x = x\nregister(self.y)",
        "self.x = x\nregister(y.x)",
    ],
)
def test_what_stays(body: str) -> None:
    assert not handed_on(body)


def test_forward_uses_and_may_return_it() -> None:
    assert not handed_on("self.x = x", "", "return run(self.x)")
    assert not handed_on("self.x = x", "def part(self):\n    return run(self.x)", "return self.part()")
    assert handed_on("self.x = x", "", "return nn.Sequential(*self.x)")
    assert handed_on("self.x = x", "def part(self):\n    return self.x")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a > 1", True),
        ("not a", True),
        ("int(a > 1)", True),
        ("bool(a)", True),
        ("flag", True),
        ("wanted", True),
        ("a > 1 and flag", True),
        ("True", True),
        ("a", False),
        ("int(a)", False),
        ("a > 1 and a", False),
        ("2", False),
    ],
)
def test_flags(expression: str, expected: bool) -> None:
    file = read(f"def f(a, flag=False, wanted: bool = None):\n    probe({expression})\n")
    node, call = probe(file)
    assert is_flag(node, call.env, file.names, file.values) is expected


def test_remarks_are_the_comments_at_a_statement() -> None:
    file = read("x = 1  # other\n# above\nprobe(\n    1,  # inside\n)  # behind\n# below\ny = 2\n")
    _, call = probe(file)
    assert remarks(file.record, call.statement) == "# above\n# inside\n# behind"


@pytest.mark.parametrize("times", ["[x] * 3", "3 * [x]", "(x,) * n"])
def test_repeated_lists_are_recorded(times: str) -> None:
    (found,) = read(f"probe({times})\n").record.repetitions
    assert file_code(found.times) in ("3", "n")


def file_code(node: object) -> str:
    return getattr(node, "value", "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.fc = nn.Linear(2, 2)", True),
        ("self.w = Parameter(torch.zeros(3))", True),
        ("self.w = Parameter(torch.zeros(3), requires_grad=False)", False),
        ("self.act = nn.ReLU()", False),
    ],
)
def test_sketch_says_whether_a_class_trains(body: str, expected: bool) -> None:
    (found,) = Sketch.of(f"import torch\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        {body}\n").classes
    assert found.trained is expected
