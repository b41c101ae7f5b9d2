"""Cases of the rules about layers of a kind."""

from __future__ import annotations

from premises.models import HEAD, model

NORMALISED = ("self.fc = nn.Linear(3, 4)", "self.norm = nn.LayerNorm(4)", "for m in self.modules():")

CASES = {
    "INI807 imported layer": (
        f"{HEAD}from torch.nn import GRU as G\ngru = G(4, 8)\nfor name, b in gru.named_parameters():\n"
        "    if 'bias_ih' in name:\n        n = b.size(0)\n        b.data[n // 4:n // 2].fill_(1)\n"
    ),
    "INI801 name of another layer": (
        f"{HEAD}from torch.nn import BatchNorm2d as Linear\ndef f(m):\n    if isinstance(m, Linear):\n"
        "        nn.init.normal_(m.weight, 0.0, 0.02)\n"
    ),
    "INI801 test of another module": model(
        *NORMALISED, "    if isinstance(m, nn.Linear):", "        nn.init.normal_(self.norm.weight)"
    ),
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
    "INI802 imported embedding": "from torch.nn import Embedding as E\n"
    + model("self.e = E(10, 4, 0)", "nn.init.normal_(self.e.weight, std=0.02)"),
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
    "INI802 every parameter, detached in place": model(
        "self.e = nn.Embedding(9, 4, padding_idx=0)",
        "for name, value in self.named_parameters():",
        "    nn.init.normal_(value.detach_())",
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
}
