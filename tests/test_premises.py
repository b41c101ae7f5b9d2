"""The premise of a rule costs no finding, in whatever way a file spells what the rule looks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from initlint import catalogue
from initlint.engine import Options, check_source, parse
from initlint.facts.premises.tree import Tree
from initlint.facts.project import Project, Sketch
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


def hugging_face(*lines: str, constructor: tuple[str, ...] = ("self.post_init()",), methods: str = "") -> str:
    """A model of transformers 5 with these lines in its `_init_weights`, and these in its constructor."""
    drawing, body = ("\n".join(f"        {line}" for line in part) for part in (lines, constructor))
    return (
        f"{HEAD}from transformers import PreTrainedModel, initialization as init\nclass Net(PreTrainedModel):\n"
        f"    def __init__(self, config):\n        super().__init__(config)\n{body}\n{methods}"
        f"    def _init_weights(self, module):\n        super()._init_weights(module)\n{drawing}\n"
    )


def picked(*lines: str, layer: str = "nn.Conv2d", head: str = "") -> str:
    """A function with these lines for the modules that a test picks."""
    body = "\n".join(f"            {line}" for line in lines)
    return (
        f"import math\n{head}{HEAD}def start(model):\n    for m in model.modules():\n"
        f"        if isinstance(m, {layer}):\n{body}\n"
    )


COUNTED = "n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels"
INITIALISED = "nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))"
ROWS = {"arguments": ", i, o", "forward": "x @ self.w"}
STACK = {"arguments": ", e, i, o", "forward": "torch.bmm(x, self.w)"}
ZEROED = ("for m in self.modules():", "    if isinstance(m, nn.Linear):", "        nn.init.zeros_(m.bias)")
NORMALISED = ("self.fc = nn.Linear(3, 4)", "self.norm = nn.LayerNorm(4)", "for m in self.modules():")
EARLY = (
    "def init(m):\n    if isinstance(m, nn.Linear):\n        nn.init.normal_(m.weight, std=0.02)\n"
    "def go(model):\n    model.apply(init)\nrun = go\n"
)

BLOCK = (
    "class ConvBlock(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.conv = nn.Conv2d(3, 4, 3)\n    def forward(self, x):\n        return self.conv(x)\n"
)


def blocks(*lines: str) -> str:
    """A module class that holds a block with a convolution in it, and has these lines in its constructor."""
    return HEAD + BLOCK + model("self.block = ConvBlock()", *lines).removeprefix(HEAD)


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
    # Products of factors that are zero.
    "INI610 product through locals": model(
        "self.a = nn.Parameter(torch.zeros(2, 4))", "self.b = nn.Parameter(torch.zeros(4, 2))", forward="x @ self.a.T"
    ).replace("return x @ self.a.T", "h = x @ self.a.T\n        y = h * 2\n        return y @ self.b.T"),
    "INI610 product by a function": "from torch.nn import functional\n"
    + model(
        "self.a = nn.Parameter(torch.zeros(2, 4))",
        "self.b = nn.Parameter(torch.zeros(4, 2))",
        forward="functional.linear(functional.dropout(functional.linear(x, self.a)), self.b)",
    ),
    "INI610 layers with dropout between": model(
        "self.down: nn.Module = nn.Linear(4, 2, bias=False)",
        "self.up = nn.Linear(2, 4, bias=False)",
        "self.drop = nn.Dropout(0.1)",
        "nn.init.zeros_(self.down.weight)",
        "nn.init.zeros_(tensor=self.up.weight.data)",
        forward="x + self.up(self.drop(self.down(x)))",
    ),
    "INI610 another word for self": model(
        "self.a: nn.Parameter = nn.Parameter(torch.zeros(2, 4))", "self.b = nn.Parameter(torch.zeros(4, 2))"
    ).replace("forward(self, x):\n        return x", "forward(me, x):\n        return (x @ me.a.t()).mm(me.b.t())"),
    # Tests on the way to an init, and how they name the module and its class.
    "INI507 classes behind names": "from torch import nn\nCONVS = (nn.Conv2d,)\nL = nn.Linear\nALL = (L, CONVS)\n"
    + model("self.a = L(3, 4, bias=False)", *ZEROED).replace("nn.Linear", "ALL"),
    "INI507 private class": model("self.a = nn.BatchNorm2d(3, affine=False)", "for m in self.modules():").replace(
        "    def forward",
        "            if isinstance(m, nn.modules.batchnorm._BatchNorm) and m is not None:\n"
        "                nn.init.ones_(m.weight)\n    def forward",
    ),
    "INI507 class name in a local": model(
        "self.a = nn.Linear(3, 4, bias=False)",
        "for m in self.modules():",
        "    kind = name = type(m).__name__",
        "    if not (m is None or kind.find('Lin') < 0):",
        "        m.bias.data.zero_()",
    ),
    "INI507 another isinstance": model("isa = isinstance", "self.a = nn.Linear(3, 4, bias=False)", *ZEROED).replace(
        "isinstance(m", "isa(m"
    ),
    "INI507 left turn of a loop": model(
        "self.a = nn.Linear(3, 4, bias=False)",
        "for m in self.modules():",
        "    if not isinstance(m, nn.Linear):",
        "        continue",
        "    nn.init.zeros_(m.bias, 0.0, 1.0)",
    ),
    "INI507 static method": model("self.a = nn.Linear(3, 4, bias=False)", "self.apply(self.start)")
    + "    @staticmethod\n    def start(m):\n        if type(m) == nn.Linear:\n            nn.init.zeros_(m.bias)\n",
    "INI507 finally": model(
        "self.a = nn.Linear(3, 4, bias=False)", "try:", "    nn.init.zeros_(self.a.bias)", "finally:", "    pass"
    ),
    # Layers that lack a tensor, and where they are held.
    "INI507 flag by name": "USE = NO = False\n" + model("self.a = nn.Linear(3, 4, USE)  # bias=False", *ZEROED),
    "INI507 added by name": "NAME = 'a'\n"
    + model("self.add_module(NAME, nn.Linear(3, 4, bias=False))", "nn.init.zeros_(self.a.bias)"),
    "INI507 added by keyword": model(
        "self.add_module(name='a', module=nn.Linear(3, 4, bias=False))", "nn.init.zeros_(self.a.bias)"
    ),
    "INI507 local of the same name": model(
        "a = nn.Linear(3, 4, bias=False)", "self.a = b = a", "nn.init.zeros_(self.a.bias)"
    ),
    "INI507 other name of a layer": model(
        "self.a = nn.Linear(3, 4, bias=False)", "self.b = self.a", "nn.init.zeros_(self.b.bias)"
    ),
    "INI507 item of a container": model(
        "self.s = nn.Sequential(nn.Linear(3, 4, bias=False))", "self.b = self.s[0]", "nn.init.zeros_(self.b.bias)"
    ),
    "INI507 wrapped under another name": "from copy import deepcopy as twin\n"
    + model("self.a = twin(nn.Linear(3, 4, bias=False))", "nn.init.zeros_(self.a.bias)"),
    "INI507 function of the file": f"{HEAD}def build(n):\n    return nn.Linear(n, 4, bias=False)\nmake = build\n"
    + model("self.a = make(3).to('cpu')", "nn.init.zeros_(self.a.bias)").removeprefix(HEAD),
    "INI507 loop over layers": model(
        "for a in [nn.Linear(3, 4, bias=False)]:", "    self.a = a", "nn.init.zeros_(self.a.bias)"
    ),
    "INI507 init function of another name": model(
        "z = nn.init.zeros_", "self.a = nn.Linear(3, 4, bias=False)", "z(self.a.bias)"
    ),
    "INI507 attribute by name": "ATTRIBUTE = 'bias'\n"
    + blocks("for m in self.modules():", "    if hasattr(m, ATTRIBUTE):", "        nn.init.zeros_(m.conv.bias)")
    + "def f(m):\n    return hasattr(m, 'bias')\n",
    # Words in the names of classes.
    "INI505 class name before a function": f"{HEAD}{BLOCK}net = ConvBlock()\nfor m in net.modules():\n"
    "    name = m.__class__.__name__\n    if name.startswith('Conv'):\n        m.weight.data.normal_(0.0, 0.02)\n",
    "INI505 left turn of a loop": blocks(
        "for m in self.modules():",
        "    kind = m._get_name()",
        "    name = kind",
        "    if 'Conv' not in name:",
        "        continue",
        "    nn.init.normal_(m.weight, std=0.02)",
    ),
    "INI505 word by name": "WORD = PART = 'Conv'\n"
    + blocks(
        "for m in self.modules():",
        "    if WORD in str(type(m)):",
        "        nn.init.normal_(m.weight, std=0.02)",
        "x = 'a' in 'ab'",
    ),
    "INI505 reads a weight": blocks(
        "for m in self.modules():",
        "    if 'Conv' in type(m).__name__:",
        "        nn.init.normal_(m.weight, std=0.02)",
    ).replace("        return self.conv(x)", "        w = self.weight\n        return self.conv(x)"),
    "INI505 another class has it": blocks(
        "self.weight = nn.Parameter(torch.zeros(3))",
        "for m in self.modules():",
        "    if 'Conv' in type(m).__name__:",
        "        nn.init.normal_(m.weight, std=0.02)",
    ),
    "INI505 object itself": (
        f"{HEAD}class ConvA(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        if 'Conv' in self.__class__.__name__:\n            nn.init.normal_(self.weight, std=0.02)\n"
    ),
    # Loops over children.
    "INI510 function given by keyword": "from .starts import init_conv\n"
    + blocks(
        "self.stem = nn.Conv2d(3, 4, 3)",
        "for m in self.children():",
        "    if isinstance(m, nn.Conv2d):",
        "        init_conv(module=m, a=3)",
    ),
    "INI510 init that may fail": blocks(
        "self.stem = nn.Conv2d(3, 4, 3)",
        "for _, m in self.named_children():",
        "    try:",
        "        if type(m) is nn.Conv2d:",
        "            nn.init.kaiming_normal_(m.weight)",
        "    except ValueError:",
        "        pass",
    ),
    "INI510 left turn of a loop": blocks(
        "z = nn.init.kaiming_normal_",
        "self.stem = nn.Conv2d(3, 4, 3)",
        "for m in self.children():",
        "    name = m.__class__.__name__",
        "    if name.find('Conv2d') == -1:",
        "        continue",
        "    z(m.weight)",
    ),
    # The truth of a bias.
    "INI506 in parentheses": f"{HEAD}fc = nn.Linear(3, 4)\nx = (1 if (fc.bias) else 2)\n",
    "INI506 in a comprehension": f"{HEAD}fc = nn.Linear(3, 4)\nx = [y for y in z if y if fc.bias]\n",
    "INI506 kept": f"{HEAD}fc = nn.Linear(3, 4)\ndef f(x):\n    return fc.bias or x\n",
    "INI509 weight by a method": model(
        "self.a = nn.Linear(3, 4)",
        "for m in self.modules():",
        "    if type(m) in (nn.Linear, nn.Conv2d):",
        "        m.weight.data.normal_(0.0, 0.02)",
        "self.b = nn.Linear(3, 4)",
    ),
    # Arguments, loops over parameters, tests, lists and seeds.
    "INI301 old name from a star import": "import torch\nfrom torch.nn.init import *\nw = torch.empty(3)\neye(w)\n",
    "INI301 assigned function": f"{HEAD}f = nn.init.eye_\ng = f\nw = torch.empty(3)\ng(w)\n",
    "INI304 old name of another module name": (
        "import torch\nfrom torch.nn import init as I\nI = I\nw = torch.empty(3)\nI.sparse(w, 0.1)  # init.sparse\n"
    ),
    "INI304 function under a test": (
        f"{HEAD}if torch.cuda.is_available():\n    f = nn.init.sparse_\nelse:\n    f = nn.init.sparse_\n"
        "f(torch.empty(3), 0.1)  # sparse_(\n"
    ),
    "INI305 module under another name": model(
        "L = nn.LayerNorm", "norm = L(3)", "nn.init.xavier_uniform_(norm.weight)", "self.norm = norm"
    ),
    "INI305 class name alone": (
        f"{HEAD}def f(m):\n    if 'BatchNorm' in m.__class__.__name__:\n        nn.init.xavier_uniform_(m.weight)\n"
    ),
    "INI305 weight of a class that is asked for": model(
        "self.weight = nn.Parameter(torch.empty(3))", "assert isinstance(self, Net)", "nn.init.orthogonal_(self.weight)"
    ),
    "INI305 item of another module": (
        f"{HEAD}def f(net):\n    if isinstance(net.layers[0], nn.LayerNorm):\n"
        "        nn.init.xavier_uniform_(net.layers[0].weight)\n"
    ),
    "INI305 class name of another module": (
        f"{HEAD}def f(net):\n    kind = net.norm.__class__.__name__\n    if kind.find('Norm') != -1:\n"
        "        nn.init.xavier_uniform_(net.norm.weight)\n"
    ),
    "INI305 parameter by a function that returns it": model(
        "P = nn.Parameter", "self.a = nn.init.zeros_(P(torch.empty(3)))", "nn.init.xavier_uniform_(self.a)"
    ),
    "INI305 row of a matrix": model("self.a = nn.Parameter(torch.empty(3, 4))", "nn.init.orthogonal_(self.a[0])"),
    "INI306 comprehension": model(
        "self.a = nn.Linear(3, 4)", "[nn.init.xavier_uniform_(p) for p in self.parameters()]  # parameters():"
    ),
    "INI306 assigned function": model(
        "self.a = nn.Linear(3, 4)",
        "init = nn.init.xavier_uniform_",
        "for _, p in self.named_parameters():",
        "    init(p.data.detach())",
    ),
    "INI307 hidden arguments": model(
        "self.a = nn.Linear(3, 4)",
        "self.norm = nn.LayerNorm(4)",
        "for p in self.parameters():",
        "    p.data.normal_(*self.law)",
    ),
    "INI307 old name": model(
        "self.a = nn.Linear(3, 4)",
        "self.norm = nn.LayerNorm(4)",
        "for p in self.parameters():",
        "    nn.init.uniform(p.detach(), -0.1, 0.1)",
    ),
    "INI404 parameter under two names": model(
        "p = nn.Parameter(torch.empty(3))", "q = p", "q.data.uniform_(-0.1)", "self.q = q"
    ),
    "INI404 parameter by an init": model(
        "self.a = nn.init.zeros_(nn.Parameter(torch.empty(3)))", "self.a.data.uniform_(-0.1)"
    ),
    "INI404 loop over named parameters": (
        f"{HEAD}def f(net):\n    for name, p in net.named_parameters():\n        p.detach().uniform_(0.5)\n"
    ),
    "INI404 one argument twice": f"{HEAD}def f(m):\n    nn.init.uniform_(m.weight, 0.5, a=0.3)\n",
    "INI405 mode by a name": f"{HEAD}MODE = 'fan_avg'\nM = MODE\nnn.init.kaiming_normal_(w, mode=M)\n",
    "INI405 slope by a name of a function by a name": (
        f"{HEAD}f = nn.init.kaiming_normal_\nA = 'fan_out'\nf(w, A)  # kaiming_\n"
    ),
    "INI405 negative mode": f"{HEAD}nn.init.kaiming_normal_(w, 0, -1)\n",
    "INI407 assigned function": f"{HEAD}f = nn.init.xavier_uniform_\nf(w, scale=2)\n",
    "INI407 method of a parameter of a loop": (
        f"{HEAD}def f(net):\n    for p in net.parameters():\n        p.data.normal_(0, sd=0.02)\n"
    ),
    "INI407 old name": "import torch\nfrom torch.nn.init import normal as n\nn(w, 0, 1, None, 3)\n",
    "INI408 slope by a name": f"{HEAD}S = torch.tensor(0.2)\na = S\nnn.init.kaiming_normal_(w, a)\n",
    "INI408 slope of another name": (
        "import torch\nfrom torch import nn, tensor as t\nnn.init.kaiming_uniform_(w, a=t(0.2))\n"
    ),
    "INI408 slope that is a bool by a name": f"{HEAD}A = True\nnn.init.kaiming_uniform_(w, a=A)\n",
    "INI408 upper bound below the default": f"{HEAD}nn.init.trunc_normal_(w, std=0.02, b=-3.0)\n",
    "INI408 bounds of a method": f"{HEAD}def f(m):\n    m.weight.data.uniform_(1 / 2, 0.1)\n",
    "INI408 gain of a name": f"{HEAD}p = True\nnn.init.calculate_gain('leaky_relu', param=p)\n",
    "INI502 in parentheses": (
        f"{HEAD}for m in net.modules():\n    if (nn.Linear or x) or isinstance(m, nn.Conv2d):\n"
        "        nn.init.normal_(m.weight, std=0.02)\ny = x or nn.Linear\n"
    ),
    "INI502 class of the file": (
        f"{HEAD}class block(nn.Module):\n    pass\nB = block\n"
        "for m in net.modules():\n    if isinstance(m, nn.Linear) or B:\n"
        "        nn.init.normal_(m.weight, std=0.02)\ny = x or nn.Linear\n"
    ),
    "INI503 comprehension": f"{HEAD}a = [m for m in net.modules() if m == nn.Linear]\n",
    "INI503 class under another name": (
        "from torch.nn import Linear as L\nfor _, m in net.named_modules():\n    if L == m:\n"
        "        m.weight.data.zero_()\nx = m == Linear\n"
    ),
    "INI503 applied by a partial": (
        f"{HEAD}from functools import partial as p\ndef init(m, std):\n    if m == nn.Linear:\n        pass\n"
        "net.apply(p(init, std=0.02))\n"
    ),
    "INI503 called with the modules of a loop": (
        f"{HEAD}def init(std, m):\n    if m == nn.Linear:\n        pass\ngo = init\n"
        "for m in net.children():\n    go(0.02, m)\n"
    ),
    "INI503 module that is drawn": (
        f"{HEAD}def f(net):\n    if net.head == nn.Linear:\n        nn.init.zeros_(net.head.weight)\n"
    ),
    "INI503 class name by a name": (
        f"{HEAD}def f(m):\n    kind = type(m).__name__\n    if kind in (nn.Linear, nn.Conv2d):\n"
        "        nn.init.zeros_(m.weight)\n"
    ),
    "INI503 strings in a tuple by a name": (
        f"{HEAD}KINDS = ('Linear', 'Conv2d')\ndef f(m):\n    if type(m) in KINDS:\n"
        "        nn.init.zeros_(m.weight)\n    return type(m) == 'Linear'\n"
    ),
    "INI503 list by a name": f"{HEAD}KINDS = [nn.Linear, nn.Conv2d]\ndef f(m):\n    return isinstance(m, KINDS)\n",
    "INI503 name of a class of the file": (
        f"{HEAD}class block(nn.Module):\n    pass\ndef f(m):\n    return isinstance(m, 'block')\n"
    ),
    "INI512 wrapper by a condition": (
        f"{HEAD}from torch.nn.utils import spectral_norm as s, weight_norm as w\nflag = 3\n"
        "norm = w if flag else s\nlayers = [norm(nn.Linear(3, 3))] * 4\n"
    ),
    "INI512 number first and a method": f"{HEAD}layers = 4 * [nn.Linear(3, 3).cuda()]\n",
    "INI512 assigned parameter": f"{HEAD}P = nn.Parameter\nscales = (P(torch.ones(3)),) * n\n",
    "INI512 function of the file": f"{HEAD}def block():\n    return nn.Linear(3, 3)\nb = block\nlayers = [b()] * n\n",
    "INI514 seed under another name": (
        "import torch\nfrom torch import manual_seed as again, nn\ndef init(m):\n    again(0)  # manual_seed(\n"
        "    nn.init.normal_(m.weight)\nnet.apply(init)\n"
    ),
    "INI514 function that seeds": (
        f"{HEAD}def fix(n):\n    torch.manual_seed(n)\ndef init(m):\n    fix(0)\n"
        "    m.reset_parameters()\nnet.apply(init)\n"
    ),
    "INI706 data under another name": hugging_face(
        "w = module.weight", "data = w.data", "data[0] = 0.0", "module.bias.data.zero_()"
    ),
    "INI706 parts in a loop": hugging_face(
        "for part in module.weight.chunk(3):", "    part.zero_()", "# module.weight.data"
    ),
    "INI706 parameter of a class": hugging_face("module.scale.uniform_()", "# .data").replace(
        "class", "class Scale(nn.Module):\n    def __init__(self):\n        self.scale = nn.Parameter(x)\nclass", 1
    ),
    "INI706 assigned function": hugging_face("draw(module.weight)").replace(
        "class", "draw = nn.init.normal_\nclass", 1
    ),
    "INI706 transposed": hugging_face("init.normal_(module.weight.T)"),
    "INI708 list of layers": hugging_face(
        "init.normal_(module.weight)",
        constructor=("layers = []", "layers.append(nn.Linear(3, 3))", "self.post_init()", "self.layers = layers"),
    ),
    "INI708 method and function": hugging_face(
        "init.normal_(module.weight)",
        constructor=("self.post_init()", "self.grow()"),
        methods="    def grow(self):\n        self.head = make()\n",
    ).replace("class", "def make():\n    return nn.Linear(3, 3)\nclass", 1),
    # Scales that are computed by hand.
    "INI201 imported root": picked(
        COUNTED, "m.weight.data.normal_(0, root(2.0 / n))", head="from math import sqrt as root\n"
    ),
    "INI201 assigned root": picked(COUNTED, "root = math.sqrt", "nn.init.normal_(m.weight, 0, root(2.0 / n))"),
    "INI201 step by step": picked(
        "n = m.out_channels",
        "n *= m.kernel_size[0]",
        "n *= m.kernel_size[1]",
        "std = 2.0",
        "std /= n",
        "m.weight.data.normal_(0, std ** 0.5)",
    ),
    "INI201 unpacked sizes": picked(
        "o, _, h, w = m.weight.shape", "nn.init.normal_(m.weight, std=(2.0 / (o * h * w)) ** 0.5)"
    ),
    "INI201 several at once": picked(
        "n, two = m.kernel_size[0] * m.kernel_size[1] * m.out_channels, 2.0",
        "nn.init.normal_(m.weight, std=math.sqrt(two / n))",
    ),
    "INI201 walrus": picked(
        "print(n := m.kernel_size[0] * m.kernel_size[1] * m.out_channels)",
        "nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))",
    ),
    "INI201 all entries": picked(
        "n = m.weight.data.numel() / m.weight.detach().shape[1]", "nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))"
    ),
    "INI201 root of a tensor": picked(COUNTED, "nn.init.normal_(m.weight, std=torch.tensor(2.0 / n).sqrt().item())"),
    "INI201 functional layer": "import math\nfrom torch.nn import functional as F\n"
    + model(
        "self.w = nn.Parameter(torch.empty(o, i))",
        "nn.init.normal_(self.w, std=math.sqrt(2 / o))",
        arguments=", i, o",
        forward="F.linear(x, self.w)",
    ),
    "INI201 constant of the module": "import math\nROOT = math.sqrt(2)\n"
    + picked("std = ROOT / m.out_features ** 0.5", "nn.init.normal_(m.weight, 0, std)", layer="nn.Linear"),
    "INI201 groups on the other way": picked(
        COUNTED,
        "if m.groups > 1:",
        "    n //= m.groups",
        "    nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))",
        "else:",
        "    nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))",
    ),
    "INI201 groups on a way that leaves": picked(
        COUNTED,
        "if m.groups > 1:",
        "    n //= m.groups",
        "    continue",
        "nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))",
    ),
    "INI201 groups afterwards": picked(COUNTED, INITIALISED, "n //= m.groups"),
    "INI201 groups in another value": picked(f"{COUNTED} // m.groups", COUNTED, INITIALISED),
    "INI201 groups in a local of the function around": picked(
        f"{COUNTED} // m.groups",
        "def draw(m):",
        "    if isinstance(m, nn.Conv2d):",
        f"        {COUNTED}",
        f"        {INITIALISED}",
    ),
    "INI201 groups that cancel": picked(
        "n = m.in_channels / m.groups * m.kernel_size[0] * m.kernel_size[1] * m.out_channels / m.weight.size(1)",
        INITIALISED,
    ),
    "INI203 groups by position": picked(
        COUNTED, "m.weight.data.normal_(0, math.sqrt(2.0 / n))", head="from torch.nn import Conv2d as C\n"
    )
    + "c = C(8, 8, 3, 1, 1, 1, 4)\n",
    "INI203 groups of something else": picked(
        COUNTED, "other = model.groups", "m.weight.data.normal_(0, math.sqrt(2.0 / n))"
    )
    + "def f(m):\n    return m.groups\nc = nn.Conv2d(8, 8, 3, groups=4)\n",
    "INI210 unpacked sizes": picked(
        "o, i, h, w = m.weight.size()", "nn.init.normal_(m.weight, 0, math.sqrt(2.0 / (h * o)))"
    ),
    "INI210 from the end": picked(
        "nn.init.normal_(m.weight, 0, math.sqrt(2.0 / (m.weight.size(-1) * m.weight.size(0))))"
    ),
    "INI210 type that is chosen": (
        f"import math\n{HEAD}def f(model, k):\n    conv = [nn.Conv1d, nn.Conv2d][k]\n"
        "    conv(3, 4, kernel_size=(3, 3))\n    for m in model.modules():\n        if isinstance(m, conv):\n"
        "            nn.init.normal_(m.weight, 0, math.sqrt(2.0 / (m.kernel_size[0] * m.out_channels)))\n"
    ),
    "INI210 three sides": picked(COUNTED, INITIALISED, layer="C", head="from torch.nn import Conv3d as C\n"),
    "INI210 three sides by name": picked("pass")
    + f"        if m.__class__.__name__ == 'Conv3d':\n            {COUNTED}\n            {INITIALISED}\n",
    "INI210 three sides of a type that is chosen": (
        f"import math\n{HEAD}def f(model, k):\n    conv = [nn.Conv1d, k][k]\n    conv(3, 4, kernel_size=(3, 3, 3))\n"
        "    for m in model.modules():\n        if isinstance(m, conv):\n"
        f"            {COUNTED}\n            {INITIALISED}\n"
    ),
    "INI210 one side of two that are read": picked(
        "k = m.kernel_size[1]", "n = m.kernel_size[0] * m.out_channels", "print(k * n)", INITIALISED
    ),
    "INI210 side that is divided out": picked(
        "n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels / m.kernel_size[1]", INITIALISED
    ),
    "INI210 module in a module": (
        f"import math\n{HEAD}def f(b):\n    if isinstance(b.conv, nn.Conv2d):\n"
        "        n = b.conv.kernel_size[0] * b.conv.out_channels\n"
        "        nn.init.normal_(b.conv.weight, 0, math.sqrt(2.0 / n))\n"
    ),
    "INI207 two roots": picked("nn.init.normal_(m.weight, 0, math.sqrt(2) * math.sqrt(3 / m.in_channels))"),
    "INI207 sum": picked("k = 1", "k += 2", "nn.init.normal_(m.weight, 0, math.sqrt(2 * k / m.in_channels))"),
    "INI207 divisor": picked("nn.init.normal_(m.weight, 0, 1 / math.sqrt(m.in_channels / 6.0))"),
    "INI207 decimal": picked("nn.init.trunc_normal_(m.weight, std=(1.5 * 4 / m.in_channels) ** 0.5)"),
    "INI207 gain": picked(
        "g = nn.init.calculate_gain('leaky_relu', 3 ** 0.5)",
        "nn.init.normal_(m.weight, std=g * (12 / m.in_channels) ** 0.5)",
    ),
    "INI202 unpacked sizes": picked(
        "o, i = m.weight.shape", "fan_in = o", "nn.init.normal_(m.weight, std=fan_in ** -0.5)", layer="nn.Linear"
    ),
    "INI202 behind another name": picked(
        "size = m.out_features",
        "fan_in = size",
        "nn.init.normal_(m.weight, std=1 / math.sqrt(fan_in))",
        layer="nn.Linear",
    ),
    "INI202 annotated": picked(
        "_fan_out: int = m.weight.data.detach().size()[1]",
        "nn.init.normal_(m.weight, std=_fan_out ** -0.5)",
        layer="nn.Linear",
    ),
    # Parameters of an object's own.
    "INI204 by a condition": model(
        "self.w = nn.Parameter(torch.empty(i, o)) if o else None", "nn.init.kaiming_uniform_(self.w)", **ROWS
    ),
    "INI204 bound": "import math\n"
    + model(
        "self.w = nn.Parameter(torch.empty(i, o))",
        "bound = 1 / math.sqrt(self.w.size(1))",
        "self.w.data.uniform_(-bound, bound)",
        **ROWS,
    ),
    "INI204 another self": model(
        "self.w = nn.Parameter(torch.empty(i, o))",
        "mode = 'fan_in'",
        "init = nn.init.kaiming_uniform_",
        "init(self.w, mode=mode)",
        **ROWS,
    ).replace("self", "this"),
    "INI205 local": model(
        "w = nn.Parameter(torch.empty(e, i, o))", "self.w = w", "nn.init.xavier_uniform_(self.w)", **STACK
    ),
    "INI205 keyword": model(
        "self.w = nn.Parameter(data=nn.init.kaiming_normal_(torch.empty(e, i, o)))",
        "nn.init.kaiming_uniform_(self.w)",
        **STACK,
    ),
    "INI205 sizes behind a name": model(
        "shape = (e, i, o)", "self.w = nn.Parameter(torch.empty(shape))", "nn.init.xavier_uniform_(self.w)", **STACK
    ),
    "INI205 starred sizes": model(
        "self.w = nn.Parameter(torch.empty(n, *shape))",
        "nn.init.xavier_uniform_(self.w)",
        arguments=", n, shape",
        forward="torch.matmul(x, self.w.view(self.w.size(0), -1))",
    ),
    "INI205 biases of a stack": model(
        "self.w = nn.Parameter(torch.randn(e, i, o))",
        "self.b = nn.Parameter(torch.empty(e, o))",
        "nn.init.xavier_uniform_(self.b)",
        arguments=", e, i, o",
        forward="torch.bmm(x, self.w) + self.b",
    ),
    "INI205 name without underscore": model(
        "self.w = nn.Parameter(torch.empty(e, i, o))", "I.xavier_normal(self.w.data)", **STACK
    )
    + "import torch.nn.init as I\n",
    # Truncated normals.
    "INI409 unpacked": f"{HEAD}low, high = -0.04, 0.04\ndef f(w):\n    nn.init.trunc_normal_(w, low, high)\n",
    "INI409 items": f"{HEAD}BOUNDS = (-0.04, 0.04)\ndef f(w):\n    nn.init.trunc_normal_(w, BOUNDS[0], BOUNDS[1])\n",
    "INI409 step by step": f"{HEAD}def f(w):\n    low = 1\n    low -= 3\n    nn.init.trunc_normal_(w, low, 2)\n",
    "INI414 multiples": f"{HEAD}def f(w, c):\n    nn.init.trunc_normal_(w, 0.0, c.std, 2.5 * c.std, 5 * c.std)\n",
    "INI414 equal bounds": f"{HEAD}def f(w, c):\n    nn.init.trunc_normal_(w, 0.0, c.std, 0, 0)\n",
    "INI414 default std": f"{HEAD}def f(w):\n    nn.init.trunc_normal_(w, a=3.0, b=5.0)\n",
    "INI414 enormous std": f"{HEAD}def f(w):\n    nn.init.trunc_normal_(w, std=5000.0)\n",
    "INI415 constant of the module": f"{HEAD}STD = 1.5\ndef f(w):\n    nn.init.trunc_normal_(w, std=STD)\n",
    "INI415 what cancels": f"{HEAD}def f(w, c):\n    nn.init.trunc_normal_(w, std=2 * c.d / c.d)\n",
    "INI415 power of nothing": f"{HEAD}def f(w, c):\n    nn.init.trunc_normal_(w, std=3 * c.d ** 0)\n",
    "INI415 pi": f"from math import pi as p\n{HEAD}def f(w):\n    nn.init.trunc_normal_(w, std=p)\n",
    "INI416 multiples": f"{HEAD}def f(w, c):\n    nn.init.trunc_normal_(w, std=c.std, a=-c.std, b=c.std)\n",
    "INI416 default bounds": f"{HEAD}def f(w):\n    nn.init.trunc_normal_(w, std=2.0, a=-2.0, b=2.0)\n",
    # Gains.
    "INI101 slope by default": model(
        "self.c = nn.Conv2d(3, 4, 3)",
        "self.a = nn.LeakyReLU(slope)",
        "nn.init.kaiming_normal_(self.c.weight)",
        arguments=", slope=0.2",
        forward="self.a(self.c(x))",
    ),
    "INI101 other names": "from torch.nn import functional as F\nlrelu = F.leaky_relu\nSLOPE = 0.2\n"
    + model(
        "self.c = nn.Conv2d(3, 4, 3)",
        "kind = 'leaky_relu'",
        "nn.init.kaiming_normal_(self.c.weight, nonlinearity=kind)",
        forward="lrelu(self.c(x), SLOPE)",
    ),
    "INI101 gain": model(
        "self.c = nn.Conv2d(3, 4, 3)",
        "self.a = nn.LeakyReLU(negative_slope=0.1 * 2)",
        "kind = 'leaky_relu'",
        "gain = nn.init.calculate_gain",
        "nn.init.xavier_normal_(self.c.weight, gain(kind))",
        forward="self.a(self.c(x))",
    ),
    "INI107 constant of the module": "GAIN = 0.02\n" + picked("nn.init.xavier_normal_(m.weight, GAIN)"),
    "INI107 quotient": picked(
        "xavier(m.weight, gain=1 / 50)", head="from torch.nn.init import xavier_normal as xavier\n"
    ),
    "INI107 power": "GAIN = 2 ** -5\n" + picked("nn.init.xavier_normal_(m.weight, GAIN)"),
    "INI107 assigned again": picked("gain = 1.0", "gain = 0.02", "nn.init.xavier_normal_(m.weight, gain)"),
    "INI107 assigned function": (
        f"{HEAD}def f(w, kind, gain=0.02):\n    init = nn.init.orthogonal_\n    if kind:\n"
        "        nn.init.normal_(w, 0.0, gain)\n    else:\n        init(w, gain=gain)\n"
    ),
    "INI107 imported helper": (
        f"from mmcv.cnn import normal_init as normal\n{HEAD}def f(m, kind, std=0.02):\n    if kind:\n"
        "        normal(m, 0, std)\n    else:\n        nn.init.xavier_uniform_(m.weight, std)\n"
    ),
    # Modules, and what init modules do not have.
    "INI406 imported in a function": (
        "import torch\nfrom .weights import init as I\ndef f(w):\n    from torch.nn import init as I\n"
        "    I.normall_(w)\n"
    ),
    "INI406 assigned over an import": (
        "import torch\nfrom . import init\ninit.foo()\ntool = torch.nn\ninit = tool.init\n"
        "def f(w):\n    init.normall_(w)\n"
    ),
    "INI406 star import": "from torch.nn import *\ninit.normall_(w)\nimport torch.nn.init as i\n",
    "INI411 appended": model(
        "self.parts = []",
        "for i in range(3):",
        "    self.parts.append(nn.Linear(3, 3))",
        "for part in self.parts:",
        "    nn.init.xavier_uniform_(part)",
    ),
    "INI411 reparametrised": model(
        "self.fc = nn.utils.spectral_norm(nn.Linear(3, 3)).cuda()", "nn.init.xavier_uniform_(self.fc)"
    ),
    "INI411 type": f"{HEAD}def f(m):\n    if type(m) in (nn.Linear,):\n        nn.init.xavier_uniform_(m)\n",
    "INI411 classes by name": (
        f"{HEAD}KINDS = (nn.Linear, nn.Conv2d)\ndef f(m):\n    if isinstance(m.fc, KINDS):\n"
        "        nn.init.xavier_uniform_(m.fc)\n"
    ),
    "INI411 name of the class": (
        f"{HEAD}def f(m):\n    name = m.fc.__class__.__name__\n    if name.find('Linear') != -1:\n"
        "        nn.init.xavier_uniform_(m.fc)\n"
    ),
    "INI411 function of the file": f"{HEAD}def linear(n):\n    return nn.Linear(n, n)\n"
    + model("self.fc = linear(3)", "nn.init.xavier_uniform_(self.fc)").removeprefix(HEAD),
    "INI411 loop over names": model(
        "a = nn.Linear(3, 3)", "b = nn.Linear(3, 3)", "for part in (a, b):", "    nn.init.xavier_uniform_(part)"
    ),
    "INI412 imported helper": f"from mmcv.cnn import constant_init as init\n{HEAD}def f(m):\n    init(m.weight, 0)\n",
    "INI412 module of helpers": f"import mmengine.model as mm\n{HEAD}def f(m):\n    mm.constant_init(m.weight, 0)\n",
    "INI412 loop over parameters": (
        f"from mmcv.cnn import constant_init\n{HEAD}def f(m):\n    for name, p in m.named_parameters():\n"
        "        constant_init(p, 0)\n"
    ),
    "INI412 tensor that is made": "from mmcv.cnn import normal_init\n"
    + model("self.token = nn.Parameter(torch.zeros(1, 4))", "normal_init(module=self.token, std=0.02)"),
    "INI412 detached": (
        f"from mmcv.cnn import normal_init\n{HEAD}def f(m):\n    normal_init(m.token.detach(), std=0.02)\n"
    ),
    "INI412 assigned helper": (
        f"{HEAD}def init(module, v):\n    'Set.'\n    assert v\n"
        "    if hasattr(module, 'weight') and module.weight is not None:\n"
        "        nn.init.constant_(module.weight, v)\n    return module\nrun = init\n"
        "def f(m):\n    run(m.weight, 0)  # (m, 'weight')\n"
    ),
    # Padding rows, scales of normalisations, and parameters that are written or converted, in whatever names.
    "INI802 container": model(
        "self.es = nn.ModuleList()",
        "self.es.append(nn.Embedding(9, 4, padding_idx=0))",
        "for e in self.es:",
        "    nn.init.normal_(e.weight)",
    ),
    "INI802 function of the file": (
        f"{HEAD}def table():\n    e = nn.Embedding(9, 4, 0)\n    return e\n"
        "def build():\n    t = table()\n    nn.init.normal_(t.weight)\n    return t\n"
    ),
    "INI802 branches": (
        f"{HEAD}def build(padded, row):\n    if padded:\n        e = nn.Embedding(9, 4, padding_idx=row)\n"
        "    else:\n        e = nn.Embedding(9, 4)\n    nn.init.normal_(e.weight)\n    return e\n"
    ),
    "INI802 wrapped": model(
        "e = nn.utils.spectral_norm(nn.Embedding(9, 4, padding_idx=0))", "self.e = e", "self.e.weight.data.normal_()"
    ),
    "INI802 item of a container": model(
        "self.es = nn.Sequential(nn.Embedding(9, 4, padding_idx=0))", "nn.init.normal_(self.es[0].weight)"
    ),
    "INI802 every parameter": model(
        "self.e = nn.Embedding(9, 4, padding_idx=0)",
        "for name, value in self.named_parameters():",
        "    nn.init.normal_(value)",
    ),
    "INI803 name of an attribute": model(
        "self.pad = pad",
        "self.e = nn.Embedding(9, 4, padding_idx=self.pad)",
        "row = self.pad",
        "self.e.weight.data[row].zero_()",
        arguments=", pad=None",
    ),
    "INI803 annotation": (
        f"{HEAD}def build(pad: 'int | None'):\n    e = nn.Embedding(9, 4, padding_idx=pad)\n"
        "    nn.init.constant_(e.weight.detach()[pad, :], val=0.0)\n    return e\n"
    ),
    "INI803 default by name": (
        f"{HEAD}ABSENT = None\ndef build(*, pad=ABSENT):\n    e = nn.Embedding(9, 4, padding_idx=pad)\n"
        "    with torch.no_grad():\n        e.weight[pad] = torch.zeros(4)\n    return e\n"
    ),
    "INI803 tested in another function": (
        f"{HEAD}def build(pad=None):\n    def has():\n        return 1\n"
        "    e = nn.Embedding(9, 4, padding_idx=pad)\n    e.weight.data[pad].fill_(value=0)\n    return e\n"
        "def other(pad):\n    return pad is not None\n"
    ),
    "INI803 row of a layer": model("self.e = nn.Embedding(9, 4)", "self.e.weight.data[self.e.padding_idx].zero_()"),
    "INI801 collection of classes": (
        f"{HEAD}NORMS = (nn.LayerNorm, nn.GroupNorm)\ndef init(m):\n    if isinstance(m, NORMS):\n"
        "        nn.init.normal_(m.weight, std=0.02)\n"
    ),
    "INI801 leaving": (
        f"{HEAD}def init(m):\n    if not isinstance(m, nn.LayerNorm):\n        return\n"
        "    nn.init.normal_(m.weight, std=0.02)\n"
    ),
    "INI801 leaving behind else": (
        f"{HEAD}def init(m):\n    if isinstance(m, nn.LayerNorm):\n        print(m)\n    else:\n        return\n"
        "    nn.init.normal_(m.weight, std=0.02)\n"
    ),
    "INI801 in one expression": (
        f"{HEAD}def init(m):\n    nn.init.normal_(m.weight, std=0.02) if isinstance(m, nn.LayerNorm) else None\n"
    ),
    "INI801 type compared": (
        f"{HEAD}def init(m):\n    if type(m) in (nn.LayerNorm, nn.BatchNorm2d) and m.affine:\n"
        "        nn.init.uniform_(m.weight, -0.1, 0.1)\n"
    ),
    "INI801 class name by a constant": (
        f"{HEAD}WORD = 'BatchNorm'\ndef init(m):\n    name = m.__class__.__name__\n    if name.find(WORD) == -1:\n"
        "        return\n    m.weight.data.normal_(0.0, 0.02)\n"
    ),
    "INI801 built": model("norm = nn.LayerNorm(4)", "self.norms = [norm]", "nn.init.normal_(self.norms[0].weight)"),
    "INI606 local": model(
        "self.w = nn.Parameter(torch.zeros(3))", "value = torch.ones(3)", "scaled = value", "self.w = scaled"
    ),
    "INI606 function under another name": "from torch.nn.functional import normalize as unit\n"
    + model("self.w = nn.Parameter(torch.zeros(3))", "self.w = unit(self.w, dim=0)"),
    "INI606 init that returns": model(
        "self.w = nn.Parameter(torch.zeros(3))", "draw = nn.init.normal_", "self.w = draw(tensor=torch.empty(3))"
    ),
    "INI606 in a condition": (
        f"{HEAD}class Net(nn.Module):\n    if True:\n        def __init__(self):\n            super().__init__()\n"
        "            self.w = nn.Parameter(torch.zeros(3))\n            self.w: object = self.fc.weight.t()\n"
    ),
    "INI606 layer of a function": f"{HEAD}def f():\n    fc = nn.Linear(3, 4)\n    fc.weight = -fc.weight\n",
    "INI605 view in a method": model("self.q = nn.Parameter(torch.zeros(2))", "self.reset()")
    + "    def reset(self):\n        P = nn.Parameter\n        self.w = P(torch.zeros(3))\n        self.fill()\n"
    "    def fill(self):\n        self.w.view(-1).T[0].zero_()\n",
    "INI605 static": model("self.fc = nn.Linear(3, 4)", "self.fill(self.fc)")
    + "    @staticmethod\n    def fill(m):\n        if isinstance(m, nn.Linear):\n            m.weight[0] = 1.0\n",
    "INI605 loop": model("for p in self.parameters():", "    p.data = p", "    p.t().uniform_(-1, 1)"),
    "INI605 augmented": model("self.fc = nn.Linear(3, 4)", "self.fc.bias += 1"),
    "INI603 init around": model("self.w = nn.init.normal_(tensor=nn.Parameter(torch.zeros(3))).cuda()"),
    "INI603 scaled": model("self.v = self.w = 0.1 * -nn.Parameter(torch.zeros(3)).float()"),
    "INI603 annotated": model("self.w: object = nn.Parameter(torch.zeros(3)).T"),
}

USUAL = (
    model(
        "self.e = nn.Embedding(9, 4, padding_idx=0)",
        "self.norm = nn.LayerNorm(4)",
        "self.w = nn.Parameter(torch.zeros(3)) if tied else None",
        "self.head.bias = self.bias",
        arguments=", tied, row=None",
    )
    + "    def reset(self):\n        self.w.data[0] = 1.0\n        self.w[0] = 1.0\n"
    "    def init(self, m):\n        if isinstance(m, nn.LayerNorm):\n            nn.init.ones_(m.weight)\n"
    "        elif isinstance(m, (nn.Linear, nn.Embedding, Router)):\n            nn.init.normal_(m.weight, std=0.02)\n"
    "            if m.padding_idx is not None:\n                m.weight.data[m.padding_idx].zero_()\n"
)


@pytest.mark.parametrize("code", ["INI603", "INI605", "INI606", "INI801", "INI802", "INI803"])
def test_a_premise_fails_on_a_model_as_most_are(code: str) -> None:
    (rule,) = catalogue.select((code,), preview=True)
    assert rule.premise is not None
    assert not rule.premise(Tree(parse(USUAL)))


def layer(*lines: str, head: str = "", arguments: str = "", forward: str = "x", methods: str = "") -> str:
    """A module class below imports and functions of one's own, with further methods or classes behind it."""
    return HEAD + head + model(*lines, arguments=arguments, forward=forward).removeprefix(HEAD) + methods


def parameters(*lines: str, over: str = "for p in net.parameters():") -> str:
    """A loop over parameters in a function."""
    return f"{HEAD}zeros = torch.zeros_like\ndef f(net, c, q):\n    {over}\n" + "".join(
        f"        {line}\n" for line in lines
    )


def statements(*lines: str, head: str = "") -> str:
    """Statements of a function that is given a module and a state."""
    return HEAD + head + "def f(net, state):\n" + "".join(f"    {line}\n" for line in lines)


ELSEWHERE = f"""{HEAD}
def init_weights(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        nn.init.normal_(m.weight, 0.0, 0.02)

def wrap(m):
    if isinstance(m, nn.Conv2d):
        m.weight = nn.utils.weight_norm(m).weight

class block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)
"""
INIT = (
    "def init(m, std=0.02):\n    if isinstance(m, (nn.Conv2d, nn.Linear)):\n"
    "        nn.init.normal_(m.weight, 0.0, std)\n"
)
WRAP = "from functools import partial\nfrom torch.nn.utils import weight_norm\n" + INIT
CONV = "self.conv = weight_norm(nn.Conv2d(3, 4, 3))"
FC = "self.fc = nn.Linear(3, 3)"
OTHER = "self.other = [nn.Linear(3, 3), nn.Tanh()]"

CASES |= {
    # What nothing writes, and what is not registered.
    "INI601 imported parameter": layer(
        "E = torch.empty", "self.w = P(E(3, 4))", head="from torch.nn import Parameter as P\n", forward="x @ self.w"
    ),
    "INI601 one side of a choice": layer(
        "self.w = nn.Parameter(torch.Tensor(3, 4).cuda()) if bias else None", arguments=", bias", forward="x @ self.w"
    ),
    "INI601 registered by keyword": layer(
        "self.register_parameter('w', param=nn.Parameter(data=torch.empty((3, 4))))", forward="x @ self.w"
    ),
    "INI601 reset that nothing calls": layer(
        "self.build()",
        forward="x @ self.w",
        methods="    def build(self):\n        self.w = nn.Parameter(torch.empty(3, 4))\n"
        "    def reset(self):\n        nn.init.zeros_(self.w)\n",
    ),
    "INI601 another class writes its own": layer(
        "self.w = nn.Parameter(torch.empty(3, 4))",
        forward="x @ self.w",
        methods="class Other(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.w = nn.Parameter(torch.zeros(3))\n        nn.init.ones_(self.w)\n",
    ),
    "INI602 choice of layers": model(
        "a = nn.Linear(3, 3) if x else nn.Linear(3, 3, False)",
        "b = a",
        "self.layers = [b, nn.Tanh()]",
        forward="self.layers",
    ),
    "INI602 list in a list": model(
        "a = []", "a += [nn.Linear(3, 3)]", "self.layers = [a, nn.Tanh()]", forward="self.layers"
    ),
    "INI602 variable of a loop": model(
        "self.layers = []", "for a in [nn.Linear(3, 3)]:", "    self.layers.append(a)", forward="self.layers"
    ),
    "INI602 copies": layer(
        "a = nn.Linear(3, 3)",
        "self.layers = list(copy.deepcopy(a) for _ in x)",
        "self.other = [nn.Tanh(), nn.ReLU()]",
        head="import copy\n",
        forward="self.layers",
    ),
    "INI602 ordered dictionary": layer(
        "self.layers = O()",
        "self.layers['a'] = nn.Linear(3, 3)",
        "self.other = {}",
        "self.other['b'] = nn.Tanh()",
        head="from collections import OrderedDict as O\n",
        forward="self.layers",
    ),
    "INI602 class of another file": layer(
        "self.layers = []",
        "for i in x:",
        "    self.layers.append(block(i))",
        head="from weights import block\n",
        forward="self.layers",
    ),
    "INI602 used by a method of an heir": layer(
        OTHER,
        methods="class Heir(Net):\n    def forward(self, x):\n        return self.run(x)\n"
        "    def run(self, x):\n        return self.other[0](x)\n",
    ),
    "INI602 assigned by what does not count": layer(
        OTHER,
        forward="self.other",
        methods="    def set(self, x):\n        self.other = x\n    def set(self, x):\n"
        "        def inner():\n            self.other = x\n        return inner\n",
    ),
    "INI607 read in the other branch": parameters("if c:", "    p = zeros(p)", "elif q(p):", "    q(p)"),
    "INI607 named, read before": parameters("q(p)", "p = p.to(c)", over="for n, (p) in net.named_parameters():"),
    "INI608 assigned layer": f"{HEAD}L = nn.Linear\ndef f(x, *, layer=L(3, 3)):\n    return layer(x)\n",
    "INI608 built before": f"{HEAD}A = nn.Linear(3, 3)\ndef f(x, layer=A, b=nn.ReLU()):\n    return layer(x)\n",
    "INI608 class of another file": (
        f"{HEAD}from weights import block as Block\ndef f(x, layer=Block(3)):\n    return layer(x)\n"
    ),
    # What is lost.
    "INI701 assigned init": layer(CONV, "n = nn.init.normal_", "n(self.conv.weight, 0.0, 0.02)", head=WRAP),
    "INI701 applied in part": layer(CONV, "go = init", "self.apply(fn=partial(go, std=0.02))", head=WRAP),
    "INI701 applied from another file": layer(CONV, "weights.init_weights(self.conv)", head="import weights\n" + WRAP),
    "INI701 loop over a tuple": layer(
        CONV, "for m in (self.conv,):", "    nn.init.normal_(m.weight, 0.0, 0.02)", head=WRAP
    ),
    "INI701 loop over a local": layer(
        CONV, "a = self.conv", "nn.init.normal_(a.weight.detach(), 0.0, 0.02)", "init(a)", head=WRAP
    ),
    "INI701 called by the constructor": layer(CONV, "self.forward(1)", head=WRAP, forward="init(self.conv)"),
    "INI701 model that a function makes": layer(
        CONV, head=WRAP, methods="def make():\n    return Net()\ndef f(d):\n    net = make()\n    net.apply(init)\n"
    ),
    "INI701 wrapped by another file": layer(
        "self.conv = nn.Conv2d(3, 4, 3)  # weight_norm",
        "self.apply(wrap)",
        "self.apply(init)",
        head="from weights import wrap\n" + INIT,
    ),
    "INI702 first argument by name": model(FC, "nn.init.normal_(tensor=torch.cat(tensors=[self.fc.weight, x]))"),
    "INI702 mask of a mask": model(FC, "a = x > 0", "b = a", "self.fc.weight.data[:, b].zero_()"),
    "INI702 transposed": model(FC, "nn.init.normal_(self.fc.weight.mT.flatten())"),
    "INI702 assigned type": model(FC, "D = torch.half", "nn.init.normal_(self.fc.weight.to(dtype=D))  # x.weight.mul("),
    "INI702 parameter that an init returns": model(
        "P = nn.Parameter", "a = nn.init.normal_(P(torch.zeros(3)))", "self.w = a", "self.w.data.clone().zero_()"
    ),
    "INI702 loop over parameters": model(FC, "for n, p in self.named_parameters():", "    p.data.clone().zero_()"),
    "INI702 size by name": model(
        FC, "z = torch.zeros", "z(size=self.fc.weight.shape)", "torch.zeros(self.fc.weight.shape)"
    ),
    "INI703 loop over parameters": model(
        FC,
        "nn.init.eye_(self.fc.weight)",
        "for n, p in self.named_parameters():",
        "    p.data.normal_(0.0, 0.02)  # modules()",
    ),
    "INI703 applied from another file": layer(
        FC, "nn.init.zeros_(self.fc.weight)", "self.apply(w.init_weights)", head="import weights as w\n"
    ),
    "INI703 object that holds it": layer(
        "self.fc = nn.Sequential(nn.Linear(3, 3))",
        "nn.init.zeros_(self.fc[0].weight)",
        head=INIT,
        methods="class Outer(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = Net()\n        self.apply(init)\n",
    ),
    "INI704 assigned init": statements("z = nn.init.zeros_", "z(net.weight)", "z(net.weight)  # weight.normal_("),
    "INI704 imported init": statements(
        "z(net.weight)", "z(tensor=net.weight)  # weight.normal_(", head="from torch.nn.init import zeros_ as z\n"
    ),
    "INI704 star import": statements("zeros_(net.weight)", "zeros_(net.weight)", head="from torch.nn.init import *\n"),
    "INI705 function of another file": statements(
        "net.load_state_dict(state)", "net.apply(weights.init_weights)", head="import weights\n"
    ),
    "INI705 pretrained": statements(
        "net = tv.models.resnet18(weights='DEFAULT')", "net.apply(fn=init)", head="import torchvision as tv\n" + INIT
    ),
    "INI705 imported maker": statements(
        "net = c('resnet18', pretrained=True)", "net.apply(init)", head="from timm import create_model as c\n" + INIT
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_premise_holds_where_its_rule_finds_something(case: str) -> None:
    source = Source(Path("net.py"), CASES[case])
    project = Project([("net.py", Sketch.of(source.text)), ("weights.py", Sketch.of(ELSEWHERE))])
    options = replace(OPTIONS, elsewhere=project.elsewhere("net.py"))
    judged, bare = (check_source(source, rules, options) for rules in (ALL, BARE))
    assert case.partition(" ")[0] in {finding.code for finding in bare.findings}
    assert judged.findings == bare.findings
