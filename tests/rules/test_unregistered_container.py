from textwrap import indent

import pytest
from checking import find, fix, messages

LINEAR = "nn.Linear(width, width)"
TWO = f"self.layers = [{LINEAR}, {LINEAR}]"
TURNS = "for _ in range(depth):\n    "
COUNTED = "for i, layer in enumerate(self.layers):\n    "
GROWN = f"self.layers = []\nself.layers.append({LINEAR})\nself.layers.append({LINEAR})"
ONE_BY_ONE = f"self.layers = []\n{TURNS}layer = {LINEAR}\n    self.layers.append(layer)"
RUN = "for layer in self.layers:\n    x = layer(x)\nreturn x"
BLOCK = """\
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)


"""


def net(layers: str, forward: str = RUN, more: str = "", base: str = "nn.Module") -> str:
    return (
        f"class Net({base}):\n    def __init__(self, width, depth, names=()):\n        super().__init__()\n"
        f"{indent(layers, ' ' * 8)}\n\n    def forward(self, x):\n{indent(forward, ' ' * 8)}\n{indent(more, '    ')}\n"
    )


def codes(code: str, **options: str) -> list[str]:
    return [finding.code for finding in find(code, "INI602", **options)]


def test_message_names_the_container_and_what_is_in_it() -> None:
    (finding,) = find(net(f"self.layers = [{LINEAR}, nn.ReLU(), nn.LayerNorm(width)]"), "INI602")
    assert finding.message == (
        "self.layers is a plain list, so the nn.Linear and nn.LayerNorm in it are not registered: parameters(), "
        "state_dict(), to() and apply() pass them over, and no optimizer trains them"
    )
    assert (finding.region.line, finding.region.column) == (10, 8)
    assert [related.message for related in finding.related] == ["forward uses it here"]


def test_message_names_what_is_built_and_not_where_it_is_moved_to() -> None:
    code = net(
        "self.layers = [nn.Sequential(\n    nn.Linear(width, width),\n    nn.ReLU(),\n).to('cpu') for _ in names]"
    )
    assert "so the nn.Sequential in it" in messages(code, "INI602")[0]


@pytest.mark.parametrize(
    "layers",
    [
        TWO,
        f"self.layers = ({LINEAR}, {LINEAR})",
        f"self.layers = [{LINEAR} for _ in range(depth)]",
        f"self.layers = list({LINEAR} for _ in range(depth))",
        f"self.layers = [{LINEAR}] * depth",
        f"self.layers = [{LINEAR}] + [{LINEAR} for _ in range(depth)]",
        f"self.layers = [[{LINEAR}, nn.ReLU()] for _ in range(depth)]",
        f"self.layers = []\n{TURNS}self.layers.append({LINEAR})",
        f"self.layers = list()\n{TURNS}self.layers.append({LINEAR})",
        f"self.layers = []\n{TURNS}layer = {LINEAR}\n    nn.init.eye_(layer.weight)\n    self.layers.append(layer)",
        f"self.layers: list[nn.Module] = []\nself.layers.append({LINEAR})\nself.layers.append({LINEAR})",
        f"self.layers = []\nself.layers.extend([{LINEAR} for _ in range(depth)])",
        f"self.layers = []\nself.layers += [{LINEAR} for _ in range(depth)]",
        f"self.layers = [None] * depth\nfor i in range(depth):\n    self.layers[i] = {LINEAR}",
        f"layers = []\n{TURNS}layers.append({LINEAR})\nself.layers = layers",
        f"self.layers = None\nif depth:\n    self.layers = [{LINEAR} for _ in range(depth)]",
        f"if depth:\n    self.layers = [{LINEAR} for _ in range(depth)]\nelse:\n    self.layers = []",
        f"{TWO}\nfor layer in self.layers:\n    layer.apply(names)\n    nn.init.eye_(layer.weight)",
        f"{TWO}\nprint(len(self.layers))",
        "self.layers = [Block(width) for _ in range(depth)]",
        "self.layers = [nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, 3)) for _ in range(depth)]",
        "self.layers = [nn.Parameter(torch.zeros(width)) for _ in range(depth)]",
        "self.layers = [nn.Linear(width, width).cuda() for _ in range(depth)]",
    ],
)
def test_plain_container_of_modules(layers: str) -> None:
    assert codes(BLOCK + net(layers)) == ["INI602"]


@pytest.mark.parametrize(
    ("layers", "forward"),
    [
        (f"self.heads = {{'a': {LINEAR}, 'b': {LINEAR}}}", "return self.heads['a'](x)"),
        (f"self.heads = {{name: {LINEAR} for name in names}}", "return [self.heads[name](x) for name in self.names]"),
        (f"self.heads = {{}}\nfor name in names:\n    self.heads[name] = {LINEAR}", "return self.heads['a'](x)"),
        (f"self.heads = dict()\nself.heads['a'] = {LINEAR}", "return self.heads['a'](x)"),
        (f"self.heads = {{'a': {LINEAR}}}", "return [head(x) for name, head in self.heads.items()]"),
    ],
)
def test_plain_dictionary_of_modules(layers: str, forward: str) -> None:
    assert codes(net(layers, forward)) == ["INI602"]


@pytest.mark.parametrize(
    "forward",
    [
        "for i in range(3):\n    x = self.layers[i](x)\nreturn x",
        "return torch.cat([layer(x[i]) for i, layer in enumerate(self.layers)])",
        "for layer, size in zip(self.layers, x):\n    x = layer(x)\nreturn x",
        "return self.layers[-1](x) + F.linear(x, self.layers[0].weight)",
        "for layer in self.layers:\n    x = checkpoint(layer, x)\nreturn x",
        "return self.run(x)",
        "return run(self.layers, x)",
    ],
)
def test_use_in_forward(forward: str) -> None:
    run = "\ndef run(self, x):\n    for layer in self.layers:\n        x = layer(x)\n    return x\n"
    assert codes(net(TWO, forward, run)) == ["INI602"]


@pytest.mark.parametrize(
    "layers",
    [
        "self.layers = [nn.ReLU(), nn.Dropout(0.1)]",
        "self.layers = [nn.InstanceNorm2d(width) for _ in range(depth)]",
        "self.layers = [nn.Parameter(torch.zeros(width), requires_grad=False) for _ in range(depth)]",
        "self.layers = [nn.Linear, nn.Conv2d]",
        "self.layers = [make_layer(width) for _ in range(depth)]",
        "self.layers = [Missing(width), Missing(width)]",
        "self.layers = [torch.zeros(width) for _ in range(depth)]",
        "self.layers = [partial(nn.Linear, width) for _ in range(depth)]",
        "self.layers = [lambda x: x, F.relu]",
        f"self.layers = [{LINEAR}]",
        f"self.layers = ({LINEAR},)",
        f"self.first = {LINEAR}\nself.second = {LINEAR}\nself.layers = [self.first, self.second]",
        f"self.layers = [{LINEAR}.eval() for _ in range(depth)]",
        f"self.layers = [{LINEAR}.requires_grad_(False) for _ in range(depth)]",
        f"self.layers = nn.ModuleList([{LINEAR}, {LINEAR}])",
        f"self.layers = wrap([{LINEAR}, {LINEAR}])",
    ],
)
def test_container_without_parameters_of_its_own_is_silent(layers: str) -> None:
    assert not codes(net(layers))


@pytest.mark.parametrize(
    "layers",
    [
        f"{TWO}\nself.net = nn.ModuleList(self.layers)",
        f"{TWO}\nself.net = nn.Sequential(*self.layers)",
        f"{TWO}\nself.net = nn.Sequential(*self.layers[:1])",
        f"{TWO}\nself.net = nn.ModuleList(reversed(self.layers))",
        f"{TWO}\nself.net = nn.ModuleList([layer for layer in self.layers])",
        f"{TWO}\nself.layers = nn.ModuleList(self.layers)",
        f"{GROWN}\nself.layers = nn.Sequential(*self.layers)",
        f"layers = [{LINEAR}, {LINEAR}]\nself.layers = layers\nself.net = nn.Sequential(*layers)",
        f"layers = []\n{TURNS}layers.append({LINEAR})\nself.layers = layers\nself.net = nn.Sequential(*layers)",
        f"{TWO}\n{COUNTED}self.add_module(f'layer{{i}}', layer)",
        f"{TWO}\n{COUNTED}setattr(self, f'layer{{i}}', layer)",
        f"{TWO}\nfor i in range(2):\n    self.register_module(f'layer{{i}}', self.layers[i])",
        f"{ONE_BY_ONE}\n    self.add_module(f'layer{{_}}', layer)",
        f"{ONE_BY_ONE}\n    setattr(self, f'layer{{_}}', layer)",
        f"first, self.layers = {LINEAR}, [{LINEAR}, {LINEAR}]",
        f"first = {LINEAR}\nself.first = first\nself.layers = [first, {LINEAR}]",
        f"self.layers = [nn.Parameter(width), nn.Parameter(depth)]\n{COUNTED}self.register_parameter(f'w{{i}}', layer)",
        f"{TWO}\nself.child = Child(self.layers)",
        f"{TWO}\nself.child = Child(layers=self.layers)",
        f"self.layers = {{'a': {LINEAR}, 'b': {LINEAR}}}\nself.child = Child(layers=self.layers)",
        f"self.layers = {{'a': {LINEAR}}}\nfor name, layer in self.layers.items():\n    self.add_module(name, layer)",
        f"{TWO}\nself.alias = self.layers",
        f"{TWO}\nself.groups = [self.layers, names]",
        f"{TWO}\nself.optimizer = torch.optim.SGD(chain(*[l.parameters() for l in self.layers]), 0.1)",
        f"{TWO}\nfor layer in self.layers:\n    layer.requires_grad_(False)",
        f"{TWO}\nfor layer in self.layers:\n    layer.eval()",
        f"self.layers = [{LINEAR}, {LINEAR}]  # not registered on purpose",
        f"# frozen copies, hidden from state_dict()\nself.layers = [{LINEAR}, {LINEAR}]",
    ],
)
def test_container_that_something_takes_over_is_silent(layers: str) -> None:
    assert not codes(net(layers))


@pytest.mark.parametrize(
    "more",
    [
        "def parameters(self):\n    for layer in self.layers:\n        yield from layer.parameters()",
        "def named_parameters(self):\n    return []",
        "def _apply(self, function):\n    return self",
        "def train(self, mode=True):\n    return self",
        "def groups(self):\n    return self.layers",
        "def weights(self):\n    return [list(layer.parameters()) for layer in self.layers]",
        "def save(self):\n    return [layer.state_dict() for layer in self.layers]",
        "def build(self):\n    self.net = nn.Sequential(*self.layers)",
        "def register(self):\n    for layer in self.layers:\n        register(layer)",
    ],
)
def test_method_that_cares_for_the_modules_is_silent(more: str) -> None:
    assert not codes(net(TWO, RUN, "\n" + more))


@pytest.mark.parametrize(
    ("layers", "forward"),
    [
        (TWO, "return x"),
        (
            f"self.layers = []\nself.layers.append({LINEAR})\nself.layers.append({LINEAR})",
            "self.layers = [x]\nreturn self.layers",
        ),
        (TWO, "return nn.Sequential(*self.layers)(x)"),
        (TWO, "self.add_module('a', self.layers[0])\nreturn self.layers[0](x)"),
    ],
)
def test_container_that_forward_does_not_use_or_makes_is_silent(layers: str, forward: str) -> None:
    assert not codes(net(layers, forward))


@pytest.mark.parametrize("base", ["", "object", "keras.Model", "Trainer", "unittest.TestCase"])
def test_class_that_is_no_module_is_silent(base: str) -> None:
    assert not codes("import unittest\n\nimport keras\n\n\n" + net(TWO, base=base))


def test_base_in_the_file_or_in_another_one() -> None:
    code = net(TWO, base="Base")
    assert codes("class Base(nn.Module):\n    pass\n\n\n" + code) == ["INI602"]
    imported = "from other import Base\n\n\n" + code
    assert not codes(imported)
    assert not codes(imported, elsewhere="class Base(Config):\n    pass\n")
    assert codes(imported, elsewhere="class Base(nn.Module):\n    pass\n") == ["INI602"]
    assert codes(imported, elsewhere="class Base(Root):\n    pass\n\n\nclass Root(nn.Module):\n    pass\n") == [
        "INI602"
    ]
    lightning = "import pytorch_lightning as pl\n\n\n" + code.replace("Base", "pl.LightningModule")
    assert codes(lightning) == ["INI602"]


def test_class_of_another_file_counts_where_it_is_known_as_a_module_with_parameters() -> None:
    code = "from other import Block\n\n\n" + net("self.layers = [Block(width) for _ in range(depth)]")
    assert not codes(code)
    assert codes(code, elsewhere=BLOCK) == ["INI602"]
    free = BLOCK.replace("nn.Linear(width, width)", "nn.Identity()")
    assert not codes(code, elsewhere=free)


def test_subclass_that_registers_is_silent() -> None:
    base = net(TWO)
    child = (
        "\n\nclass Child(Net):\n    def __init__(self, width):\n        super().__init__(width, 2)\n"
        "        self.net = nn.ModuleList(self.layers)\n"
    )
    assert codes(base) == ["INI602"]
    assert not codes(base + child)


def test_initialising_from_outside_is_no_care_and_training_is() -> None:
    code = net(TWO)
    init = "\n\ndef init(model):\n    for layer in model.layers:\n        nn.init.xavier_uniform_(layer.weight)\n"
    train = "\n\ndef train(model):\n    return torch.optim.SGD(model.layers[0].parameters(), 0.1)\n"
    assert codes(code + init) == ["INI602"]
    assert not codes(code + train)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TWO, f"self.layers = nn.ModuleList([{LINEAR}, {LINEAR}])"),
        (f"self.layers = ({LINEAR}, {LINEAR})", f"self.layers = nn.ModuleList([{LINEAR}, {LINEAR}])"),
        (
            f"self.layers = []\nself.layers.append({LINEAR})\nself.layers.append({LINEAR})",
            f"self.layers = nn.ModuleList()\nself.layers.append({LINEAR})\nself.layers.append({LINEAR})",
        ),
        (
            f"layers = []\n{TURNS}layers.append({LINEAR})\nself.layers = layers",
            f"layers = []\n{TURNS}layers.append({LINEAR})\nself.layers = nn.ModuleList(layers)",
        ),
        (
            f"self.layers = []\nif depth:\n    self.layers = [{LINEAR} for _ in names]",
            f"self.layers = nn.ModuleList()\nif depth:\n    self.layers = nn.ModuleList([{LINEAR} for _ in names])",
        ),
        (f"self.layers = {{'a': {LINEAR}}}", f"self.layers = nn.ModuleDict({{'a': {LINEAR}}})"),
        (
            f"self.layers = {{}}\nself.layers['a'] = {LINEAR}",
            f"self.layers = nn.ModuleDict()\nself.layers['a'] = {LINEAR}",
        ),
        (
            "self.layers = [nn.Parameter(torch.zeros(width)) for _ in range(depth)]",
            "self.layers = nn.ParameterList([nn.Parameter(torch.zeros(width)) for _ in range(depth)])",
        ),
        (
            "self.layers = {'a': nn.Parameter(torch.zeros(width))}",
            "self.layers = nn.ParameterDict({'a': nn.Parameter(torch.zeros(width))})",
        ),
        (
            f"self.layers = [\n    {LINEAR},  # first\n    {LINEAR},\n]",
            f"self.layers = nn.ModuleList([\n    {LINEAR},  # first\n    {LINEAR},\n])",
        ),
    ],
)
def test_fix_wraps_what_is_assigned(before: str, after: str) -> None:
    assert fix(net(before), "INI602") == net(after)


@pytest.mark.parametrize(
    ("layers", "forward"),
    [
        (f"self.layers = [[{LINEAR}, nn.ReLU()] for _ in range(depth)]", RUN),
        (f"self.layers = [{LINEAR}, None]", RUN),
        (f"self.layers = [{LINEAR}, F.relu]", RUN),
        (f"self.layers = [{LINEAR}, nn.Parameter(torch.zeros(width))]", RUN),
        (f"{TWO}\nself.layers.extend(names)", RUN),
        (f"{TWO}\nself.layers.reverse()", RUN),
        (f"{TWO}\nlayers = self.layers + [names]", RUN),
        (f"self.layers: list[nn.Module] = [{LINEAR}, {LINEAR}]", RUN),
        (f"self.layers = self.same = [{LINEAR}, {LINEAR}]", RUN),
        (f"layers = []\nlayers.append({LINEAR})\nself.layers = layers\nlayers.append({LINEAR})", RUN),
        (f"self.layers = {{1: {LINEAR}, 2: {LINEAR}}}", RUN),
        (f"self.layers = {{'a.b': {LINEAR}}}", RUN),
        (f"self.layers = {{'type': {LINEAR}}}", RUN),
        (f"self.layers = {{name: {LINEAR} for name in names}}", RUN),
        (f"self.layers = {{'a': {LINEAR}}}", "return self.layers.get('a')(x)"),
    ],
)
def test_what_a_container_of_torch_cannot_hold_or_do_is_not_rewritten(layers: str, forward: str) -> None:
    code = net(layers, forward)
    assert codes(code)[:1] == ["INI602"]
    assert fix(code, "INI602") == code


def test_assignment_before_the_module_is_initialised_is_not_rewritten() -> None:
    code = net("").replace(
        "        super().__init__()\n", f"        self.layers = [{LINEAR}, {LINEAR}]\n        super().__init__()\n"
    )
    assert codes(code) == ["INI602"]
    assert fix(code, "INI602") == code
