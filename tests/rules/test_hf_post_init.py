import pytest
from checking import find, fix, messages

UNKNOWN = "from transformers import BertModel, BertPreTrainedModel, PreTrainedModel\n\n\n"
FIVE = "from transformers import initialization as init\n" + UNKNOWN

CLASS = """\
class Model({base}):
    def __init__(self, config):
        super().__init__(config)
{body}
"""

FC = "self.fc = nn.Linear(4, 4)"
KEPT = "fc and 1 more keep the values of nn.Linear, not those of _init_weights"
LAYERS = "self.fc = nn.Linear(4, 4)\nself.table = nn.Embedding(9, 4)"


def model(body: str, base: str = "BertPreTrainedModel") -> str:
    return CLASS.format(base=base, body="\n".join(f"        {line}" for line in body.splitlines()))


def codes(code: str, elsewhere: str = "") -> list[str]:
    return [finding.code for finding in find(code, "INI707", "INI708", elsewhere=elsewhere)]


def test_messages_of_a_missing_call() -> None:
    raises = "from_pretrained of transformers 5 raises AttributeError"
    wrapped = "self.bert = BertModel(config)"
    assert messages(UNKNOWN + model(LAYERS), "INI707") == [f"post_init is never called: {KEPT}"]
    assert messages(FIVE + model(LAYERS), "INI707") == [f"post_init is never called: {KEPT}, and {raises}"]
    assert messages(FIVE + model(wrapped), "INI707") == [f"post_init is never called: {raises}"]


def test_messages_of_calls_that_do_not_replace_it() -> None:
    assert messages(FIVE + model(f"{LAYERS}\nself.init_weights()"), "INI707") == [
        "init_weights without post_init raises AttributeError in transformers 5"
    ]
    assert messages(FIVE + model(f"{LAYERS}\nself.apply(self._init_weights)"), "INI707") == [
        "apply without post_init leaves from_pretrained to raise AttributeError in transformers 5"
    ]


def test_message_of_a_call_in_the_constructor_of_a_base() -> None:
    base = model("self.post_init()").replace("class Model", "class OwnPreTrainedModel")
    found = messages(f"{UNKNOWN}{base}\n\n{model(LAYERS, base='OwnPreTrainedModel')}", "INI707")
    assert found == [f"post_init runs in the constructor of a base and not again: {KEPT}"]


def test_message_of_an_early_call() -> None:
    found = messages(UNKNOWN + model(f"self.post_init()\n{LAYERS}"), "INI708")
    assert found == [f"_init_weights draws what is there when post_init is called: {KEPT}"]


def test_findings_point_at_what_has_to_change() -> None:
    (missing,) = find(UNKNOWN + model(LAYERS), "INI707")
    (early,) = find(UNKNOWN + model(f"self.post_init()\n{LAYERS}"), "INI708")
    offset = 6 + UNKNOWN.count("\n")
    assert (missing.region.line, missing.region.column) == (offset + 2, 8)
    assert [related.region.line for related in missing.related] == [offset + 4, offset + 5]
    assert (early.region.line, early.region.column) == (offset + 4, 8)
    assert [related.region.line for related in early.related] == [offset + 5, offset + 6]


@pytest.mark.parametrize(
    "layers",
    [
        "self.fc = nn.Linear(4, 4)",
        "self.fc = nn.Linear(4, 4) if config.deep else None",
        "if config.deep:\n    self.fc = nn.Linear(4, 4)",
        "self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])",
        "self.layers = nn.ModuleList()\nfor _ in range(2):\n    self.layers.append(nn.Linear(4, 4))",
        "self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(4, 4))",
        "self.add_module('fc', nn.Linear(4, 4))\nself.conv = nn.Conv2d(3, 4, 3)",
        "self.block = Block(config)",
        "self.table = nn.Embedding(9, 4)",
    ],
)
def test_layers_that_are_drawn(layers: str) -> None:
    block = model(FC, base="nn.Module").replace("class Model", "class Block") + "\n\n"
    assert codes(UNKNOWN + block + model(layers)) == ["INI707"]
    assert codes(UNKNOWN + block + model(f"self.post_init()\n{layers}")) == ["INI708"]
    assert not codes(UNKNOWN + block + model(f"{layers}\nself.post_init()"))


@pytest.mark.parametrize(
    "body",
    [
        "self.n = 4",
        "self.norm = nn.LayerNorm(4)",
        "self.dropout = nn.Dropout(0.1)",
        "self.loss = nn.CrossEntropyLoss()",
        "self.bert = BertModel(config)",
        "self.inner = Inner(config)",
        "self.layers = [nn.Linear, nn.Conv2d]",
        "self.scale = nn.Parameter(torch.ones(1))",
        "self.register_buffer('mask', torch.ones(4))",
        "fc = nn.Linear(4, 4)",
    ],
)
def test_nothing_to_draw_is_silent(body: str) -> None:
    inner = "class Inner(BertPreTrainedModel):\n    def __init__(self, config):\n        super().__init__(config)\n"
    inner += "        self.fc = nn.Linear(4, 4)\n        self.post_init()\n\n\n"
    assert not codes(UNKNOWN + inner + model(body))
    assert not codes(UNKNOWN + inner + model(f"self.post_init()\n{body}"))


@pytest.mark.parametrize(
    "after",
    [
        "self.init_weights()",
        "self.apply(self._init_weights)",
        "self.reset_parameters()",
        "nn.init.zeros_(self.fc.weight)",
        "self._init_weights(self.fc)",
        "self.fc.apply(draw)",
        "draw(self.fc)",
        "self.fc = BertModel(config)",
        "self.prepare()",
    ],
)
def test_layers_that_may_be_drawn_otherwise_are_silent(after: str) -> None:
    assert not codes(UNKNOWN + model(f"self.fc = nn.Linear(4, 4)\n{after}"))
    assert not codes(UNKNOWN + model(f"self.post_init()\nself.fc = nn.Linear(4, 4)\n{after}"))


@pytest.mark.parametrize("inert", ["self.tie_weights()", "self.register_buffer('x', torch.ones(1))", "self.train()"])
def test_calls_that_draw_nothing_do_not_matter(inert: str) -> None:
    assert codes(UNKNOWN + model(f"{LAYERS}\n{inert}")) == ["INI707"]
    assert codes(UNKNOWN + model(f"self.post_init()\n{LAYERS}\n{inert}")) == ["INI708"]


@pytest.mark.parametrize(
    "body",
    [
        "if config.deep:\n    self.post_init()",
        "self.finish()",
        "super().post_init()\nself.post_init()",
    ],
)
def test_calls_wherever_they_stand_count(body: str) -> None:
    method = "\n    def finish(self):\n        self.post_init()\n"
    assert not codes(FIVE + model(f"{LAYERS}\n{body}") + method)


def test_an_early_call_in_a_method_is_silent() -> None:
    method = "\n    def finish(self):\n        self.post_init()\n"
    assert not codes(UNKNOWN + model(f"self.finish()\n{LAYERS}") + method)


@pytest.mark.parametrize(
    "code",
    [
        model(LAYERS) + "\n\nclass Derived(Model):\n    def __init__(self, config):\n        super().__init__(config)\n"
        "        self.post_init()\n",
        model(LAYERS) + "\n\nclass Outer(BertPreTrainedModel):\n    def __init__(self, config):\n"
        "        super().__init__(config)\n        self.model = Model(config)\n        self.post_init()\n",
        model(LAYERS) + "\n\ndef build(config):\n    model = Model(config)\n    model.post_init()\n    return model\n",
        model(LAYERS) + "\n\nmodel = Model(None)\nmodel.init_weights()\n",
    ],
    ids=["base", "part", "function", "module"],
)
def test_models_that_others_finish_are_silent(code: str) -> None:
    assert not codes(FIVE + code)


def test_a_base_of_a_class_in_another_file_is_silent() -> None:
    assert codes(UNKNOWN + model(LAYERS)) == ["INI707"]
    assert not codes(UNKNOWN + model(LAYERS), elsewhere="class Derived(Model):\n    pass\n")


@pytest.mark.parametrize(
    ("drawing", "found"),
    [
        ("if isinstance(module, nn.Linear):\n            nn.init.normal_(module.weight, std=0.02)", True),
        ("module.weight.data.normal_(std=0.02)", True),
        ("if isinstance(module, nn.Conv2d):\n            nn.init.normal_(module.weight, std=0.02)", False),
        ("pass", False),
        ("return", False),
        ("super()._init_weights(module)", False),
    ],
)
def test_what_init_weights_does_not_draw_is_silent(drawing: str, found: bool) -> None:
    method = f"\n    def _init_weights(self, module):\n        {drawing}\n"
    code = "from transformers import PreTrainedModel\n\n\n" + model("self.fc = nn.Linear(4, 4)", "PreTrainedModel")
    assert codes(code + method) == ["INI707"] * found


def test_a_bare_base_draws_from_version_5_on() -> None:
    code = model("self.fc = nn.Linear(4, 4)", "PreTrainedModel")
    assert not codes(UNKNOWN + code)
    assert codes(FIVE + code) == ["INI707"]


@pytest.mark.parametrize(
    ("imports", "bases", "found"),
    [
        ("from transformers import GenerationMixin", "BertPreTrainedModel, GenerationMixin", True),
        ("from abc import ABC", "BertPreTrainedModel, ABC", True),
        ("", "BertPreTrainedModel, nn.Module", True),
        ("from .heads import HeadsMixin", "HeadsMixin, BertPreTrainedModel", False),
        ("from elsewhere import HeadsMixin", "HeadsMixin, BertPreTrainedModel", False),
        ("", "make_base(), BertPreTrainedModel", False),
        ("from transformers import TFBertPreTrainedModel as Base", "Base", False),
        ("", "nn.Module", False),
    ],
)
def test_bases_whose_constructor_is_known(imports: str, bases: str, found: bool) -> None:
    assert codes(f"{imports}\n{UNKNOWN}{model(LAYERS, bases)}") == ["INI707"] * found


def test_a_mixin_of_the_project_counts_by_its_constructor() -> None:
    code = "from .heads import HeadsMixin\n" + UNKNOWN + model(LAYERS, "HeadsMixin, BertPreTrainedModel")
    assert codes(code, elsewhere="class HeadsMixin:\n    def heads(self):\n        pass\n") == ["INI707"]
    assert not codes(code, elsewhere="class HeadsMixin:\n    def __init__(self, config):\n        pass\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LAYERS, f"{LAYERS}\nself.post_init()"),
        (f"if config.deep:\n    {FC}", f"if config.deep:\n    {FC}\nself.post_init()"),
        (f"{LAYERS}\nself.init_weights()", f"{LAYERS}\nself.post_init()"),
        (f"{LAYERS}\nself.apply(self._init_weights)", f"{LAYERS}\nself.post_init()"),
        (f"{LAYERS}\nself.apply(draw)", f"{LAYERS}\nself.apply(draw)"),
    ],
)
def test_fix_of_a_missing_call(before: str, after: str) -> None:
    assert fix(FIVE + model(before), "INI707") == FIVE + model(after)


def test_fix_names_the_receiver_as_the_constructor_does() -> None:
    code = UNKNOWN + model(LAYERS).replace("self", "this")
    assert fix(code, "INI707") == UNKNOWN + model(f"{LAYERS}\nself.post_init()").replace("self", "this")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"self.post_init()\n{LAYERS}", f"{LAYERS}\nself.post_init()"),
        (f"self.post_init()\n{LAYERS}\nself.m = 2", f"{LAYERS}\nself.m = 2\nself.post_init()"),
        (f"self.post_init()  # last\n{FC}", f"{FC}\nself.post_init()"),
    ],
)
def test_fix_of_an_early_call(before: str, after: str) -> None:
    assert fix(UNKNOWN + model(before), "INI708") == UNKNOWN + model(after)


def test_fix_of_an_early_call_under_a_test_is_not_offered() -> None:
    code = UNKNOWN + model(f"if config.ready:\n    self.post_init()\n{LAYERS}")
    assert codes(code) == ["INI708"]
    assert fix(code, "INI708") == code
