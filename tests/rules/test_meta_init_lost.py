"""INI711: what may stand between a module without values and the call that runs it."""

import textwrap

import pytest
from checking import find, messages

FUNCTION = """\
from torch.nn.utils import skip_init
from torch.optim import Adam


def build(x, state, start):
    model = Net(device="meta")
{statements}
    return model(x)
"""

EMPTY = "model.to_empty(device='cpu')"

HARMLESS = [
    "pass",
    "model.train()",
    "model.requires_grad_(False)",
    "optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)",
    "optimizer = Adam(model.parameters())",
    "print(model)",
    "size = sum(p.numel() for p in model.parameters())",
    "x = x.to('cpu')",
    "x = start(x)",
    "other = Net()\nstart(other)",
    "if state:\n    x = x * 2",
]

WRITING = [
    "model.load_state_dict(state)",
    "model.reset_parameters()",
    "model.init_weights()",
    "model.apply(start)",
    "model.fc.weight.data.normal_()",
    "nn.init.normal_(model.fc.weight)",
    "model.fc = nn.Linear(2, 2)",
    "model.fc.weight = state",
    "for p in model.parameters():\n    nn.init.normal_(p)",
    "for m in model.modules():\n    m.reset_parameters()",
    "for name, p in model.named_parameters():\n    p.data.copy_(state[name])",
    "[p.data.zero_() for p in model.parameters()]",
    "start(model)",
    "start(module=model)",
    "start([model])",
    "start(model.fc)",
    "start(model.parameters())",
    "model = start(model)",
    "model = Net()",
    "same = model\nstart(same)",
    "state['model'] = model",
    "load = lambda: start(model)\nload()",
    "if state:\n    model.load_state_dict(state)",
    "with torch.no_grad():\n    start(model)",
    "torch.nn.init.zeros_(model.weight)",
    "dist.broadcast(model.weight, 0)",
]


def function(statements: str) -> str:
    return FUNCTION.format(statements=textwrap.indent(statements, "    "))


@pytest.mark.parametrize("between", HARMLESS)
def test_module_that_runs_without_values_is_found(between: str) -> None:
    assert len(find(function(f"{EMPTY}\n{between}"), "INI711")) == 1
    assert len(find(function(f"model = skip_init(Net, 2)\n{between}"), "INI711")) == 1


@pytest.mark.parametrize("between", WRITING)
def test_module_that_something_may_have_written_is_silent(between: str) -> None:
    assert not find(function(f"{EMPTY}\n{between}"), "INI711")
    assert not find(function(f"model = skip_init(Net, 2)\n{between}"), "INI711")


@pytest.mark.parametrize(
    "statements",
    [
        "self.model.to_empty(device='cpu')",
        "state.to_empty(device='cpu')",
        "start(model.to_empty(device='cpu'))",
        "model = start(model.to_empty(device='cpu'))",
        "if state:\n    model.to_empty(device='cpu')\n    model.load_state_dict(state)",
        "x = model(x)",
        "other = model.to_empty(device='cpu')\nstart(other)",
        "model = to_empty(model)",
        "model = tensordict.to_empty()\nmodel.update(state)",
    ],
)
def test_other_objects_and_other_functions_are_silent(statements: str) -> None:
    assert not find(function(statements), "INI711")


def test_module_level_script_that_calls_its_own_functions_is_silent() -> None:
    script = "net = nn.Linear(2, 2, device='meta')\nnet.to_empty(device='cpu')\n{between}net(torch.ones(2))\n"
    assert len(find(script.format(between=""), "INI711")) == 1
    start = "def start():\n    nn.init.ones_(net.weight)\n\n\n"
    assert not find(start + script.format(between="start()\n"), "INI711")


def test_message_and_related_place() -> None:
    code = function(EMPTY)
    (finding,) = find(code, "INI711")
    assert messages(code, "INI711")[0].startswith("to_empty leaves the parameters and buffers of model as it finds")
    assert finding.related[0].region.line == finding.region.line + 1
