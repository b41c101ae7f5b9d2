"""Cases of the rules about parameters and what holds them."""

from __future__ import annotations

from premises.models import HEAD, model

OTHER = "self.other = [nn.Linear(3, 3), nn.Tanh()]"


def parameters(*lines: str, over: str = "for p in net.parameters():") -> str:
    """A loop over parameters in a function."""
    return f"{HEAD}zeros = torch.zeros_like\ndef f(net, c, q):\n    {over}\n" + "".join(
        f"        {line}\n" for line in lines
    )


CASES = {
    "INI601 imported parameter": model(
        "E = torch.empty", "self.w = P(E(3, 4))", head="from torch.nn import Parameter as P\n", forward="x @ self.w"
    ),
    "INI601 one side of a choice": model(
        "self.w = nn.Parameter(torch.Tensor(3, 4).cuda()) if bias else None", arguments=", bias", forward="x @ self.w"
    ),
    "INI601 registered by keyword": model(
        "self.register_parameter('w', param=nn.Parameter(data=torch.empty((3, 4))))", forward="x @ self.w"
    ),
    "INI601 reset that nothing calls": model(
        "self.build()",
        forward="x @ self.w",
        methods="    def build(self):\n        self.w = nn.Parameter(torch.empty(3, 4))\n"
        "    def reset(self):\n        nn.init.zeros_(self.w)\n",
    ),
    "INI601 another class writes its own": model(
        "self.w = nn.Parameter(torch.empty(3, 4))",
        forward="x @ self.w",
        methods="class Other(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.w = nn.Parameter(torch.zeros(3))\n        nn.init.ones_(self.w)\n",
    ),
    "INI602 imported layer": "from torch.nn import Linear as lin\n"
    + model(
        "self.layers = [lin(3, 3) for _ in x]", "self.o = [nn.Linear(3, 3), nn.Linear(3, 3)]", forward="self.layers"
    ),
    "INI602 function of the file": model(
        "self.layers = [block() for _ in x]",
        "self.o = [nn.Linear(3, 3), nn.Linear(3, 3)]",
        head="def block():\n    return nn.Linear(3, 3)\n",
        forward="self.layers",
    ),
    "INI602 locals in a list": model(
        "a, b = 1, 2",
        "a = nn.Linear(3, 3)",
        "b = nn.Linear(3, 3)",
        "self.layers = [a, b]",
        "self.o = [nn.Linear(3, 3), nn.Linear(3, 3)]",
        forward="self.layers",
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
    "INI602 copies": model(
        "a = nn.Linear(3, 3)",
        "self.layers = list(copy.deepcopy(a) for _ in x)",
        "self.other = [nn.Tanh(), nn.ReLU()]",
        head="import copy\n",
        forward="self.layers",
    ),
    "INI602 ordered dictionary": model(
        "self.layers = O()",
        "self.layers['a'] = nn.Linear(3, 3)",
        "self.other = {}",
        "self.other['b'] = nn.Tanh()",
        head="from collections import OrderedDict as O\n",
        forward="self.layers",
    ),
    "INI602 class of another file": model(
        "self.layers = []",
        "for i in x:",
        "    self.layers.append(block(i))",
        head="from weights import block\n",
        forward="self.layers",
    ),
    "INI602 used by a method of an heir": model(
        OTHER,
        methods="class Heir(Net):\n    def forward(self, x):\n        return self.run(x)\n"
        "    def run(self, x):\n        return self.other[0](x)\n",
    ),
    "INI602 assigned by what does not count": model(
        OTHER,
        forward="self.other",
        methods="    def set(self, x):\n        self.other = x\n    def set(self, x):\n"
        "        def inner():\n            self.other = x\n        return inner\n",
    ),
    "INI603 imported parameter": (
        f"{HEAD}from torch.nn import Parameter as P\n" + model("self.p = P(torch.zeros(3)).cuda()  # Parameter(")
    ),
    "INI603 assigned parameter": model(
        "P = nn.Parameter", "self.p = P(torch.zeros(3)).cuda()", "self.q = nn.Parameter(torch.zeros(2))"
    ),
    "INI603 init around": model("self.w = nn.init.normal_(tensor=nn.Parameter(torch.zeros(3))).cuda()"),
    "INI603 scaled": model("self.v = self.w = 0.1 * -nn.Parameter(torch.zeros(3)).float()"),
    "INI603 annotated": model("self.w: object = nn.Parameter(torch.zeros(3)).T"),
    "INI605 view in a method": model("self.q = nn.Parameter(torch.zeros(2))", "self.reset()")
    + "    def reset(self):\n        P = nn.Parameter\n        self.w = P(torch.zeros(3))\n        self.fill()\n"
    "    def fill(self):\n        self.w.view(-1).T[0].zero_()\n",
    "INI605 static": model("self.fc = nn.Linear(3, 4)", "self.fill(self.fc)")
    + "    @staticmethod\n    def fill(m):\n        if isinstance(m, nn.Linear):\n            m.weight[0] = 1.0\n",
    "INI605 loop": model("for p in self.parameters():", "    p.data = p", "    p.t().uniform_(-1, 1)"),
    "INI605 augmented": model("self.fc = nn.Linear(3, 4)", "self.fc.bias += 1"),
    "INI606 assigned parameter": model(
        "P = nn.Parameter", "self.w = P(torch.zeros(3))", "self.w = torch.zeros(3)", "self.q = nn.Parameter(x)"
    ),
    "INI606 registered by keyword": model(
        "self.register_parameter(name='w', param=nn.Parameter(torch.zeros(3)))", "self.w = torch.zeros(3)"
    ),
    "INI606 registered by a constant": "NAME = 'w'\n"
    + model("self.register_parameter(NAME, nn.Parameter(torch.zeros(3)))", "self.w = torch.zeros(3)"),
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
    "INI607 read in the other branch": parameters("if c:", "    p = zeros(p)", "elif q(p):", "    q(p)"),
    "INI607 named, read before": parameters("q(p)", "p = p.to(c)", over="for n, (p) in net.named_parameters():"),
    "INI608 assigned layer": f"{HEAD}L = nn.Linear\ndef f(x, *, layer=L(3, 3)):\n    return layer(x)\n",
    "INI608 built before": f"{HEAD}A = nn.Linear(3, 3)\ndef f(x, layer=A, b=nn.ReLU()):\n    return layer(x)\n",
    "INI608 class of another file": (
        f"{HEAD}from weights import block as Block\ndef f(x, layer=Block(3)):\n    return layer(x)\n"
    ),
    "INI610 receiver by position": model(
        "self.lora_A = nn.Parameter(torch.zeros(r, 4))",
        "self.lora_B = nn.Parameter(torch.zeros(4, r))",
        arguments=", /, r",
        forward="x @ self.lora_A.T @ self.lora_B.T",
    ),
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
}
