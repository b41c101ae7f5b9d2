from pathlib import Path

import pytest
from checking import find, fix, messages

from initlint import catalogue, engine
from initlint.source import Source


def call(function: str) -> str:
    return f"def init(w, x):\n    nn.init.{function}\n"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("normal_(w, stddev=0.1)", "normal_ has no parameter stddev; std is meant: TypeError"),
        ("normal(w, stddev=0.1)", "normal has no parameter stddev; std is meant: TypeError"),
        ("zeros_(w, 0.5)", "zeros_ takes (tensor) and 0.5 is one too many: TypeError"),
        ("constant_(w)", "constant_ needs val: TypeError"),
        ("constant_()", "constant_ needs tensor and val: TypeError"),
        ("normal_(w, 0, mean=0)", "normal_ is given one argument twice: TypeError"),
        ("xavier_normal_(w, 0, 0.02)", "0.02 fills the slot of the generator of xavier_normal_: TypeError"),
        ("kaiming_normal_(w, gain=2)", "kaiming_normal_ has no parameter gain; nonlinearity is meant: TypeError"),
        ("xavier_normal_(w, mode='fan_in')", "xavier_normal_ has no parameter mode: TypeError"),
    ],
)
def test_message_names_what_does_not_fit(written: str, message: str) -> None:
    assert messages(call(written), "INI407") == [message]


@pytest.mark.parametrize(
    ("written", "fixed"),
    [
        ("trunc_normal_(w, sigma=0.1, low=-1, high=1)", "trunc_normal_(w, std=0.1, a=-1, b=1)"),
        ("uniform_(w, lower=-1, upper=1)", "uniform_(w, a=-1, b=1)"),
        ("kaiming_normal_(w, negative_slope=0.2)", "kaiming_normal_(w, a=0.2)"),
        ("kaiming_normal_(w, nonlinearty='relu')", "kaiming_normal_(w, nonlinearity='relu')"),
        ("kaiming_normal_(w, gain='relu', mode='fan_out')", "kaiming_normal_(w, nonlinearity='relu', mode='fan_out')"),
        ("orthogonal_(w, nonlinearity='tanh')", "orthogonal_(w, gain=nn.init.calculate_gain('tanh'))"),
        ("dirac_(w, group=2)", "dirac_(w, groups=2)"),
        ("eye_(w, generator=x)", "eye_(w)"),
    ],
)
def test_keyword_becomes_what_is_meant(written: str, fixed: str) -> None:
    assert fix(call(written), "INI407", unsafe=False) == call(fixed)


@pytest.mark.parametrize(
    "written",
    [
        "normal_(w, 0, 0.1, stddev=0.1)",
        "normal_(w, stddev=0.1, sigma=0.1)",
        "normal_(w, stddev=0.1, seed=0)",
        "xavier_normal_(w, nonlinearity='gelu')",
        "xavier_normal_(w, nonlinearity=x)",
        "xavier_normal_(w, mode='fan_in', nonlinearity='relu')",
        "kaiming_normal_(w, gain=math.sqrt(2))",
        "kaiming_normal_(w, a=0.1, gain=nn.init.calculate_gain('leaky_relu', 0.2))",
        "zeros_(w, 1)",
    ],
)
def test_nothing_is_rewritten_where_one_argument_has_no_certain_meaning(written: str) -> None:
    (finding,) = find(call(written), "INI407")
    assert not finding.fixes


def test_rules_about_defaults_leave_a_raising_call_alone() -> None:
    code = """\
        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(nn.Linear(8, 8), nn.LeakyReLU(0.5))
                nn.init.kaiming_normal_(self.layers[0].weight, gain=1.0)
                nn.init.uniform_(self.layers[0].weight, -0.1, high=0.1)
        """
    assert {finding.code for finding in find(code, "INI101", "INI404", "INI407")} == {"INI407"}


@pytest.mark.parametrize(
    ("module", "function"),
    [("torch.nn.init", "normal_"), ("transformers.initialization", "normal_"), ("timm.layers", "trunc_normal_")],
)
def test_modules_with_the_same_signatures_count(module: str, function: str) -> None:
    assert find(f"from {module} import {function} as draw\n\ndef init(w):\n    draw(w, stddev=0.1)\n", "INI407")


@pytest.mark.parametrize("module", ["layers", "jax.nn.initializers", "paddle.nn.initializer", "mindspore.common"])
def test_modules_with_other_signatures_are_silent(module: str) -> None:
    assert not find(f"from {module} import normal_\n\ndef init(w):\n    normal_(w, stddev=0.1)\n", "INI407")


@pytest.mark.parametrize(("version", "found"), [(None, 0), ("2.2", 0), ("2.1.2", 1), ("1.13", 1)])
def test_generator_depends_on_the_version_of_torch(version: str | None, found: int) -> None:
    code = "import torch\nfrom torch import nn\n\ndef init(w, g):\n    nn.init.normal_(w, 0, 0.1, generator=g)\n"
    source = Source.from_bytes(Path("example.py"), code.encode())
    result = engine.check_source(source, [catalogue.find("INI407")], engine.Options(torch_version=version))
    assert len(result.findings) == found
    assert not any(finding.fixes for finding in result.findings)


@pytest.mark.parametrize(
    "written", ["normal_(*x)", "normal_(w, **x)", "normal_(w, 0, 1, x)", "constant_(val=0, tensor=w)"]
)
def test_hidden_and_complete_arguments_are_silent(written: str) -> None:
    assert not find(call(written), "INI407")
