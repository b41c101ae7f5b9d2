from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from initlint.runtime.signal import InputError, Signal, Verdict, inputs, probe  # noqa: E402

CPU = torch.device("cpu")
DEPTH, WIDTH = 20, 256


def chain(initialise: Callable[[nn.Linear], object], depth: int = DEPTH) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for _ in range(depth):
        linear = nn.Linear(WIDTH, WIDTH)
        nn.init.zeros_(linear.bias)
        initialise(linear)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers)


def watched(model: nn.Module, text: str = f"4x{WIDTH}", zeros: bool = False) -> Signal:
    return probe(model, inputs(text, CPU), zeros=zeros)


@pytest.mark.parametrize(
    ("initialise", "verdict"),
    [
        (lambda each: nn.init.kaiming_normal_(each.weight, nonlinearity="relu"), Verdict.FINE),
        (lambda each: nn.init.xavier_normal_(each.weight, 0.02), Verdict.LOST),
        (lambda each: nn.init.normal_(each.weight, 0.0, 0.5), Verdict.LOST),
        (lambda each: nn.init.normal_(each.weight, 0.0, 0.02), Verdict.LOST),
        (lambda each: each.weight.data.fill_(1e30), Verdict.BROKEN),
        (lambda each: nn.init.zeros_(each.weight), Verdict.LOST),
    ],
)
def test_verdict_of_a_chain_of_layers(initialise: Callable[[nn.Linear], object], verdict: Verdict) -> None:
    assert watched(chain(initialise)).worst is verdict


def test_milder_drift_is_a_warning() -> None:
    assert watched(chain(lambda each: nn.init.xavier_normal_(each.weight), 15)).worst is Verdict.DRIFTS


def test_collapse_is_seen_where_moments_are_fine() -> None:
    def initialise(layer: nn.Linear) -> None:
        nn.init.normal_(layer.weight, 0.0, 0.01)
        nn.init.constant_(layer.bias, 1.0)

    assert watched(chain(initialise, 6)).worst is Verdict.COLLAPSED


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner, self.last = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.last(torch.relu(self.inner(x)))


def test_zero_of_a_zero_initialised_branch_is_explained() -> None:
    model = nn.Sequential(Residual(), nn.Linear(WIDTH, 10))
    assert watched(model, zeros=True).worst is Verdict.EXPLAINED
    assert watched(model).worst is Verdict.LOST


def test_normalisation_starts_the_signal_anew() -> None:
    plain = chain(lambda each: nn.init.xavier_normal_(each.weight), 15)
    normed = nn.Sequential(*plain, nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10))
    assert watched(plain).worst is Verdict.DRIFTS
    assert watched(normed).worst is Verdict.FINE


def test_normalisation_does_not_bring_back_what_is_lost() -> None:
    plain = chain(lambda each: nn.init.normal_(each.weight, 0.0, 0.01))
    assert watched(nn.Sequential(*plain, nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10))).worst is Verdict.LOST


class Branch(nn.Module):
    """A gate that nearly nothing comes through, beside the way of the signal."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(6))
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        nn.init.normal_(self.layers[2].weight, 0.0, 1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.relu(layer(x)) if layer is not self.layers[2] else x + layer(x)
        return x


def test_signal_that_recovers_is_fine() -> None:
    assert watched(Branch()).worst is Verdict.FINE


def test_few_layers_are_no_depth() -> None:
    assert watched(chain(lambda each: nn.init.normal_(each.weight, 0.0, 1e-4), 4)).worst is Verdict.FINE


def test_a_layer_that_does_not_see_the_input_is_no_collapse() -> None:
    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(7, WIDTH)
            self.rest = chain(lambda each: nn.init.kaiming_normal_(each.weight), 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.rest(x + self.table(torch.arange(7)).expand(len(x), -1, -1))

    assert watched(Positions(), f"4x7x{WIDTH}").worst is Verdict.FINE


def test_outputs_of_one_number_are_no_collapse() -> None:
    assert watched(nn.Sequential(nn.Linear(WIDTH, 1), nn.Linear(1, 1))).worst is Verdict.FINE


def test_hand_written_normalisation_with_an_activation_inside_counts() -> None:
    class BatchNormAct(nn.BatchNorm1d):
        def __init__(self, width: int) -> None:
            super().__init__(width)
            self.act = nn.ReLU()

    plain = chain(lambda each: nn.init.xavier_normal_(each.weight), 15)
    assert watched(nn.Sequential(*plain, BatchNormAct(WIDTH), nn.Linear(WIDTH, 10))).worst is Verdict.FINE


def test_model_is_as_before_afterwards() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout()).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    signal = watched(model, "2x3x8x8")
    assert signal.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)


def test_model_that_cannot_train_on_the_input_is_run_in_evaluation_mode() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8))
    assert not watched(model, "1x4").training


class Table(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Embedding(1000, 16), nn.Linear(16, 4)

    def forward(self, tokens: torch.Tensor, scale: torch.Tensor) -> dict[str, object]:
        return {"logits": self.head(self.table(tokens)) * scale, "labels": [tokens]}


def test_several_inputs_and_outputs_in_containers() -> None:
    signal = watched(Table(), "2x7:int64<1000, 2x7x4")
    assert [layer.name for layer in signal.layers] == ["table", "head"]
    assert all(layer.backward for layer in signal.layers)
    assert signal.worst is Verdict.FINE


def test_inputs_are_as_described() -> None:
    one, two = inputs("2x3:float16, 4:int64<5", CPU)
    assert (one.shape, one.dtype, two.shape, two.dtype) == ((2, 3), torch.float16, (4,), torch.int64)
    assert int(two.max()) < 5
    assert torch.equal(inputs("3", CPU)[0], inputs("3", CPU)[0])


@pytest.mark.parametrize("text", ["", "2x", "2x-1", "0", "axb", "2:nothing", "2:int64<0", "2:int64<x", "2,"])
def test_what_describes_no_input_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no input"):
        inputs(text, CPU)
