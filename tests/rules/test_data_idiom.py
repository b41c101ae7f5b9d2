import pytest
from checking import find, fix, messages

LAYER = "layer = nn.Linear(4, 4)\n"


def test_messages() -> None:
    assert messages(f"{LAYER}layer.weight.data.zero_()\nnn.init.zeros_(layer.bias.data)", "INI902") == [
        ".data.zero_ writes around autograd; nn.init.zeros_ writes the same without a gradient",
        "nn.init.zeros_ records no gradient, so that it needs no .data: it takes the parameter",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("layer.weight.data.normal_()", "nn.init.normal_(layer.weight)"),
        ("layer.weight.data.normal_(0, 0.02)", "nn.init.normal_(layer.weight, 0, 0.02)"),
        ("layer.weight.data.normal_(mean=0.0, std=0.02)", "nn.init.normal_(layer.weight, mean=0.0, std=0.02)"),
        ("layer.weight.data.normal_(0, generator=g)", "nn.init.normal_(layer.weight, 0, generator=g)"),
        ("layer.weight.data.uniform_(-b, b)", "nn.init.uniform_(layer.weight, -b, b)"),
        ("layer.weight.data.uniform_(-b, to=b)", "nn.init.uniform_(layer.weight, -b, b=b)"),
        ("layer.weight.data.uniform_(-b, b,)", "nn.init.uniform_(layer.weight, -b, b)"),
        ("layer.bias.data.fill_(0.1)", "nn.init.constant_(layer.bias, 0.1)"),
        ("layer.bias.data.fill_(value=0.1)", "nn.init.constant_(layer.bias, val=0.1)"),
        ("layer.bias.data.zero_()", "nn.init.zeros_(layer.bias)"),
        ("nn.init.xavier_uniform_(layer.weight.data)", "nn.init.xavier_uniform_(layer.weight)"),
        ("nn.init.normal_(tensor=layer.weight.data, std=b)", "nn.init.normal_(tensor=layer.weight, std=b)"),
        ("torch.nn.init.zeros_(layer.bias.data)  # none", "torch.nn.init.zeros_(layer.bias)  # none"),
    ],
)
def test_fix(before: str, after: str) -> None:
    assert fix(LAYER + before, "INI902", unsafe=False) == LAYER + after


@pytest.mark.parametrize(
    "statement",
    [
        "nn.init.normal_(layer.weight, 0, 0.02)",
        "layer.weight.data.mul_(0.5)",
        "layer.weight.data.copy_(values)",
        "layer.weight.data.clamp_(-1, 1)",
        "layer.weight.data[0].zero_()",
        "layer.weight.detach().zero_()",
        "layer.weight.zero_()",
        "nn.init.zeros_(layer.weight.data[0])",
        "nn.init.zeros_(layer.weight.data.T)",
        "nn.init.zeros_(layer.weight.detach())",
        "layer.weight.data = torch.zeros(4, 4)",
        "noise.data.normal_(0, 1)",
        "batch.data.fill_(0)",
        "x = layer.weight.data.zero_()",
        "layer.weight.data.zero_().add_(1)",
        "layer.weight.data = nn.init.orthogonal_(layer.weight.data)",
    ],
)
def test_other_writes_are_silent(statement: str) -> None:
    assert not find(LAYER + statement, "INI902")


@pytest.mark.parametrize("arguments", ["0, 0.02, None, 3", "0, stddev=0.02", "*numbers", "**numbers"])
def test_arguments_that_are_not_understood_are_left_alone(arguments: str) -> None:
    code = f"{LAYER}layer.weight.data.normal_({arguments})\n"
    assert fix(code, "INI902") == code


@pytest.mark.parametrize(
    "lazy",
    [
        "head = nn.LazyLinear(3)",
        "head = nn.Sequential(nn.LazyConv2d(3, 3))",
        "from torch.nn.parameter import UninitializedParameter",
        "from torch.nn.modules.lazy import LazyModuleMixin",
    ],
)
def test_file_with_lazy_layers_is_silent(lazy: str) -> None:
    assert not find(f"{LAYER}{lazy}\nlayer.weight.data.normal_(0, 0.02)", "INI902")


HUGGING_FACE = """\
class Base({base}):
    def {method}(self, module):
        module.weight.data.normal_(mean=0.0, std=0.02)


class Model(Base):
    pass
"""


@pytest.mark.parametrize(
    ("base", "method", "count"),
    [
        ("PreTrainedModel", "_init_weights", 0),
        ("transformers.PreTrainedModel", "_init_weights", 0),
        ("BertPreTrainedModel", "_init_weights", 0),
        ("PreTrainedModel", "reset", 1),
        ("nn.Module", "_init_weights", 1),
    ],
)
def test_guard_of_hugging_face_models(base: str, method: str, count: int) -> None:
    assert len(find(HUGGING_FACE.format(base=base, method=method), "INI902")) == count


def test_guard_is_inherited_in_the_file() -> None:
    code = HUGGING_FACE.format(base="PreTrainedModel", method="reset")
    code = code.replace("    pass", "    def _init_weights(self, m):\n        m.weight.data.zero_()")
    assert [finding.region.line for finding in find(code, "INI902")] == [9]


def test_function_without_a_name_in_scope_is_not_called() -> None:
    code = "def init(m):\n    m.weight.data.normal_(0, 0.02)\n"
    from pathlib import Path

    from initlint import catalogue, engine
    from initlint.source import Source

    source = Source.from_bytes(Path("example.py"), f"from torch.nn import Linear\n\n\n{code}".encode())
    (found,) = engine.check_source(source, [catalogue.find("INI902")], engine.Options()).findings
    assert found.fixes == ()
