"""One small network and the mistakes that are planted in it, each with the code that must be found."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

init = nn.init


class Net(nn.Module):
    """Convolutions, a linear head, an embedding, a norm, an LSTM: everything initialised as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 3 * 8 * 8, padding_idx=0)
        self.first = nn.Conv2d(3, 64, 3, padding=1)
        self.second = nn.Conv2d(64, 32, 3, padding=1)
        self.depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32)
        self.norm = nn.LayerNorm(32)
        self.leaky = nn.Linear(32, 48)
        self.hidden = nn.Linear(48, 64)
        self.projection = nn.Parameter(torch.empty(64, 24))
        self.experts = nn.Parameter(torch.empty(4, 24, 12))
        self.lstm = nn.LSTM(12, 10, batch_first=True)
        self.down = nn.Linear(10, 5, bias=False)
        self.up = nn.Linear(5, 10, bias=False)
        self.head = nn.Linear(10, 7)
        self.init_weights()

    def init_weights(self) -> None:
        init.normal_(self.embedding.weight)
        with torch.no_grad():
            self.embedding.weight[0].zero_()
        for layer in (self.first, self.second, self.depthwise, self.hidden):
            init.kaiming_normal_(layer.weight, nonlinearity="relu")
            init.zeros_(layer.bias)
        init.kaiming_normal_(self.leaky.weight, a=0.2)
        init.zeros_(self.leaky.bias)
        init.kaiming_normal_(self.projection, mode="fan_out", nonlinearity="relu")
        for expert in self.experts:
            init.normal_(expert, std=24**-0.5)
        init.normal_(self.head.weight, std=0.01)
        init.zeros_(self.head.bias)
        init.zeros_(self.up.weight)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens).view(-1, 3, 8, 8)
        for layer in (self.first, self.second, self.depthwise):
            x = functional.relu(layer(x))
        x = functional.leaky_relu(self.leaky(self.norm(x.mean((2, 3)))), 0.2)
        x = functional.relu(self.hidden(x))
        x = functional.relu(x @ self.projection)
        x = torch.einsum("bi,eij->ebj", x, self.experts).transpose(0, 1)
        x = self.lstm(x)[0].mean(1)
        return self.head(x + self.up(self.down(x)))


def tokens() -> tuple[torch.Tensor, ...]:
    return (torch.arange(5),)


@dataclass(frozen=True)
class Mutant:
    name: str
    code: str
    plant: Callable[[Net], object]

    @property
    def lines(self) -> set[int]:
        """The lines of the function that plants it."""
        code = self.plant.__code__
        nested = [each for each in code.co_consts if isinstance(each, CodeType)]
        return {line for each in (code, *nested) for _, _, line in each.co_lines() if line}

    def build(self) -> nn.Module:
        net = Net()
        self.plant(net)
        return net


MUTANTS: list[Mutant] = []


def mutant(code: str) -> Callable[[Callable[[Net], object]], Callable[[Net], object]]:
    def add(plant: Callable[[Net], object]) -> Callable[[Net], object]:
        MUTANTS.append(Mutant(plant.__name__, code, plant))
        return plant

    return add


@mutant("INI601")
def parameter_never_initialised(net: Net) -> None:
    net.hidden.weight = nn.Parameter(torch.empty(64, 48))


@mutant("INI601")
def parameter_of_a_legacy_constructor(net: Net) -> None:
    net.extra = nn.Parameter(torch.Tensor(6, 4))


@mutant("INI601")
def copy_of_uninitialised_memory(net: Net) -> None:
    net.extra = nn.Parameter(torch.empty(6, 4).t().contiguous())


@mutant("INI711")
def meta_init_lost(net: Net) -> None:
    with torch.device("meta"):
        layer = nn.Linear(48, 64)
    net.hidden = layer.to_empty(device="cpu")


@mutant("INI711")
def skip_init_without_init(net: Net) -> None:
    net.hidden = nn.utils.skip_init(nn.Linear, 48, 64)


@mutant("INR101")
def half_initialised(net: Net) -> None:
    net.hidden.weight = nn.Parameter(torch.empty(64, 48))
    init.kaiming_normal_(net.hidden.weight[:32], nonlinearity="relu")


@mutant("INR101")
def every_other_column_initialised(net: Net) -> None:
    net.hidden.weight = nn.Parameter(torch.empty(64, 48))
    with torch.no_grad():
        net.hidden.weight[:, ::2].normal_()


@mutant("INI602")
def layers_in_a_plain_list(net: Net) -> None:
    net.layers = [nn.Linear(4, 4) for _ in range(3)]


@mutant("INI602")
def parameters_in_a_dictionary(net: Net) -> None:
    net.scales = {"a": [nn.Parameter(torch.ones(3))], "b": [nn.Parameter(torch.ones(3))]}


@mutant("INI603")
def parameter_converted(net: Net) -> None:
    net.scale = nn.Parameter(torch.randn(4, 4)) * 0.1


@mutant("INI604")
def tensor_that_requires_a_gradient(net: Net) -> None:
    net.scale = torch.randn(4, 4, requires_grad=True)


@mutant("INI604")
def tensor_given_to_an_initialiser(net: Net) -> None:
    net.scale = init.xavier_uniform_(torch.empty(4, 4))


@mutant("INI512")
def module_list_multiplied(net: Net) -> None:
    net.stack = nn.ModuleList([nn.Linear(4, 4)] * 3)


@mutant("INI513")
def deep_copied_layers(net: Net) -> None:
    layer = nn.Linear(4, 4)
    net.stack = nn.ModuleList([copy.deepcopy(layer) for _ in range(3)])


@mutant("INI513")
def transformer_encoder(net: Net) -> None:
    net.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2, enable_nested_tensor=False)


@mutant("INI515")
def reseeded_between_layers(net: Net) -> None:
    def layer() -> nn.Linear:
        torch.manual_seed(7)
        return nn.Linear(4, 4)

    net.stack = nn.ModuleList([layer(), layer()])


@mutant("INI701")
def init_after_weight_norm(net: Net) -> None:
    net.second = nn.utils.parametrizations.weight_norm(net.second)
    init.kaiming_normal_(net.second.weight, nonlinearity="relu")


@mutant("INI701")
def init_after_old_weight_norm(net: Net) -> None:
    net.second = nn.utils.weight_norm(net.second)
    init.normal_(net.second.weight, std=0.01)


@mutant("INI701")
def init_after_pruning(net: Net) -> None:
    prune.random_unstructured(net.second, "weight", 0.5)
    net.second.weight.data.normal_(0, 0.01)


@mutant("INI702")
def init_on_a_clone(net: Net) -> None:
    init.normal_(net.hidden.weight.clone(), std=0.02)


@mutant("INI702")
def init_on_an_indexed_copy(net: Net) -> None:
    init.zeros_(net.hidden.weight[[0, 2]])


@mutant("INI702")
def init_on_another_precision(net: Net) -> None:
    init.normal_(net.hidden.weight.double(), std=0.02)


@mutant("INI703")
def special_init_overwritten_by_a_loop(net: Net) -> None:
    init.constant_(net.head.bias, -4.6)
    for layer in (net.first, net.second, net.hidden, net.head):
        init.uniform_(layer.bias, -0.1, 0.1)


@mutant("INI802")
def padding_row_overwritten(net: Net) -> None:
    init.normal_(net.embedding.weight, std=0.02)


@mutant("INI801")
def norm_weight_around_zero(net: Net) -> None:
    init.normal_(net.norm.weight, 0, 0.02)


@mutant("INI307")
def loop_hits_norm(net: Net) -> None:
    for parameter in net.norm.parameters():
        init.uniform_(parameter, -0.1, 0.1)


@mutant("INI804")
def constant_hidden_weight(net: Net) -> None:
    init.constant_(net.hidden.weight, 0.01)


@mutant("INI806")
def weight_of_another_precision(net: Net) -> None:
    net.hidden.weight.data = torch.randn(64, 48, dtype=torch.float64) * 0.2


@mutant("INI401")
def std_passed_as_mean(net: Net) -> None:
    init.normal_(net.hidden.weight, 0.02)


@mutant("INI402")
def bounds_passed_to_normal(net: Net) -> None:
    init.normal_(net.hidden.weight, -0.2, 0.2)


@mutant("INI404")
def uniform_with_one_bound(net: Net) -> None:
    init.uniform_(net.hidden.weight, -0.1)


@mutant("INI409")
def truncation_bounds_as_mean_and_std(net: Net) -> None:
    init.trunc_normal_(net.hidden.weight, -2, 2)


@mutant("INI414")
def truncated_in_the_far_tail(net: Net) -> None:
    init.trunc_normal_(net.hidden.weight, 0, 0.02, 0.1, 0.2)


@mutant("INI415")
def truncation_cuts_the_std(net: Net) -> None:
    init.trunc_normal_(net.hidden.weight, std=3.0)


@mutant("INI413")
def sparsity_in_percent(net: Net) -> None:
    init.sparse_(net.hidden.weight, sparsity=10)


@mutant("INI101")
def slope_of_another_rectifier(net: Net) -> None:
    init.kaiming_normal_(net.leaky.weight)


@mutant("INI103")
def gain_as_slope(net: Net) -> None:
    init.kaiming_normal_(net.hidden.weight, a=init.calculate_gain("relu"))


@mutant("INI203")
def grouped_fan_out_by_hand(net: Net) -> None:
    net.depthwise.weight.data.normal_(0, math.sqrt(2 / (9 * 32)))


@mutant("INI211")
def grouped_fan_out_by_mode(net: Net) -> None:
    init.kaiming_normal_(net.depthwise.weight, mode="fan_out", nonlinearity="relu")


@mutant("INI201")
def fan_out_by_hand(net: Net) -> None:
    net.second.weight.data.normal_(0, math.sqrt(2 / (9 * 32)))


@mutant("INI204")
def fan_of_the_transposed_weight(net: Net) -> None:
    init.kaiming_normal_(net.projection, nonlinearity="relu")


@mutant("INI205")
def fan_of_a_whole_stack(net: Net) -> None:
    init.xavier_uniform_(net.experts)


@mutant("INI209")
def eye_over_all_gates(net: Net) -> None:
    init.eye_(net.lstm.weight_hh_l0)


@mutant("INI212")
def orthogonal_over_all_gates(net: Net) -> None:
    init.orthogonal_(net.lstm.weight_hh_l0)


@mutant("INI303")
def dirac_without_groups(net: Net) -> None:
    init.dirac_(net.depthwise.weight)


@mutant("INI610")
def both_low_rank_factors_zero(net: Net) -> None:
    init.zeros_(net.down.weight)


@mutant("INI805")
def forget_bias_doubled(net: Net) -> None:
    for bias in (net.lstm.bias_ih_l0, net.lstm.bias_hh_l0):
        bias.data[10:20].fill_(1.0)


@mutant("INR201")
def xavier_everywhere(net: Net) -> None:
    for layer in (net.first, net.second, net.hidden):
        init.xavier_normal_(layer.weight)


@mutant("INR201")
def bound_used_as_std_of_a_uniform(net: Net) -> None:
    std = math.sqrt(2 / 48)
    init.uniform_(net.hidden.weight, -std, std)


@mutant("INR202")
def variance_far_too_large(net: Net) -> None:
    init.normal_(net.hidden.weight, std=4.0)


@mutant("INR401")
def scaled_behind_the_back_of_torch(net: Net) -> None:
    net.experts.data.numpy()[:] *= 1.2


@mutant("INR401")
def one_entry_far_out(net: Net) -> None:
    net.second.weight.data.numpy()[3, 5, 1, 1] = -2.0


@mutant("INR402")
def one_entry_not_a_number(net: Net) -> None:
    net.second.weight.data.numpy()[3, 5, 1, 1] = math.nan


@mutant("INR403")
def half_of_the_rows_copied(net: Net) -> None:
    weight = net.second.weight.data.numpy()
    weight[16:] = weight[:16]
