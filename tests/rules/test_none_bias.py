import pytest
from checking import find, fix, messages

MODEL = """\
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, bias=False)


class Net(nn.Module):
    def __init__(self, width{arguments}):
        super().__init__()
        self.head = nn.Conv2d(3, width, 3)
{layers}
        self.init_weights()

    def init_weights(self):
        for m in {modules}:
            {body}
"""

CONV = "if isinstance(m, nn.Conv2d):\n    nn.init.zeros_(m.bias)"
NORM = "if isinstance(m, nn.BatchNorm2d):\n    nn.init.ones_(m.weight)"


def model(layers: str, body: str = CONV, modules: str = "self.modules()", arguments: str = "") -> str:
    indented = "\n".join(f"        {line}" for line in layers.splitlines())
    body = body.replace("\n", "\n            ")
    return MODEL.format(layers=indented, body=body, modules=modules, arguments=arguments)


@pytest.mark.parametrize(
    ("layers", "body", "message"),
    [
        (
            "self.conv = nn.Conv2d(3, 3, 3, bias=False)",
            CONV,
            "m.bias is None in the Conv2d Net.conv, which is built with bias=False: zeros_ raises AttributeError",
        ),
        (
            "self.blocks = nn.Sequential(nn.ReLU(), Block(3))",
            CONV,
            (
                "m.bias is None in the Conv2d Net.blocks.1.conv, which is built with bias=False: zeros_ raises "
                "AttributeError"
            ),
        ),
        (
            "self.norm = nn.InstanceNorm2d(3)",
            "if isinstance(m, nn.InstanceNorm2d):\n    m.weight.data.fill_(1)",
            (
                "m.weight is None in the InstanceNorm2d Net.norm, which is built without affine=True: fill_ raises "
                "AttributeError"
            ),
        ),
        (
            "self.norm = nn.LayerNorm(3, bias=False)",
            "if isinstance(m, nn.LayerNorm):\n    nn.init.zeros_(m.bias)",
            "m.bias is None in the LayerNorm Net.norm, which is built with bias=False: zeros_ raises AttributeError",
        ),
        (
            "self.table = nn.Embedding(3, 3)",
            "if isinstance(m, (nn.Linear, nn.Embedding)):\n    m.bias.data.zero_()",
            "the Embedding Net.table has no bias: zero_ raises AttributeError",
        ),
        (
            "self.rnn = nn.GRU(3, 3)",
            "if isinstance(m, nn.GRU) and m.bias is not None:\n    nn.init.zeros_(m.bias)",
            "m.bias of the GRU Net.rnn is a bool that says whether it has biases: zeros_ raises AttributeError",
        ),
        (
            "self.rnn = nn.LSTM(3, 3)",
            "if isinstance(m, nn.LSTM):\n    nn.init.orthogonal_(m.weight)",
            "the LSTM Net.rnn has no weight: orthogonal_ raises AttributeError",
        ),
    ],
)
def test_message_says_why_there_is_none(layers: str, body: str, message: str) -> None:
    assert messages(model(layers, body), "INI507") == [message]


@pytest.mark.parametrize(
    "layers",
    [
        "self.convs = nn.ModuleList([nn.Conv2d(3, 3, 3, bias=False) for _ in range(2)])",
        "self.convs = nn.ModuleList()\nfor _ in range(2):\n    self.convs.append(nn.Conv2d(3, 3, 3, bias=False))",
        "self.add_module('conv', nn.Conv2d(3, 3, 3, bias=False))",
        "setattr(self, 'conv', nn.Conv2d(3, 3, 3, bias=False))",
        "self.convs = nn.ModuleDict({'one': nn.Conv2d(3, 3, 3, bias=False)})",
        "layers = [nn.ReLU()]\nlayers += [nn.Conv2d(3, 3, 3, bias=False)]\nself.net = nn.Sequential(*layers)",
        "self.block = nn.Sequential(nn.Sequential(Block(3)))",
        "self.convs = nn.ModuleList()\nself.convs += [nn.Conv2d(3, 3, 3, bias=False)]",
    ],
)
def test_layer_is_found_wherever_it_is_registered(layers: str) -> None:
    assert len(find(model(layers), "INI507")) == 1


@pytest.mark.parametrize(
    "layers",
    [
        "",
        "self.conv = nn.Conv2d(3, 3, 3)",
        "self.conv = nn.Conv2d(3, 3, 3, bias=True)  # not bias=False",
        "self.convs = [nn.Conv2d(3, 3, 3, bias=False)]",
        "conv = nn.Conv2d(3, 3, 3, bias=False)",
        "self.conv = nn.Conv2d(3, 3, 3, bias=bias)",
        "self.conv = nn.Conv2d(3, 3, 3, bias=not norm)",
        "self.conv = nn.Conv2d(3, 3, 3, **options)  # bias=False",
        "if norm:\n    self.conv = nn.Conv2d(3, 3, 3, bias=False)",
        "self.conv = nn.Conv2d(3, 3, 3, bias=False) if norm else nn.Identity()",
        "self.conv = nn.Conv2d(3, 3, 3, bias=False)\nself.conv = nn.Conv2d(3, 3, 3)",
        "self.conv = nn.Conv2d(3, 3, 3, bias=False)\ndel self.conv",
        "self.linear = nn.Linear(3, 3, bias=False)",
        "self.up = nn.ConvTranspose2d(3, 3, 3, bias=False)",
        "self.conv = make_conv(3, bias=False)",
        "self.conv = nn.utils.weight_norm(nn.Conv2d(3, 3, 3, bias=False))",
    ],
)
def test_layer_without_the_bias_that_is_not_there_for_certain_is_silent(layers: str) -> None:
    assert not find(model(layers, arguments=", bias=False, norm=None, options={}"), "INI507")


@pytest.mark.parametrize(
    "body",
    [
        "if isinstance(m, nn.Conv2d) and m.bias is not None:\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and m.bias is not None:\n    m.bias.data.zero_()",
        "if isinstance(m, nn.Conv2d) and not m.bias is None:\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and getattr(m, 'bias', None) is not None:\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and m.bias != None:\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and torch.is_tensor(m.bias):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and isinstance(m.bias, nn.Parameter):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and m is not self.conv:\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d) and self.biased:\n    nn.init.zeros_(m.bias)",
        (
            "if isinstance(m, nn.Conv2d):\n    for name, p in m.named_parameters():\n        if name == 'bias':\n"
            "            nn.init.zeros_(m.bias)"
        ),
        "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)",
        "if isinstance(m, nn.Conv1d):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Linear):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, Other):\n    nn.init.zeros_(m.bias)",
        "if m.__class__.__name__.find('Transpose') != -1:\n    nn.init.zeros_(m.bias)",
        "try:\n    nn.init.zeros_(m.bias)\nexcept AttributeError:\n    pass",
        "with suppress(AttributeError):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d):\n    if m.bias is None:\n        continue\n    nn.init.zeros_(m.bias)",
    ],
)
def test_layer_that_does_not_pass_for_certain_is_silent(body: str) -> None:
    assert not find(model("self.conv = nn.Conv2d(3, 3, 3, bias=False)", body), "INI507")


@pytest.mark.parametrize(
    ("modules", "found"),
    [
        ("self.children()", 1),
        ("self.net.modules()", 1),
        ("self.net", 1),
        ("(self.net[0], self.head)", 1),
        ("list(self.net)", 1),
        ("self.head.modules()", 0),
        ("self.net[1].modules()", 0),
        ("[self.net[1]]", 0),
        ("(self.head,)", 0),
        ("self.other.modules()", 0),
        ("other.modules()", 0),
    ],
)
def test_only_what_the_loop_runs_over_counts(modules: str, found: int) -> None:
    layers = "self.net = nn.Sequential(nn.Conv2d(3, 3, 3, bias=False), nn.Conv2d(3, 3, 3))\nself.conv = self.net[0]"
    assert len(find(model(layers, modules=modules), "INI507")) == found


def test_inherited_method_reaches_the_layers_of_the_subclass() -> None:
    code = """\
    class Base(nn.Module):
        def init_weights(self):
            for m in self.modules():
                if isinstance(m, nn.Linear):
                    nn.init.zeros_(m.bias)


    class Child(Base):
        def __init__(self, width):
            super().__init__()
            self.fc = nn.Linear(width, width, bias=False)
            self.init_weights()


    class Other(Base):
        def __init__(self, width):
            super().__init__()
            self.fc = nn.Linear(width, width)
            self.init_weights()
    """
    (message,) = messages(code, "INI507")
    assert "Linear Child.fc" in message


@pytest.mark.parametrize(
    "code",
    [
        "fc = nn.Linear(3, 3, bias=False)\nnn.init.zeros_(fc.bias)",
        (
            "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(3, 3, bias=False)\n        self.fc.bias.data.zero_()"
        ),
        "def init_layer(layer):\n    layer.bias.data.zero_()\n\n\ninit_layer(nn.Linear(3, 3, bias=False))",
        (
            "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.norms = nn.ModuleList([nn.BatchNorm1d(3, affine=False)])\n        for norm in self.norms:\n"
            "            nn.init.ones_(norm.weight)"
        ),
    ],
)
def test_layer_that_is_written_by_name_counts(code: str) -> None:
    assert len(find(code, "INI507")) == 1


@pytest.mark.parametrize(
    "code",
    [
        "fc = nn.Linear(3, 3, bias=False) if small else nn.Linear(3, 3)\nnn.init.zeros_(fc.bias)",
        "fc = nn.Linear(3, 3, bias=False)\nfc = nn.Linear(3, 3)\nnn.init.zeros_(fc.bias)",
        "def init_layer(layer):\n    layer.bias.data.zero_()  # not for bias=False\n\n\ninit_layer(nn.Linear(3, 3))",
        "def init_layer(layer):\n    layer.bias.data.zero_()  # not for bias=False",
        (
            "class A(nn.Module):\n    def __init__(self, affine):\n        super().__init__()\n"
            "        self.norm = nn.InstanceNorm2d(3, affine=affine)\n        nn.init.ones_(self.norm.weight)"
        ),
        (
            "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(3, 3, bias=False)\n        self.fc.bias = nn.Parameter(torch.zeros(3))"
        ),
    ],
)
def test_layer_that_may_have_one_is_silent(code: str) -> None:
    assert not find(code, "INI507")


def test_fix_puts_each_write_under_a_test() -> None:
    code = model("self.conv = nn.Conv2d(3, 3, 3, bias=False)")
    expected = code.replace(
        "                nn.init.zeros_(m.bias)",
        "                if m.bias is not None:\n                    nn.init.zeros_(m.bias)",
    )
    assert fix(code, "INI507", unsafe=False) == expected


@pytest.mark.parametrize(
    "body",
    [
        "if isinstance(m, nn.Conv2d): nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d):\n    bias = nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Conv2d):\n    nn.init.zeros_(m.bias); print(m)",
    ],
)
def test_no_fix_where_the_write_is_no_line_of_its_own(body: str) -> None:
    code = model("self.conv = nn.Conv2d(3, 3, 3, bias=False)", body)
    assert len(find(code, "INI507")) == 1
    assert fix(code, "INI507") == code


ASKED = """\
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.offset = nn.Conv2d(width, 2, 3{options})
{more}


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block = Block(width)

    def init_weights(self):
        for m in self.modules():
            if hasattr(m, "offset"):
                if {test}:
                    nn.init.zeros_(m.offset.bias)
"""


def test_hasattr_of_the_module_around_is_pointed_at() -> None:
    (finding,) = find(ASKED.format(options="", more="", test='hasattr(m, "bias")'), "INI507")
    assert finding.message == (
        "hasattr asks m, which has no bias, but the bias of m.offset is written: that never runs, and it keeps the "
        "values of its constructor"
    )
    (shown,) = finding.fixes
    assert (shown.safety.value, shown.edits[0].text) == ("display", 'hasattr(m.offset, "bias")')


@pytest.mark.parametrize(
    ("options", "more", "test"),
    [
        ("", "", 'hasattr(m.offset, "bias")'),
        ("", "", "m.offset.bias is not None"),
        ("", "", 'not hasattr(m, "bias")'),
        ("", "", 'hasattr(m, "offset_bias")'),
        (", bias=False", "", 'hasattr(m, "bias")'),
        ("", "        self.bias = nn.Parameter(torch.zeros(2))", 'hasattr(m, "bias")'),
        ("", "        self.register_parameter('bias', None)", 'hasattr(m, "bias")'),
        ("", "\n    @property\n    def bias(self):\n        return self.offset.bias", 'hasattr(m, "bias")'),
    ],
)
def test_hasattr_that_may_be_true_or_asks_the_right_module_is_silent(options: str, more: str, test: str) -> None:
    assert not find(ASKED.format(options=options, more=more, test=test), "INI507")


def test_hasattr_before_a_class_of_unknown_base_is_silent() -> None:
    code = ASKED.format(options="", more="", test='hasattr(m, "bias")').replace("Block(nn.Module)", "Block(Foreign)")
    assert not find(code, "INI507")
