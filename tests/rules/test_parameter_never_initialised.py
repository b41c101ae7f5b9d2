from __future__ import annotations

import pytest
from checking import find, messages

LAYER = """\
class Layer(nn.Module):
    def __init__(self, width, table=None):
        super().__init__()
        self.width = width
        self.fc = nn.Linear(width, width)
        {birth}
{rest}
    def forward(self, x):
        return self.fc(x) * self.level
"""
BIRTH = "self.level = nn.Parameter(torch.empty(width))"


def layer(birth: str = BIRTH, rest: str = "") -> str:
    indented = "".join(f"    {line}\n" for line in rest.splitlines())
    return LAYER.format(birth=birth, rest=f"\n{indented}" if rest else "")


def lines(code: str, elsewhere: str = "") -> list[int]:
    return [finding.region.line - 6 for finding in find(code, "INI601", elsewhere=elsewhere)]


def found(code: str, elsewhere: str = "") -> bool:
    return bool(lines(code, elsewhere))


def test_message_says_what_allocates_and_where() -> None:
    assert messages(layer(), "INI601") == [
        (
            "torch.empty leaves self.level as its memory was, and nothing in the project writes it: "
            "it starts as whatever was freed there, from 0 to 1e30 and NaN"
        )
    ]
    assert lines(layer()) == [6]


def test_message_names_the_method_that_nothing_calls() -> None:
    (message,) = messages(layer(rest="def reset_parameters(self):\n    nn.init.ones_(self.level)\n"), "INI601")
    assert "only reset_parameters() would write it, and nothing calls that" in message


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("torch.empty(4)", "nn.init.zeros_(self.level)"),
        ("torch.empty(width)", "nn.init.normal_(self.level, std=0.02)"),
        ("torch.empty(width, width)", "nn.init.xavier_uniform_(self.level)"),
        ("torch.empty_like(self.fc.bias)", "nn.init.normal_(self.level, std=0.02)"),
    ],
)
def test_initialiser_is_shown_and_not_applied(expression: str, shown: str) -> None:
    (finding,) = find(layer(f"self.level = nn.Parameter({expression})"), "INI601")
    (proposal,) = finding.fixes
    assert not finding.applicable
    assert shown in proposal.edits[0].text


@pytest.mark.parametrize(
    "expression",
    [
        "torch.empty(width)",
        "torch.empty((width, width))",
        "torch.empty(size=(width,), dtype=torch.float64)",
        "torch.empty_like(self.fc.weight)",
        "self.fc.weight.new_empty(width)",
        "self.fc.weight.new(width, width)",
        "torch.Tensor(width)",
        "torch.Tensor(width, 2 * width)",
        "torch.Tensor(self.width)",
        "torch.Tensor(4)",
        "torch.Tensor(len(table))",
        "torch.Tensor(*self.fc.weight.shape)",
        "torch.Tensor(self.fc.weight.size())",
        "torch.FloatTensor(size=(1, width))",
        "torch.HalfTensor(width, width)",
        "torch.cuda.FloatTensor(width, width)",
        "torch.empty(width).unsqueeze(0)",
        "torch.empty(width).to(torch.float64)",
        "data=torch.empty(width)",
        "torch.empty(width), requires_grad=True",
    ],
)
def test_forms_that_only_allocate(expression: str) -> None:
    assert found(layer(f"self.level = nn.Parameter({expression})"))


@pytest.mark.parametrize(
    "birth",
    [
        "self.register_parameter('level', nn.Parameter(torch.empty(width)))",
        "self.level: nn.Parameter = nn.Parameter(torch.empty(width))",
        "self.level = nn.Parameter(torch.empty(width)) if table is None else None",
        (
            "if table is None:\n            self.level = nn.Parameter(torch.empty(width))\n"
            "        else:\n            self.level = torch.zeros(width)"
        ),
        (
            "self.make()\n\n    def make(self):\n        self.build()\n\n    def build(self):\n"
            "        self.level = nn.Parameter(torch.empty(self.width))"
        ),
    ],
)
def test_ways_to_register(birth: str) -> None:
    assert found(layer(birth))


@pytest.mark.parametrize(
    "expression",
    [
        "torch.Tensor([width])",
        "torch.Tensor((2, 3))",
        "torch.Tensor(table)",
        "torch.FloatTensor(table)",
        "torch.Tensor(table * 2)",
        "torch.Tensor()",
        "torch.empty(0)",
        "torch.empty(0, width)",
        "torch.zeros(width)",
        "torch.empty(width).normal_()",
        "nn.init.ones_(torch.empty(width))",
        "torch.empty(width, dtype=torch.int8)",
        "torch.empty(width, device='meta')",
        "torch.empty(width), requires_grad=False",
        "torch.empty(width), False",
        "torch.empty(width), requires_grad=table is None",
        "torch.from_numpy(table)",
        "table",
    ],
)
def test_data_zeros_and_what_does_not_train(expression: str) -> None:
    assert not found(layer(f"self.level = nn.Parameter({expression})"))


@pytest.mark.parametrize(
    "write",
    [
        "nn.init.ones_(self.level)",
        "self.level.data.fill_(1)",
        "self.level.data = torch.ones(width)",
        "self.level.data[0] = 1",
        "self.level = nn.Parameter(torch.ones(width))",
        "glorot(self.level)",
        "uniform(width, self.level)",
        "helper(tensors=[self.level])",
        "torch.mul(table, 2, out=self.level)",
        "for p in (self.fc.weight, self.level):\n            p.data.zero_()",
        "[nn.init.zeros_(p) for p in [self.level]]",
        "level = self.level\n        nn.init.zeros_(level)",
        "self.all = [self.level]",
        "nn.init.zeros_(self.level.view(-1)[1:])",
        "for p in self.parameters():\n            p.data.zero_()",
        "for name, p in self.named_parameters():\n            nn.init.zeros_(p)",
        "params = list(self.parameters())\n        for p in params:\n            nn.init.zeros_(p)",
        "nn.init.zeros_(getattr(self, 'level'))",
        "for name in table:\n            nn.init.zeros_(getattr(self, name))",
        "self.load_state_dict(table)",
        "self.apply(imported)",
        "imported(self)",
        "foreign.init(module=self)",
    ],
)
def test_writes_in_the_constructor(write: str) -> None:
    assert not found(layer(f"{BIRTH}\n        {write}"))


@pytest.mark.parametrize(
    "use",
    [
        "size = self.level.size(0)",
        "self.half = self.level / 2",
        "print(self.level)",
        "torch.full(self.level.size(), 1.0)",
        "self.shape = torch.zeros_like(self.level)",
        "total = sum(p.numel() for p in self.parameters())",
        "for p in self.parameters():\n            p.requires_grad_(False)",
        "for p in self.fc.parameters():\n            nn.init.zeros_(p)",
        "self.fc.apply(imported)",
        "self.level.requires_grad_(True)",
        "optimizer = torch.optim.SGD(self.parameters(), 0.1)",
    ],
)
def test_reads_are_no_writes(use: str) -> None:
    assert found(layer(f"{BIRTH}\n        {use}"))


@pytest.mark.parametrize(
    "around",
    [
        "def init(m):\n    if isinstance(m, Layer):\n        nn.init.ones_(m.level)\n",
        "def set_level(layer, values):\n    layer.level.data.copy_(values)\n",
        "layer = Layer(3)\nlayer.level = nn.Parameter(torch.ones(3))\n",
        (
            "class Heir(Layer):\n    def __init__(self, width):\n        super().__init__(width)\n"
            "        nn.init.ones_(self.level)\n"
        ),
        (
            "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.layer = Layer(3)\n"
            "        for p in self.parameters():\n            nn.init.normal_(p)\n"
        ),
        (
            "def main():\n    model = nn.Sequential(Layer(3))\n    for p in model.parameters():\n"
            "        nn.init.normal_(p)\n"
        ),
        (
            "def init_all(model):\n    for p in model.parameters():\n        nn.init.normal_(p)\n\n\n"
            "def main():\n    init_all(Layer(3))\n"
        ),
        "def load(path):\n    layer = Layer(3)\n    layer.load_state_dict(torch.load(path))\n    return layer\n",
        (
            "class Model(PreTrainedModel):\n    def __init__(self, config):\n        super().__init__(config)\n"
            "        self.layer = Layer(3)\n"
        ),
    ],
)
def test_writes_around_the_class_here_or_in_another_file(around: str) -> None:
    assert not found(f"{layer()}\n\n{around}")
    assert not found(layer(), elsewhere=around)


@pytest.mark.parametrize(
    "around",
    [
        (
            "class Other(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.level = nn.Parameter(torch.empty(3))\n        nn.init.ones_(self.level)\n"
        ),
        (
            "class Apart(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(2, 2)\n"
            "        for p in self.parameters():\n            nn.init.normal_(p)\n"
        ),
        (
            "def main(optim):\n    layer = Layer(3)\n    layer.load_state_dict(torch.load('x'))\n    optim.step()\n"
            "    layer(torch.ones(3)).sum().backward()\n"
        ),
        "def gain(m, x):\n    return x * m.level\n",
    ],
)
def test_what_does_not_reach_the_class(around: str) -> None:
    assert found(f"{layer()}\n\n{around}")
    assert found(layer(), elsewhere=around)


DERIVED = layer().replace("nn.Module", "Base")


def test_base_in_another_file_decides() -> None:
    plain = "class Base(nn.Module):\n    def extra(self):\n        pass\n"
    writing = "class Base(nn.Module):\n    def reset(self):\n        nn.init.ones_(self.level)\n"
    looping = (
        "class Base(nn.Module):\n    def reset(self):\n        for p in self.parameters():\n"
        "            p.data.zero_()\n"
    )
    assert found(DERIVED, elsewhere=plain)
    assert not found(DERIVED, elsewhere=writing)
    assert not found(DERIVED, elsewhere=looping)
    assert not found(DERIVED)


RESET = "def reset_parameters(self):\n    nn.init.ones_(self.level)\n"


@pytest.mark.parametrize(
    "around",
    [
        "def main():\n    layer = Layer(3)\n    layer.reset_parameters()\n",
        (
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.layer = Layer(3)\n"
            "        self.layer.reset_parameters()\n"
        ),
        (
            "def restart(model):\n    for m in model.modules():\n        if hasattr(m, 'reset_parameters'):\n"
            "            m.reset_parameters()\n"
        ),
        "class Heir(Layer):\n    def __init__(self):\n        super().__init__(3)\n        self.reset_parameters()\n",
    ],
)
def test_call_of_the_method_that_initialises(around: str) -> None:
    assert not found(f"{layer(rest=RESET)}\n\n{around}")
    assert not found(layer(rest=RESET), elsewhere=around)


def test_method_that_another_class_calls_on_its_own_layers_stays_idle() -> None:
    around = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(2, 2)\n"
    )
    around += "        self.fc.reset_parameters()\n"
    assert found(layer(rest=RESET), elsewhere=around)


@pytest.mark.parametrize(
    "rest",
    [
        "def set_level(self, values):\n    self.level.data.copy_(values)\n",
        "def initialise(self):\n    nn.init.ones_(self.level)\n\ndef start(self):\n    self.initialise()\n",
        "@torch.no_grad()\ndef reset(self):\n    self.level.fill_(1)\n",
    ],
)
def test_method_that_may_be_called_from_outside(rest: str) -> None:
    assert not found(layer(rest=rest))


def test_layer_of_torch_calls_reset_parameters_itself() -> None:
    assert not found(
        layer(rest=RESET).replace("nn.Module", "nn.Linear").replace("__init__()", "__init__(width, width)")
    )


def test_file_that_serves_checkpoints_is_silent() -> None:
    assert not found(f"{layer()}\n\ndef load_weights(model, weights):\n    pass\n")


def test_plain_class_is_silent() -> None:
    assert not found(layer().replace("(nn.Module)", ""))
