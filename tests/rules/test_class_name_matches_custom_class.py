import pytest
from checking import find, fix, messages

MODEL = """\
class ConvBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3)
{members}


def init_weights(m):
    name = m.__class__.__name__
    if {test}:
        {body}


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block = ConvBlock(width)
        self.head = nn.Conv2d(width, 1, 1)


{use}
"""


def model(
    test: str = "name.find('Conv') != -1",
    body: str = "nn.init.normal_(m.weight)",
    members: str = "",
    use: str = "Net(3).apply(init_weights)",
) -> str:
    indented = "\n".join(f"    {line}" if line else "" for line in members.splitlines())
    return MODEL.format(test=test, body=body.replace("\n", "\n        "), members=indented, use=use)


def test_message_names_the_class_and_the_word() -> None:
    (message,) = messages(model(), "INI505")
    assert message == "'Conv' is in the name of ConvBlock too, which has no weight: m.weight raises AttributeError"


def test_the_test_is_pointed_at_and_the_place_of_the_class_is_related() -> None:
    (finding,) = find(model(), "INI505")
    assert (finding.region.line, finding.region.column) == (16, 7)
    assert [related.message for related in finding.related] == ["it is built here"]


@pytest.mark.parametrize(
    "test",
    [
        "name.find('Conv') != -1",
        "name.find('Conv') >= 0",
        "'Conv' in name",
        "'Conv' in type(m).__name__",
        "name.startswith('Conv')",
        "'Linear' in name or 'Conv' in name",
        "'Conv' in m._get_name()",
        "'Conv' in str(type(m))",
        "isinstance(m, nn.Module) and 'Conv' in name",
        "not isinstance(m, nn.ReLU) and 'Conv' in name",
    ],
)
def test_any_spelling_of_the_test_counts(test: str) -> None:
    assert len(find(model(test), "INI505")) == 1


@pytest.mark.parametrize(
    "test",
    [
        "name == 'Conv2d'",
        "name.find('Conv2d') != -1",
        "name.find('Linear') != -1",
        "name.find('conv') != -1",
        "'Conv' in name and hasattr(m, 'weight')",
        "'Conv' in name and getattr(m, 'weight', None) is not None",
        "'Conv' in name and not isinstance(m, ConvBlock)",
        "'Conv' in name and isinstance(m, nn.Conv2d)",
        "'Conv' in name and m is not net",
        "'Conv' in name and name not in SKIPPED",
        "'Conv' in name and 'Block' not in name",
        "'Conv' in name or len(list(m.children())) == 0",
        "'Conv' in m.layer_name",
        "'Conv' not in name",
    ],
)
def test_a_test_that_the_class_does_not_pass_for_certain_is_silent(test: str) -> None:
    assert not find(model(test), "INI505")


@pytest.mark.parametrize(
    "members",
    [
        "    self.weight = nn.Parameter(torch.zeros(width))",
        "    self.register_parameter('weight', None)",
        "    self.register_buffer('weight', torch.zeros(width))",
        "    setattr(self, 'weight', self.conv.weight)",
        "    for name, value in self.conv.named_parameters():\n        setattr(self, name, value)",
        "    self.__dict__.update(vars(self.conv))",
        "\n@property\ndef weight(self):\n    return self.conv.weight",
        "\ndef __getattr__(self, name):\n    return getattr(super().__getattr__('conv'), name)",
        "\nweight = None",
    ],
)
def test_class_that_has_or_may_have_the_attribute_is_silent(members: str) -> None:
    assert not find(model(members=members), "INI505")


@pytest.mark.parametrize(
    "body",
    [
        "nn.init.zeros_(m.conv.weight)",
        "m.reset_parameters()",
        "if hasattr(m, 'weight'):\n    nn.init.normal_(m.weight)",
        "try:\n    nn.init.normal_(m.weight)\nexcept AttributeError:\n    print(name)",
        "for p in m.parameters():\n    nn.init.normal_(p)",
        "nn.init.normal_(getattr(m, 'weight'))",
    ],
)
def test_body_that_does_not_touch_the_attribute_unguarded_is_silent(body: str) -> None:
    assert not find(model(body=body), "INI505")


@pytest.mark.parametrize(
    "use",
    [
        "net = Net(3)\nnet.apply(init_weights)",
        "for m in Net(3).modules():\n    init_weights(m)",
        "def build():\n    net = Net(3)\n    net.apply(init_weights)\n    return net",
        "nn.Sequential(nn.ReLU(), ConvBlock(3)).apply(init_weights)",
        "init_weights(ConvBlock(3))",
        "from functools import partial\n\nNet(3).apply(partial(init_weights))",
        (
            "class Big(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.nets = nn.ModuleList()\n        for _ in range(2):\n            self.nets.append(Net(3))\n"
            "        self.apply(init_weights)"
        ),
        "class Big(Net):\n    def __init__(self):\n        super().__init__(3)\n        self.apply(init_weights)",
    ],
)
def test_tree_is_followed_to_the_class(use: str) -> None:
    assert len(find(model(use=use), "INI505")) == 1


@pytest.mark.parametrize(
    "use",
    [
        "",
        "def build(net):\n    net.apply(init_weights)",
        "Net(3).head.apply(init_weights)",
        "for m in Net(3).head.modules():\n    init_weights(m)",
        "nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU()).apply(init_weights)",
        "net = Net(3) if FAST else nn.Conv2d(3, 3, 3)\nnet.apply(init_weights)",
        (
            "class Big(nn.Module):\n    def __init__(self, deep):\n        super().__init__()\n        if deep:\n"
            "            self.net = Net(3)\n        self.apply(init_weights)"
        ),
        (
            "class Big(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.nets = [Net(3)]\n"
            "        self.apply(init_weights)"
        ),
        (
            "class Late(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.apply(init_weights)\n        self.net = Net(3)"
        ),
    ],
)
def test_tree_without_the_class_for_certain_is_silent(use: str) -> None:
    assert not find(model(use=use), "INI505")


USE = """\
from blocks import ConvBlock


def init_weights(m):
    if m.__class__.__name__.find('Conv') != -1:
        nn.init.normal_(m.weight)


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block = ConvBlock(width)
        self.apply(init_weights)
"""


@pytest.mark.parametrize(
    ("elsewhere", "found"),
    [
        ("class ConvBlock(nn.Module):\n    def __init__(self):\n        self.conv = nn.Conv2d(3, 3, 3)", 1),
        ("class Base(nn.Module):\n    pass\n\n\nclass ConvBlock(Base):\n    pass", 1),
        ("class ConvBlock(nn.Module):\n    def __init__(self):\n        self.weight = nn.Parameter(torch.ones(3))", 0),
        ("class ConvBlock(nn.Module):\n    @property\n    def weight(self):\n        return 1", 0),
        ("class ConvBlock(Foreign):\n    def __init__(self):\n        self.conv = nn.Conv2d(3, 3, 3)", 0),
        ("class ConvBlock(nn.Conv2d):\n    pass", 0),
        ("def ConvBlock(width):\n    return nn.Conv2d(width, width, 3)", 0),
        ("", 0),
    ],
)
def test_class_of_another_file_of_the_project_counts_where_all_of_it_is_known(elsewhere: str, found: int) -> None:
    assert len(find(USE.replace("blocks", "other"), "INI505", elsewhere=elsewhere)) == found


def test_class_of_a_package_that_is_not_the_project_is_silent() -> None:
    elsewhere = "class ConvBlock(nn.Module):\n    pass"
    assert not find(USE.replace("blocks", "timm.layers"), "INI505", elsewhere=elsewhere)


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("'Conv' in name", "'Conv' in name and hasattr(m, \"weight\")"),
        ("('Conv' in name)", "('Conv' in name and hasattr(m, \"weight\"))"),
        ("'Conv' in name or 'Fc' in name", "('Conv' in name or 'Fc' in name) and hasattr(m, \"weight\")"),
        ("('Conv' in name or 'Fc' in name)", "(('Conv' in name or 'Fc' in name) and hasattr(m, \"weight\"))"),
        (
            "not isinstance(m, nn.ReLU) and 'Conv' in name",
            "not isinstance(m, nn.ReLU) and 'Conv' in name and hasattr(m, \"weight\")",
        ),
    ],
)
def test_fix_asks_for_the_attribute_in_the_same_test(test: str, fixed: str) -> None:
    assert fix(model(test), "INI505", unsafe=False) == model(fixed)


@pytest.mark.parametrize(
    "body",
    [
        "if 'Conv' in name:\n    nn.init.normal_(m.weight)\nelse:\n    m.eval()",
        "if 'Conv' not in name:\n    return\nnn.init.normal_(m.weight)",
        "if not name.find('Conv') == -1:\n    nn.init.normal_(m.weight)",
    ],
)
def test_no_fix_where_the_other_branch_would_take_the_module(body: str) -> None:
    code = model("m is not None", body)
    (finding,) = find(code, "INI505")
    assert not finding.fixes
    assert fix(code, "INI505") == code


def test_types_that_the_model_has_are_shown() -> None:
    (finding,) = find(model(), "INI505")
    assert [(each.safety.value, each.edits[0].text) for each in finding.fixes] == [
        ("safe", ' and hasattr(m, "weight")'),
        ("display", "isinstance(m, nn.Conv2d)"),
    ]
