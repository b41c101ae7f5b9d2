"""Cases of the rules about arguments and names of init functions."""

from __future__ import annotations

from premises.models import HEAD, model

CASES = {
    "INI401 module of one's own": "import acme, torch\nA = acme.weights\nB = A\nB.normal_(w, 0.02)\n",
    "INI401 walrus": f"{HEAD}def f(m):\n    (I := nn.init).zeros_(m.bias)\n    I.normal_(m.weight, 0.02)\n",
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
    "INI406 from a module that is not there": "from torch.init import normal_\nnormal_(w, 0.0, 0.02)\n",
    "INI406 torch from a star import": "from .imports import *\ntorch.init.normal_(w)\nimport torch.nn as x\n",
    "INI406 annotated module": f"{HEAD}init: object = nn.init\nI: object = nn.init\nI.foo_(w)\nnn.init.normal_(w)\n",
    "INI406 one name for two imports": (
        "import torch\ndef f():\n    import numpy as I\n    return I\n"
        "def g():\n    from torch.nn import init as I\n    I.foo_(w)\n"
    ),
    "INI406 imported in a function": (
        "import torch\nfrom .weights import init as I\ndef f(w):\n    from torch.nn import init as I\n"
        "    I.normall_(w)\n"
    ),
    "INI406 assigned over an import": (
        "import torch\nfrom . import init\ninit.foo()\ntool = torch.nn\ninit = tool.init\n"
        "def f(w):\n    init.normall_(w)\n"
    ),
    "INI406 star import": "from torch.nn import *\ninit.normall_(w)\nimport torch.nn.init as i\n",
    "INI407 assigned function": f"{HEAD}f = nn.init.xavier_uniform_\nf(w, scale=2)\n",
    "INI407 asynchronous loop": (
        f"{HEAD}async def f(net):\n    async for p in net.parameters():\n        p.data.normal_(0, sd=0.02)\n"
    ),
    "INI407 method of a parameter of a loop": (
        f"{HEAD}def f(net):\n    for p in net.parameters():\n        p.data.normal_(0, sd=0.02)\n"
    ),
    "INI407 old name": "import torch\nfrom torch.nn.init import normal as n\nn(w, 0, 1, None, 3)\n",
    "INI408 gain under another name": f"{HEAD}g = nn.init.calculate_gain\ng('leaky_relu', True)\n",
    "INI408 slope by a name": f"{HEAD}S = torch.tensor(0.2)\na = S\nnn.init.kaiming_normal_(w, a)\n",
    "INI408 slope of another name": (
        "import torch\nfrom torch import nn, tensor as t\nnn.init.kaiming_uniform_(w, a=t(0.2))\n"
    ),
    "INI408 slope that is a bool by a name": f"{HEAD}A = True\nnn.init.kaiming_uniform_(w, a=A)\n",
    "INI408 upper bound below the default": f"{HEAD}nn.init.trunc_normal_(w, std=0.02, b=-3.0)\n",
    "INI408 bounds of a method": f"{HEAD}def f(m):\n    m.weight.data.uniform_(1 / 2, 0.1)\n",
    "INI408 gain of a name": f"{HEAD}p = True\nnn.init.calculate_gain('leaky_relu', param=p)\n",
    "INI409 unpacked": f"{HEAD}low, high = -0.04, 0.04\ndef f(w):\n    nn.init.trunc_normal_(w, low, high)\n",
    "INI409 items": f"{HEAD}BOUNDS = (-0.04, 0.04)\ndef f(w):\n    nn.init.trunc_normal_(w, BOUNDS[0], BOUNDS[1])\n",
    "INI409 step by step": f"{HEAD}def f(w):\n    low = 1\n    low -= 3\n    nn.init.trunc_normal_(w, low, 2)\n",
    "INI411 item of a container": f"{HEAD}s = nn.Sequential(nn.Linear(3, 4))\nnn.init.xavier_uniform_(s[0])\n",
    "INI411 module named as a tensor": model(
        "fc = nn.Linear(3, 4)", "self.weight = fc", "nn.init.normal_(self.weight, std=0.02)"
    ),
    "INI411 module by a condition": model(
        "self.weight = nn.Linear(3, 4) if x else nn.Linear(3, 5)", "nn.init.normal_(self.weight, std=0.02)"
    ),
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
    "INI411 function of the file": model(
        "self.fc = linear(3)",
        "nn.init.xavier_uniform_(self.fc)",
        head="def linear(n):\n    return nn.Linear(n, n)\n",
    ),
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
    "INI901 star import": "import torch\nfrom torch.nn.init import *\nnormal(w, 0.0, 0.02)\n",
}
