"""Shapes of wrapping and initialising that the page of INI701 does not show."""

import textwrap

import pytest

from initlint import catalogue, engine
from initlint.engine import Options
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
    "open branch": "if old:\n    self.conv = weight_norm(self.conv)\nnn.init.ones_(self.conv.weight)",
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
    result = engine.check_source(Source.from_bytes(__file__, (HEAD + code).encode()), RULES, Options(islands=islands))
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


def test_fix_is_withheld_where_only_the_init_is_conditional() -> None:
    (finding,) = check(model("self.a = weight_norm(nn.Conv1d(4, 4, 3))\nif old:\n    self.a.apply(init_conv)"))
    assert not finding.fixes


def test_fix_is_withheld_where_the_function_is_defined_between() -> None:
    between = "def init(m):\n    if isinstance(m, nn.Conv1d):\n        nn.init.ones_(m.weight)\n"
    (finding,) = check(model(f"self.a = weight_norm(nn.Conv1d(4, 4, 3))\n{between}self.a.apply(init)"))
    assert not finding.fixes
