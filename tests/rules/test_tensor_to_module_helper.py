"""What the page of INI412 cannot say: that the helpers do nothing, and every fix."""

import pytest
from checking import find, fix, messages

from initlint.facts.api.torch_init import MODULE_HELPERS

IMPORTS = f"from mmengine.model import {', '.join(MODULE_HELPERS)}\n\n"


@pytest.mark.parametrize("helper", sorted(MODULE_HELPERS))
@pytest.mark.parametrize("root", ["mmcv.cnn", "mmengine.model", "mmcv.cnn.utils.weight_init"])
def test_every_helper_takes_a_module(helper: str, root: str) -> None:
    value = ", 0" if helper == "constant_init" else ""
    code = f"import {root} as helpers\nfrom {root} import {helper} as h\n\ndef f(m):\n    {{}}(m.weight{value})\n"
    said = [f"{helper} takes a module: m.weight is a tensor and stays as it is"]
    assert messages(code.format("h"), "INI412") == said
    assert messages(code.format(f"helpers.{helper}"), "INI412") == said


def test_a_helper_of_the_file_like_them_changes_nothing() -> None:
    torch = pytest.importorskip("torch")
    helper = (
        "def normal_init(module, mean=0.0, std=1.0, bias=0.0):\n"
        "    if hasattr(module, 'weight') and module.weight is not None:\n"
        "        nn.init.normal_(module.weight, mean, std)\n"
        "    if hasattr(module, 'bias') and module.bias is not None:\n"
        "        nn.init.constant_(module.bias, bias)\n"
    )
    assert len(find(f"{helper}\nfc = nn.Linear(8, 8)\nnormal_init(fc.weight)\n", "INI412")) == 1
    space = {"nn": torch.nn}
    exec(helper, space)
    layer = torch.nn.Linear(8, 8)
    before = layer.weight.clone()
    space["normal_init"](layer.weight, std=100.0)
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("constant_init(m.weight, 1)", "nn.init.constant_(m.weight, 1)"),
        ("constant_init(m.bias, val=0)", "nn.init.constant_(m.bias, val=0)"),
        ("constant_init(module=m.weight, val=0)", "nn.init.constant_(tensor=m.weight, val=0)"),
        ("normal_init(m.weight.data, 0, 0.01)", "nn.init.normal_(m.weight.data, 0, 0.01)"),
        ("uniform_init(m.weight, -0.1, 0.1)", "nn.init.uniform_(m.weight, -0.1, 0.1)"),
        ("trunc_normal_init(m.weight, std=0.02)", "nn.init.trunc_normal_(m.weight, std=0.02)"),
        ("constant_init(m.weight, 1, 0.1)", "constant_init(m, 1, 0.1)"),
        ("normal_init(m.conv.weight, std=0.01, bias=0)", "normal_init(m.conv, std=0.01, bias=0)"),
        ("xavier_init(m.weight.data, gain=2)", "xavier_init(m, gain=2)"),
        ("kaiming_init(m.weight)", "kaiming_init(m)"),
        ("caffe2_xavier_init(m.weight)", "caffe2_xavier_init(m)"),
        ("xavier_init(m.bias)", "xavier_init(m.bias)"),
        ("constant_init(m.bias, 0, bias=1)", "constant_init(m.bias, 0, bias=1)"),
    ],
)
def test_the_tensor_is_written_or_the_module_passed(before: str, after: str) -> None:
    code = f"{IMPORTS}def f(m):\n    {{}}\n"
    assert len(find(code.format(before), "INI412")) == 1
    assert fix(code.format(before), "INI412") == code.format(after)


@pytest.mark.parametrize(
    "body",
    [
        "    nn.init.normal_(m)\n",
        "    if hasattr(m, 'weight'):\n        m = m.weight\n    nn.init.normal_(m)\n",
        "    if hasattr(m, 'weight'):\n        m.weight.data.normal_()\n    else:\n        m.data.normal_()\n",
        "    if not hasattr(m, 'weight'):\n        nn.init.normal_(m)\n",
        "    if isinstance(m, nn.Linear) or hasattr(m, 'weight'):\n        nn.init.normal_(m.weight)\n",
        "    if hasattr(m, 'dim'):\n        nn.init.normal_(m)\n",
        "    if hasattr(m, 'weight'):\n        nn.init.normal_(m.weight)\n    return other(m)\n",
        "    for x in m.modules():\n        if hasattr(x, 'weight'):\n            nn.init.normal_(x.weight)\n",
        "    pass\n",
    ],
)
def test_a_function_that_may_write_a_tensor_is_no_module_helper(body: str) -> None:
    assert not find(f"def normal_init(m):\n{body}\nfc = nn.Linear(2, 2)\nnormal_init(fc.weight)\n", "INI412")


@pytest.mark.parametrize(
    "body",
    [
        "    if hasattr(m, 'weight'):\n        nn.init.normal_(m.weight)\n",
        '    """Draw."""\n    if hasattr(m, "weight"):\n        nn.init.normal_(m.weight)\n    return m\n',
        (
            "    assert callable(m)\n    if (hasattr(m, 'weight') and m.weight is not None):\n"
            "        if m.weight.dim() > 1:\n            nn.init.normal_(m.weight)\n"
            "    if hasattr(m, 'bias') and m.bias is not None:\n        m.bias.data.zero_()\n"
        ),
    ],
)
def test_a_function_that_only_asks_for_weight_and_bias_is_one(body: str) -> None:
    code = f"def draw(m):\n{body}\ndef build():\n    fc = nn.Linear(2, 2)\n    draw({{}})\n"
    assert len(find(code.format("fc.weight"), "INI412")) == 1
    assert fix(code.format("fc.weight"), "INI412") == code.format("fc")


@pytest.mark.parametrize(
    "code",
    [
        (
            "class A(nn.Module):\n    def __init__(self):\n        self.weight = nn.Linear(2, 2)\n"
            "        normal_init(self.weight)\n"
        ),
        "def f(m):\n    normal_init(m)\n    normal_init(m.weight_embedding)\n    normal_init(m.fc)\n",
        "def f(options):\n    normal_init(*options)\n    normal_init(**options)\n    normal_init()\n",
        "def f(m):\n    bias_init(m.weight)\n    initialize(m.weight)\n",
    ],
)
def test_modules_and_what_may_be_one_are_silent(code: str) -> None:
    assert not find(f"{IMPORTS}from mmcv.cnn import bias_init, initialize\n\n{code}", "INI412")
