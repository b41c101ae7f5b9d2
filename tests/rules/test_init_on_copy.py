"""INI702: which copies and dropped results are found; that copies are copies is tested against torch in tests/facts."""

import pytest
from checking import find, fix, messages

CLASS = """\
class Net(nn.Module):
    def __init__(self, width, index, device):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.scale = nn.Parameter(torch.ones(width))
        self.register_buffer("mask", torch.ones(width))
        rows = torch.arange(2)
        {statement}
"""

DROPPED = [
    "nn.init.normal_(self.fc.weight.clone(), std=0.02)",
    "nn.init.normal_(tensor=self.fc.weight.detach().clone(), std=0.02)",
    "nn.init.normal_(self.fc.weight.data[rows], std=0.02)",
    "nn.init.normal_(self.fc.weight[:, rows], std=0.02)",
    "nn.init.normal_(self.fc.weight[self.fc.weight > 0], std=0.02)",
    "nn.init.normal_(self.fc.weight.index_select(0, rows), std=0.02)",
    "nn.init.normal_(self.fc.weight.to(torch.float64), std=0.02)",
    "nn.init.normal_(torch.cat([self.fc.weight, self.fc.weight]), std=0.02)",
    "nn.init.normal_(self.fc.weight * 0.5, std=0.02)",
    "nn.init.normal_(self.fc.weight.repeat(2, 1), std=0.02)",
    "nn.init.normal_(self.fc.weight.transpose(0, 1).contiguous(), std=0.02)",
    "nn.init.zeros_(torch.diag(self.fc.weight))",
    "with torch.no_grad(): self.fc.weight[[0, 1]].zero_()",
    "self.fc.weight.data.clone().zero_()",
    "self.fc.bias.data[[0, 1]].copy_(rows)",
    "self.scale.data[rows].fill_(0.5)",
    "self.scale[[0, 1]].data.mul_(0.5)",
    "self.fc.weight.data[[0, 1]][:, 0] = 0.5",
    "self.fc.weight.data[rows][0] += 0.5",
    "self.fc.weight.data.mul(0.5)",
    "self.fc.weight.data.clamp(-0.1, 0.1)",
    "self.scale.div(2)",
    "torch.full(self.scale.size(), 0.5)",
    "torch.zeros(self.fc.bias.shape)",
    "torch.randn_like(self.fc.weight)",
]

KEPT = [
    "nn.init.normal_(self.fc.weight.data[index], std=0.02)",
    "nn.init.normal_(self.fc.weight[index:], std=0.02)",
    "nn.init.normal_(self.fc.weight[0], std=0.02)",
    "nn.init.normal_(self.fc.weight[None], std=0.02)",
    "nn.init.normal_(self.fc.weight[..., -1], std=0.02)",
    "nn.init.normal_(self.fc.weight[:, 1:3], std=0.02)",
    "nn.init.normal_(self.fc.weight.view(-1), std=0.02)",
    "nn.init.normal_(self.fc.weight.reshape(-1), std=0.02)",
    "nn.init.normal_(self.fc.weight.mT, std=0.02)",
    "nn.init.normal_(self.fc.weight.permute(1, 0), std=0.02)",
    "nn.init.normal_(self.fc.weight.t().reshape(width, 2, -1), std=0.02)",
    "nn.init.normal_(self.fc.weight.to(device), std=0.02)",
    "nn.init.normal_(self.fc.weight.float(), std=0.02)",
    "nn.init.normal_(self.fc.weight.cuda(), std=0.02)",
    "nn.init.normal_(self.fc.bias.t().contiguous(), std=0.02)",
    "nn.init.normal_(nn.Linear(width, 1).weight.t().contiguous(), std=0.02)",
    "nn.init.normal_(self.fc.weight.unfold(0, 2, 2), std=0.02)",
    "nn.init.normal_(self.fc.weight.narrow(0, 0, 2), std=0.02)",
    "nn.init.normal_(self.fc.weight.select(0, 1), std=0.02)",
    "nn.init.normal_(self.fc.weight.expand(width, width), std=0.02)",
    "nn.init.normal_(torch.diagonal(self.fc.weight), std=0.02)",
    "nn.init.normal_(self.fc.state_dict()['weight'], std=0.02)",
    "w = nn.init.normal_(self.fc.weight.clone(), std=0.02)",
    "self.fc.weight.data = nn.init.normal_(self.fc.weight.clone(), std=0.02)",
    "self.fc.weight.data[rows] = nn.init.normal_(self.fc.weight[rows], std=0.02)",
    "self.fc.weight.data[rows] = 0.5",
    "self.fc.weight.data[rows] *= 0.5",
    "self.fc.weight.data[0][rows] = 0.5",
    "self.fc.weight.data[index][0] = 0.5",
    "self.fc.weight.data[index].zero_()",
    "self.fc.weight.data.mul_(0.5)",
    "self.fc.weight.data = self.fc.weight.data.mul(0.5)",
    "print(self.fc.weight.mul(0.5))",
    "self.mask[rows].zero_()",
    "self.mask.mul(0.5)",
    "torch.zeros_like(self.mask)",
    "torch.zeros(width)",
    "x = torch.zeros_like(self.fc.weight)",
    "torch.zeros_like(rows)",
    "self.fc.weight.repeat(2, 1)",
    "self.fc.weight.double()",
    "self.fc.requires_grad_(False)",
    "rows.clone().zero_()",
    "[nn.init.normal_(self.fc.weight.clone()) for _ in range(2)]",
    "try:\n            nn.init.normal_(self.fc.weight.clone())\n        except RuntimeError:\n            pass",
]


@pytest.mark.parametrize("statement", DROPPED)
def test_values_that_are_dropped_are_found(statement: str) -> None:
    assert len(find(CLASS.format(statement=statement), "INI702")) == 1


@pytest.mark.parametrize("statement", KEPT)
def test_values_that_are_kept_or_may_be_are_silent(statement: str) -> None:
    assert not find(CLASS.format(statement=statement), "INI702")


def test_conversion_in_a_file_that_sets_the_default_type_is_silent() -> None:
    code = CLASS.format(statement="nn.init.normal_(self.fc.weight.half())")
    assert len(find(code, "INI702")) == 1
    assert not find(f"torch.set_default_dtype(torch.float16)\n{code}", "INI702")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "nn.init.normal_(self.fc.weight[rows])",
            "self.fc.weight[rows] is a copy: what normal_ writes there is dropped",
        ),
        ("self.scale.data[rows].zero_()", "self.scale.data[rows] is a copy: what zero_ writes there is dropped"),
        (
            "self.scale.data[rows][0] = 1",
            "self.scale.data[rows] is a copy: what the assignment writes there is dropped",
        ),
        ("torch.ones_like(self.scale)", "torch.ones_like makes a new tensor like self.scale, which nothing takes"),
    ],
)
def test_message_says_what_becomes_of_the_values(statement: str, message: str) -> None:
    target = "self.fc.weight" if "fc" in statement else "self.scale"
    found = messages(CLASS.format(statement=statement), "INI702")
    assert found == [f"{message}{':' if 'takes' in message else ','} {target} keeps the values that it had"]


def test_message_names_the_method_that_writes_in_place() -> None:
    assert messages(CLASS.format(statement="self.scale.mul(0.5)"), "INI702") == [
        "mul returns a new tensor, which nothing takes: self.scale keeps the values that it had; mul_ writes to it"
    ]


def test_factory_for_a_parameter_that_is_reset_after_a_base() -> None:
    code = """
    from torch.nn import Parameter

    class Conv(Base):
        def __init__(self, width):
            super().__init__()
            self.l1 = Parameter(torch.empty(1, width))
            self.l2 = Parameter(torch.empty(width, 2 * width))
            self.reset_parameters()

        def reset_parameters(self):
            super().reset_parameters()
            ones(self.l1)
            torch.full(self.l2.size(), 1 / self.width)
    """
    (finding,) = find(code, "INI702")
    assert finding.region.line == 20


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nn.init.normal_(self.fc.weight[rows])", "self.fc.weight.data[rows] = nn.init.normal_(self.fc.weight[rows])"),
        ("self.fc.weight.data[rows].copy_(x)", "self.fc.weight.data[rows] = x"),
        ("self.fc.weight.data[rows].zero_()", "self.fc.weight.data[rows] = 0"),
        ("self.fc.weight.clone().zero_()", "self.fc.weight.data.zero_()"),
        ("self.fc.weight.data.clone().zero_()", "self.fc.weight.data.zero_()"),
        ("self.scale.mul(2)", "self.scale.data.mul_(2)"),
        ("torch.ones(self.scale.shape)", "nn.init.ones_(self.scale)"),
        ("torch.rand_like(self.scale)", "nn.init.uniform_(self.scale)"),
    ],
)
def test_fix_writes_to_the_parameter(before: str, after: str) -> None:
    assert fix(CLASS.format(statement=before), "INI702") == CLASS.format(statement=after)


@pytest.mark.parametrize(
    "statement",
    [
        "self.fc.weight.data[rows][0] = 1",
        "torch.empty_like(self.scale)",
        "torch.zeros_like(self.scale, dtype=torch.half)",
        "nn.init.zeros_(torch.diag(self.fc.weight))",
        "nn.init.normal_(self.fc.weight * 0.5)",
    ],
)
def test_no_fix_where_what_was_meant_is_open(statement: str) -> None:
    (finding,) = find(CLASS.format(statement=statement), "INI702")
    assert not finding.fixes
