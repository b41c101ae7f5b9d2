import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from torch import nn  # noqa: E402

from initlint.runtime.fit import fit  # noqa: E402

DRAWN = {
    "kaiming_normal_(fan_in, relu)": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    "kaiming_normal_(fan_out, relu)": lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_(fan_in, leaky_relu, a=0.2)": lambda w: nn.init.kaiming_normal_(w, 0.2),
    "kaiming_uniform_(fan_in, relu)": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    "kaiming_uniform_(a=sqrt(5)), torch's default": lambda w: nn.init.kaiming_uniform_(w, math.sqrt(5)),
    "xavier_uniform_()": nn.init.xavier_uniform_,
    "xavier_normal_(gain of tanh)": lambda w: nn.init.xavier_normal_(w, 5 / 3),
    "normal_(std=0.02)": lambda w: nn.init.normal_(w, 0.0, 0.02),
    "trunc_normal_(std=0.02)": lambda w: nn.init.trunc_normal_(w, std=0.02),
    "trunc_normal_(std=0.02) within ±2 std": lambda w: nn.init.trunc_normal_(w, std=0.02, a=-0.04, b=0.04),
    "uniform_(±0.1)": lambda w: nn.init.uniform_(w, -0.1, 0.1),
    "zeros_": nn.init.zeros_,
    "constant_(0.3)": lambda w: nn.init.constant_(w, 0.3),
}


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("shape", [(8, 3, 3, 3), (16, 16), (64, 64, 3, 3), (256, 128), (96, 1, 7, 7)])
def test_the_truth_is_among_the_candidates(name: str, shape: tuple[int, ...]) -> None:
    found = fit(DRAWN[name](torch.empty(shape)))
    assert name in {each for candidate in found for each in candidate.names}


def test_a_large_tensor_leaves_few_laws_and_never_one_name_where_several_give_the_law() -> None:
    found = fit(nn.init.kaiming_normal_(torch.empty(512, 512), nonlinearity="relu"))
    assert len(found) <= 4
    best = next(each for each in found if "kaiming_normal_(fan_in, relu)" in each.names)
    assert {"kaiming_normal_(fan_out, relu)", "xavier_normal_(gain of relu)"} <= set(best.names)


@pytest.mark.parametrize(
    ("draw", "shape", "name"),
    [
        (nn.init.orthogonal_, (64, 32), "orthogonal_(gain=1)"),
        (nn.init.eye_, (8, 8), "eye_"),
        (nn.init.dirac_, (8, 8, 3), "dirac_"),
        (lambda w: nn.init.dirac_(w, 8), (8, 1, 3), "dirac_(groups=8)"),
        (lambda w: nn.init.sparse_(w, 0.25), (64, 16), "sparse_(0.25, std≈0.01)"),
        (nn.init.ones_, (4,), "constant_(1)"),
    ],
)
def test_structure_is_recognised(draw: object, shape: tuple[int, ...], name: str) -> None:
    (found,) = fit(draw(torch.empty(shape)))  # type: ignore[operator]
    assert found.names == (name,)


def test_a_bias_is_held_against_the_weight_beside_it() -> None:
    layer = nn.Linear(300, 2000)
    names = {name for each in fit(layer.bias, tuple(layer.weight.shape)) for name in each.names}
    assert "uniform_(±1/sqrt(fan_in)), torch's default" in names
    assert "uniform_(±1/sqrt(fan_in)), torch's default" not in {name for each in fit(layer.bias) for name in each.names}


def test_a_trained_tensor_and_one_that_is_not_finite_fit_nothing() -> None:
    assert fit(torch.randn(200, 200) ** 3) == ()
    assert fit(torch.full((4, 4), math.nan).index_fill_(0, torch.tensor(0), 1.0)) == ()


@pytest.mark.parametrize("tensor", [torch.zeros(3, dtype=torch.int64), torch.empty(0)])
def test_what_holds_no_numbers_is_refused(tensor: "torch.Tensor") -> None:
    with pytest.raises(ValueError, match="floating-point"):
        fit(tensor)
