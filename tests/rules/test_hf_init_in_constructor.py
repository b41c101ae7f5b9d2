import pytest
from checking import find, messages

IMPORTS = "from transformers import PreTrainedModel, Wav2Vec2PreTrainedModel\n\n\n"

MODEL = """\
class Model({base}):
    def __init__(self, config):
        super().__init__()
{body}

    def _init_weights(self, module):
{drawing}
"""

LINEAR = "if isinstance(module, nn.Linear):\n    nn.init.normal_(module.weight, std=0.02)"


def model(body: str, drawing: str = LINEAR, base: str = "PreTrainedModel") -> str:
    indented = ["\n".join(f"        {line}" for line in text.splitlines()) for text in (body, drawing)]
    return MODEL.format(base=base, body=indented[0], drawing=indented[1])


def codes(code: str, elsewhere: str = "") -> list[str]:
    return [finding.code for finding in find(code, "INI710", elsewhere=elsewhere)]


def test_message_of_a_value_that_is_lost() -> None:
    (message,) = messages(IMPORTS + model("self.scale = nn.Parameter(torch.ones(4))"), "INI710")
    assert message == (
        "self.scale has its values from the constructor of Model alone, and from_pretrained runs that on the meta "
        "device: where a checkpoint lacks it, it is uninitialised memory"
    )


def test_message_of_a_value_that_is_drawn_anew() -> None:
    code = IMPORTS + model("self.fc = nn.Linear(4, 4)\nnn.init.eye_(self.fc.weight)")
    assert messages(code, "INI710") == [
        "post_init draws self.fc.weight anew: what the constructor of Model writes is gone"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "self.scale = nn.Parameter(torch.ones(4) / 4)",
        "self.scale = nn.Parameter(torch.tensor(config.scale))",
        "self.scale = nn.Parameter(torch.full((4,), 0.5), requires_grad=False)",
        "self.scale = nn.Parameter(torch.randn(4))",
        "self.scale = nn.Parameter(torch.Tensor(4).uniform_())",
        "self.scale = nn.Parameter(nn.init.normal_(torch.empty(4)))",
        "if config.scaled:\n    self.scale = nn.Parameter(torch.ones(4))",
        "self.scale = nn.Parameter(torch.empty(4))\nnn.init.normal_(self.scale)",
        "self.scale = nn.Parameter(torch.empty(4))\nself.scale.data.fill_(0.5)",
        "self.fc = nn.Linear(4, 4)\nnn.init.zeros_(self.fc.weight)",
        "self.conv = nn.Conv1d(4, 4, 3)\nnn.init.dirac_(self.conv.weight)",
        "self.fc = nn.Linear(4, 4)\nnn.init.constant_(self.fc.bias, 1.0)",
    ],
)
def test_values_in_the_constructor(body: str) -> None:
    assert codes(IMPORTS + model(body)) == ["INI710"]


@pytest.mark.parametrize(
    "body",
    [
        "self.scale = nn.Parameter(torch.empty(4))",
        "self.scale = nn.Parameter(torch.FloatTensor(4, 4))",
        "self.scale = nn.Parameter(config.values)",
        "self.scale = nn.Parameter(values)",
        "self.scale = self.fc.weight",
        "self.scale = torch.ones(4)",
        "self.register_buffer('scale', torch.ones(4))",
        "self.fc = nn.Linear(4, 4)\nnn.init.zeros_(self.fc.bias)",
        "self.fc = nn.Linear(4, 4)\nself.fc.bias.data.zero_()",
        "self.fc = nn.Linear(4, 4)\nnn.init.constant_(self.fc.bias, 0)",
        "table = torch.empty(4)\nnn.init.normal_(table)\nself.register_buffer('table', table)",
        "self.post_init()",
    ],
)
def test_no_values_that_could_be_lost_are_silent(body: str) -> None:
    assert not codes(IMPORTS + model(body))


@pytest.mark.parametrize(
    "drawing",
    [
        "if isinstance(module, Model):\n    nn.init.ones_(module.scale)",
        "if hasattr(module, 'scale'):\n    module.scale.data.fill_(1)",
        "nn.init.ones_(getattr(module, 'scale'))",
        "super()._init_weights(module)\nif module is self:\n    nn.init.ones_(self.scale)",
    ],
)
def test_what_init_weights_speaks_of_is_silent(drawing: str) -> None:
    assert not codes(IMPORTS + model("self.scale = nn.Parameter(torch.ones(4))", drawing))


def test_init_weights_of_any_class_of_the_file_counts() -> None:
    head = model("self.scale = nn.Parameter(torch.ones(4))", "super()._init_weights(module)", "OwnPreTrainedModel")
    base = "class OwnPreTrainedModel(PreTrainedModel):\n    def _init_weights(self, module):\n"
    assert codes(f"{IMPORTS}{base}        nn.init.zeros_(module.weight)\n\n\n{head}") == ["INI710"]
    assert not codes(f"{IMPORTS}{base}        nn.init.ones_(module.scale)\n\n\n{head}")


def test_init_weights_in_another_file_counts() -> None:
    code = "from .base import OwnPreTrainedModel\n\n\n"
    code += model("self.scale = nn.Parameter(torch.ones(4))", base="OwnPreTrainedModel")
    base = "class OwnPreTrainedModel(PreTrainedModel):\n    def _init_weights(self, module):\n        {}\n"
    assert codes(code, elsewhere=base.format("pass")) == ["INI710"]
    assert not codes(code, elsewhere=base.format("nn.init.ones_(module.scale)"))


@pytest.mark.parametrize(
    ("base", "written", "found"),
    [
        ("nn.Module", "nn.init.normal_(self.token)", True),
        ("nn.Linear", "nn.init.normal_(self.weight)", False),
        ("nn.Module", "self.n = 4", False),
        ("Config", "nn.init.normal_(self.token)", False),
    ],
)
def test_modules_beside_the_models_count_for_what_initialisers_write(base: str, written: str, found: bool) -> None:
    part = model(f"self.token = nn.Parameter(torch.ones(4))\n{written}", base=base).replace("Model", "Part", 1)
    part = part[: part.index("    def _init_weights")]
    assert codes(IMPORTS + part + "\n\n" + model("self.part = Part()")) == ["INI710"] * found
    assert not codes(part)


def test_other_methods_are_silent() -> None:
    reset = "\n    def reset(self):\n        nn.init.zeros_(self.fc.weight)\n"
    assert not codes(IMPORTS + model("self.fc = nn.Linear(4, 4)\nself.reset()") + reset)


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("self.scale = nn.Parameter(torch.ones(4))", "nn.init.ones_(module.scale)"),
        ("self.scale = nn.Parameter(torch.randn(4))", "nn.init.normal_(module.scale)"),
        ("self.fc = nn.Linear(4, 4)\nnn.init.eye_(self.fc.weight)", "nn.init.eye_(module.fc.weight)"),
        (
            "self.scale = nn.Parameter(torch.empty(4))\nself.scale.data.normal_(std=0.5)",
            "nn.init.normal_(module.scale, std=0.5)",
        ),
    ],
)
def test_display_is_a_branch_of_init_weights(body: str, call: str) -> None:
    (finding,) = find(IMPORTS + model(body), "INI710")
    text = f"        if isinstance(module, Model):\n            {call}\n"
    assert [edit.text for fix in finding.fixes for edit in fix.edits] == [text]


@pytest.mark.parametrize(
    "body",
    [
        "self.scale = nn.Parameter(torch.ones(4) / 4)",
        "self.scale = nn.Parameter(torch.empty(4))\nnn.init.normal_(self.scale, std=config.std)",
    ],
)
def test_display_is_left_out_where_the_value_is_not_written_out(body: str) -> None:
    (finding,) = find(IMPORTS + model(body), "INI710")
    assert not finding.fixes
