import pytest
from checking import find, fix, messages

BLOCK = """\
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)


"""
FREE = """\
class Swish(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width

    def forward(self, x):
        return x * torch.sigmoid(x)


"""


def net(layers: str, arguments: str = "") -> str:
    head = f"class Net(nn.Module):\n    def __init__(self, width, depth{arguments}):\n        super().__init__()\n"
    return f"{head}        {layers}\n"


def codes(code: str, **options: str) -> list[str]:
    return [finding.code for finding in find(code, "INI512", **options)]


def test_message_says_what_is_shared_and_how_often() -> None:
    code = BLOCK + net("self.layers = nn.Sequential(*[Block(width)] * (depth - 1))")
    assert messages(code, "INI512") == [
        (
            "Block is built once and listed depth - 1 times: it is the same module in every place, "
            "so one set of weights is trained instead of depth - 1"
        )
    ]
    code = net("self.layers = nn.ModuleList([nn.Linear(width, width), nn.ReLU(), nn.LayerNorm(width)] * 3)")
    assert messages(code, "INI512") == [
        (
            "nn.Linear and nn.LayerNorm are built once and listed 3 times: each is the same module in every place, "
            "so one set of weights is trained instead of 3"
        )
    ]


@pytest.mark.parametrize(
    "repeated",
    [
        "[nn.Linear(width, width)] * depth",
        "[nn.Linear(width, width)]*depth",
        "depth * [nn.Linear(width, width)]",
        "[nn.Linear(width, width)] * (depth - 1)",
        "[nn.Linear(width, width)] * len(depth)",
        "[nn.Linear(width, width)] * self.depth",
        "[nn.ReLU(), nn.Conv2d(width, width, 3)] * depth",
        "[nn.Sequential(nn.Linear(width, width), nn.ReLU())] * depth",
        "[nn.LSTMCell(width, width)] * depth",
        "[nn.MultiheadAttention(width, 4)] * depth",
        "[nn.TransformerEncoderLayer(width, 4)] * depth",
        "[nn.InstanceNorm2d(width, affine=True)] * depth",
        "[nn.utils.weight_norm(nn.Linear(width, width))] * depth",
        "[nn.Linear(width, width).to('cpu')] * depth",
        "[nn.Parameter(torch.zeros(width))] * depth",
        "(nn.Linear(width, width),) * depth",
        "[Block(width)] * depth",
        "[\n            # a block\n            Block(width),\n        ] * depth",
    ],
)
def test_modules_with_parameters(repeated: str) -> None:
    assert codes(BLOCK + net(f"self.layers = nn.ModuleList({repeated})")) == ["INI512"]


@pytest.mark.parametrize(
    "repeated",
    [
        "[nn.ReLU()] * depth",
        "[nn.Dropout(0.1), nn.Identity(), nn.MaxPool2d(2)] * depth",
        "[nn.InstanceNorm2d(width)] * depth",
        "[nn.BatchNorm2d(width, affine=False)] * depth",
        "[nn.LayerNorm(width, elementwise_affine=affine)] * depth",
        "[nn.Parameter(torch.zeros(width), requires_grad=False)] * depth",
        "[Swish(width)] * depth",
        "[Missing(width)] * depth",
        "[nn.Linear] * depth",
        "[norm_layer(width)] * depth",
        "[width] * depth",
        "[torch.zeros(width)] * depth",
        "[nn.Linear(width, width)] * 1",
        "[nn.Linear(width, width)] * 0",
        "[nn.Linear(width, width)] * affine",
        "[nn.Linear(width, width)] * (depth > 2)",
        "[nn.Linear(width, width)] * int(depth > 2)",
        "[nn.Linear(width, width)] * (not affine)",
        "[nn.Linear(width, width)] * bool(depth)",
        "[nn.Linear(width, width)] * isinstance(depth, int)",
        "[nn.Linear(width, width) for _ in range(depth)]",
    ],
)
def test_what_shares_no_weights_is_silent(repeated: str) -> None:
    code = BLOCK + FREE + net(f"self.layers = nn.ModuleList({repeated})", ", norm_layer=nn.LayerNorm, affine=True")
    assert not codes(code)


@pytest.mark.parametrize(
    "layers",
    [
        "# all layers share their weights\n        self.layers = nn.ModuleList([nn.Linear(width, width)] * depth)",
        "self.layers = nn.ModuleList([nn.Linear(width, width)] * depth)  # tied, as in ALBERT",
        "self.layers = nn.ModuleList([nn.Linear(width, width)] * depth)  # weight sharing",
        "self.layers = nn.ModuleList([nn.Linear(width, width)] * depth)  # the same layer at every depth",
        "self.layers = nn.ModuleList(\n            # re-used\n            [nn.Linear(width, width)] * depth\n        )",
        "self.shared_layers = nn.ModuleList([nn.Linear(width, width)] * depth)",
        "if share_weights:\n            self.layers = nn.ModuleList([nn.Linear(width, width)] * depth)",
        "self.layers = [nn.Linear(width, width)] * depth if tie else []",
    ],
)
def test_sharing_that_is_meant_is_silent(layers: str) -> None:
    assert not codes(net(layers, ", share_weights=False, tie=False"))


def test_class_of_another_file_counts_where_it_is_known_as_a_module_with_parameters() -> None:
    code = "from other import Block\n\n" + net("self.layers = nn.ModuleList([Block(width)] * depth)")
    assert not codes(code)
    assert codes(code, elsewhere=BLOCK) == ["INI512"]
    assert not codes(code, elsewhere=FREE.replace("Swish", "Block"))
    assert not codes(code, elsewhere=BLOCK.replace("nn.Module", "Config"))


def test_cells_of_another_framework_are_silent() -> None:
    code = "import tensorflow as tf\n\ncells = tf.keras.layers.StackedRNNCells([tf.keras.layers.LSTMCell(8)] * 3)\n"
    assert not codes(code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[nn.Linear(width, width)] * depth", "[nn.Linear(width, width) for _ in range(depth)]"),
        ("(depth - 1) * [nn.Linear(width, width)]", "[nn.Linear(width, width) for _ in range(depth - 1)]"),
        ("(nn.Linear(width, width),) * 3", "tuple(nn.Linear(width, width) for _ in range(3))"),
        (
            "[nn.Linear(width, width), nn.ReLU()] * depth",
            "[layer for _ in range(depth) for layer in (nn.Linear(width, width), nn.ReLU())]",
        ),
    ],
)
def test_comprehension_builds_every_layer(before: str, after: str) -> None:
    assert fix(net(f"self.layers = nn.ModuleList({before})"), "INI512") == net(f"self.layers = nn.ModuleList({after})")


@pytest.mark.parametrize(
    "layers",
    [
        "self.layers = nn.ModuleList([nn.Linear(width, layer), nn.ReLU()] * depth)",
        "self.layers = nn.ModuleList([nn.Linear(width, _)] * depth)",
        "self.layers = nn.ModuleList([nn.Linear(size := width, width)] * depth)",
        "self.layers = nn.ModuleList([\n            nn.Linear(width, width),  # first\n        ] * depth)",
    ],
)
def test_what_a_comprehension_would_change_is_left(layers: str) -> None:
    code = net(layers, ", layer=3, _=4")
    assert codes(code) == ["INI512"]
    assert fix(code, "INI512") == code


def test_list_of_a_class_body_is_not_rewritten() -> None:
    code = "class Net(nn.Module):\n    width = 3\n    layers = [nn.Linear(width, width)] * 3\n"
    assert codes(code) == ["INI512"]
    assert fix(code, "INI512") == code
