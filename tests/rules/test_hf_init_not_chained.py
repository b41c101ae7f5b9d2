import pytest
from checking import find, messages

UNKNOWN = "from transformers import BertPreTrainedModel, PreTrainedModel\n\n\n"
FIVE = "from transformers import initialization as init\n" + UNKNOWN

BASE = """\
class OwnPreTrainedModel(PreTrainedModel):
    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            nn.init.normal_(module.weight, std=0.02)


"""

MODEL = """\
class Model({base}):
    def __init__(self, config):
        super().__init__(config)
        {layers}
        self.post_init()

    def _init_weights(self, module):
{drawing}
"""

OWN = "if isinstance(module, Model):\n    nn.init.zeros_(module.token)"


def model(drawing: str = OWN, layers: str = "self.fc = nn.Linear(4, 4)", base: str = "OwnPreTrainedModel") -> str:
    indented = "\n".join(f"        {line}" for line in drawing.splitlines())
    return MODEL.format(base=base, layers=layers, drawing=indented)


def codes(code: str) -> list[str]:
    return [finding.code for finding in find(code, "INI709")]


def test_messages_name_layer_holder_and_base() -> None:
    keeps = "of Model keeps the values of its constructor, and has none where a checkpoint lacks it"
    assert messages(UNKNOWN + BASE + model(), "INI709") == [
        f"this method replaces that of its base and has no branch for Linear: fc {keeps}"
    ]
    assert messages(FIVE + model(base="PreTrainedModel", layers="self.n = nn.GroupNorm(2, 4)"), "INI709") == [
        f"this method replaces that of PreTrainedModel and has no branch for GroupNorm: n {keeps}"
    ]


def test_finding_points_at_the_method_and_relates_the_layer_and_the_base() -> None:
    (finding,) = find(UNKNOWN + BASE + model(), "INI709")
    lines = (UNKNOWN + BASE + model()).splitlines()
    assert lines[finding.region.line - 7].endswith("def _init_weights(self, module):")
    assert [related.message for related in finding.related] == ["this layer is not drawn", "this method draws it"]


def test_display_calls_the_base_behind_the_first_assignment() -> None:
    (finding,) = find(UNKNOWN + BASE + model(f"std = self.config.std\n{OWN}"), "INI709")
    assert [edit.text for fix in finding.fixes for edit in fix.edits] == ["        super()._init_weights(module)\n"]
    (bare,) = find(UNKNOWN + BASE + model(), "INI709")
    assert not bare.fixes


@pytest.mark.parametrize(
    "layers",
    [
        "self.fc = nn.Linear(4, 4)",
        "self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])",
        "self.conv = nn.Sequential(nn.ReLU(), nn.Conv2d(3, 3, 1))",
    ],
)
def test_layers_that_only_the_base_draws(layers: str) -> None:
    assert codes(UNKNOWN + BASE + model(layers=layers)) == ["INI709"]


@pytest.mark.parametrize("layers", ["self.norm = nn.LayerNorm(4)", "self.table = nn.Embedding(9, 4)", "self.n = 4"])
def test_layers_that_the_base_does_not_draw_are_silent(layers: str) -> None:
    assert not codes(UNKNOWN + BASE + model(layers=layers))


@pytest.mark.parametrize(
    "drawing",
    [
        f"super()._init_weights(module)\n{OWN}",
        f"super(Model, self)._init_weights(module)\n{OWN}",
        f"OwnPreTrainedModel._init_weights(self, module)\n{OWN}",
        f"{OWN}\nelse:\n    super()._init_weights(module)",
        "if isinstance(module, nn.Linear):\n    nn.init.zeros_(module.weight)",
        "if isinstance(module, (nn.Embedding, nn.Linear)):\n    module.reset_parameters()",
        "if isinstance(module, nn.Module):\n    draw(module)",
        "if type(module) in LAYERS:\n    draw(module)",
        "if hasattr(module, 'weight'):\n    nn.init.zeros_(module.weight)",
        "if 'Linear' in module.__class__.__name__:\n    nn.init.zeros_(module.weight)",
        "for p in module.parameters(recurse=False):\n    nn.init.zeros_(p)",
        "draw(module)",
        "module.weight.data = torch.zeros(4, 4)",
        "pass",
        "return",
    ],
)
def test_methods_that_may_draw_it_or_draw_nothing_are_silent(drawing: str) -> None:
    assert not codes(UNKNOWN + BASE + model(drawing))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (model(base="PreTrainedModel"), False),
        (model(base="BertPreTrainedModel"), False),
        (model(base="nn.Module"), False),
        ("from transformers import initialization as init\n" + model(base="PreTrainedModel"), True),
        ("from transformers import initialization as init\n" + model(base="BertPreTrainedModel"), True),
        ("from transformers import initialization as init\n" + model(base="nn.Module"), False),
    ],
)
def test_imported_bases_draw_from_version_5_on(code: str, found: bool) -> None:
    assert codes(UNKNOWN + code) == ["INI709"] * found


def test_layers_of_models_below_count_and_those_of_other_models_do_not() -> None:
    head = "class Head(Model):\n    def __init__(self, config):\n        super().__init__(config)\n"
    drawn = model(layers="self.norm = nn.LayerNorm(4)")
    assert codes(UNKNOWN + BASE + f"{drawn}\n\n{head}        self.out = nn.Linear(4, 4)\n") == ["INI709"]
    other = model("super()._init_weights(module)").replace("class Model", "class Other") + "\n\n"
    assert not codes(UNKNOWN + BASE + other + model(layers="self.other = Other(config)"))
