"""Findings are placed, grouped and named like those of the static rules."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from initlint import catalogue  # noqa: E402
from initlint.finding import Severity  # noqa: E402
from initlint.runtime.judge import GENERAL, PREVIEW, judge  # noqa: E402
from initlint.runtime.parity import differences, rebuilt, reset_parity  # noqa: E402
from initlint.runtime.trace import trace  # noqa: E402

HELPERS = """
def normal_init(module, mean=0, std=1, bias=0):
    if hasattr(module, "weight"):
        import torch
        torch.nn.init.normal_(module.weight, mean, std)
"""


def test_one_place_is_one_finding_for_all_its_parameters() -> None:
    def factory() -> nn.Module:
        model = nn.Sequential(*(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)) for _ in range(3)))
        for layer in model:
            nn.init.normal_(layer.weight, std=0.01)
        return model

    (finding,) = judge(trace(factory))
    assert finding.code == "INI701"
    assert "and 2 more" in finding.message
    assert finding.region.line == factory.__code__.co_firstlineno + 3


def test_helper_for_modules_that_is_given_a_tensor_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("mmengine.model.weight_init")
    exec(HELPERS, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def factory() -> nn.Module:
        layer = nn.Linear(4, 4)
        module.normal_init(layer.weight, std=0.01)
        module.normal_init(layer, std=0.01)
        return layer

    (finding,) = judge(trace(factory))
    assert (finding.code, finding.region.line) == ("INI412", factory.__code__.co_firstlineno + 2)
    assert "weight" in finding.message


def test_runtime_rule_gives_name_and_severity() -> None:
    def factory() -> nn.Module:
        layer = nn.Linear(4, 4)
        layer.weight = nn.Parameter(torch.empty(4, 4))
        nn.init.normal_(layer.weight[:2])
        return layer

    (finding,) = judge(trace(factory))
    assert (finding.code, finding.name) == ("INR101", "parameter-partly-initialised")
    assert finding.severity is Severity.ERROR
    assert finding.path.name == "test_judge.py"


@pytest.mark.parametrize(
    "factory",
    [
        lambda: nn.Transformer(8, 2, 1, 1, 16),
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.LSTM(4, 5), nn.MultiheadAttention(8, 2)),
        lambda: nn.utils.spectral_norm(nn.Linear(4, 4)),
        lambda: nn.utils.weight_norm(nn.Linear(4, 4)),
        lambda: nn.LazyConv2d(4, 3),
        lambda: nn.ParameterList([nn.Parameter(torch.ones(3)) for _ in range(2)]),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_torch_builds_by_itself_is_silent(factory: object, device: str) -> None:
    assert judge(trace(factory, device=device), preview=True) == ()


def test_orthogonal_parametrization_is_silent() -> None:
    assert judge(trace(lambda: nn.utils.parametrizations.orthogonal(nn.Linear(4, 4))), preview=True) == ()


def teacher_and_student() -> nn.Module:
    import copy

    student = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    return nn.ModuleDict({"student": student, "teacher": copy.deepcopy(student)})


def assigned_clone() -> nn.Module:
    layer = nn.Linear(4, 4)
    with torch.no_grad():
        layer.weight[1] = nn.init.zeros_(layer.weight[1].clone())
        layer.weight.copy_(nn.init.orthogonal_(torch.empty(4, 4)))
    return layer


def hidden_on_purpose() -> nn.Module:
    model = nn.Linear(4, 4)
    model.reference = [nn.Linear(4, 4)]
    return model


def generic_then_special() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    for layer in model:
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(layer.bias)
    nn.init.zeros_(model[1].weight)
    nn.init.constant_(model[1].bias, -4.6)
    return model


def norm_weight_by_convention() -> nn.Module:
    model = nn.ModuleList([nn.BatchNorm2d(4), nn.BatchNorm2d(4), nn.BatchNorm2d(4)])
    nn.init.normal_(model[0].weight, 1.0, 0.02)
    nn.init.zeros_(model[1].weight)
    nn.init.uniform_(model[2].weight)
    return model


@pytest.mark.parametrize(
    "factory",
    [teacher_and_student, assigned_clone, hidden_on_purpose, generic_then_special, norm_weight_by_convention],
)
def test_look_alikes_are_silent(factory: object) -> None:
    assert judge(trace(factory), preview=True) == ()


def test_codes_that_are_held_back_exist() -> None:
    known = {rule.code for rule in catalogue.rules()}
    assert {code for code in PREVIEW | GENERAL if code.startswith("INR")} <= known


def test_reset_after_meta_is_compared_by_laws() -> None:
    def factory() -> nn.Module:
        model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        nn.init.zeros_(model[0].bias)
        return model

    direct = trace(factory)
    assert [each.name for each in reset_parity(factory, direct)] == ["0.bias"]
    assert [*differences(direct, trace(factory, seed=1))] == []
    assert isinstance(rebuilt(factory)(), nn.Sequential)
