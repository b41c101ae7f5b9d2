"""The table of torch's own laws against every layer of torch.nn that has parameters."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from initlint.runtime.layers import default_law, default_mismatches  # noqa: E402
from initlint.runtime.trace import trace  # noqa: E402

LAYERS = [
    lambda: nn.Linear(7, 11),
    lambda: nn.Bilinear(7, 11, 13),
    lambda: nn.Conv1d(6, 10, 5),
    lambda: nn.Conv2d(6, 10, (3, 5), groups=2),
    lambda: nn.Conv3d(6, 10, 3),
    lambda: nn.ConvTranspose1d(6, 10, 5),
    lambda: nn.ConvTranspose2d(6, 10, (3, 5), groups=2),
    lambda: nn.ConvTranspose3d(6, 10, 3),
    lambda: nn.Embedding(50, 12),
    lambda: nn.Embedding(50, 12, padding_idx=3),
    lambda: nn.EmbeddingBag(50, 12),
    lambda: nn.EmbeddingBag(50, 12, padding_idx=3),
    lambda: nn.BatchNorm1d(9),
    lambda: nn.BatchNorm2d(9),
    lambda: nn.BatchNorm3d(9),
    lambda: nn.SyncBatchNorm(9),
    lambda: nn.GroupNorm(3, 9),
    lambda: nn.LayerNorm((5, 9)),
    lambda: nn.RMSNorm(9),
    lambda: nn.InstanceNorm1d(9, affine=True),
    lambda: nn.InstanceNorm2d(9, affine=True),
    lambda: nn.InstanceNorm3d(9, affine=True),
    lambda: nn.PReLU(5),
    lambda: nn.RNN(5, 7, 2, bidirectional=True),
    lambda: nn.LSTM(5, 7, 2, proj_size=3),
    lambda: nn.GRU(5, 7),
    lambda: nn.RNNCell(5, 7),
    lambda: nn.LSTMCell(5, 7),
    lambda: nn.GRUCell(5, 7),
    lambda: nn.MultiheadAttention(12, 3),
    lambda: nn.MultiheadAttention(12, 3, kdim=7, vdim=5),
    lambda: nn.MultiheadAttention(12, 3, add_bias_kv=True),
    lambda: nn.TransformerEncoderLayer(12, 3, 20),
    lambda: nn.TransformerDecoderLayer(12, 3, 20),
    lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 3, 20), 2, enable_nested_tensor=False),
    lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(12, 3, 20), 2),
    lambda: nn.AdaptiveLogSoftmaxWithLoss(12, 50, [10, 30]),
]

COVERED = {type(module) for make in LAYERS for module in make().modules()}


@pytest.mark.parametrize("make", LAYERS, ids=lambda make: str(type(make()).__name__))
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_traced_law_is_that_of_the_table(make: type[nn.Module], device: str) -> None:
    traced = trace(make, device=device)
    assert traced.errors == ()
    assert [str(each.parameter.law) for each in default_mismatches(traced)] == []
    assert all(each.resolved for each in traced.parameters)


def test_every_layer_of_torch_with_parameters_is_in_the_table() -> None:
    """Containers, losses and lazy layers own no parameters of their own or get them later."""
    missing = []
    for name in dir(nn):
        layer = getattr(nn, name)
        if isinstance(layer, type) and issubclass(layer, nn.Module) and hasattr(layer, "reset_parameters"):
            concrete = not name.startswith("Lazy") and layer not in COVERED
            if concrete and not any(issubclass(each, layer) for each in COVERED):
                missing.append(name)
    assert missing == []


def test_table_covers_every_parameter_of_those_layers() -> None:
    for make in LAYERS:
        for module in make().modules():
            for name, tensor in module.named_parameters(recurse=False):
                assert (default_law(module, name) is not None) == (tensor.numel() > 0), (module, name)


def test_transformer_draws_its_matrices_again() -> None:
    mismatched = {each.parameter.name for each in default_mismatches(trace(lambda: nn.Transformer(12, 3, 1, 1, 20)))}
    assert mismatched
    assert all(name.endswith("weight") for name in mismatched)
