"""Cases of the rules about gains."""

from __future__ import annotations

from premises.models import HEAD, model, picked

CASES = {
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
    "INI105 gain under another name": "import torch\nfrom torch.nn.init import calculate_gain as g\ng('lrelu')\n",
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
}
