import pytest
from checking import find, fix, messages

RULE = "INI608"

PARTS = """\
class Proj(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)


class Scaled(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))


class Square(nn.Module):
    def forward(self, x):
        return x * x


class Holder:
    def __init__(self, width):
        self.linear = nn.Linear(width, width)


"""

NET = """\
class Net(nn.Module):
    def __init__(self, width, {parameter}):
        super().__init__()
        self.part = part
"""


def net(parameter: str) -> str:
    return PARTS + NET.format(parameter=parameter)


def test_message_names_the_class_whose_instances_share() -> None:
    (message,) = messages(net("part=nn.LayerNorm(8)"), RULE)
    assert message == (
        "the default nn.LayerNorm(8) is built once, when __init__ is defined: every Net that is not given part has the "
        "same module and trains the same weights"
    )


def test_message_names_the_function() -> None:
    (message,) = messages("def pool(x, proj=nn.Linear(8, 1)):\n    return proj(x)\n", RULE)
    assert message == (
        "the default nn.Linear(8, 1) is built once, when pool is defined: every pool() that is not given proj has the "
        "same module and trains the same weights"
    )


def test_finding_points_at_the_default() -> None:
    code = net("part=nn.LayerNorm(8)")
    (found,) = find(code, RULE)
    line = code.splitlines()[found.region.line - 7]
    assert line.strip() == "def __init__(self, width, part=nn.LayerNorm(8)):"


@pytest.mark.parametrize(
    "default",
    [
        "nn.LayerNorm(8)",
        "nn.BatchNorm2d(8)",
        "nn.GRU(8, 8)",
        "nn.PReLU()",
        "nn.InstanceNorm1d(8, affine=True)",
        "nn.Sequential(nn.ReLU(), nn.Linear(8, 8))",
        "nn.ModuleList([nn.Linear(8, 8)])",
        "Proj(8)",
        "Scaled(8)",
    ],
)
def test_default_with_parameters_is_found(default: str) -> None:
    assert len(find(net(f"part={default}"), RULE)) == 1


@pytest.mark.parametrize(
    "parameter",
    [
        "*, part=nn.Linear(8, 8)",
        "part: nn.Module = nn.Linear(8, 8)",
        "part: nn.Module | None = nn.Linear(8, 8)",
        "other=1, part=nn.Linear(8, 8), /",
    ],
)
def test_kind_of_the_parameter_does_not_matter(parameter: str) -> None:
    assert len(find(net(parameter), RULE)) == 1


@pytest.mark.parametrize(
    "parameter",
    [
        "part",
        "part=None",
        "part=8",
        "part=nn.ReLU()",
        "part=nn.ReLU(inplace=True)",
        "part=nn.GELU('tanh')",
        "part=nn.Identity()",
        "part=nn.Dropout(0.1)",
        "part=nn.MaxPool2d(2)",
        "part=nn.AdaptiveAvgPool2d((1, 1))",
        "part=nn.CrossEntropyLoss()",
        "part=nn.Flatten()",
        "part=nn.Sequential(nn.ReLU(), nn.Dropout(0.1))",
        "part=nn.Sequential()",
        "part=nn.InstanceNorm2d(8)",
        "part=nn.BatchNorm1d(8, affine=False)",
        "part=nn.LayerNorm(8, elementwise_affine=False)",
        "part=nn.Linear",
        "part: type[nn.Module] = nn.BatchNorm2d",
        "part=lambda: nn.Linear(8, 8)",
        "part=partial(nn.LayerNorm, eps=1e-6)",
        "part=torch.zeros(8)",
        "part=torch.Size([8])",
        "part=Square()",
        "part=Proj",
        "part=Holder(8)",
        "part=Unknown(8)",
        "part=make(nn.Linear(8, 8))",
    ],
)
def test_default_without_parameters_or_instance_is_silent(parameter: str) -> None:
    assert not find(net(parameter), RULE)


@pytest.mark.parametrize(
    "body",
    [
        "return copy.deepcopy(part)",
        "return [copy.deepcopy(part) for _ in range(3)]",
        "return part.__class__(width)",
        "return type(part)(width)",
    ],
)
def test_template_is_silent(body: str) -> None:
    assert not find(f"import copy\n\n\ndef stack(width, part=nn.Linear(8, 8)):\n    {body}\n", RULE)


@pytest.mark.parametrize(
    "code",
    [
        "def build(width):\n    part = nn.Linear(width, width)\n    return part\n",
        "net = make(part=nn.Linear(8, 8))\n",
        "def build(part=None):\n    return part if part is not None else nn.Linear(8, 8)\n",
        "class Net(nn.Module):\n    part = nn.Linear(8, 8)\n",
    ],
)
def test_module_that_is_no_default_is_silent(code: str) -> None:
    assert not find(code, RULE)


def test_fix_builds_at_the_only_use() -> None:
    assert fix(NET.format(parameter="part=nn.LayerNorm(8)"), RULE) == NET.format(parameter="part=None").replace(
        "= part\n", "= nn.LayerNorm(8) if part is None else part\n"
    )


def test_fix_builds_behind_the_base_constructor() -> None:
    code = NET.format(parameter="part=nn.LayerNorm(8)") + "        self.again = part\n"
    built = "super().__init__()\n        part = nn.LayerNorm(8) if part is None else part\n"
    assert fix(code, RULE) == code.replace("part=nn.LayerNorm(8)", "part=None").replace("super().__init__()\n", built)


@pytest.mark.parametrize(
    ("parameter", "body"),
    [
        ("part: nn.Module = nn.LayerNorm(8)", "super().__init__()\n        self.part = part"),
        ("part=nn.LayerNorm(8)", "super().__init__()\n        self.part = part or nn.Identity()"),
        ("part=nn.LayerNorm(8)", "super().__init__()\n        if part is not None:\n            self.part = part"),
        ("part=nn.LayerNorm(8)", "print(width)\n        super().__init__()\n        self.a, self.b = part, part"),
    ],
)
def test_fix_is_not_offered_where_none_means_something_or_no_place_is_known(parameter: str, body: str) -> None:
    code = NET.format(parameter=parameter).replace("super().__init__()\n        self.part = part", body)
    (found,) = find(code, RULE)
    assert not found.fixes
    assert fix(code, RULE) == code
