"""Uses of parameters in the methods of their class."""

from textwrap import indent

import pytest
from reading import read

from initlint.facts.networks.uses import Access, Operation, Use

ITEM, TURNED, FLAT, RESHAPED = Access.ITEM, Access.TRANSPOSED, Access.FLATTENED, Access.RESHAPED


def uses(body: str) -> list[Use]:
    """The uses of `self.w` in a `forward` with this body."""
    head = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
    file = read(f"{head}    def forward(self, x, y, i):\n{indent(body, ' ' * 8)}\n")
    return list(file.uses.of(file.classes[0], "w"))


@pytest.mark.parametrize(
    ("body", "operation", "position", "path"),
    [
        ("return x @ self.w", Operation.MATMUL, 1, ()),
        ("return self.w @ x", Operation.MATMUL, 0, ()),
        ("return torch.mm(x, self.w)", Operation.MATMUL, 1, ()),
        ("return x.matmul(self.w)", Operation.MATMUL, 1, ()),
        ("return torch.addmm(y, x, self.w)", Operation.MATMUL, 1, ()),
        ("return torch.bmm(x, self.w)", Operation.BATCHED, 1, ()),
        ("return torch.baddbmm(y, x, self.w)", Operation.BATCHED, 1, ()),
        ("return F.linear(x, self.w)", Operation.LINEAR, 1, ()),
        ("return F.linear(x, weight=self.w)", Operation.LINEAR, 1, ()),
        ("return F.conv2d(x, self.w)", Operation.CONV, 1, ()),
        ("return x @ self.w.t()", Operation.MATMUL, 1, (TURNED,)),
        ("return x @ self.w.transpose(1, 2)", Operation.MATMUL, 1, (TURNED,)),
        ("return x @ self.w.transpose(0, 1)", Operation.MATMUL, 1, (RESHAPED,)),
        ("return x @ self.w.permute(0, 2, 1)", Operation.MATMUL, 1, (TURNED,)),
        ("return x @ self.w[i]", Operation.MATMUL, 1, (ITEM,)),
        ("return x @ self.w[i].T", Operation.MATMUL, 1, (ITEM, TURNED)),
        ("return x @ self.w[None]", Operation.MATMUL, 1, (RESHAPED,)),
        ("return x @ self.w[:, 0]", Operation.MATMUL, 1, (RESHAPED,)),
        ("return x @ self.w.view(i, -1)", Operation.MATMUL, 1, (FLAT,)),
        ("return x @ self.w.flatten(1)", Operation.MATMUL, 1, (FLAT,)),
        ("return x @ self.w.view(-1, i)", Operation.MATMUL, 1, (RESHAPED,)),
        ("return x @ self.w.to(x.dtype)", Operation.MATMUL, 1, ()),
        ("return x @ (self.w if i else y)", Operation.MATMUL, 1, ()),
        ("w = self.w\nreturn x @ w", Operation.MATMUL, 1, ()),
        ("for w in self.w:\n    x = x @ w", Operation.MATMUL, 1, (ITEM,)),
        ("if i:\n    w = self.w\nelse:\n    w = y\nreturn x @ w", Operation.MATMUL, 1, ()),
        ("return x + self.w", Operation.SUM, 1, ()),
        ("x += self.w.unsqueeze(1)", Operation.SUM, 1, (RESHAPED,)),
    ],
)
def test_use(body: str, operation: Operation, position: int, path: tuple[Access, ...]) -> None:
    assert [(use.operation, use.position, use.path) for use in uses(body)] == [(operation, position, path)]


@pytest.mark.parametrize(
    "body",
    [
        "return x * self.w",
        "return x @ self.other",
        "return self.w[i]",
        "return x @ y.w",
        "return x @ torch.sigmoid(self.w)",
        "return torch.einsum(y, x, self.w)",
        "return torch.einsum('bi,io', x, self.w)",
        "return torch.einsum('bi->b', x, self.w)",
        "w = y\nreturn x @ w",
        "return multiply(x, self.w)",
    ],
)
def test_what_is_no_use(body: str) -> None:
    assert not uses(body)


def test_einsum_tells_batch_inputs_and_outputs() -> None:
    (use,) = uses("return torch.einsum('blmf,mhf->bmlh', x, self.w)")
    assert use.equation is not None
    assert (use.equation.batch, use.equation.inputs, use.equation.outputs) == ({"m"}, {"f"}, {"h"})


def test_einsum_takes_its_factors_in_a_list() -> None:
    (use,) = uses("return torch.einsum('...i,io->...o', [x, self.w])")
    assert use.equation is not None
    assert (use.position, use.equation.own, use.equation.inputs) == (1, "io", {"i"})


def test_the_other_side_of_a_sum_is_followed_to_the_product() -> None:
    sum_, product = uses("h = torch.bmm(x, self.w).squeeze(1)\nreturn h + self.w")[::-1]
    assert product.operation is Operation.BATCHED
    assert product.node in sum_.others[0]
