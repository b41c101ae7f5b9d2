import pytest
from checking import find, fix, messages

MODEL = """\
def init_layer(layer):
    nn.init.xavier_uniform_(layer.weight)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3)


class Own(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3)
        nn.init.zeros_(self.conv.weight)


class Net(nn.Module):
    def __init__(self, width: int, encoder=None, deep=False):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3)
{layers}
        self.init_weights()

    def init_weights(self):
        for m in {iterable}:
{body}
"""

BODY = "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)"
LAYERS = "self.net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU())"


def model(layers: str = LAYERS, body: str = BODY, iterable: str = "self.children()") -> str:
    def indented(text: str, spaces: int) -> str:
        return "\n".join(" " * spaces + line for line in text.splitlines())

    return MODEL.format(layers=indented(layers, 8), iterable=iterable, body=indented(body, 12))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            LAYERS,
            (
                "children() stops at the modules that Net holds itself: kaiming_normal_ does not reach Net.net.0 "
                "(Conv2d); the default stays, weight and bias U(±1/sqrt(fan_in))"
            ),
        ),
        (
            "self.blocks = nn.ModuleList([Block(3), Block(3)])",
            (
                "children() stops at the modules that Net holds itself: kaiming_normal_ does not reach "
                "Net.blocks.0.conv (Conv2d) and 1 more; the default stays, weight and bias U(±1/sqrt(fan_in))"
            ),
        ),
    ],
)
def test_message_names_what_is_missed(layers: str, message: str) -> None:
    assert messages(model(layers), "INI510") == [message]


@pytest.mark.parametrize(
    "layers",
    [
        "self.convs = nn.ModuleList()\nfor _ in range(2):\n    self.convs.append(nn.Conv2d(3, 3, 3))",
        "self.convs = nn.ModuleDict({'one': nn.Conv2d(3, 3, 3)})",
        "self.block = Block(3)",
        "if deep:\n    self.net = nn.Sequential(nn.Conv2d(3, 3, 3))",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3)) if encoder else nn.Identity()",
        (
            "self.nets = nn.ModuleList()\nfor i in range(3):\n    if i == 0:\n        continue\n"
            "    self.nets.append(nn.Conv2d(3, 3, 3))"
        ),
        "self.net = nn.Sequential(nn.Sequential(nn.ReLU(), Block(3)))",
        "layers = [nn.ReLU()]\nlayers.append(nn.Conv2d(3, 3, 3))\nself.net = nn.Sequential(*layers)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nnn.init.zeros_(self.net[0].bias)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.encoder = encoder",
    ],
)
def test_nested_layer_is_found_wherever_it_lies(layers: str) -> None:
    assert len(find(model(layers), "INI510")) == 1


@pytest.mark.parametrize(
    "layers",
    [
        "self.conv = nn.Conv2d(3, 3, 3)",
        "self.net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())",
        "self.net = nn.Sequential(nn.ConvTranspose2d(3, 3, 3))",
        "self.own = Own(3)",
        "self.net = nn.Sequential(Own(3))",
        "self.net = nn.Sequential(self.stem, nn.ReLU())",
        "self.net = encoder",
        "self.net = make_net()",
        "self.net = nn.Sequential(*encoder)",
        "self.net = [nn.Conv2d(3, 3, 3)]",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nnn.init.zeros_(self.net[0].weight)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nfor layer in self.net:\n    init_layer(layer)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.net.apply(init_layer)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\ninit_foreign(self.net)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.net.apply(init_foreign)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.apply(init_layer)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nfor p in self.parameters():\n    nn.init.normal_(p)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.net.load_state_dict(torch.load('weights.pt'))",
        "self.net = nn.Sequential(nn.utils.weight_norm(nn.Conv2d(3, 3, 3)))",
    ],
)
def test_nothing_that_the_loop_means_lies_deeper_without_an_init(layers: str) -> None:
    assert not find(model(layers), "INI510")


@pytest.mark.parametrize(
    "body",
    [
        "if isinstance(m, (nn.Conv2d, nn.Linear)):\n    nn.init.kaiming_normal_(m.weight)",
        "if type(m) == nn.Conv2d:\n    m.weight.data.normal_(0, 0.01)",
        "if m.__class__.__name__.find('Conv2d') != -1:\n    nn.init.kaiming_normal_(m.weight)",
        "if isinstance(m, nn.Conv2d):\n    init_foreign(m)",
        "if isinstance(m, nn.Conv2d):\n    init_layer(m)",
        "if not isinstance(m, nn.Conv2d):\n    continue\nnn.init.kaiming_normal_(m.weight)",
        "if isinstance(m, nn.Conv2d):\n    n = m.kernel_size[0]\n    m.weight.data.normal_(0, math.sqrt(2 / n))",
        (
            "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)\nelif isinstance(m, nn.BatchNorm2d):\n"
            "    nn.init.ones_(m.weight)"
        ),
    ],
)
def test_any_init_by_type_counts(body: str) -> None:
    assert len(find(model(body=body), "INI510")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "m.eval()",
        "if isinstance(m, nn.Conv2d):\n    m.requires_grad_(False)",
        "if isinstance(m, nn.Conv2d):\n    nn.init.zeros_(m.bias)",
        "if isinstance(m, nn.Linear):\n    nn.init.kaiming_normal_(m.weight)",
        "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_uniform_(m.weight, a=math.sqrt(5))",
        "if isinstance(m, nn.Conv2d) and m.out_channels > 3:\n    nn.init.kaiming_normal_(m.weight)",
        "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)\nelse:\n    m.apply(init_layer)",
        "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)\nelse:\n    walk(m)",
        (
            "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)\nelif hasattr(m, 'init_weights'):\n"
            "    m.init_weights()"
        ),
        (
            "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)\nelse:\n    for layer in m:\n"
            "        init_layer(layer)"
        ),
        (
            "if isinstance(m, nn.Conv2d):\n    nn.init.kaiming_normal_(m.weight)\nelse:\n"
            "    for layer in m.modules():\n        init_layer(layer)"
        ),
        "if isinstance(m, nn.Sequential):\n    nn.init.kaiming_normal_(m[0].weight)",
        "for x in m.modules():\n    if isinstance(x, nn.Conv2d):\n        nn.init.kaiming_normal_(x.weight)",
        "for p in m.parameters():\n    nn.init.normal_(p)",
        "init_layer(m)",
        "m.reset_parameters()",
    ],
)
def test_loop_that_goes_on_or_initialises_nothing_by_type_is_silent(body: str) -> None:
    assert not find(model(body=body), "INI510")


@pytest.mark.parametrize(
    "iterable", ["self.modules()", "self.net.children()", "self.net", "[self.stem]", "self.encoder.children()"]
)
def test_other_iterations_are_silent(iterable: str) -> None:
    assert not find(model(iterable=iterable), "INI510")


def test_children_of_a_part_that_holds_deeper_ones_count() -> None:
    layers = "self.net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Sequential(nn.Conv2d(3, 3, 3)))"
    (message,) = messages(model(layers, iterable="self.net.children()"), "INI510")
    assert message.startswith("children() stops at the modules that Net.net holds itself")
    assert "Net.net.1.0 (Conv2d);" in message


def test_function_that_is_given_the_model_counts() -> None:
    code = """\
    def init_model(model):
        for m in model.children():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)


    class Net(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(width, width))


    init_model(Net(3))
    """
    assert len(find(code, "INI510")) == 1


def test_fix_goes_through_all_modules() -> None:
    code = model()
    assert fix(code, "INI510") == code.replace("self.children()", "self.modules()")
    assert fix(code, "INI510", unsafe=False) == code


@pytest.mark.parametrize(
    "layers",
    [
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.own = Own(3)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.encoder = encoder",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3))\nself.backbone = resnet(pretrained=True)",
        "self.net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))\nnn.init.zeros_(self.net[1].weight)",
    ],
)
def test_no_fix_where_all_modules_are_more_than_what_is_missed(layers: str) -> None:
    (finding,) = find(model(layers), "INI510")
    assert not finding.fixes


def test_numbers_and_strings_are_no_modules() -> None:
    code = model(LAYERS + "\nself.width = width\nself.name = 'net'\nself.scale = 0.1\nself.deep = deep is True")
    assert fix(code, "INI510") != code
