from pathlib import Path
from textwrap import dedent

import pytest
from checking import find, fix, messages

from initlint import catalogue, engine
from initlint.source import Source

GUARDED = "from transformers import PreTrainedModel\nfrom transformers import initialization as init\n\n\n"
BOTH = ("INI706", "INI712")

CLASS = """\
class Model({base}):
    {decorator}def _init_weights(self, module):
        if isinstance(module, {layer}):
{body}
"""


def model(body: str, base: str = "PreTrainedModel", layer: str = "nn.Linear", decorator: str = "") -> str:
    indented = "\n".join(f"            {line}" for line in body.splitlines())
    return CLASS.format(body=indented, base=base, layer=layer, decorator=decorator)


def codes(code: str, elsewhere: str = "") -> list[str]:
    return [finding.code for finding in find(code, *BOTH, elsewhere=elsewhere)]


def versioned(code: str, version: str | None) -> list[str]:
    """What is found where the configuration, or the requirement of the project, says a version of transformers."""
    source = Source.from_bytes(Path("model.py"), f"from torch import nn\n{dedent(code)}".encode())
    options = engine.Options(transformers_version=version)
    result = engine.check_source(source, [catalogue.find(code) for code in BOTH], options)
    assert not result.diagnostics, result.diagnostics
    return [finding.code for finding in result.findings]


AFTER = (
    ": from_pretrained of transformers 5 calls _init_weights after loading, and the weight of the checkpoint is gone "
    "(before 5.13 always, since then in a module that it covers in part)"
)


@pytest.mark.parametrize(
    ("write", "how"),
    [
        ("module.weight.data.normal_(std=0.02)", "normal_ writes module.weight whether it was loaded or not"),
        ("module.bias.data.zero_()", "zero_ writes module.bias whether it was loaded or not"),
        ("module.weight.data = torch.zeros(2, 2)", "this assignment writes module.weight whether it was loaded or not"),
        (
            "module.weight.data[0].zero_()",
            "zero_ writes a part of module.weight, which has no mark of being loaded",
        ),
        (
            "module.weight.data[:, 1] = 0",
            "this assignment writes a part of module.weight, which has no mark of being loaded",
        ),
        (
            "init.normal_(module.weight.data)",
            "normal_ writes module.weight.data, which has no mark of being loaded",
        ),
        ("init.zeros_(module.weight[0])", "zeros_ writes a part of module.weight, which has no mark of being loaded"),
    ],
)
def test_message_says_how_the_guard_is_passed(write: str, how: str) -> None:
    assert messages(GUARDED + model(write), "INI706") == [how + AFTER]


def test_message_of_a_function_that_is_imported_by_name() -> None:
    code = GUARDED + "from torch.nn.init import xavier_uniform_\n" + model("xavier_uniform_(module.weight)")
    assert messages(code, "INI706") == [
        "xavier_uniform_, bound before torch.nn.init is guarded, writes module.weight whether it was loaded or not"
        + AFTER
    ]


@pytest.mark.parametrize(
    ("write", "after"),
    [
        ("module.weight.data.normal_(0.0, std)", "init.normal_(module.weight, 0.0, std)"),
        ("module.weight.data.normal_(mean=0.0, std=std)", "init.normal_(module.weight, mean=0.0, std=std)"),
        ("module.weight.data.uniform_(-0.1, 0.1)", "init.uniform_(module.weight, -0.1, 0.1)"),
        ("module.weight.data.uniform_(to=1.0)", "init.uniform_(module.weight, b=1.0)"),
        ("module.weight.data.fill_(1)", "init.ones_(module.weight)"),
        ("module.weight.data.fill_(0.0)", "init.zeros_(module.weight)"),
        ("module.weight.data.fill_(value=0.5)", "init.constant_(module.weight, val=0.5)"),
        ("module.weight.data.fill_(std)", "init.constant_(module.weight, std)"),
        ("module.weight.detach().zero_()", "init.zeros_(module.weight)"),
        ("init.xavier_normal_(module.weight.data, gain=2)", "init.xavier_normal_(module.weight, gain=2)"),
        ("init.zeros_(tensor=module.bias.data)", "init.zeros_(module.bias)"),
        ("module.proj.weight.data.zero_()", "init.zeros_(module.proj.weight)"),
        ("for p in module.parameters():\n    p.data.zero_()", "for p in module.parameters():\n    init.zeros_(p)"),
    ],
)
def test_fix_calls_the_guarded_function(write: str, after: str) -> None:
    assert fix(GUARDED + model(write), "INI706") == GUARDED + model(after)
    assert not codes(GUARDED + model(after))


@pytest.mark.parametrize(
    ("write", "parameter"),
    [
        ("module.weight.data[module.padding_idx].zero_()", "module.weight"),
        ("init.zeros_(module.weight[0])", "module.weight"),
        ("init.zeros_(module.weight.T)", "module.weight"),
        ("init.normal_(module.weight.view(-1))", "module.weight"),
        ("module.weight.data.copy_(module.other)", "module.weight"),
        ("module.weight.data.mul_(0.5)", "module.weight"),
        ("init.copy_(module.bias[:4], other)", "module.bias"),
        ("init.copy_(module.weight.data, other)", "module.weight"),
        ("module.weight.data = torch.zeros(2, 2)", "module.weight"),
        ("module.bias.data[:4] = 1.0", "module.bias"),
        ("module.weight.data *= 0.5", "module.weight"),
        ("module.weight.data.normal_(*args)", "module.weight"),
        ("module.proj[0].weight.data[0].zero_()", "module.proj[0].weight"),
    ],
)
def test_fix_asks_for_the_mark_where_no_function_does(write: str, parameter: str) -> None:
    after = f'if not getattr({parameter}, "_is_hf_initialized", False):\n    {write}'
    assert fix(GUARDED + model(write), "INI706") == GUARDED + model(after)


def test_an_indexed_view_is_never_the_result_of_a_fix() -> None:
    code = GUARDED + model("if module.padding_idx is not None:\n    module.weight.data[module.padding_idx].zero_()")
    assert "init.zeros_" not in fix(code, "INI706")


def test_fix_prefers_the_functions_of_transformers_and_takes_those_of_torch_else() -> None:
    write = model("module.weight.data.zero_()")
    unknown = "from transformers import PreTrainedModel\n\n\n"
    assert fix(unknown + write, "INI712") == unknown + model("nn.init.zeros_(module.weight)")
    named = "from transformers import initialization\n" + unknown
    assert fix(named + write, "INI706") == named + model("initialization.zeros_(module.weight)")


@pytest.mark.parametrize(
    "write",
    [
        "if module.bias is not None: module.bias.data.zero_()",
        "module.bias.data.zero_(); module.weight.data[0] = 1",
        "drawn = module.weight.data.copy_(other)",
    ],
)
def test_fix_never_breaks_what_shares_a_line_or_is_used(write: str) -> None:
    compile(fix("from transformers import initialization as init\n" + GUARDED + model(write), "INI706"), "x", "exec")


@pytest.mark.parametrize(
    "write",
    [
        "with torch.no_grad():\n    module.weight.normal_(std=0.02)",
        "weight = module.weight.data\nweight.normal_(std=0.02)",
        "row = module.weight[0]\ninit.zeros_(row)",
        "for gate in module.weight.chunk(4):\n    init.orthogonal_(gate)",
        "for layer in module.layers:\n    layer.weight.data.zero_()",
        "for name, p in module.named_parameters():\n    if 'bias' in name:\n        p.data.fill_(0)",
        "for m in module.modules():\n    if isinstance(m, nn.Linear):\n        m.weight.data.zero_()",
        "module.class_embedding.data.normal_(std=0.02)",
        "torch.nn.init.normal_(module.weight.data)",
        "nn.init.normal_(module.weight.detach())",
    ],
)
def test_writes_that_the_guard_does_not_see(write: str) -> None:
    assert codes(GUARDED + model(write)) == ["INI706"]


@pytest.mark.parametrize(
    "write",
    [
        "init.normal_(module.weight, std=0.02)",
        "nn.init.normal_(module.weight, std=0.02)",
        "torch.nn.init.normal_(module.weight, std=0.02)",
        "torch.nn.init.xavier_uniform_(module.proj[0].weight)",
        "module.reset_parameters()",
        "module._reset_parameters()",
        "module.requires_grad_(False)",
        "weight = module.weight\ninit.normal_(weight)",
        "init.copy_(module.weight, other)",
        "init.copy_(other, module.weight[0])",
        "init.copy_(getattr(module, 'inv_freq'), other)",
        "init.zeros_(module.tokens[0])",
        "init.zeros_(module[0])",
        "noise = torch.empty(4)\nnoise.normal_()",
        "torch.empty(4).normal_()",
        "table = torch.empty(4)\ntable[0] = 1\ninit.copy_(module.weight, table)",
        "std = self.config.std\nself.counts[0] = 1",
        "module.inv_freq.copy_(other)",
        "module.scale = 1.0",
        "module.weight.requires_grad = False",
        "module.weight = nn.Parameter(other)",
        "for value in self.config.values:\n    value.add_(1)",
        "if not getattr(module.weight, '_is_hf_initialized', False):\n    module.weight.data.zero_()",
        "if getattr(module.weight, '_is_hf_initialized', False):\n    return\nmodule.weight.data.zero_()",
        "if hasattr(module, '_is_hf_initialized'):\n    return\nmodule.weight.data[0] = 0",
    ],
)
def test_writes_that_ask_or_are_none_are_silent(write: str) -> None:
    assert not codes(GUARDED + model(write))


@pytest.mark.parametrize(
    "imports",
    [
        "from torch.nn.init import zeros_",
        "from torch.nn.init import zeros_ as zeros_",
        "from timm.layers import trunc_normal_ as zeros_",
        "from timm.models.layers import trunc_normal_ as zeros_",
        "from mmengine.model.weight_init import trunc_normal_ as zeros_",
        "zeros_ = nn.init.zeros_",
    ],
)
def test_functions_that_are_bound_at_the_top_do_not_ask(imports: str) -> None:
    assert codes(GUARDED + f"{imports}\n" + model("zeros_(module.weight)")) == ["INI706"]


@pytest.mark.parametrize(
    "imports",
    [
        "from transformers.initialization import zeros_",
        "from .inits import zeros_",
        "def zeros_(tensor):\n    return tensor",
        "zeros_ = None",
    ],
)
def test_functions_that_ask_or_are_not_known_are_silent(imports: str) -> None:
    assert not codes(GUARDED + f"{imports}\n\n\n" + model("zeros_(module.weight)"))


@pytest.mark.parametrize(
    "local",
    ["from torch.nn.init import zeros_\nzeros_(module.weight)", "zeros_ = nn.init.zeros_\nzeros_(module.weight)"],
)
def test_what_is_bound_while_the_guard_is_in_place_asks(local: str) -> None:
    assert not codes(GUARDED + model(local))


@pytest.mark.parametrize(
    ("imports", "version", "found"),
    [
        ("from transformers import PreTrainedModel", None, ["INI712"]),
        ("from transformers import PreTrainedModel", "4.57.3", []),
        ("from transformers import PreTrainedModel", "5.0", ["INI706"]),
        ("from transformers import PreTrainedModel", "5.0.0rc1", ["INI706"]),
        ("from transformers import PreTrainedModel", "10.2", ["INI706"]),
        ("from transformers import PreTrainedModel, initialization", "4.40", ["INI706"]),
        ("from transformers import PreTrainedModel\nimport transformers.initialization as i", None, ["INI706"]),
        ("from transformers import PreTrainedModel\nfrom transformers.initialization import ones_", None, ["INI706"]),
        (
            "from ...modeling_utils import PreTrainedModel\nfrom ... import initialization as init",
            None,
            ["INI706"],
        ),
        ("from ...modeling_utils import PreTrainedModel", None, ["INI712"]),
        ("from transformers import PreTrainedModel\nfrom mine import initialization", None, ["INI712"]),
    ],
)
def test_the_version_of_transformers_decides(imports: str, version: str | None, found: list[str]) -> None:
    assert versioned(f"{imports}\n\n\n{model('module.weight.data.zero_()')}", version) == found


@pytest.mark.parametrize(
    "imports",
    [
        "from transformers import PreTrainedModel as Base",
        "from transformers.modeling_utils import PreTrainedModel as Base",
        "from transformers import BertPreTrainedModel as Base",
        "from transformers.models.bert.modeling_bert import BertPreTrainedModel as Base",
        "import transformers\n\nBase = transformers.PreTrainedModel",
        "try:\n    from transformers import PreTrainedModel as Base\nexcept ImportError:\n    Base = None",
        "from .modeling_own import OwnPreTrainedModel as Base",
        "from transformers import PreTrainedModel\n\n\nclass Base(PreTrainedModel):\n    pass",
    ],
)
def test_bases_that_are_models_of_transformers(imports: str) -> None:
    code = f"from transformers import initialization as init  # of PreTrainedModel\n{imports}\n\n\n"
    assert codes(code + model("module.weight.data.zero_()", base="Base")) == ["INI706"]


@pytest.mark.parametrize(
    "imports",
    [
        "from transformers import TFPreTrainedModel as Base",
        "from transformers import FlaxPreTrainedModel as Base",
        "from transformers import PretrainedConfig as Base  # of a PreTrainedModel",
        "from transformers import BertModel as Base  # a PreTrainedModel whose methods are not known",
        "from pytorch_pretrained_bert import BertPreTrainedModel as Base",
        "from mylib.models import MyPreTrainedModel as Base",
        "class PreTrainedModel(nn.Module):\n    pass\n\n\nBase = PreTrainedModel",
        "Base = nn.Module  # no PreTrainedModel",
    ],
)
def test_bases_that_are_none_are_silent(imports: str) -> None:
    code = f"from transformers import initialization as init\n{imports}\n\n\n"
    assert not codes(code + model("module.weight.data.zero_()", base="Base"))


def test_a_base_in_another_file_counts_by_what_it_says() -> None:
    code = "from mylib.base import PreTrainedBase\nfrom transformers import initialization as init\n\n\n"
    code += model("module.weight.data.zero_()  # of a PreTrainedModel", base="PreTrainedBase")
    theirs = "class PreTrainedBase({base}):\n    pass\n"
    assert codes(code, elsewhere=theirs.format(base="PreTrainedModel")) == ["INI706"]
    assert codes(code, elsewhere=theirs.format(base="transformers.BertPreTrainedModel")) == ["INI706"]
    assert not codes(code, elsewhere=theirs.format(base="nn.Module"))
    assert not codes(code)


def test_a_relative_base_that_is_there_and_no_model_is_silent() -> None:
    code = "from .base import OwnPreTrainedModel\nfrom transformers import initialization as init\n\n\n"
    code += model("module.weight.data.zero_()", base="OwnPreTrainedModel")
    assert codes(code) == ["INI706"]
    assert not codes(code, elsewhere="class OwnPreTrainedModel(nn.Module):\n    pass\n")
    assert codes(code, elsewhere="class OwnPreTrainedModel(PreTrainedModel):\n    pass\n") == ["INI706"]


@pytest.mark.parametrize(
    "header",
    ["def _init_weights(self)", "def init_weights(self, module)", "def _init_module(self, module)"],
)
def test_other_methods_are_silent(header: str) -> None:
    code = GUARDED + model("module.weight.data.zero_()").replace("def _init_weights(self, module)", header)
    assert not codes(code + "\n    # def _init_weights of a PreTrainedModel\n")
