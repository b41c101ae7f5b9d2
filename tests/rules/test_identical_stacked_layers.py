import pytest
from checking import find, fix, messages

RULE = "INI513"

NET = """\
import copy


def init_weights(module):
    if isinstance(module, nn.Linear):
        {function}


class Net({base}):
    def __init__(self, width, depth):
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, 4)
        block = nn.Linear(width, width)
        {body}
"""


def net(*body: str, base: str = "nn.Module", function: str = "pass") -> str:
    return NET.format(body="\n        ".join(body), base=base, function=function)


STACK = "self.encoder = nn.TransformerEncoder(layer, 6)"
COPIES = "self.blocks = nn.ModuleList([copy.deepcopy(block) for _ in range(depth)])"


def test_message_names_stack_number_and_layer() -> None:
    (message,) = messages(net("self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 4), 6)"), RULE)
    assert message == (
        "nn.TransformerEncoder holds 6 copies of one layer, and nothing initialises them anew: every layer starts with "
        "the weights of nn.TransformerEncoderLayer"
    )


def test_message_names_the_number_that_is_an_argument() -> None:
    (message,) = messages(net(COPIES), RULE)
    assert message == (
        "nn.ModuleList holds depth copies of one layer, and nothing initialises them anew: every layer starts with the "
        "weights of block"
    )


@pytest.mark.parametrize(
    "body",
    [
        STACK,
        COPIES,
        "self.encoder = nn.TransformerEncoder(layer, depth)",
        "self.encoder = nn.TransformerEncoder(num_layers=6, encoder_layer=layer)",
        "self.encoder = nn.TransformerEncoder(layer, 6, norm=nn.LayerNorm(width))",
        "self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, 4), 6)",
        "self.blocks = nn.ModuleList(copy.deepcopy(block) for i in range(6))",
        "self.both = nn.Sequential(nn.TransformerEncoder(layer, 6), nn.Linear(width, 1))",
    ],
)
def test_stack_is_found(body: str) -> None:
    assert len(find(net(body), RULE)) == 1


@pytest.mark.parametrize(
    "body",
    [
        ("self.transformer = nn.Transformer(width, 4, 6, 6)",),
        ("self.encoder = nn.TransformerEncoder(layer, 1)",),
        ("self.encoder = nn.TransformerEncoder(layer, num_layers=1)",),
        ("self.encoder = Encoder(layer, 6)",),
        ("self.layers = nn.ModuleList([nn.TransformerEncoderLayer(width, 4) for _ in range(6)])",),
        ("self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])",),
        ("self.layers = nn.ModuleList([copy.deepcopy(block) for _ in range(1)])",),
        ("self.layers = nn.ModuleList([copy.deepcopy(nn.ReLU()) for _ in range(depth)])",),
        ("self.layers = nn.ModuleList([copy.deepcopy(nn.LayerNorm(8, elementwise_affine=False)) for _ in range(6)])",),
        ("self.layers = nn.ModuleList([copy.deepcopy(each) for each in depth])",),
        ("self.layers = nn.ModuleList([make(block) for _ in range(depth)])",),
        ("self.target = copy.deepcopy(block)",),
        (STACK, "self.apply(init_weights)"),
        (COPIES, "self.blocks.apply(init_weights)"),
        (STACK, "for each in self.encoder.layers:", "    each.apply(init_weights)"),
        (STACK, "for p in self.parameters():", "    if p.dim() > 1:", "        nn.init.xavier_uniform_(p)"),
        (STACK, "for p in self.encoder.parameters():", "    nn.init.normal_(p, std=0.02)"),
        (STACK, "for name, p in self.named_parameters():", "    if p.dim() > 1:", "        nn.init.orthogonal_(p)"),
        (STACK, "for m in self.modules():", "    if isinstance(m, nn.Linear):", "        nn.init.zeros_(m.weight)"),
        (COPIES, "for each in self.blocks:", "    nn.init.normal_(each.weight)"),
        (COPIES, "for each in self.blocks:", "    each.reset_parameters()"),
        (STACK, "self.load_state_dict(torch.load(depth))"),
        (STACK, "self.encoder.load_state_dict(depth)"),
        (STACK, "load_checkpoint(self, depth)"),
        (STACK, "init_all(self)"),
        (STACK, "self.post_init()"),
    ],
)
def test_look_alike_is_silent(body: tuple[str, ...]) -> None:
    assert not find(net(*body), RULE)


def test_base_class_that_the_file_does_not_show_may_initialise() -> None:
    assert not find(net(STACK, base="PreTrainedModel"), RULE)


def test_function_that_initialises_what_it_is_given_keeps_the_file_silent() -> None:
    assert not find(net(STACK, function="nn.init.xavier_uniform_(module.weight)"), RULE)


def test_method_that_loads_weights_keeps_the_class_silent() -> None:
    code = net(STACK) + "\n    def restore(self, path):\n        self.load_state_dict(torch.load(path))\n"
    assert not find(code, RULE)


def test_stack_outside_of_a_module_is_silent() -> None:
    assert not find("encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 4), 6)\n", RULE)


def test_init_of_another_layer_is_no_excuse() -> None:
    code = net(STACK, "self.head = nn.Linear(width, 1)", "nn.init.zeros_(self.head.bias)")
    assert len(find(code, RULE)) == 1


def test_loop_behind_the_stack_is_shown_and_never_applied() -> None:
    code = net(STACK)
    (found,) = find(code, RULE)
    (shown,) = found.fixes
    (edit,) = shown.edits
    assert edit.text == (
        "        for parameter in self.encoder.parameters():\n"
        "            if parameter.dim() > 1:\n"
        "                nn.init.xavier_uniform_(parameter)\n"
    )
    assert fix(code, RULE) == code
