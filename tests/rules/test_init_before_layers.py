import pytest
from checking import find, fix, messages

MODEL = """\
def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)


class Net(nn.Module):
    def __init__(self, width, deep=True, wide=None):
        super().__init__()
        self.stem = nn.Linear(3, width)
        {call}
{late}
{methods}
    def reset_stem(self):
        nn.init.xavier_uniform_(self.stem.weight)

    @staticmethod
    def init_embedding(m):
        if isinstance(m, nn.Embedding):
            nn.init.normal_(m.weight)
"""

RESET = """
    def reset_all(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                m.weight.data.normal_(0, 0.02)
            elif isinstance(m, nn.LayerNorm):
                m.weight.data.fill_(1.0)
"""

LATE = "self.head = nn.Linear(width, 10)"


def model(late: str = LATE, call: str = "self.apply(init_weights)") -> str:
    indented = "\n".join(f"        {line}" if line else "" for line in late.splitlines())
    return MODEL.format(call=call, late=indented, methods=RESET if "reset_all" in late + call else "")


@pytest.mark.parametrize(
    "body",
    [
        "for m in net.modules():\n        if isinstance(m, nn.Linear):\n            nn.init.zeros_(m.weight)",
        "for _, m in net.named_modules():\n        if isinstance(m, nn.Linear):\n            nn.init.zeros_(m.weight)",
        "net.apply(init_weights)",
    ],
)
def test_function_that_is_given_the_object_counts(body: str) -> None:
    code = f"def init_all(net):\n    {body}\n\n\n" + model(call="init_all(self)")
    assert len(find(code, "INI509")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "for m in net.children():\n        if isinstance(m, nn.Linear):\n            nn.init.zeros_(m.weight)",
        "for m in net.stem.modules():\n        if isinstance(m, nn.Linear):\n            nn.init.zeros_(m.weight)",
        "nn.init.zeros_(net.stem.weight)",
        "net.apply(init_foreign)",
        "print(net)",
    ],
)
def test_function_that_does_not_go_through_the_object_is_silent(body: str) -> None:
    code = f"def init_all(net):\n    {body}\n\n\n" + model(call="init_all(self)")
    assert not find(code, "INI509")


def test_method_that_initialises_all_modules_later_is_silent() -> None:
    assert not find(model().replace("    def reset_stem", RESET + "\n    def reset_stem"), "INI509")


@pytest.mark.parametrize(
    ("late", "call", "message"),
    [
        (
            LATE,
            "self.apply(init_weights)",
            (
                "self.apply(init_weights) comes before self.head (Linear): xavier_uniform_ does not reach it; the "
                "default stays, weight and bias U(±1/sqrt(fan_in))"
            ),
        ),
        (
            "self.blocks = nn.ModuleList([Block(width) for _ in range(2)])\nself.head = nn.Linear(width, 10)",
            "self.reset_all()",
            (
                "self.reset_all() comes before self.blocks.0.fc (Linear) and 1 more: normal_ does not reach them; the "
                "default stays, weight and bias U(±1/sqrt(fan_in))"
            ),
        ),
    ],
)
def test_message_names_the_layers(late: str, call: str, message: str) -> None:
    assert messages(model(late, call), "INI509") == [message]


def test_the_early_call_is_pointed_at() -> None:
    (finding,) = find(model(call="self.reset_all()"), "INI509")
    assert (finding.region.line, finding.region.column) == (22, 8)
    assert [related.message for related in finding.related] == ["it is added here", "the init is here"]


@pytest.mark.parametrize(
    "late",
    [
        "self.add_module('head', nn.Linear(width, 10))",
        "self.net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(width, 10)))",
        "self.heads = nn.ModuleDict({'one': nn.Linear(width, 10)})",
        "if deep:\n    self.head = nn.Linear(width, 10)",
        "if wide:\n    self.head = nn.Linear(width, 10)",
        "self.head = nn.Linear(width, 10) if wide else nn.Identity()",
        "for name in ('one', 'two'):\n    setattr(self, name, nn.Linear(width, 10))",
        "self.head = nn.Linear(width, 10).to('cpu')",
        "self.head = nn.Linear(width, 10)\nnn.init.zeros_(self.head.bias)",
        "self.head = nn.Linear(width, 10)\nnn.init.uniform_(self.head.bias)",
        "self.head = nn.Linear(width, 10)\nnn.init.zeros_(self.stem.weight)",
        "self.block = Block(width)",
    ],
)
def test_late_layer_is_found_wherever_it_is_registered(late: str) -> None:
    assert len(find(model(late), "INI509")) == 1


@pytest.mark.parametrize(
    "late",
    [
        "self.width = width",
        "self.head = nn.Conv2d(width, 10, 1)",
        "self.norm = nn.LayerNorm(width)",
        "self.act = nn.ReLU()",
        "self.heads = [nn.Linear(width, 10)]",
        "head = nn.Linear(width, 10)",
        "self.alias = self.stem",
        "self.net = nn.Sequential(self.stem, nn.ReLU())",
        "self.head = make_head(width)",
        "self.head = wide",
        "self.head = nn.Linear(width, 10)\nself.head = nn.Identity()",
        "self.head = nn.Linear(width, 10)\nnn.init.zeros_(self.head.weight)",
        "self.head = nn.Linear(width, 10)\nself.apply(init_weights)",
        "self.head = nn.Linear(width, 10)\nself.head.apply(init_weights)",
        "self.head = nn.Linear(width, 10)\ninit_weights(self.head)",
        "self.head = nn.Linear(width, 10)\nself.reset_all()",
        "self.head = nn.Linear(width, 10)\ninit_foreign(self.head)",
        "self.head = nn.Linear(width, 10)\nself.apply(init_foreign)",
        "self.head = nn.Linear(width, 10)\nself.head.init_weights()",
        "self.head = nn.Linear(width, 10)\nself.init_by_framework()",
        "self.head = nn.Linear(width, 10)\nself.post_init()",
        "self.head = nn.Linear(width, 10)\nself.load_state_dict(torch.load('weights.pt'))",
        "self.head = nn.Linear(width, 10)\nfor p in self.parameters():\n    nn.init.normal_(p)",
        "self.head = nn.Linear(width, 10)\nfor p in self.head.parameters():\n    nn.init.normal_(p)",
        "self.head = nn.utils.weight_norm(nn.Linear(width, 10))",
        "self.head = nn.Linear(width, 10)\nself.head.weight = self.stem.weight",
        "self.head = nn.Linear(width, 10)\nself.head.weight.data = self.stem.weight.data",
        "self.head = nn.Linear(width, 10)\nself.head.weight.data.mul_(0.1)",
        "self.head = nn.Linear(width, 10)\nself.head.weight.data.copy_(self.stem.weight)",
    ],
)
def test_late_module_that_is_no_such_layer_or_has_its_own_init_is_silent(late: str) -> None:
    assert not find(model(late), "INI509")


@pytest.mark.parametrize(
    "call",
    [
        "self.reset_stem()",
        "self.stem.apply(init_weights)",
        "self.apply(self.init_embedding)",
        "self.apply(init_foreign)",
        "self.apply(nn.Module.train)",
        "print(list(self.modules()))",
        "if wide:\n            self.apply(init_weights)",
        "self.freeze()",
        "init_weights(self)",
    ],
)
def test_call_that_does_not_initialise_all_modules_is_silent(call: str) -> None:
    assert not find(model(call=call), "INI509")


def test_layer_that_is_built_in_place_of_the_init_is_silent() -> None:
    call = "if deep:\n            self.apply(init_weights)"
    assert not find(model("if not deep:\n    self.head = nn.Linear(width, 10)", call), "INI509")
    assert len(find(model(call=call), "INI509")) == 1


def test_layers_of_a_subclass_are_its_own_business() -> None:
    code = model(late="self.width = width") + (
        "\n\nclass Child(Net):\n    def __init__(self, width):\n        super().__init__(width)\n"
        "        self.extra = nn.Linear(width, width)\n"
    )
    assert not find(code, "INI509")


def test_layer_whose_class_initialises_itself_is_silent() -> None:
    code = model(late="self.block = Block(width)").replace(
        "        self.fc = nn.Linear(width, width)\n",
        "        self.fc = nn.Linear(width, width)\n        nn.init.orthogonal_(self.fc.weight)\n",
    )
    assert not find(code, "INI509")


def test_fix_moves_the_call_behind_the_last_statement() -> None:
    code = model("self.head = nn.Linear(width, 10)\nself.width = width  # the width")
    expected = code.replace("        self.apply(init_weights)\n", "").replace(
        "        self.width = width  # the width\n",
        "        self.width = width  # the width\n        self.apply(init_weights)\n",
    )
    assert fix(code, "INI509") == expected
    assert fix(code, "INI509", unsafe=False) == code


@pytest.mark.parametrize(
    ("late", "call"),
    [
        ("self.head = nn.Linear(width, 10)\nnn.init.zeros_(self.stem.weight)", "self.apply(init_weights)"),
        ("self.head = nn.Linear(width, 10)\ninit_foreign(self.stem)", "self.apply(init_weights)"),
        ("self.head = nn.Linear(width, 10)\nif wide:\n    self.wide = wide", "self.apply(init_weights)"),
        (LATE, "self.apply(init_weights).train()"),
        (LATE, "if deep:\n            self.apply(init_weights)"),
        (
            LATE,
            (
                "for m in self.modules():\n            if isinstance(m, nn.Linear):\n"
                "                nn.init.zeros_(m.weight)"
            ),
        ),
    ],
)
def test_no_fix_where_moving_the_call_could_change_more(late: str, call: str) -> None:
    code = model(late, call)
    (finding,) = find(code, "INI509")
    assert not finding.fixes
