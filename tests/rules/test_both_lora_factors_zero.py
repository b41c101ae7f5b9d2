import pytest
from checking import find, messages

ADAPTER = """\
class Adapter(nn.Module):
    def __init__(self, width, rank, other=None):
        super().__init__()
        self.A = nn.Parameter(torch.empty(width, rank))
        self.B = nn.Parameter(torch.empty(rank, width))
        self.down = nn.Linear(width, rank, bias=False)
        self.up = nn.Linear(rank, width, bias=False)
        self.biased = nn.Linear(width, rank)
        {body}

    def forward(self, x):
        return {output}
"""

ZERO = "nn.init.zeros_(self.A)\nnn.init.zeros_(self.B)"
PRODUCT = "x @ self.A @ self.B"


def adapter(body: str, output: str) -> str:
    return ADAPTER.format(body=body.replace("\n", "\n        "), output=output)


def test_message_names_both_factors() -> None:
    (message,) = messages(adapter(ZERO, PRODUCT), "INI610")
    assert message == (
        "self.A and self.B are only used as their product and both start at 0: the gradient of each is a product with "
        "the other, so it is 0 at every step"
    )


@pytest.mark.parametrize(
    ("body", "output"),
    [
        (ZERO, "F.linear(x, self.B.T @ self.A.T)"),
        (ZERO, "torch.matmul(torch.matmul(x, self.A), self.B)"),
        ("self.A.data.zero_()\nself.B.data.fill_(0)", PRODUCT),
        ("nn.init.constant_(self.A, 0.0)\nnn.init.constant_(self.B, 0)", PRODUCT),
        ("self.A = nn.Parameter(torch.zeros(3, 2))\nself.B = nn.Parameter(torch.zeros(2, 3))", PRODUCT),
        ("nn.init.zeros_(self.down.weight)\nnn.init.zeros_(self.up.weight)", "x + self.up(self.down(x))"),
    ],
)
def test_zero_pair_is_found(body: str, output: str) -> None:
    assert len(find(adapter(body, output), "INI610")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "nn.init.zeros_(self.A)\nnn.init.normal_(self.B)",
        "nn.init.normal_(self.A)\nnn.init.zeros_(self.B)",
        "nn.init.constant_(self.A, 0.01)\nnn.init.constant_(self.B, 0)",
        "nn.init.constant_(self.A, rank)\nnn.init.constant_(self.B, 0)",
        f"{ZERO}\nnn.init.normal_(self.A)",
        f"{ZERO}\nself.B.data = torch.randn(rank, width)",
        f"{ZERO}\nself.A.data.copy_(other)",
        f"{ZERO}\nother(self.A)",
        f"{ZERO}\nself.apply(other)",
        f"{ZERO}\nfor p in self.parameters():\n    nn.init.normal_(p)",
        f"{ZERO}\nfor name, p in self.named_parameters():\n    nn.init.normal_(p)",
        "if other:\n    nn.init.zeros_(self.A)\nelse:\n    nn.init.zeros_(self.B)",
        "nn.init.zeros_(self.A)\nnn.init.zeros_(self.biased.bias)",
        "nn.init.zeros_(self.A)\nnn.init.zeros_(self.down.weight)",
    ],
)
def test_factor_that_is_not_zero_is_silent(body: str) -> None:
    assert not find(adapter(body, PRODUCT), "INI610")


@pytest.mark.parametrize(
    "output",
    [
        "x",
        "x @ self.A + x @ self.B.T",
        "x + self.A.mean() + self.B.mean()",
        f"{PRODUCT} + self.A.sum()",
        "(x @ self.A).sigmoid() @ self.B",
        "x @ self.A.exp() @ self.B",
        "(x @ self.A + 1) @ self.B",
        "other(self.A, self.B)",
    ],
)
def test_factors_that_are_not_a_product_alone_are_silent(output: str) -> None:
    assert not find(adapter(ZERO, output), "INI610")


@pytest.mark.parametrize(
    ("body", "output"),
    [
        ("nn.init.zeros_(self.biased.weight)\nnn.init.zeros_(self.up.weight)", "self.up(self.biased(x))"),
        ("nn.init.zeros_(self.down.weight)\nnn.init.zeros_(self.up.weight)", "self.up(F.gelu(self.down(x)))"),
        ("nn.init.zeros_(self.down.weight)\nnn.init.zeros_(self.up.weight)", "self.up(x) + self.down(x)"),
        ("nn.init.zeros_(self.biased.bias)\nnn.init.zeros_(self.up.weight)", "self.up(self.biased(x))"),
    ],
)
def test_layers_that_are_no_low_rank_pair_are_silent(body: str, output: str) -> None:
    assert not find(adapter(body, output), "INI610")


def test_class_that_is_no_module_is_silent() -> None:
    assert not find(adapter(ZERO, PRODUCT).replace("nn.Module", "object"), "INI610")
