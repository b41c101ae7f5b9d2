"""Cases of the rules about which modules an init reaches."""

from __future__ import annotations

from premises.models import HEAD, model

ZEROED = ("for m in self.modules():", "    if isinstance(m, nn.Linear):", "        nn.init.zeros_(m.bias)")
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
    return model("self.block = ConvBlock()", *lines, head=BLOCK)


CASES = {
    "INI502 assigned class": (
        f"{HEAD}conv = nn.Conv2d\nfor m in model.modules():\n    if isinstance(m, nn.Linear) or conv:\n"
        "        nn.init.normal_(m.weight, std=0.02)\ndef f(k):\n    return k or nn.Linear\n"
    ),
    "INI502 private class": (
        f"{HEAD}from torch.nn.modules.conv import _ConvNd\nfor m in model.modules():\n"
        "    if isinstance(m, nn.Linear) or _ConvNd:\n"
        "        nn.init.normal_(m.weight, std=0.02)\ndef f(k):\n    return k or nn.Linear\n"
    ),
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
    "INI503 asynchronous loop": (
        f"{HEAD}async def f(net):\n    async for m in net.modules():\n        if m == nn.Linear:\n            pass\n"
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
    "INI506 in parentheses": f"{HEAD}fc = nn.Linear(3, 4)\nx = (1 if (fc.bias) else 2)\n",
    "INI506 in a comprehension": f"{HEAD}fc = nn.Linear(3, 4)\nx = [y for y in z if y if fc.bias]\n",
    "INI506 kept": f"{HEAD}fc = nn.Linear(3, 4)\ndef f(x):\n    return fc.bias or x\n",
    "INI507 assigned layer": model(
        "L = nn.Linear", "self.a = L(3, 4, False)", "self.z = nn.Conv2d(3, 4, 3, bias=False)", *ZEROED
    ),
    "INI507 imported layer": "from torch.nn import Linear as L\n"
    + model("self.a = L(3, 4, False)", "self.z = nn.Conv2d(3, 4, 3, bias=False)", *ZEROED),
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
    "INI507 function of the file": model(
        "self.a = make(3).to('cpu')",
        "nn.init.zeros_(self.a.bias)",
        head="def build(n):\n    return nn.Linear(n, 4, bias=False)\nmake = build\n",
    ),
    "INI507 loop over layers": model(
        "for a in [nn.Linear(3, 4, bias=False)]:", "    self.a = a", "nn.init.zeros_(self.a.bias)"
    ),
    "INI507 init function of another name": model(
        "z = nn.init.zeros_", "self.a = nn.Linear(3, 4, bias=False)", "z(self.a.bias)"
    ),
    "INI507 attribute by name": "ATTRIBUTE = 'bias'\n"
    + blocks("for m in self.modules():", "    if hasattr(m, ATTRIBUTE):", "        nn.init.zeros_(m.conv.bias)")
    + "def f(m):\n    return hasattr(m, 'bias')\n",
    "INI509 assigned function": model("self.a = nn.Linear(3, 4)", "run(self)", "self.b = nn.Linear(3, 4)", head=EARLY),
    "INI509 method that initialises and adds": model("self.start()", head=EARLY)
    + "    def start(self):\n        self.a = nn.Linear(3, 4)\n        self.apply(init)\n"
    "        self.b = nn.Linear(3, 4)\n",
    "INI509 weight by a method": model(
        "self.a = nn.Linear(3, 4)",
        "for m in self.modules():",
        "    if type(m) in (nn.Linear, nn.Conv2d):",
        "        m.weight.data.normal_(0.0, 0.02)",
        "self.b = nn.Linear(3, 4)",
    ),
    "INI509 in a method of its own": model(
        "self.build()",
        methods="    def build(self):\n        self.a = nn.Linear(3, 4)\n        for m in self.modules():\n"
        "            if isinstance(m, nn.Linear):\n                nn.init.normal_(m.weight, 0.0, 0.02)\n"
        "        self.b = nn.Linear(3, 4)\n",
    ),
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
}
