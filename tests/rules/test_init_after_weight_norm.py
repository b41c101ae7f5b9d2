"""Shapes of wrapping and initialising that the page of INI701 does not show."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

from initlint import catalogue, engine
from initlint.engine import Options
from initlint.facts.project import Project, Sketch
from initlint.finding import Finding
from initlint.source import Source

RULES = catalogue.select(select=("INI701",))
HEAD = """\
import torch
from functools import partial
from collections import OrderedDict
from torch import nn
from torch.nn.utils import parametrizations, prune, remove_weight_norm, spectral_norm, weight_norm

def init_conv(module, std=0.01):
    if isinstance(module, nn.Conv1d):
        nn.init.normal_(module.weight, std=std)

def wrap(layer):
    return weight_norm(layer)

def init_net(net):
    for module in net.modules():
        if isinstance(module, nn.Conv1d):
            nn.init.normal_(module.weight)

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = weight_norm(nn.Conv1d(4, 4, 3))

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 4, 3)

"""

LOST = {
    "after re-wrapping an alias": "conv = self.conv\nweight_norm(conv)\nnn.init.ones_(self.conv.weight)",
    "wrapped local kept as attribute": (
        "layer = weight_norm(nn.Linear(4, 4))\nself.fc = layer\nnn.init.ones_(self.fc.weight)"
    ),
    "list extended": "l = [wn(4)]\nl.extend([wn(4)])\nself.l = nn.ModuleList(l)\nself.l.apply(init_conv)",
    "sum of lists": "self.l = nn.Sequential(*([wn(4)] + [nn.ReLU(), wn(4)]))\nself.l.apply(init_conv)",
    "ordered dictionary": "self.l = nn.Sequential(OrderedDict([('a', wn(4))]))\nself.l.apply(init_conv)",
    "module dictionary": (
        "self.l = nn.ModuleDict({'a': wn(4)})\nfor m in self.l.values():\n    nn.init.ones_(m.weight)"
    ),
    "added by name": "self.add_module('wide', wn(4))\nnn.init.ones_(self.wide.weight)",
    "one element of a mixed list": (
        "self.l = nn.Sequential(wn(4), nn.Conv1d(4, 4, 1))\nnn.init.ones_(self.l[0].weight)"
    ),
    "enumerated": "self.l = nn.ModuleList([wn(4)])\nfor i, m in enumerate(self.l):\n    nn.init.ones_(m.weight)",
    "literal tuple of layers": (
        "self.a = wn(4)\nself.b = wn(4)\nfor m in (self.a, self.b):\n    nn.init.ones_(m.weight)"
    ),
    "named modules": (
        "self.a = wn(4)\n"
        "for n, m in self.named_modules():\n"
        "    if isinstance(m, nn.Conv1d):\n"
        "        nn.init.ones_(m.weight)"
    ),
    "wrapped in a loop": (
        "for m in self.modules():\n"
        "    if isinstance(m, nn.Conv1d):\n"
        "        weight_norm(m)\n"
        "nn.init.ones_(self.conv.weight)"
    ),
    "partial function applied": "self.a = wn(4)\nself.a.apply(partial(init_conv, std=0.1))",
    "own object handed to a function": "self.a = wn(4)\ninit_net(self)",
    "container handed to a function": "self.a = nn.Sequential(wn(4))\ninit_net(self.a)",
    "module of another class": "self.blocks = nn.Sequential(Block(), nn.ReLU())\nself.blocks.apply(init_conv)",
    "both branches wrap": (
        "if old:\n"
        "    self.a = wn(4)\n"
        "else:\n"
        "    self.a = parametrizations.weight_norm(nn.Conv1d(4, 4, 1))\n"
        "nn.init.ones_(self.a.weight)"
    ),
    "within the branch that wraps": (
        "if old:\n    self.conv = weight_norm(self.conv)\n    nn.init.ones_(self.conv.weight)"
    ),
    "applied to each layer": "self.l = nn.ModuleList([wn(4)])\nfor m in self.l:\n    m.apply(init_conv)",
    "star of a list": "self.l = nn.Sequential(*[wn(4), wn(4)])\nself.l.apply(init_conv)",
    "local wrapped and appended": (
        "self.l = nn.ModuleList()\n"
        "for i in range(2):\n"
        "    layer = nn.Conv1d(4, 4, 3)\n"
        "    layer = weight_norm(layer, name='weight')\n"
        "    self.l.append(layer)\n"
        "self.l.apply(init_conv)"
    ),
    "alias": "norm = weight_norm\nself.a = norm(nn.Conv1d(4, 4, 1))\nself.a.apply(init_conv)",
    "either function loses": (
        "norm = weight_norm if old else parametrizations.weight_norm\n"
        "self.a = norm(nn.Conv1d(4, 4, 1))\n"
        "nn.init.ones_(self.a.weight)"
    ),
    "helper that is given the layer": "self.a = wrap(nn.Conv1d(4, 4, 1))\nself.a.apply(init_conv)",
    "helper that is given the layer by name": "self.a = wrap(layer=nn.Conv1d(4, 4, 1))\nnn.init.ones_(self.a.weight)",
    "spectral parametrization": (
        "self.a = parametrizations.spectral_norm(nn.Conv1d(4, 4, 1))\nnn.init.orthogonal_(self.a.weight)"
    ),
    "orthogonal parametrization": "self.a = parametrizations.orthogonal(self.conv)\nnn.init.ones_(self.a.weight)",
    "pruned at random": "prune.random_unstructured(self.conv, name='weight', amount=1)\nself.conv.apply(init_conv)",
    "pruned by structure": "prune.ln_structured(self.conv, 'weight', 1, 2, 0)\nself.conv.weight.data.zero_()",
    "on condition": "if old:\n    self.conv = weight_norm(self.conv)\nnn.init.ones_(self.conv.weight)",
    "one side of a conditional": "self.conv = weight_norm(self.conv) if old else self.conv\nself.apply(init_conv)",
    "branch before the other": (
        "if old:\n    self.a = wn(4)\nelse:\n    self.a = nn.Conv1d(4, 4, 3)\nnn.init.ones_(self.a.weight)"
    ),
    "behind a test that raises": "if old < 0:\n    raise ValueError(old)\nself.a = wn(4)\nself.apply(init_conv)",
    "exact type under the old function": (
        "self.a = wn(4)\nfor m in self.modules():\n    if type(m) is nn.Conv1d:\n        nn.init.ones_(m.weight)"
    ),
}

SILENT = {
    "exact type of a parametrized layer": (
        "self.a = parametrizations.weight_norm(nn.Conv1d(4, 4, 1))\n"
        "for m in self.modules():\n"
        "    if type(m) is nn.Conv1d:\n"
        "        nn.init.ones_(m.weight)"
    ),
    "open branch of the init": "self.a = wn(4) if old else make(4)\nif new:\n    nn.init.ones_(self.a.weight)",
    "two tests that may exclude each other": (
        "if old == 1:\n    self.conv = weight_norm(self.conv)\nif old == 2:\n    nn.init.ones_(self.conv.weight)"
    ),
    "other branch": "if old:\n    self.conv = weight_norm(self.conv)\nelse:\n    nn.init.ones_(self.conv.weight)",
    "opposite test": (
        "if not old:\n    self.conv = weight_norm(self.conv)\nif old:\n    nn.init.ones_(self.conv.weight)"
    ),
    "early return": "if old:\n    weight_norm(self.conv)\n    return\nnn.init.ones_(self.conv.weight)",
    "fallback of an import": (
        "try:\n    import fast\nexcept ImportError:\n    weight_norm(self.conv)\nnn.init.ones_(self.conv.weight)"
    ),
    "unknown wrapper": "self.a = make(nn.Conv1d(4, 4, 1))\nnn.init.ones_(self.a.weight)",
    "one of many wrappers": "norm = {'w': weight_norm}[old]\nself.a = norm(self.conv)\nnn.init.ones_(self.a.weight)",
    "wrapper from a branch": (
        "if old:\n    norm = weight_norm\nelse:\n    norm = make\n"
        "self.a = norm(nn.Conv1d(4, 4, 1))\nnn.init.ones_(self.a.weight)"
    ),
    "wrapped in the end": (
        "self.l = nn.ModuleList(nn.Conv1d(4, 4, 3) for _ in range(2))\n"
        "self.l.apply(init_conv)\n"
        "for m in self.l:\n"
        "    weight_norm(m)"
    ),
    "unwrapped when indexed from the end": (
        "self.l = nn.Sequential(wn(4), nn.Conv1d(4, 4, 1))\nnn.init.ones_(self.l[-1].weight)"
    ),
    "mixed list looped over": (
        "self.l = nn.ModuleList([wn(4), nn.Conv1d(4, 4, 1)])\nfor m in self.l:\n    nn.init.ones_(m.weight)"
    ),
    "unknown layer in the list": (
        "self.l = nn.ModuleList([wn(4), make(4)])\nfor m in self.l:\n    nn.init.ones_(m.weight)"
    ),
    "index into a list of unknown length": (
        "l = []\n"
        "for _ in range(old):\n"
        "    l.append(wn(4))\n"
        "l.append(nn.Conv1d(4, 4, 1))\n"
        "self.l = nn.Sequential(*l)\n"
        "nn.init.ones_(self.l[1].weight)"
    ),
    "module of another class without a wrap": (
        "self.blocks = nn.Sequential(Plain(), nn.ReLU())\nself.blocks.apply(init_conv)"
    ),
    "removed by a method of the layer": "self.a = wn(4)\nself.a.remove_weight_norm()\nnn.init.ones_(self.a.weight)",
    "removed everywhere": (
        "self.a = wn(4)\n"
        "self.apply(lambda m: m)\n"
        "for m in self.modules():\n"
        "    remove_weight_norm(m)\n"
        "self.a.apply(init_conv)"
    ),
    "old spectral norm in place": "spectral_norm(self.conv)\nnn.init.ones_(self.conv.weight)",
    "wrapped after the apply": "self.a = nn.Conv1d(4, 4, 1)\nself.apply(init_conv)\nself.a = weight_norm(self.a)",
    "another type is written": "self.a = weight_norm(nn.Linear(4, 4))\nself.a.apply(init_conv)",
    "pruned bias": "prune.random_unstructured(self.conv, name='bias', amount=1)\nnn.init.ones_(self.conv.weight)",
    "assigned anew": "self.a = wn(4)\nself.a = nn.Conv1d(4, 4, 1)\nnn.init.ones_(self.a.weight)",
    "a local of the same name": "a = wn(4)\na = nn.Conv1d(4, 4, 1)\nnn.init.ones_(a.weight)",
}


def check(code: str, *, islands: bool = True) -> tuple[Finding, ...]:
    result = engine.check_source(
        Source.from_bytes(Path(__file__), (HEAD + code).encode()), RULES, Options(islands=islands)
    )
    assert not result.diagnostics
    return result.findings


def model(constructor: str) -> str:
    body = textwrap.indent(f"super().__init__()\nself.conv = nn.Conv1d(4, 4, 3)\n{constructor}\n", " " * 8)
    helper = "def wn(width):\n    return weight_norm(nn.Conv1d(width, width, 3))\n\n"
    return f"{helper}class Model(nn.Module):\n    def __init__(self, old):\n{body}"


@pytest.mark.parametrize("constructor", LOST.values(), ids=LOST.keys())
def test_init_after_the_wrap_is_found(constructor: str) -> None:
    assert len(check(model(constructor))) == 1
    assert check(model(constructor)) == check(model(constructor), islands=False)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("constructor", LOST.values(), ids=LOST.keys())
def test_init_after_the_wrap_leaves_the_weights_as_they_were(constructor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    initialised = effective_weights(constructor)
    for name in ("normal_", "ones_", "orthogonal_"):
        monkeypatch.setattr(torch.nn.init, name, lambda tensor, **_: tensor)
    monkeypatch.setattr(torch.Tensor, "zero_", lambda tensor: tensor)
    untouched = effective_weights(constructor)
    assert initialised.keys() == untouched.keys() != set()
    assert all(torch.equal(weight, untouched[name]) for name, weight in initialised.items())


def effective_weights(constructor: str) -> dict[str, Any]:
    """The weights that the wrapped layers of a model use in their next forward."""
    import torch

    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(HEAD + model(constructor), names)
    found = {}
    for name, module in names["Model"](1).named_modules():
        if hasattr(module, "weight_v") or hasattr(module, "weight_orig") or hasattr(module, "parametrizations"):
            for hook in module._forward_pre_hooks.values():
                hook(module, None)
            found[name] = module.weight.detach().clone()
    return found


@pytest.mark.parametrize("constructor", SILENT.values(), ids=SILENT.keys())
def test_init_that_takes_effect_is_not_reported(constructor: str) -> None:
    assert not check(model(constructor))


def test_method_of_a_base_initialises_what_the_subclass_wraps() -> None:
    code = """
class Base(nn.Module):
    def reset(self):
        nn.init.ones_(self.conv.weight)

class Derived(Base):
    def __init__(self):
        super().__init__()
        self.conv = weight_norm(nn.Conv1d(4, 4, 3))
        self.reset()
"""
    assert len(check(code)) == 1


def test_constructor_of_a_base_initialises_before_the_subclass_wraps() -> None:
    code = """
class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 4, 3)
        nn.init.ones_(self.conv.weight)

class Derived(Base):
    def __init__(self):
        super().__init__()
        self.conv = weight_norm(self.conv)
"""
    assert not check(code)


def test_one_mistake_in_a_base_is_one_finding() -> None:
    code = """
class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = weight_norm(nn.Conv1d(4, 4, 3))
        self.reset()

    def reset(self):
        nn.init.ones_(self.conv.weight)

class Derived(Base):
    def __init__(self):
        super().__init__()
"""
    assert len(check(code)) == 1


def test_message_says_on_which_condition_the_init_is_lost() -> None:
    (finding,) = check(model("if not old:\n    self.conv = weight_norm(self.conv)\nself.apply(init_conv)"))
    assert finding.message.startswith("where old does not hold, layers of self are under weight_norm already")


@pytest.mark.parametrize(
    "constructor",
    [
        "if old:\n    self.conv = weight_norm(self.conv)\nself.conv.apply(init_conv)",
        "if old:\n    self.a = wn(4)\nelse:\n    self.a = wn(5)\nself.a.apply(init_conv)",
        "self.a = weight_norm(nn.Conv1d(4, 4, 3)) if old else nn.Conv1d(4, 4, 3)\nself.a.apply(init_conv)",
    ],
)
def test_fix_is_withheld_where_another_layer_may_stand_there(constructor: str) -> None:
    (finding,) = check(model(constructor))
    assert not finding.fixes


IMPORTED = """
from utils import init_weights

class Generator(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ups = nn.ModuleList()
        for _ in range(2):
            self.ups.append(weight_norm(nn.ConvTranspose1d(width, width, 4)))
        self.ups.apply(init_weights)
        self.post = weight_norm(nn.Conv1d(width, 1, 7))
        init_weights(self.post)
        self.plain = nn.Conv1d(width, 1, 7)
        self.plain.apply(init_weights)
"""
UTILS = """
import torch

def init_weights(m, mean=0.0, std=0.01):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        m.weight.data.normal_(mean, std)


def get_padding(kernel_size, dilation=1):
    return int((kernel_size * dilation - dilation) / 2)
"""
BIASES = UTILS.replace("m.weight.data.normal_(mean, std)", "m.weight.shape\n        m.bias.data.zero_()")


def lines(*files: tuple[str, str]) -> list[int]:
    project = Project((path, Sketch.of(text)) for path, text in (("models.py", HEAD + IMPORTED), *files))
    options = Options(elsewhere=project.elsewhere("models.py"))
    result = engine.check_source(Source.from_bytes(Path("models.py"), (HEAD + IMPORTED).encode()), RULES, options)
    return [finding.region.line - HEAD.count("\n") for finding in result.findings]


def test_function_of_another_file_of_the_project_is_read() -> None:
    assert lines(("utils.py", UTILS)) == [10, 12]
    assert lines(("utils/__init__.py", UTILS)) == [10, 12]


@pytest.mark.parametrize(
    "files",
    [
        (),
        (("other.py", UTILS),),
        (("utils.py", BIASES),),
        (("utils.py", UTILS.replace("m.weight", "m.scale")),),
        (("utils.py", UTILS.replace('"Conv"', '"Linear"')),),
        (("a/utils.py", UTILS), ("b/utils.py", UTILS)),
        (("utils.py", UTILS.replace("def init_weights(m, mean=0.0, std=0.01):", "def init_weights(m, mean=):")),),
    ],
    ids=["alone", "another module", "biases", "another attribute", "another type", "two of the name", "broken"],
)
def test_function_that_is_not_known_or_writes_something_else_is_silent(files: tuple[tuple[str, str], ...]) -> None:
    assert not lines(*files)


def test_fix_is_withheld_where_only_the_init_is_conditional() -> None:
    (finding,) = check(model("self.a = weight_norm(nn.Conv1d(4, 4, 3))\nif old:\n    self.a.apply(init_conv)"))
    assert not finding.fixes


def test_fix_is_withheld_where_the_function_is_defined_between() -> None:
    between = "def init(m):\n    if isinstance(m, nn.Conv1d):\n        nn.init.ones_(m.weight)\n"
    (finding,) = check(model(f"self.a = weight_norm(nn.Conv1d(4, 4, 3))\n{between}self.a.apply(init)"))
    assert not finding.fixes
