"""What the page of INI411 cannot say: which modules are known, every function, which fix is applied."""

import pytest
from checking import find, fix, messages

from initlint.facts.api.torch_init import INITIALIZERS

ARGUMENTS = {"constant_": ", 0.5", "sparse_": ", 0.1"}


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_every_function_takes_a_tensor(name: str) -> None:
    code = f"fc = nn.Linear(4, 4)\nnn.init.{name}(fc{ARGUMENTS.get(name, '')})\n"
    assert messages(code, "INI411") == [f"fc is a module, nn.Linear, and {name} takes a tensor: AttributeError"]
    torch = pytest.importorskip("torch")
    with pytest.raises(AttributeError):
        exec(code, {"nn": torch.nn})


@pytest.mark.parametrize(
    ("built", "name", "weight"),
    [
        ("nn.Conv2d(4, 4, 3)", "dirac_", True),
        ("nn.Linear(4, 4)", "dirac_", False),
        ("nn.Linear(4, 4)", "eye_", True),
        ("nn.Conv2d(4, 4, 3)", "eye_", False),
        ("nn.BatchNorm2d(4)", "ones_", True),
        ("nn.BatchNorm2d(4)", "normal_", True),
        ("nn.BatchNorm2d(4)", "zeros_", False),
        ("nn.BatchNorm2d(4)", "orthogonal_", False),
        ("nn.Embedding(4, 4)", "zeros_", True),
        ("nn.Embedding(4, 4)", "xavier_uniform_", True),
        ("nn.Linear(4, 4)", "zeros_", False),
        ("nn.GRU(4, 4)", "orthogonal_", False),
        ("nn.MultiheadAttention(4, 2)", "xavier_uniform_", False),
        ("nn.Sequential(nn.Linear(4, 4))", "xavier_uniform_", False),
        ("nn.ModuleList([nn.Linear(4, 4)])", "xavier_uniform_", False),
        ("nn.Sequential(nn.Linear(4, 4))[0]", "xavier_uniform_", True),
    ],
)
def test_the_weight_is_passed_where_it_can_only_be_that(built: str, name: str, weight: bool) -> None:
    code = "class A(nn.Module):\n    def __init__(self):\n        self.m = {}\n        nn.init.{}(self.m{})\n"
    target = "[0]" if built.endswith("[0]") else ""
    held = built.removesuffix("[0]")
    before = code.format(held, name, target)
    assert len(find(before, "INI411")) == 1
    assert fix(before, "INI411") == (code.format(held, name, f"{target}.weight") if weight else before)


def test_both_tensors_are_shown_where_either_may_be_meant() -> None:
    (finding,) = find("fc = nn.Linear(4, 4)\nnn.init.constant_(fc, 0.1)\n", "INI411")
    assert [edit.text for each in finding.fixes for edit in each.edits] == [".weight", ".bias"]


def test_where_the_module_is_built_is_related() -> None:
    (finding,) = find("fc = nn.Linear(4, 4)\n\nnn.init.xavier_uniform_(fc)\n", "INI411")
    assert [each.region.line - finding.region.line for each in finding.related] == [-2]


@pytest.mark.parametrize(
    "code",
    [
        "def f(m):\n    if not isinstance(m, nn.Linear):\n        nn.init.normal_(m)\n",
        "def f(m, Layer):\n    if isinstance(m, (nn.Linear, Layer)):\n        nn.init.normal_(m)\n",
        "def f(m):\n    if isinstance(m, nn.Parameter):\n        nn.init.normal_(m)\n",
        (
            "class A(nn.Module):\n    def __init__(self, x):\n        self.m = nn.Linear(2, 2) if x else x\n"
            "        nn.init.normal_(self.m)\n"
        ),
        (
            "class A(nn.Module):\n    def __init__(self, x):\n        self.m = nn.Linear(2, 2)\n        self.m = x\n"
            "        nn.init.normal_(self.m)\n"
        ),
        (
            "class A(nn.Module):\n    def __init__(self):\n        self.m = nn.Linear(2, 2)\n"
            "        nn.init.normal_(self.other)\n"
        ),
        "class Own(nn.Module):\n    pass\n\nm = Own()\nnn.init.normal_(m)\n",
        "m = [nn.Linear(2, 2).weight]\nnn.init.normal_(m[0])\n",
        "m = nn.Linear(2, 2)\nm = m.weight\nnn.init.normal_(m)\n",
        "m = nn.Linear(2, 2)\nif hasattr(nn.init, 'normal_'):\n    nn.init.normal_(m)\n",
        "def f(m, options):\n    fc = nn.Linear(2, 2)\n    nn.init.normal_(*options)\n",
    ],
)
def test_what_may_be_a_tensor_is_silent(code: str) -> None:
    assert not find(code, "INI411")
