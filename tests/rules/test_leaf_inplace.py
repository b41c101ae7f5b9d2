from __future__ import annotations

import pytest
from checking import find, fix, messages

CLASS = """\
class Net(nn.Module):
    def __init__(self, width, table):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.fc = nn.Linear(width, width)
        self.bare = nn.Linear(width, width, bias=False)
        self.maybe = nn.Linear(width, width, bias=table is None)
        self.plain = torch.ones(width)
        self.made = make(width)
        {statement}
"""


def code(statement: str) -> str:
    return CLASS.format(statement=statement)


def found(statement: str) -> bool:
    return bool(find(code(statement), "INI605"))


def fixed(statement: str) -> str:
    return fix(code(statement), "INI605").partition("self.made = make(width)\n")[2]


def test_message_names_the_leaf() -> None:
    assert messages(code("self.scale[0].zero_()"), "INI605") == [
        "self.scale is a leaf that requires gradients, and they are recorded here: RuntimeError"
    ]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("self.scale.normal_()", "nn.init.normal_(self.scale)"),
        ("self.scale.normal_(mean=0, std=2)", "nn.init.normal_(self.scale, mean=0, std=2)"),
        ("self.scale.zero_()", "nn.init.zeros_(self.scale)"),
        ("self.scale.fill_(0.1)", "nn.init.constant_(self.scale, 0.1)"),
        ("self.fc.weight[0].uniform_(-1, 1)", "nn.init.uniform_(self.fc.weight[0], -1, 1)"),
    ],
)
def test_method_with_a_function_becomes_it(statement: str, expected: str) -> None:
    assert fixed(statement) == f"        {expected}\n"


@pytest.mark.parametrize(
    "statement",
    [
        "self.scale.mul_(0.1)",
        "self.scale *= 0.1",
        "self.scale[0] = 1",
        "self.scale[1:] += 1",
        "self.scale.uniform_(to=2)",
        "self.fc.weight.t().copy_(table)",
        "self.fc.weight.view(-1)[0] = 3",
        "self.bare.weight.clamp_(-1, 1)",
    ],
)
def test_everything_else_goes_under_no_grad(statement: str) -> None:
    assert fixed(statement) == f"        with torch.no_grad():\n            {statement}\n"


@pytest.mark.parametrize(
    "statement",
    [
        "for p in self.parameters():\n            p.zero_()",
        "for name, p in self.named_parameters():\n            p.uniform_(-1, 1)",
        "for m in self.modules():\n            if isinstance(m, nn.Linear):\n                m.weight.normal_()",
        "if table is None:\n            self.scale.zero_()",
        "x = self.scale.normal_()",
        "self.draw()\n\n    def draw(self):\n        self.again()\n\n    def again(self):\n        self.scale.zero_()",
        (
            "self.apply(self.draw)\n\n    def draw(self, m):\n        if isinstance(m, nn.Linear):\n"
            "            m.weight.normal_()"
        ),
    ],
)
def test_places_that_a_constructor_runs(statement: str) -> None:
    assert found(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "self.scale.data.zero_()",
        "self.scale.detach().zero_()",
        "self.scale.data[0] = 1",
        "self.fc.weight.data.normal_()",
        "for p in self.parameters():\n            p.data.zero_()",
        "nn.init.zeros_(self.scale)",
        "self.scale.clone().zero_()",
        "self.scale.requires_grad_(False)",
        "self.plain.zero_()",
        "self.plain[0] = 1",
        "self.made.zero_()",
        "self.made.weight.zero_()",
        "self.bare.bias.zero_()",
        "self.maybe.bias.zero_()",
        "self.scale = self.scale * 0.1",
        "table.zero_()",
        "with torch.no_grad():\n            self.scale.zero_()",
        "with torch.inference_mode():\n            self.scale.zero_()",
        "self.scale.requires_grad = False\n        self.scale.zero_()",
        "self.fc.requires_grad_(False)\n        self.fc.weight.zero_()",
        "for p in self.parameters():\n            p.requires_grad = False\n            p.zero_()",
        "torch.set_grad_enabled(False)\n        self.scale.zero_()",
        "self.fc = nn.utils.weight_norm(self.fc)\n        self.fc.weight.zero_()",
        "try:\n            self.scale.zero_()\n        except RuntimeError:\n            pass",
        "\n    def forward(self, x):\n        self.scale.zero_()",
        "\n    def load_from(self, x):\n        self.scale.copy_(x)",
        "\n    @torch.no_grad()\n    def draw(self):\n        self.scale.zero_()",
        "with torch.no_grad():\n            self.draw()\n\n    def draw(self):\n        self.scale.zero_()",
        "self.draw()\n\n    @torch.no_grad()\n    def draw(self):\n        self.scale.zero_()",
    ],
)
def test_gradients_are_off_or_the_tensor_is_no_leaf(statement: str) -> None:
    assert not found(statement)


@pytest.mark.parametrize("made", ["nn.Parameter(torch.ones(3), requires_grad=False)", "torch.ones(3)", "make(3)"])
def test_frozen_plain_and_foreign_tensors(made: str) -> None:
    assert not find(
        code("").replace("nn.Parameter(torch.ones(width))", made) + "        self.scale.zero_()\n", "INI605"
    )


def test_class_that_is_no_module() -> None:
    assert not find(code("self.scale.zero_()").replace("(nn.Module)", ""), "INI605")
