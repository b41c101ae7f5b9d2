"""The premise of a rule costs no finding, in whatever way a file spells what the rule looks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from initlint import catalogue
from initlint.engine import Options, check_source
from initlint.source import Source

ALL = catalogue.select(("ALL",), preview=True)
BARE = tuple(replace(rule, premise=None) for rule in ALL)
OPTIONS = Options(init_modules=("acme.weights",))

HEAD = "import torch\nfrom torch import nn\n"


def model(*lines: str, arguments: str = "", forward: str = "x") -> str:
    """A module class with these lines in its constructor."""
    body = "\n".join(f"        {line}" for line in ("super().__init__()", *lines))
    return (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self{arguments}):\n{body}\n"
        f"    def forward(self, x):\n        return {forward}\n"
    )


ZEROED = ("for m in self.modules():", "    if isinstance(m, nn.Linear):", "        nn.init.zeros_(m.bias)")
NORMALISED = ("self.fc = nn.Linear(3, 4)", "self.norm = nn.LayerNorm(4)", "for m in self.modules():")
EARLY = (
    "def init(m):\n    if isinstance(m, nn.Linear):\n        nn.init.normal_(m.weight, std=0.02)\n"
    "def go(model):\n    model.apply(init)\nrun = go\n"
)

CASES = {
    # Other names for torch, its modules and its functions.
    "INI406 from a module that is not there": "from torch.init import normal_\nnormal_(w, 0.0, 0.02)\n",
    "INI406 torch from a star import": "from .imports import *\ntorch.init.normal_(w)\nimport torch.nn as x\n",
    "INI406 annotated module": f"{HEAD}init: object = nn.init\nI: object = nn.init\nI.foo_(w)\nnn.init.normal_(w)\n",
    "INI406 one name for two imports": (
        "import torch\ndef f():\n    import numpy as I\n    return I\n"
        "def g():\n    from torch.nn import init as I\n    I.foo_(w)\n"
    ),
    "INI901 star import": "import torch\nfrom torch.nn.init import *\nnormal(w, 0.0, 0.02)\n",
    "INI401 module of one's own": "import acme, torch\nA = acme.weights\nB = A\nB.normal_(w, 0.02)\n",
    "INI401 walrus": f"{HEAD}def f(m):\n    (I := nn.init).zeros_(m.bias)\n    I.normal_(m.weight, 0.02)\n",
    "INI105 gain under another name": "import torch\nfrom torch.nn.init import calculate_gain as g\ng('lrelu')\n",
    "INI408 gain under another name": f"{HEAD}g = nn.init.calculate_gain\ng('leaky_relu', True)\n",
    "INI603 imported parameter": (
        f"{HEAD}from torch.nn import Parameter as P\n" + model("self.p = P(torch.zeros(3)).cuda()  # Parameter(")
    ),
    "INI603 assigned parameter": model(
        "P = nn.Parameter", "self.p = P(torch.zeros(3)).cuda()", "self.q = nn.Parameter(torch.zeros(2))"
    ),
    "INI606 assigned parameter": model(
        "P = nn.Parameter", "self.w = P(torch.zeros(3))", "self.w = torch.zeros(3)", "self.q = nn.Parameter(x)"
    ),
    "INI606 registered by keyword": model(
        "self.register_parameter(name='w', param=nn.Parameter(torch.zeros(3)))", "self.w = torch.zeros(3)"
    ),
    "INI606 registered by a constant": "NAME = 'w'\n"
    + model("self.register_parameter(NAME, nn.Parameter(torch.zeros(3)))", "self.w = torch.zeros(3)"),
    "INI204 parameter in a local": model(
        "w = nn.Parameter(torch.empty(i, o))",
        "self.w = w",
        "nn.init.kaiming_uniform_(self.w)",
        arguments=", i, o",
        forward="x @ self.w",
    ),
    "INI204 assigned parameter": model(
        "P = nn.Parameter",
        "self.w = P(torch.empty(i, o))",
        "nn.init.kaiming_uniform_(self.w)",
        arguments=", i, o",
        forward="x @ self.w",
    ),
    "INI802 imported embedding": "from torch.nn import Embedding as E\n"
    + model("self.e = E(10, 4, 0)", "nn.init.normal_(self.e.weight, std=0.02)"),
    "INI801 name of another layer": (
        f"{HEAD}from torch.nn import BatchNorm2d as Linear\ndef f(m):\n    if isinstance(m, Linear):\n"
        "        nn.init.normal_(m.weight, 0.0, 0.02)\n"
    ),
    "INI507 assigned layer": model(
        "L = nn.Linear", "self.a = L(3, 4, False)", "self.z = nn.Conv2d(3, 4, 3, bias=False)", *ZEROED
    ),
    "INI507 imported layer": "from torch.nn import Linear as L\n"
    + model("self.a = L(3, 4, False)", "self.z = nn.Conv2d(3, 4, 3, bias=False)", *ZEROED),
    "INI509 assigned function": HEAD
    + EARLY
    + model("self.a = nn.Linear(3, 4)", "run(self)", "self.b = nn.Linear(3, 4)").removeprefix(HEAD),
    "INI502 assigned class": (
        f"{HEAD}conv = nn.Conv2d\nfor m in model.modules():\n    if isinstance(m, nn.Linear) or conv:\n"
        "        nn.init.normal_(m.weight, std=0.02)\ndef f(k):\n    return k or nn.Linear\n"
    ),
    "INI502 private class": (
        f"{HEAD}from torch.nn.modules.conv import _ConvNd\nfor m in model.modules():\n"
        "    if isinstance(m, nn.Linear) or _ConvNd:\n"
        "        nn.init.normal_(m.weight, std=0.02)\ndef f(k):\n    return k or nn.Linear\n"
    ),
    "INI602 imported layer": "from torch.nn import Linear as lin\n"
    + model(
        "self.layers = [lin(3, 3) for _ in x]", "self.o = [nn.Linear(3, 3), nn.Linear(3, 3)]", forward="self.layers"
    ),
    # Tests of something else.
    "INI801 test of another module": model(
        *NORMALISED, "    if isinstance(m, nn.Linear):", "        nn.init.normal_(self.norm.weight)"
    ),
    "INI305 test of another module": model(
        *NORMALISED, "    if isinstance(m, nn.Linear):", "        nn.init.xavier_uniform_(self.norm.weight)"
    ),
    "INI305 test inside another": (
        f"{HEAD}def f(b):\n    if isinstance(b, nn.LayerNorm):\n        for m in b.children():\n"
        "            if isinstance(m, nn.Linear):\n                nn.init.xavier_uniform_(b.weight)\n"
    ),
    "INI507 bias that is a bool": model(
        "self.a = nn.LSTM(3, 4)",
        "for m in self.modules():",
        "    if isinstance(m, (nn.Linear, nn.LSTM)) and m.bias is not None:",
        "        nn.init.zeros_(m.bias)",
    ),
    "INI507 bias that is a bool by name": model(
        "self.a = nn.LSTM(3, 4, bias=False)",
        "for m in self.modules():",
        "    if 'LSTM' in m.__class__.__name__ and m.bias is not None:",
        "        nn.init.zeros_(m.bias)",
    ),
    # What is built or made elsewhere.
    "INI411 item of a container": f"{HEAD}s = nn.Sequential(nn.Linear(3, 4))\nnn.init.xavier_uniform_(s[0])\n",
    "INI411 module named as a tensor": model(
        "fc = nn.Linear(3, 4)", "self.weight = fc", "nn.init.normal_(self.weight, std=0.02)"
    ),
    "INI411 module by a condition": model(
        "self.weight = nn.Linear(3, 4) if x else nn.Linear(3, 5)", "nn.init.normal_(self.weight, std=0.02)"
    ),
    "INI602 function of the file": f"{HEAD}def block():\n    return nn.Linear(3, 3)\n"
    + model(
        "self.layers = [block() for _ in x]", "self.o = [nn.Linear(3, 3), nn.Linear(3, 3)]", forward="self.layers"
    ).removeprefix(HEAD),
    "INI602 locals in a list": model(
        "a, b = 1, 2",
        "a = nn.Linear(3, 3)",
        "b = nn.Linear(3, 3)",
        "self.layers = [a, b]",
        "self.o = [nn.Linear(3, 3), nn.Linear(3, 3)]",
        forward="self.layers",
    ),
    "INI610 receiver by position": model(
        "self.lora_A = nn.Parameter(torch.zeros(r, 4))",
        "self.lora_B = nn.Parameter(torch.zeros(4, r))",
        arguments=", /, r",
        forward="x @ self.lora_A.T @ self.lora_B.T",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_premise_holds_where_its_rule_finds_something(case: str) -> None:
    source = Source(Path("net.py"), CASES[case])
    judged, bare = (check_source(source, rules, OPTIONS) for rules in (ALL, BARE))
    assert case.partition(" ")[0] in {finding.code for finding in bare.findings}
    assert judged.findings == bare.findings
