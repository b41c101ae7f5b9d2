"""The premise of a rule costs no finding, in whatever way a file spells what the rule looks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from premises import argument, fan, gain, layer, lost, parameter, reach, shape

from initlint import catalogue
from initlint.engine import Options, check_source
from initlint.facts.project import Project, Sketch
from initlint.source import Source

ALL = catalogue.select(("ALL",), preview=True)
BARE = tuple(replace(rule, premise=None) for rule in ALL)
OPTIONS = Options(init_modules=("acme.weights",))
CASES = {
    name: text
    for family in (gain, fan, shape, argument, reach, parameter, lost, layer)
    for name, text in family.CASES.items()
}

ELSEWHERE = """\
import torch
from torch import nn

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
"""The module `weights` beside each case."""


@pytest.mark.parametrize("case", CASES)
def test_a_premise_holds_where_its_rule_finds_something(case: str) -> None:
    source = Source(Path("net.py"), CASES[case])
    project = Project([("net.py", Sketch.of(source.text)), ("weights.py", Sketch.of(ELSEWHERE))])
    options = replace(OPTIONS, elsewhere=project.elsewhere("net.py"))
    judged, bare = (check_source(source, rules, options) for rules in (ALL, BARE))
    assert case.partition(" ")[0] in {finding.code for finding in bare.findings}
    assert judged.findings == bare.findings
