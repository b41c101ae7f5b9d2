from textwrap import indent

import pytest
from checking import find, fix, messages

USE = "return x @ self.w"


def net(made: str, forward: str = USE, more: str = "", base: str = "nn.Module") -> str:
    return (
        f"class Net({base}):\n    def __init__(self, width, device=None):\n        super().__init__()\n"
        f"{indent(made, ' ' * 8)}\n\n    def forward(self, x):\n{indent(forward, ' ' * 8)}\n{indent(more, '    ')}\n"
    )


def codes(code: str, **options: str) -> list[str]:
    return [finding.code for finding in find(code, "INI604", **options)]


def test_message_says_why_it_looks_like_a_parameter() -> None:
    asking = messages(net("self.w = torch.randn(width, width, requires_grad=True)"), "INI604")
    assert asking == [
        (
            "self.w asks for a gradient, and is no Parameter: parameters(), state_dict() and to() pass it over, so no "
            "optimizer trains it, no checkpoint holds it, and it stays on its device"
        )
    ]
    (finding,) = find(net("self.w = torch.empty(width, width)\nnn.init.orthogonal_(self.w)"), "INI604")
    assert finding.message.startswith("self.w is initialised like a weight, and is no Parameter")
    assert finding.region.line == 10
    assert [each.message for each in finding.related] == ["forward uses it here", "it is initialised here"]


@pytest.mark.parametrize(
    ("made", "after"),
    [
        ("torch.randn(width, width, requires_grad=True)", "nn.Parameter(torch.randn(width, width))"),
        ("torch.zeros(width, requires_grad=True, device=device)", "nn.Parameter(torch.zeros(width, device=device))"),
        ("torch.tensor([1.0], requires_grad=True)", "nn.Parameter(torch.tensor([1.0]))"),
        ("torch.randn(width).requires_grad_()", "nn.Parameter(torch.randn(width))"),
        ("torch.randn(width, requires_grad=True).to(device)", "nn.Parameter(torch.randn(width).to(device))"),
        ("torch.randn(width).to(device).requires_grad_()", "nn.Parameter(torch.randn(width).to(device))"),
        (
            "torch.autograd.Variable(torch.randn(width), requires_grad=True)",
            "nn.Parameter(torch.randn(width))",
        ),
        (
            "nn.init.xavier_uniform_(torch.empty(width, width))",
            "nn.Parameter(nn.init.xavier_uniform_(torch.empty(width, width)))",
        ),
    ],
)
def test_tensor_that_is_made_like_a_parameter(made: str, after: str) -> None:
    code = net(f"self.w = {made}")
    assert codes(code) == ["INI604"]
    assert fix(code, "INI604") == net(f"self.w = {after}")


@pytest.mark.parametrize(
    "init",
    ["nn.init.normal_(self.w)", "nn.init.kaiming_uniform_(self.w, a=5**0.5)", "torch.nn.init.sparse_(self.w, 0.1)"],
)
@pytest.mark.parametrize("factory", ["torch.empty(width, width)", "torch.Tensor(width, width)", "torch.zeros(3, 3)"])
def test_plain_tensor_that_is_given_to_an_init(factory: str, init: str) -> None:
    code = net(f"self.w = {factory}\n{init}")
    assert codes(code) == ["INI604"]
    assert fix(code, "INI604") == net(f"self.w = nn.Parameter({factory})\n{init}")


def test_init_in_a_method_that_the_constructor_calls() -> None:
    made = "self.w = torch.empty(width, width)\nself.reset_parameters()"
    more = "\ndef reset_parameters(self):\n    nn.init.xavier_uniform_(self.w)"
    assert codes(net(made, USE, more)) == ["INI604"]


@pytest.mark.parametrize(
    "made",
    [
        "self.w = nn.Parameter(torch.randn(width, width, requires_grad=True))",
        "self.w = nn.Parameter(torch.empty(width, width))\nnn.init.normal_(self.w)",
        "self.w = torch.randn(width, width)",
        "self.w = torch.randn(width, width, requires_grad=False)",
        "self.w = torch.ones(width, width)\nnn.init.zeros_(self.w)",
        "self.w = torch.empty(width, width)\nnn.init.eye_(self.w)",
        "self.w = torch.empty(width, width, requires_grad=False)\nnn.init.normal_(self.w)",
        "self.w = torch.empty(width, width).normal_()",
        "self.w = nn.init.normal_(torch.empty(width, width))\nself.register_buffer('noise', self.w)",
        "self.register_buffer('w', nn.init.normal_(torch.empty(width, width)))",
        "self.w = torch.randn(width, requires_grad=True)\nself.w = nn.Parameter(self.w)",
        "self.w = torch.randn(width, requires_grad=True)\nself.register_parameter('v', nn.Parameter(self.w))",
        "self.w = torch.randn(width, requires_grad=True)\nself.optimizer = torch.optim.Adam([self.w], lr=0.1)",
        "self.w = torch.randn(width, requires_grad=True)\nself.weights = [self.w]",
        "self.w = torch.randn(width, requires_grad=True)\nself.w = make(width)",
        "w = torch.randn(width, requires_grad=True)\nself.w = w * 2",
        "# fixed random features, not trained\nself.w = nn.init.normal_(torch.empty(width, width))",
        "self.w = nn.init.normal_(torch.empty(width, width))  # a buffer",
        "self.w = make(width, requires_grad=True)",
        "self.w = width",
    ],
)
def test_what_is_registered_handed_on_or_no_parameter_is_silent(made: str) -> None:
    assert not codes(net(made))


@pytest.mark.parametrize(
    "more",
    [
        "\ndef parameters_to_train(self):\n    return [self.w]",
        "\ndef configure_optimizers(self):\n    return torch.optim.SGD([self.w], lr=0.1)",
        "\ndef train_alone(self):\n    optimize(self.w)",
    ],
)
def test_method_that_hands_it_on_is_silent(more: str) -> None:
    assert not codes(net("self.w = torch.randn(width, requires_grad=True)", USE, more))


def test_optimizer_outside_of_the_class_is_silent() -> None:
    code = net("self.w = torch.randn(width, requires_grad=True)")
    assert codes(code + "\n\nmodel = Net(3)\noptimizer = torch.optim.Adam(model.parameters())\n") == ["INI604"]
    assert not codes(code + "\n\nmodel = Net(3)\noptimizer = torch.optim.Adam([model.w])\n")


@pytest.mark.parametrize(
    "forward",
    [
        "return x",
        "return torch.utils.checkpoint.checkpoint(run, x, self.w)",
        "self.w = torch.zeros(3, requires_grad=True)\nreturn x",
    ],
)
def test_tensor_that_forward_does_not_compute_with_is_silent(forward: str) -> None:
    assert not codes(net("self.w = torch.ones(1, requires_grad=True)", forward))


def test_tensor_that_forward_makes_is_silent() -> None:
    assert not codes(net("self.width = width", "self.w = torch.zeros(3, requires_grad=True)\nreturn x + self.w"))


@pytest.mark.parametrize("base", ["", "object", "Policy"])
def test_class_that_is_no_module_is_silent(base: str) -> None:
    assert not codes(net("self.w = torch.randn(width, requires_grad=True)", base=base))


@pytest.mark.parametrize(
    ("made", "forward"),
    [
        ("self.w = torch.randn(width, requires_grad=True)", "self.w = self.w.to(x.device)\nreturn x @ self.w"),
        ("self.w = torch.empty(width, width)\nnn.init.normal_(self.w)\nself.w[0] = 0", USE),
        ("self.w = torch.empty(width, width)\nnn.init.normal_(self.w)\nself.w.mul_(0.1)", USE),
    ],
)
def test_where_a_parameter_would_raise_nothing_is_rewritten(made: str, forward: str) -> None:
    code = net(made, forward)
    assert codes(code) == ["INI604"]
    assert fix(code, "INI604") == code


def test_assignment_before_the_module_is_initialised_is_not_rewritten() -> None:
    line, start = "        self.w = torch.randn(width, requires_grad=True)\n", "        super().__init__()\n"
    code = net(line.strip()).replace(start + line, line + start)
    assert codes(code) == ["INI604"]
    assert fix(code, "INI604") == code
