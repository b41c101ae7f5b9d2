import pytest
from checking import find, fix, messages

MODEL = """\
class Net(nn.Module):
    def __init__(self, width{arguments}):
        super().__init__()
        self.fc = nn.Linear(width, width, bias=False)
{layers}
        self.reset_parameters()

    def reset_parameters(self):
        for name, p in self.named_parameters():
            {body}
"""


def model(layers: str, body: str, arguments: str = "") -> str:
    indented = "\n".join(f"        {line}" for line in layers.splitlines())
    return MODEL.format(layers=indented, body=body, arguments=arguments)


BLOCK = """\
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln = nn.LayerNorm(width)


"""

UNIFORM = "nn.init.uniform_(p, -0.1, 0.1)"
XAVIER = "nn.init.xavier_uniform_(p)"
NORM = "self.norm = nn.LayerNorm(width)"


def codes(code: str) -> list[str]:
    return [finding.code for finding in find(code, "INI305", "INI306", "INI307")]


def test_message_names_the_norm_and_what_is_left_of_its_scale() -> None:
    (message,) = messages(model(f"{NORM}\nself.last = nn.BatchNorm1d(width)", UNIFORM), "INI307")
    assert message == (
        "uniform_ re-draws norm.weight and 1 more: the scale of a normalisation starts at 1, and is left with mean 0 "
        "and std 0.0577"
    )


def test_message_names_the_vector_that_raises() -> None:
    (message,) = messages(model("self.rnn = nn.GRU(width, width)", XAVIER), "INI306")
    assert message == "xavier_uniform_ meets rnn.bias_ih_l0 of GRU, which has 1 dimension and so no fan: ValueError"


@pytest.mark.parametrize(
    "layers",
    [
        NORM,
        "self.norms = nn.ModuleList()\nfor _ in range(2):\n    self.norms.append(nn.BatchNorm1d(width))",
        "self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(2)])",
        "self.net = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width))",
        'self.add_module("norm", nn.GroupNorm(1, width))',
        "self.encoder = nn.TransformerEncoderLayer(width, 1)",
        "layer = nn.TransformerEncoderLayer(width, 1)\nself.encoder = nn.TransformerEncoder(layer, 2)",
        "self.transformer = nn.Transformer(width, 1)",
    ],
)
def test_norm_is_found_wherever_it_is_registered(layers: str) -> None:
    assert codes(model(layers, UNIFORM)) == ["INI307"]
    assert codes(model(layers, XAVIER)) == ["INI306"]


@pytest.mark.parametrize(
    "layers",
    [
        "self.norms = [nn.LayerNorm(width)]",
        "norm = nn.LayerNorm(width)",
        "self.norm = nn.BatchNorm1d(width, affine=False)",
        "self.norm = nn.InstanceNorm1d(width)",
        "self.norm = nn.LayerNorm(width, elementwise_affine=affine)",
        "self.norm = make_norm(width)",
        "self.norm = nn.LayerNorm",
        "self.norm = nn.LayerNorm(width)\nself.norm = nn.Identity()",
        "self.norms = nn.ModuleDict({'norm': nn.Identity()})",
    ],
)
def test_norm_that_is_not_there_for_certain_is_silent(layers: str) -> None:
    assert not codes(model(layers, UNIFORM, ", affine=True"))
    assert not codes(model(layers, XAVIER, ", affine=True"))


@pytest.mark.parametrize(
    ("arguments", "layers", "raising"),
    [
        (", norm=True", f"if norm:\n    {NORM}", ["INI306"]),
        (", norm=False", f"if norm:\n    {NORM}", []),
        (", norm=None", "self.norm = nn.LayerNorm(width) if norm else nn.Identity()", []),
        (", kind='mean'", f"if kind == 'deep':\n    {NORM}", []),
    ],
)
def test_norm_under_a_flag_is_redrawn_when_it_is_there_but_raises_for_certain_only_by_default(
    arguments: str, layers: str, raising: list[str]
) -> None:
    assert codes(model(layers, UNIFORM, arguments)) == ["INI307"]
    assert codes(model(layers, XAVIER, arguments)) == raising


@pytest.mark.parametrize(
    "test",
    [
        "if p.dim() > 1: {init}",
        "if p.ndim != 1: {init}",
        "if len(p.shape) >= 2: {init}",
        "if p.dim() < 2: {init}",
        "if 'norm' not in name: {init}",
        "if 'fc' in name: {init}",
        "if not name.startswith('norm'): {init}",
        "if name == 'fc.weight': {init}",
        "if name not in self.skip: {init}",
        "if 'norm' in name or 'weight' in name: {init}",
        "if isinstance(p, nn.Parameter): {init}",
        "if width > 3: {init}",
    ],
)
def test_tests_that_keep_norms_out_or_are_not_understood(test: str) -> None:
    assert not codes(model(NORM, test.format(init=UNIFORM)))
    assert not codes(model(NORM, test.format(init=XAVIER)))


@pytest.mark.parametrize(
    "test",
    [
        "if p.requires_grad: {init}",
        "if 'weight' in name: {init}",
        "if 'bias' not in name: {init}",
        "if name.endswith('weight'): {init}",
        "if name.find('weight') != -1: {init}",
    ],
)
def test_tests_that_norms_pass(test: str) -> None:
    assert codes(model(NORM, test.format(init=UNIFORM))) == ["INI307"]
    assert codes(model(NORM, test.format(init=XAVIER))) == ["INI306"]


def test_norm_in_a_class_of_the_file_and_in_a_base() -> None:
    assert messages(BLOCK + model("self.block = Block(width)", UNIFORM), "INI307")[0].startswith(
        "uniform_ re-draws block.ln.weight"
    )
    derived = model("", UNIFORM).replace("nn.Module", "Block").replace("super().__init__()", "super().__init__(width)")
    assert codes(BLOCK + derived) == ["INI307"]


def test_method_that_a_torch_layer_calls_before_the_norm_is_there_is_silent() -> None:
    assert not codes(
        model(NORM, UNIFORM).replace("nn.Module", "nn.Linear").replace("        self.reset_parameters()\n", "")
    )


@pytest.mark.parametrize("init", ["zeros_(p)", "constant_(p, 0.1)", "ones_(p)"])
def test_constant_is_silent(init: str) -> None:
    assert not codes(model(NORM, f"nn.init.{init}"))


def test_apply_over_layers_reaches_what_each_type_has() -> None:
    code = """\
    def init_linear(m):
        if isinstance(m, nn.Linear):
            for p in m.parameters():
                nn.init.xavier_uniform_(p)


    def init_embedding(m):
        if isinstance(m, nn.Embedding):
            for p in m.parameters():
                nn.init.xavier_uniform_(p)


    net = nn.Sequential(nn.Linear(2, 2), nn.Embedding(2, 2))
    net.apply(init_linear)
    net.apply(init_embedding)
    """
    assert [finding.region.line for finding in find(code, "INI306")] == [10]


def test_function_that_nothing_is_given_to_is_silent() -> None:
    assert not codes("def init(model):\n    for p in model.parameters():\n        nn.init.xavier_uniform_(p)\n")


def test_expected_failure_is_silent() -> None:
    body = "try:\n                nn.init.xavier_uniform_(p)\n            except ValueError:\n                pass"
    assert not codes(model(NORM, body))


def test_fix_in_a_comprehension_is_not_offered() -> None:
    code = "net = nn.Linear(2, 2)\n[nn.init.xavier_uniform_(p) for p in net.parameters()]\n"
    assert codes(code) == ["INI306"]
    assert fix(code, "INI306") == code
