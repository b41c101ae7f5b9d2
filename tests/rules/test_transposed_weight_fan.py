import pytest
from checking import find, fix, messages

MODULE = """\
class Net(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.width = outputs
        self.w = nn.Parameter(torch.empty({shape}))
        {init}

    def forward(self, x, adjacency):
        return {use}
"""


def module(
    use: str = "x @ self.w", shape: str = "inputs, outputs", init: str = "nn.init.kaiming_uniform_(self.w)"
) -> str:
    """A module with a parameter, its init and its use."""
    return MODULE.format(use=use, shape=shape, init=init)


@pytest.mark.parametrize(
    "use",
    [
        "x @ self.w",
        "torch.mm(x, self.w)",
        "torch.matmul(x, self.w)",
        "x.mm(self.w)",
        "torch.spmm(adjacency, self.w)",
        "torch.addmm(adjacency, x, self.w)",
        "adjacency @ (x @ self.w)",
        "torch.einsum('...i,io->...o', x, self.w)",
        "x @ self.w + self.w.sum()",
    ],
)
def test_right_operand_is_found(use: str) -> None:
    assert len(find(module(use), "INI204")) == 1


@pytest.mark.parametrize(
    "use",
    [
        "F.linear(x, self.w)",
        "x @ self.w.t()",
        "x @ self.w.T",
        "self.w @ x",
        "x @ self.w @ self.w.t()",
        "F.linear(x, self.w) + x @ self.w",
        "torch.einsum('bo,io->bi', x, self.w)",
        "torch.bmm(x, self.w)",
        "x * self.w",
        "x @ self.w[0]",
        "propagate(x, self.w)",
    ],
)
def test_other_use_is_silent(use: str) -> None:
    assert not find(module(use), "INI204")


@pytest.mark.parametrize("shape", ["inputs, inputs", "8, 8", "inputs", "1, inputs, outputs", "*inputs"])
def test_other_shape_is_silent(shape: str) -> None:
    assert not find(module(shape=shape), "INI204")


@pytest.mark.parametrize(
    "init",
    [
        "nn.init.kaiming_normal_(self.w, mode='fan_in')",
        "nn.init.uniform_(self.w, -1 / math.sqrt(self.w.size(1)), 1 / math.sqrt(self.w.size(1)))",
        "self.w.data.normal_(0, self.w.shape[-1] ** -0.5)",
        "nn.init.trunc_normal_(self.w, std=math.sqrt(2 / self.width))",
        "nn.init.normal_(self.w, std=math.sqrt(2 / outputs))",
    ],
)
def test_scale_of_the_second_dimension_is_found(init: str) -> None:
    assert len(find(module(init=init), "INI204")) == 1


@pytest.mark.parametrize(
    "init",
    [
        "nn.init.kaiming_normal_(self.w, mode='fan_out')",
        "nn.init.kaiming_normal_(self.w, mode=inputs)",
        "nn.init.kaiming_normal_(self.w.T)",
        "nn.init.xavier_normal_(self.w)",
        "nn.init.orthogonal_(self.w)",
        "nn.init.normal_(self.w, std=0.02)",
        "nn.init.normal_(self.w, std=math.sqrt(2 / self.w.size(0)))",
        "nn.init.normal_(self.w, std=math.sqrt(2 / self.inputs))",
        "nn.init.normal_(self.w, std=math.sqrt(2 / (self.w.size(0) + self.w.size(1))))",
        "nn.init.normal_(self.w, std=1 / self.w.size(1))",
        "nn.init.constant_(self.w, 1 / math.sqrt(self.w.size(1)))",
    ],
)
def test_other_scale_is_silent(init: str) -> None:
    assert not find(module(init=init), "INI204")


def test_factors_that_are_multiplied_with_each_other_are_silent() -> None:
    code = """\
    class LowRank(nn.Module):
        def __init__(self, inputs, outputs, rank):
            super().__init__()
            self.a = nn.Parameter(torch.empty(inputs, rank))
            self.b = nn.Parameter(torch.empty(rank, outputs))
            nn.init.kaiming_uniform_(self.b, a=math.sqrt(5))

        def forward(self, x):
            return x @ (self.a @ self.b)
    """
    assert not find(code, "INI204")


def test_message_gives_both_stds() -> None:
    (message,) = messages(module(shape="1024, 8", init="nn.init.kaiming_uniform_(self.w, a=math.sqrt(5))"), "INI204")
    assert message.endswith("fan_in 1024, but the scale counts 8: std is 0.2041 instead of 0.01804, × 11.3")


def test_message_gives_the_ratio_in_symbols() -> None:
    (message,) = messages(module(), "INI204")
    assert message.endswith("std is × sqrt(inputs / outputs) of what it should be")


@pytest.mark.parametrize(
    ("init", "fixed"),
    [
        ("nn.init.kaiming_uniform_(self.w)", "nn.init.kaiming_uniform_(self.w.T)"),
        ("nn.init.kaiming_uniform_(self.w.data, a=1)", "nn.init.kaiming_uniform_(self.w.data.T, a=1)"),
        ("nn.init.normal_(self.w, 0, self.w.size(1) ** -0.5)", "nn.init.normal_(self.w, 0, self.w.size(0) ** -0.5)"),
        ("nn.init.normal_(self.w, 0, self.w.shape[-1] ** -0.5)", "nn.init.normal_(self.w, 0, self.w.shape[0] ** -0.5)"),
        ("nn.init.normal_(self.w, 0, outputs ** -0.5)", "nn.init.normal_(self.w, 0, outputs ** -0.5)"),
    ],
)
def test_fix(init: str, fixed: str) -> None:
    assert fix(module(init=init), "INI204") == module(init=fixed)
