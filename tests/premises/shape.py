"""Cases of the rules about shapes that an init asks for."""

from __future__ import annotations

from premises.models import HEAD, model

NORMALISED = ("self.fc = nn.Linear(3, 4)", "self.norm = nn.LayerNorm(4)", "for m in self.modules():")


def parameters(*lines: str, over: str = "for p in net.parameters():") -> str:
    """A loop over parameters in a function."""
    return f"{HEAD}zeros = torch.zeros_like\ndef f(net, c, q):\n    {over}\n" + "".join(
        f"        {line}\n" for line in lines
    )


CASES = {
    "INI301 old name from a star import": "import torch\nfrom torch.nn.init import *\nw = torch.empty(3)\neye(w)\n",
    "INI301 assigned function": f"{HEAD}f = nn.init.eye_\ng = f\nw = torch.empty(3)\ng(w)\n",
    "INI304 old name of another module name": (
        "import torch\nfrom torch.nn import init as I\nI = I\nw = torch.empty(3)\nI.sparse(w, 0.1)  # init.sparse\n"
    ),
    "INI304 function under a test": (
        f"{HEAD}if torch.cuda.is_available():\n    f = nn.init.sparse_\nelse:\n    f = nn.init.sparse_\n"
        "f(torch.empty(3), 0.1)  # sparse_(\n"
    ),
    "INI305 test of another module": model(
        *NORMALISED, "    if isinstance(m, nn.Linear):", "        nn.init.xavier_uniform_(self.norm.weight)"
    ),
    "INI305 test inside another": (
        f"{HEAD}def f(b):\n    if isinstance(b, nn.LayerNorm):\n        for m in b.children():\n"
        "            if isinstance(m, nn.Linear):\n                nn.init.xavier_uniform_(b.weight)\n"
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
}
