from __future__ import annotations

import math
from pathlib import Path

import pytest

from initlint.runtime import spec
from initlint.runtime.spec import Expectation, SpecError
from initlint.theory import laws
from initlint.theory.laws import Law

SHAPE = (64, 32, 3, 3)
FAN_IN, FAN_OUT = 288, 576


def law(text: str, **numbers: float) -> Law | None:
    return Expectation("*", text, numbers).law(SHAPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zeros", laws.constant(0.0)),
        ("ones", laws.constant(1.0)),
        ("constant(0.5)", laws.constant(0.5)),
        ("normal(std=0.02)", laws.normal(0.0, 0.02)),
        ("normal(1, 0.02)", laws.normal(1.0, 0.02)),
        ("normal(std=0.02 / sqrt(2 * depth))", laws.normal(0.0, 0.02 / math.sqrt(24))),
        ("uniform(-0.1, 0.1)", laws.uniform(-0.1, 0.1)),
        ("trunc_normal(std=0.02, a=-0.04, b=0.04)", laws.truncated_normal(0.0, 0.02, -0.04, 0.04)),
        ("kaiming_normal(fan_out, relu)", laws.normal(0.0, math.sqrt(2) / math.sqrt(FAN_OUT))),
        ("kaiming_normal(relu)", laws.normal(0.0, math.sqrt(2) / math.sqrt(FAN_IN))),
        ("kaiming_normal", laws.normal(0.0, math.sqrt(2) / math.sqrt(FAN_IN))),
        ("kaiming_normal(a=0.2)", laws.normal(0.0, math.sqrt(2 / 1.04) / math.sqrt(FAN_IN))),
        ("xavier_normal(gain=2)", laws.normal(0.0, 2 * math.sqrt(2 / (FAN_IN + FAN_OUT)))),
        ("orthogonal(0.01)", laws.orthogonal(0.01)),
        ("sparse(0.3)", laws.sparse(0.3)),
        ("dirac(groups=2)", laws.dirac(2)),
        ("eye", laws.EYE),
        ("any", None),
    ],
)
def test_declared_law(text: str, expected: Law | None) -> None:
    assert law(text, depth=12) == expected


def test_uniform_laws_have_the_bound_of_torch() -> None:
    found = law("kaiming_uniform(a=sqrt(5))")
    assert found is not None
    assert found.parameters == pytest.approx((-1 / math.sqrt(FAN_IN), 1 / math.sqrt(FAN_IN)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("normal(0.02)", "the first argument of normal is the mean: write normal"),
        ("he_normal", "unknown initialiser 'he_normal'"),
        ("kaimin_normal", "did you mean 'kaiming_normal'"),
        ("zeros(1)", "zeros takes no argument"),
        ("normal(std=width)", "'width' is no argument of the factory"),
        ("kaiming_normal(fan_avg)", "neither fan_in nor fan_out"),
        ("kaiming_normal(fan_in, gelu)", "gelu"),
        ("normal(mean=0, mean=1)", "repeated"),
        ("normal(std=__import__('os'))", "a number is expected"),
        ("__import__('os').system('true')", "an initialiser is expected"),
        ("normal(std=1/0)", "zero"),
        ("normal(", "never closed"),
        ("", "syntax"),
    ],
)
def test_what_is_no_law_is_refused(text: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        law(text)


def test_last_pattern_that_matches_decides() -> None:
    declared = spec.expectations({"*": "any", "*.weight": "normal(std=0.02)", "head.*": "zeros"}, {})
    assigned = spec.assign(["body.weight", "body.bias", "head.weight"], declared)
    assert {name: each.text for name, each in assigned.items()} == {
        "body.weight": "normal(std=0.02)",
        "body.bias": "any",
        "head.weight": "zeros",
    }


def test_pattern_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(SpecError, match=r"'heads\.weight' matches no parameter; the closest name is 'head\.weight'"):
        spec.assign(["head.weight"], spec.expectations({"heads.weight": "zeros"}, {}))


FILE = """\
[[model]]
factory = "pkg.models:build"
args = { depth = 12 }
input = "2x3x224x224"
[model.expect]
"*.weight" = "normal(std=0.02 / sqrt(2 * depth))"
"""


def test_specification_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "init.toml"
    path.write_text(FILE)
    (model,) = spec.read(path)
    assert (model.factory, model.args, model.input) == ("pkg.models:build", {"depth": 12}, "2x3x224x224")
    assert model.expectations[0].law(SHAPE) == laws.normal(0.0, 0.02 / math.sqrt(24))
    project = tmp_path / "pyproject.toml"
    nested = FILE.replace("[[model", "[[tool.initlint.runtime.model").replace(
        "[model.", "[tool.initlint.runtime.model."
    )
    project.write_text(nested)
    assert spec.read(project)[0].args == {"depth": 12}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[model]]\nfactor = 'm:f'\n", "factor"),
        ("[[model]]\nargs = {}\n", "missing required field `factory`"),
        ("[[model]]\nfactory = 3\n", "Expected `str`"),
        ("[model", "cannot read"),
    ],
)
def test_wrong_specification_is_one_clear_error(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "init.toml"
    path.write_text(text)
    with pytest.raises(SpecError, match=says):
        spec.read(path)
    with pytest.raises(SpecError, match="cannot read"):
        spec.read(tmp_path / "nothing.toml")
