import pytest
from checking import find, fix, messages

RULE = "INI609"

NET = """\
class Part(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)


class Square(nn.Module):
    def forward(self, x):
        return x * x


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.layer = None

    def forward(self, x):
        {body}
"""


def net(*body: str) -> str:
    return NET.format(body="\n        ".join(body))


def test_message_says_that_the_layer_never_trains() -> None:
    (message,) = messages(net("return nn.Linear(8, 8)(x)"), RULE)
    assert message == (
        "nn.Linear is built in forward: every call starts from new parameters, and no optimizer knows them, so they "
        "are never trained"
    )


def test_message_says_what_becomes_of_the_parameter() -> None:
    (message,) = messages(net("self.scale = nn.Parameter(torch.ones(8))", "return x * self.scale"), RULE)
    assert message == (
        "forward makes a new Parameter for self.scale each time: an optimizer keeps the one that it was given, which "
        "nothing uses any more"
    )


def test_use_of_a_local_is_related() -> None:
    (found,) = find(net("layer = nn.Linear(8, 8)", "return layer(x)"), RULE)
    (related,) = found.related
    assert related.message == "it is used here"
    assert related.region.line == found.region.line + 1


@pytest.mark.parametrize(
    "body",
    [
        ("return nn.Linear(8, 8)(x)",),
        ("return nn.Linear(x.shape[-1], 8).to(x.device)(x)",),
        ("return nn.BatchNorm1d(8).cuda()(x)",),
        ("layer = nn.Conv1d(8, 8, 3)", "return layer(x)"),
        ("layer = nn.GRU(8, 8).to(x)", "out, _ = layer(x)", "return out"),
        ("return nn.Sequential(nn.ReLU(), nn.Linear(8, 8))(x)",),
        ("return nn.InstanceNorm1d(8, affine=True)(x)",),
        ("return Part(8)(x)",),
        ("for _ in range(3):", "    x = nn.Linear(8, 8)(x)", "return x"),
        ("if self.width > 8:", "    x = nn.Linear(8, 8)(x)", "return x"),
        ("self.layer = nn.Linear(8, 8)", "return self.layer(x)"),
        ("self.layer = nn.Linear(8, 8).to(x.device)", "return self.layer(x)"),
        ("self.layer = nn.Linear(8, 8)", "self.layer.to(x.device)", "return self.layer(x)"),
        ("self.scale = nn.Parameter(torch.ones(8))", "return x * self.scale"),
        ("self.weight = nn.Parameter(torch.ones(8, 8))", "return F.linear(x, self.weight)"),
    ],
)
def test_layer_of_every_call_is_found(body: tuple[str, ...]) -> None:
    assert len(find(net(*body), RULE)) == 1


@pytest.mark.parametrize(
    "body",
    [
        ("return nn.ReLU()(x)",),
        ("return nn.Softmax(dim=-1)(x)",),
        ("return nn.Dropout(0.1)(x)",),
        ("return nn.MaxPool2d(2)(x)",),
        ("return nn.Upsample(scale_factor=2)(x)",),
        ("return nn.CrossEntropyLoss()(x, x)",),
        ("return nn.Sequential(nn.ReLU(), nn.Dropout(0.1))(x)",),
        ("return nn.InstanceNorm2d(8)(x)",),
        ("return nn.BatchNorm1d(8, affine=False)(x)",),
        ("return nn.LayerNorm(8, elementwise_affine=False)(x)",),
        ("norm = nn.LayerNorm(x.shape[1:], elementwise_affine=False)", "return norm(x)"),
        ("return Square()(x)",),
        ("return Unknown(8)(x)",),
        ("return F.linear(x, torch.ones(8, 8))",),
        ("return nn.functional.layer_norm(x, (8,))",),
        ("if self.layer is None:", "    self.layer = nn.Linear(8, 8)", "return self.layer(x)"),
        ("if not self.layer:", "    self.layer = nn.Linear(8, 8)", "return self.layer(x)"),
        ("if not hasattr(self, 'head'):", "    self.head = nn.Linear(8, 8)", "return self.head(x)"),
        ("if self.layer is not None:", "    return x", "self.layer = nn.Linear(8, 8)", "return x"),
        ("try:", "    layer = self.head", "except AttributeError:", "    self.head = nn.Linear(8, 8)", "return x"),
        ("self.layer = nn.ReLU()", "return self.layer(x)"),
        ("self.scale = torch.ones(8)", "return x * self.scale"),
        ("self.scale = nn.Parameter(torch.ones(8), requires_grad=False)", "return x * self.scale"),
        ("layer = nn.Linear(8, 8)", "layer.weight.data.copy_(x)", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "layer.weight = nn.Parameter(x)", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "layer.weight.data = x", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "layer.weight.data[:] = x", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "nn.init.ones_(layer.weight)", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "layer.load_state_dict(self.state)", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "prepare(layer)", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "self.layer = layer", "return layer(x)"),
        ("layer = nn.Linear(8, 8)", "return layer"),
        ("self.layer = nn.Linear(8, 8)", "self.layer.weight.data = x", "return self.layer(x)"),
        ("self.layer = nn.Linear(8, 8)", "nn.init.ones_(self.layer.weight)", "return self.layer(x)"),
        ("self.layer = nn.Linear(8, 8)", "self.layer.load_state_dict(self.state)", "return self.layer(x)"),
        ("layer = self.layer", "return layer(x)"),
        ("return self.layer(x)",),
    ],
)
def test_look_alike_is_silent(body: tuple[str, ...]) -> None:
    assert not find(net(*body), RULE)


@pytest.mark.parametrize(
    "code",
    [
        "def forward(x):\n    return nn.Linear(8, 8)(x)\n",
        "class Function:\n    def forward(self, x):\n        return nn.Linear(8, 8)(x)\n",
        "class Net(nn.Module):\n    def build(self, x):\n        return nn.Linear(8, 8)(x)\n",
        "class Net(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(8, 8)\n",
    ],
)
def test_other_place_is_silent(code: str) -> None:
    assert not find(code, RULE)


def test_construction_that_needs_nothing_of_forward_is_shown_in_the_constructor() -> None:
    code = net("return nn.Linear(8, 8)(x)")
    (found,) = find(code, RULE)
    (shown,) = found.fixes
    assert {edit.text.strip() for edit in shown.edits} == {"self.linear = nn.Linear(8, 8)", "self.linear"}
    assert fix(code, RULE) == code


@pytest.mark.parametrize("layer", ["nn.Linear(x.shape[-1], 8)", "nn.Linear(size, 8)"])
def test_construction_from_what_forward_has_is_only_reported(layer: str) -> None:
    (found,) = find(net("size = x.shape[-1]", f"return {layer}(x)"), RULE)
    assert not found.fixes
