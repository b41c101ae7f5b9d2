import pytest
from checking import find, fix, messages

MODULE = """\
class Net(nn.Module):
    def __init__(self, count, rows, columns):
        super().__init__()
        self.w = nn.Parameter(torch.empty({shape}))
        nn.init.{init}

    def forward(self, x, i):
        return {use}
"""


def module(use: str, shape: str = "count, rows, columns", init: str = "kaiming_uniform_(self.w)") -> str:
    """A module with a parameter, its init and its use."""
    return MODULE.format(use=use, shape=shape, init=init)


@pytest.mark.parametrize(
    "use",
    [
        "torch.bmm(x, self.w)",
        "torch.bmm(x, self.w.transpose(1, 2))",
        "torch.bmm(self.w, x)",
        "x.bmm(self.w)",
        "torch.baddbmm(i, x, self.w)",
        "torch._grouped_mm(x, self.w)",
        "x @ self.w",
        "torch.matmul(x, self.w)",
        "torch.einsum('ebi,eio->ebo', x, self.w)",
        "torch.einsum('bni,oni->bno', x, self.w)",
        "torch.einsum('bnd,hde->bhne', x, self.w)",
        "x @ self.w[i]",
        "torch.bmm(x, self.w[i])",
        "F.linear(x, self.w[0])",
        "[F.linear(x, w) for w in self.w]",
        "i @ self.w.view(4, -1)",
    ],
)
def test_stack_is_found(use: str) -> None:
    assert len(find(module(use), "INI205")) == 1


@pytest.mark.parametrize(
    "use",
    [
        "F.conv1d(x, self.w)",
        "F.conv1d(x, self.w) + torch.bmm(x, self.w)",
        "x * self.w",
        "x + self.w",
        "self.w[i]",
        "x @ self.w[:, 0]",
        "x @ self.w.view(-1, 4)",
        "x @ self.w.transpose(0, 1).reshape(4, 8)",
        "torch.einsum('bi,oij,bj->bo', x, self.w, i)",
        "torch.einsum('boi,boj,oij->bo', x, i, self.w)",
        "multiply(x, self.w)",
    ],
)
def test_other_use_is_silent(use: str) -> None:
    assert not find(module(use), "INI205")


@pytest.mark.parametrize("shape", ["rows, columns", "1, rows, columns", "count, 1, columns", "count, rows, 1", "*rows"])
def test_other_shape_is_silent(shape: str) -> None:
    assert not find(module("torch.matmul(x, self.w)", shape), "INI205")


@pytest.mark.parametrize("init", ["orthogonal_(self.w)", "normal_(self.w, 0, 0.02)", "xavier_uniform_(self.w[0])"])
def test_other_init_is_silent(init: str) -> None:
    assert not find(module("torch.bmm(x, self.w)", init=init), "INI205")


@pytest.mark.parametrize(
    ("init", "use", "numbers"),
    [
        (
            "kaiming_normal_(self.w, nonlinearity='relu')",
            "torch.bmm(x, self.w)",
            "0.001381 instead of 0.0625, × 0.0221",
        ),
        ("xavier_normal_(self.w)", "torch.bmm(x, self.w)", "0.00137 instead of 0.02795, × 0.049"),
        ("kaiming_normal_(self.w)", "torch.bmm(self.w, x)", "0.001381 instead of 0.03125, × 0.0442"),
        ("kaiming_normal_(self.w, mode='fan_out')", "torch.bmm(x, self.w)", "0.01105 instead of 0.03125, × 0.354"),
    ],
)
def test_message_gives_both_stds(init: str, use: str, numbers: str) -> None:
    (message,) = messages(module(use, "8, 512, 2048", init), "INI205")
    assert message.endswith(f"std is {numbers}")


def test_message_gives_the_ratio_in_symbols() -> None:
    (message,) = messages(module("torch.bmm(x, self.w)"), "INI205")
    assert message.endswith("std is × 1 / sqrt(columns) of what it should be")


@pytest.mark.parametrize(
    ("use", "loop"),
    [
        ("torch.bmm(x, self.w)", "for weight in self.w.mT:\n            nn.init.kaiming_uniform_(weight)\n"),
        ("torch.bmm(self.w, x)", "for weight in self.w:\n            nn.init.kaiming_uniform_(weight)\n"),
        ("torch.bmm(x, self.w.mT)", "for weight in self.w:\n            nn.init.kaiming_uniform_(weight)\n"),
        ("F.linear(x, self.w[i])", "for weight in self.w:\n            nn.init.kaiming_uniform_(weight)\n"),
    ],
)
def test_fix_turns_the_matrices_to_the_layout_of_torch(use: str, loop: str) -> None:
    assert loop in fix(module(use), "INI205")


@pytest.mark.parametrize(
    "code",
    [
        module("torch.einsum('bni,oni->bno', x, self.w)"),
        module("i @ self.w.view(4, -1)"),
        module("torch.matmul(x, self.w)", "count, 4, rows, columns"),
        module("torch.bmm(x, self.w)", init="kaiming_uniform_(self.w); self.w.data.mul_(2)"),
    ],
)
def test_fix_is_left_out_where_the_layout_is_open(code: str) -> None:
    assert len(find(code, "INI205")) == 1
    assert fix(code, "INI205") == code


BIASES = """\
class Net(nn.Module):
    def __init__(self, count, rows, columns):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(count, rows, columns))
        self.b = nn.Parameter(torch.zeros({shape}))
        nn.init.xavier_uniform_(self.b)

    def forward(self, x):
        {use}
"""


@pytest.mark.parametrize(
    "use",
    [
        "return torch.bmm(x, self.w) + self.b.unsqueeze(1)",
        "return self.b[:, None] + torch.einsum('ebi,eio->ebo', x, self.w)",
        "h = torch.bmm(x, self.w)\n        return h + self.b.unsqueeze(1)",
        "h = x @ self.w\n        h += self.b.unsqueeze(1)\n        return h",
        "return torch.baddbmm(self.b.unsqueeze(1), x, self.w)",
    ],
)
def test_stack_of_biases_is_found(use: str) -> None:
    (message,) = messages(BIASES.format(shape="count, columns", use=use), "INI205")
    assert message.startswith("self.b is a stack of biases")


@pytest.mark.parametrize(
    ("shape", "use"),
    [
        ("rows, columns", "return torch.bmm(x, self.w) + self.b"),
        ("count, columns", "return torch.bmm(x, self.w), x + self.b"),
        ("count, columns", "return torch.bmm(x + self.b.unsqueeze(1), self.w)"),
        ("count, columns", "return torch.bmm(x, self.w) + self.b.unsqueeze(1) + x @ self.b"),
        ("count, columns", "return self.w + self.b.unsqueeze(1)"),
    ],
)
def test_other_parameter_that_is_added_is_silent(shape: str, use: str) -> None:
    assert not find(BIASES.format(shape=shape, use=use), "INI205")
