"""Constructor calls of layers: which attributes they leave None."""

import pytest
from reading import read


def has(call: str, attribute: str) -> bool | None:
    ((_, layer),) = read(f"from torch import nn\nFLAG = False\nlayer = {call}").layer_calls
    return layer.has(attribute)


@pytest.mark.parametrize(
    ("call", "weight", "bias"),
    [
        ("nn.Linear(4, 2)", True, True),
        ("nn.Linear(4, 2, False)", True, False),
        ("nn.Linear(4, 2, bias=FLAG)", True, False),
        ("nn.Linear(4, 2, bias=flag)", True, None),
        ("nn.Linear(4, 2, *rest)", None, None),
        ("nn.Linear(4, 2, **options)", None, None),
        ("nn.Conv2d(4, 2, 3, 1, 1, 1, 1, False)", True, False),
        ("nn.Embedding(4, 2)", True, False),
        ("nn.BatchNorm2d(4)", True, True),
        ("nn.BatchNorm2d(4, affine=False)", False, False),
        ("nn.BatchNorm2d(4, bias=False)", True, False),
        ("nn.InstanceNorm2d(4)", False, False),
        ("nn.InstanceNorm2d(4, affine=True)", True, True),
        ("nn.InstanceNorm2d(4, affine=flag)", None, None),
        ("nn.LazyInstanceNorm2d()", True, True),
        ("nn.LayerNorm(4)", True, True),
        ("nn.LayerNorm(4, bias=False)", True, False),
        ("nn.LayerNorm(4, elementwise_affine=False)", False, False),
        ("nn.LayerNorm(4, elementwise_affine=flag, bias=False)", None, False),
        ("nn.RMSNorm(4)", True, False),
        ("nn.LSTM(4, 2)", False, False),
    ],
)
def test_weight_and_bias_that_a_call_leaves(call: str, weight: bool | None, bias: bool | None) -> None:
    assert has(call, "weight") is weight
    assert has(call, "bias") is bias
