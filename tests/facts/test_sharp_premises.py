"""Files that hold the words of a rule, and in which its premise sees that there is nothing to find."""

from __future__ import annotations

import ast

import pytest
from premises.models import HEAD, model

from initlint import catalogue
from initlint.facts.premises.tree import Tree

PREMISES = {rule.code: rule.premise for rule in catalogue.rules()}

LOOP = f"{HEAD}for m in model.modules():\n"
LINEAR = f"{HEAD}fc = nn.Linear(3, 4, bias=False)\n"

NET = f"""\
{HEAD}
class Net(nn.Module):
    def __init__(self, norm, bias):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(3, 4))
        self.b = nn.Parameter(torch.zeros(4, 3))
        self.norm = norm(3)
        self.plain = nn.Linear(3, 4, bias=False)
        self.fc = nn.Linear(3, 4, bias=bias)
        self.weight = nn.Parameter(torch.zeros(3))
        for m in (self.norm, self.fc):
            if type(m).__name__.startswith("Net"):
                nn.init.ones_(m.weight)
        {{}}

    def forward(self, x):
        return x @ self.a + self.b @ x
"""

USUAL = model(
    "self.e = nn.Embedding(9, 4, padding_idx=0)",
    "self.norm = nn.LayerNorm(4)",
    "self.w = nn.Parameter(torch.zeros(3)) if tied else None",
    "self.head.bias = self.bias",
    arguments=", tied, row=None",
    methods="    def reset(self):\n        self.w.data[0] = 1.0\n        self.w[0] = 1.0\n"
    "    def init(self, m):\n        if isinstance(m, nn.LayerNorm):\n            nn.init.ones_(m.weight)\n"
    "        elif isinstance(m, (nn.Linear, nn.Embedding, Router)):\n            nn.init.normal_(m.weight, std=0.02)\n"
    "            if m.padding_idx is not None:\n                m.weight.data[m.padding_idx].zero_()\n",
)

CASES = {
    **{f"{code} model as most are": USUAL for code in ("INI603", "INI605", "INI606", "INI801", "INI802", "INI803")},
    "INI610 two zeros that are added": NET,
    "INI507 layer with a flag that is an argument": NET.format("nn.init.zeros_(self.fc.bias)"),
    "INI507 layer that is given": NET.format("nn.init.zeros_(self.norm.bias)"),
    "INI507 object itself": NET.format("nn.init.zeros_(self.bias)"),
    "INI507 test of something else": f"{LINEAR}if config.start:\n    nn.init.zeros_(fc.bias)\n",
    "INI507 test of another module": f"{LINEAR}if isinstance(net, nn.Linear):\n    nn.init.zeros_(net.head.bias)\n",
    "INI507 test for None": f"{LINEAR}if isinstance(fc, nn.Linear) and fc.bias is not None:\n    fc.bias.zero_()\n",
    "INI507 class of another file": (
        f"from .norms import Norm\n{LINEAR}if isinstance(fc, (Norm, list)):\n    nn.init.zeros_(fc.bias)\n"
    ),
    "INI507 class name of layers that have it": (
        f"{LINEAR}name = type(fc).__name__\nif name.find('Norm') != -1:\n    nn.init.zeros_(fc.bias)\n"
    ),
    "INI507 failure that is expected": f"{LINEAR}try:\n    nn.init.zeros_(fc.bias)\nexcept Exception:\n    pass\n",
    "INI505 class that has it": NET,
    "INI505 name of something else": f"{LOOP}    if 'Net' in type(model).__name__:\n        nn.init.ones_(m.weight)\n",
    "INI510 children that are replaced": (
        f"{HEAD}def swap(net):\n    for name, m in net.named_children():\n        if isinstance(m, nn.Linear):\n"
        "            setattr(net, name, nn.Identity())\nnn.init.ones_(fc.weight)\n"
    ),
    "INI506 bias in a comparison": f"{HEAD}if fc.bias is not None and fc.bias.any():\n    x = {{0: fc.bias}}\n",
    "INI509 init that a test of something else leads to": (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self, start):\n        super().__init__()\n"
        "        for m in self.modules():\n            if start:\n                nn.init.ones_(m.weight)\n"
        "        self.fc = nn.Linear(3, 4)\n"
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_premise_tells_that_there_is_nothing_to_find(case: str) -> None:
    premise = PREMISES[case.partition(" ")[0]]
    assert premise is not None
    assert not premise(Tree(ast.parse(CASES[case])))
