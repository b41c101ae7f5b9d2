import pytest
from checking import find, fix, messages

NET = """\
class Net(nn.Module):
    def __init__(self, width, other=None):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.head = nn.Linear(width, width, bias=False)
        self.norm = nn.BatchNorm1d(width, affine=False)
        self.convs = nn.ModuleList([nn.Conv1d(width, width, 3) for _ in range(2)])
        self.scale = nn.Parameter(torch.ones(width))
        self.register_parameter("shift", None)
        {body}
"""


def found(body: str) -> list[int]:
    code = NET.format(body=body.replace("\n", "\n        "))
    return [finding.region.line for finding in find(code, "INI606")]


def test_message_names_the_slot() -> None:
    assert messages("fc = nn.Linear(2, 2)\nfc.weight = torch.zeros(2, 2)\n", "INI606") == [
        "fc.weight is registered as a parameter and takes no other tensor: TypeError, under no_grad as well"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "self.fc.weight = torch.zeros(width, width)",
        "self.head.bias = torch.zeros(width)",
        "self.norm.weight = torch.ones(width)",
        "self.convs[0].weight = torch.zeros(width, width, 3)",
        "self.fc.weight = self.head.weight.t()",
        "self.fc.weight = self.head.weight.data",
        "self.fc.weight = self.fc.weight * 0.1",
        "self.fc.weight = F.normalize(self.fc.weight)",
        "value = torch.eye(width)\nself.fc.weight = value",
        "self.fc.weight: torch.Tensor = torch.eye(width)",
        "self.scale = torch.zeros(width)",
        "self.shift = torch.zeros(width)",
        "with torch.no_grad():\n    self.scale = torch.zeros(width)",
    ],
)
def test_tensor_is_refused(body: str) -> None:
    assert len(found(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "self.fc.weight = nn.Parameter(torch.zeros(width, width))",
        "value = nn.Parameter(torch.eye(width))\nself.fc.weight = value",
        "self.fc.weight = self.head.weight",
        "self.fc.weight = nn.init.zeros_(self.fc.weight)",
        "self.fc.weight = self.fc.weight.requires_grad_(False)",
        "self.fc.weight = self.fc.weight.to('cpu')",
        "self.fc.weight = self.make()",
        "self.fc.weight = other",
        "self.fc.bias = None",
        "self.shift = nn.Parameter(torch.zeros(width))",
        "self.fc.weight.data = torch.zeros(width, width)",
        "self.fc.weight[:] = torch.zeros(width, width)",
        "self.fc.weight *= torch.zeros(width)",
        "self.fc.weight += torch.zeros(width)",
        "self.fc.mask = torch.zeros(width)",
        "self.norm.running_mean = torch.ones(width)",
        "self.plain = torch.ones(width)",
        "self.fresh = torch.ones(width)\nself.fresh = nn.Parameter(self.fresh)",
        "self.register_buffer('mean', torch.zeros(width))\nself.mean = torch.ones(width)",
        "other.weight = torch.ones(width)",
        "self.other = other\nself.other.weight = torch.ones(width)",
        "for module in self.modules():\n    module.weight = torch.ones(width)",
        "del self.fc.weight\nself.fc.weight = torch.zeros(width, width)",
        "delattr(self.fc, 'weight')\nself.fc.weight = torch.zeros(width, width)",
        "del self.scale\nself.scale = torch.zeros(width)",
        "if other:\n    self.late = nn.Parameter(torch.ones(width))\nelse:\n    self.late = torch.ones(width)",
        "try:\n    self.fc.weight = torch.zeros(width, width)\nexcept TypeError:\n    pass",
    ],
)
def test_look_alike_is_silent(body: str) -> None:
    assert not found(body)


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    def __init__(self):\n        self.w = nn.Parameter(torch.eye(1))\n        self.w = torch.eye(1)",
        "conv = torch.nn.utils.weight_norm(nn.Linear(2, 2))\nconv.weight = torch.zeros(2, 2)\n",
    ],
)
def test_object_that_has_no_such_register_is_silent(code: str) -> None:
    assert not find(code, "INI606")


def test_forward_has_no_fix() -> None:
    code = (
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.fc = nn.Linear(2, 2)\n\n"
        "    def forward(self, x):\n"
        "        self.fc.weight = torch.zeros(2, 2)\n"
        "        return self.fc(x)\n"
    )
    assert len(find(code, "INI606")) == 1
    assert fix(code, "INI606") == code
