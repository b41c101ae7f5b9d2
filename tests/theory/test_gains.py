from __future__ import annotations

import math
from typing import Any

import pytest

from initlint.theory.gains import (
    NEAREST_GAIN,
    NONLINEARITIES,
    calculate_gain,
    canonical,
    gain_error,
    leaky_relu_gain,
    nearest,
    plain,
)


@pytest.fixture(scope="module")
def init() -> Any:
    return pytest.importorskip("torch.nn.init")


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@pytest.mark.parametrize("slope", [None, 0, 0.01, 0.1, 0.2, 1, math.sqrt(5), -0.5])
def test_gains_are_those_of_torch(init: Any, nonlinearity: str, slope: float | None) -> None:
    assert calculate_gain(nonlinearity, slope) == init.calculate_gain(nonlinearity, slope)


@pytest.mark.parametrize("name", ["LeakyReLU", "ReLU", "gelu", "silu", "conv", "", "relu ", "prelu", *NEAREST_GAIN])
def test_what_torch_refuses_is_refused_in_its_words(init: Any, name: str) -> None:
    with pytest.raises(ValueError, match="Unsupported nonlinearity") as ours:
        calculate_gain(name)
    with pytest.raises(ValueError, match="Unsupported nonlinearity") as theirs:
        init.calculate_gain(name)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("slope", [True, "0.2", [0.2]])
def test_a_slope_that_is_no_number_is_refused(init: Any, slope: Any) -> None:
    with pytest.raises(ValueError, match="not a valid number") as ours:
        calculate_gain("leaky_relu", slope)
    with pytest.raises(ValueError, match="not a valid number") as theirs:
        init.calculate_gain("leaky_relu", slope)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("slope", [True, "junk", [0.2]])
def test_other_nonlinearities_never_read_the_slope(slope: Any) -> None:
    assert calculate_gain("relu", slope) == math.sqrt(2)


def test_the_gain_of_slope_1_is_linear_and_of_slope_0_is_relu() -> None:
    assert leaky_relu_gain(1) == calculate_gain("linear")
    assert leaky_relu_gain(0) == calculate_gain("relu")


@pytest.mark.parametrize(("meant", "percent"), [(0.1, 0.5), (0.2, 2.0), (0.5, 11.8)])
def test_gain_error_of_the_default_slope(meant: float, percent: float) -> None:
    assert 100 * (gain_error(0, meant) - 1) == pytest.approx(percent, abs=0.05)


def test_gain_error_compounds_over_layers() -> None:
    assert gain_error(0, 0.2, layers=20) == pytest.approx(gain_error(0, 0.2) ** 20)
    assert gain_error(0.2, 0.2, layers=20) == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LeakyReLU", "leaky_relu"),
        ("leakyrelu", "leaky_relu"),
        ("lrelu", "leaky_relu"),
        ("leaky-relu", "leaky_relu"),
        ("Leaky_ReLU", "leaky_relu"),
        ("nn.LeakyReLU", "leaky_relu"),
        ("ReLU", "relu"),
        ("RELU", "relu"),
        ("Tanh", "tanh"),
        ("Sigmoid", "sigmoid"),
        ("SELU", "selu"),
        ("Linear", "linear"),
        ("Conv2d", "conv2d"),
        ("conv", "conv2d"),
        ("ConvTranspose2d", "conv_transpose2d"),
    ],
)
def test_another_spelling_names_the_accepted_string(name: str, meant: str) -> None:
    assert canonical(name) == meant


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_an_accepted_name_is_its_own_canonical_name(name: str) -> None:
    assert canonical(name) == name


@pytest.mark.parametrize(
    "name", ["gelu", "silu", "swish", "elu", "mish", "prelu", "relu6", "softplus", "", "r", "fan_in", "lstm"]
)
def test_another_activation_is_no_spelling_of_an_accepted_one(name: str) -> None:
    assert canonical(name) is None


@pytest.mark.parametrize(("name", "accepted"), [("GELU", "relu"), ("nn.PReLU", "leaky_relu"), ("hard_tanh", "tanh")])
def test_an_activation_without_gain_has_a_nearest_one(name: str, accepted: str) -> None:
    assert nearest(name) == accepted


@pytest.mark.parametrize("name", ["relu", "LeakyReLU", "fan_in", ""])
def test_only_activations_without_gain_have_a_nearest_one(name: str) -> None:
    assert nearest(name) is None


def test_the_table_of_nearest_gains_is_in_plain_spelling_and_names_accepted_strings() -> None:
    assert all(plain(name) == name for name in NEAREST_GAIN)
    assert set(NEAREST_GAIN.values()) <= set(NONLINEARITIES)
