"""Cases of the rules about fans and hand-written scales."""

from __future__ import annotations

from premises.models import HEAD, model, picked

COUNTED = "n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels"
INITIALISED = "nn.init.normal_(m.weight, std=math.sqrt(2.0 / n))"
ROWS = {"arguments": ", i, o", "forward": "x @ self.w"}
STACK = {"arguments": ", e, i, o", "forward": "torch.bmm(x, self.w)"}

CASES = {
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
    "INI201 detached in place": picked(COUNTED, "nn.init.normal_(m.weight.detach_(), std=math.sqrt(2.0 / n))"),
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
    "INI203 groups by position": picked(
        COUNTED, "m.weight.data.normal_(0, math.sqrt(2.0 / n))", head="from torch.nn import Conv2d as C\n"
    )
    + "c = C(8, 8, 3, 1, 1, 1, 4)\n",
    "INI203 groups of something else": picked(
        COUNTED, "other = model.groups", "m.weight.data.normal_(0, math.sqrt(2.0 / n))"
    )
    + "def f(m):\n    return m.groups\nc = nn.Conv2d(8, 8, 3, groups=4)\n",
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
    "INI207 two roots": picked("nn.init.normal_(m.weight, 0, math.sqrt(2) * math.sqrt(3 / m.in_channels))"),
    "INI207 sum": picked("k = 1", "k += 2", "nn.init.normal_(m.weight, 0, math.sqrt(2 * k / m.in_channels))"),
    "INI207 divisor": picked("nn.init.normal_(m.weight, 0, 1 / math.sqrt(m.in_channels / 6.0))"),
    "INI207 decimal": picked("nn.init.trunc_normal_(m.weight, std=(1.5 * 4 / m.in_channels) ** 0.5)"),
    "INI207 gain": picked(
        "g = nn.init.calculate_gain('leaky_relu', 3 ** 0.5)",
        "nn.init.normal_(m.weight, std=g * (12 / m.in_channels) ** 0.5)",
    ),
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
}
